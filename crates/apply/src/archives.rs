//! What scripts have kept in the schema `endstate_archive` of the live database, and how it is given up.

use catalog::{Conninfo, Database};
use kinds::{Model, Spec};
use plan::archive::SCHEMA;
use shadow::Facts;

use crate::{Error, Settings};

/// Something that a script has kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The table that holds it, quoted with its schema.
    pub name: String,
    /// What it holds, as its comment says: `values of public.users (phone)`.
    pub what: String,
    /// How much it takes on disk, with its indexes.
    pub bytes: u64,
    /// Whether the role may read it, and so know since when it is kept.
    pub readable: bool,
    /// The day since when it is kept, and how many days ago that is; none where it holds no row, or nobody knows.
    pub since: Option<(String, u64)>,
}

/// Tables are archives when they say since when they keep a row, all rows the same: what a person put into the schema is none.
const LIST: &str = "SELECT c.oid::regclass, coalesce(obj_description(c.oid, 'pg_class'), ''), pg_total_relation_size(c.oid), \
     has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') \
     FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'endstate_kept_at' AND NOT a.attisdropped \
     WHERE c.relkind = 'r' AND c.relnamespace = to_regnamespace('endstate_archive') ORDER BY c.relname";

/// Finds all archives; only reads.
pub fn archives(conninfo: &Conninfo) -> Result<Vec<Archive>, Error> {
    let mut database = Database::connect(conninfo)?;
    let mut snapshot = database.snapshot()?;
    let mut found = Vec::new();
    for row in snapshot.text_rows(LIST)? {
        let [Some(name), Some(what), Some(bytes), Some(readable)] = row.as_slice() else { continue };
        let age = format!(
            "SELECT k.endstate_kept_at::date::text, greatest(date_part('day', now() - k.endstate_kept_at)::bigint, 0)::text FROM {name} AS k LIMIT 1"
        );
        let readable = readable == "t";
        let ages = if readable { snapshot.text_rows(&age)? } else { Vec::new() };
        let since = match ages.first().map(Vec::as_slice) {
            Some([Some(day), Some(days)]) => Some((day.clone(), days.parse().unwrap_or_default())),
            _ => None,
        };
        found.push(Archive {
            name: name.clone(),
            what: what.clone(),
            bytes: bytes.parse().unwrap_or_default(),
            readable,
            since,
        });
    }
    Ok(found)
}

/// Why nothing that a plan takes away is kept, where that is so.
pub(crate) fn why_not(facts: &Facts, models: [&Model; 2], settings: &Settings) -> Option<String> {
    if settings.without_archive {
        return Some("the settings say without_archive".to_owned());
    }
    if !facts.may_archive {
        return Some(format!("role {} may not make the schema {SCHEMA}, or tables in it", facts.user));
    }
    // A subscriber has no table to put the rows of an archive into, and stops.
    let mut published = models
        .into_iter()
        .flat_map(Model::objects)
        .filter(|object| matches!(&object.spec, Spec::Publication(publication) if publication.all_tables));
    published.next().map(|object| format!("{} is for all tables, and would publish it", object.id))
}

/// Drops archives, and what else is in the schema for their sake alone: all of it or nothing.
pub fn give_up(conninfo: &Conninfo, archives: &[&Archive]) -> Result<(), Error> {
    let tables: Vec<String> =
        archives.iter().map(|archive| format!("DROP TABLE {};\n", archive.name)).collect();
    let tables = tables.concat();
    let sql = format!(
        "BEGIN;\nSET TRANSACTION READ WRITE;\nSET LOCAL lock_timeout = '5s';\n{tables}\
         DO $endstate$\nDECLARE\n    endstate_procedure text;\nBEGIN\n    \
         FOR endstate_procedure IN\n        SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.pronamespace = to_regnamespace('{SCHEMA}') AND p.proname LIKE 'again\\_%'\n        \
         AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = p.pronamespace AND c.relkind = 'r' AND strpos(p.prosrc, c.relname) > 0)\n    \
         LOOP\n        EXECUTE 'DROP PROCEDURE ' || endstate_procedure;\n    END LOOP;\n{}END;\n$endstate$;\nCOMMIT",
        plan::script::tidied("    ")
    );
    let mut database = Database::connect(conninfo)?;
    database.run(&sql).map(|_| ()).map_err(Error::NotGivenUp)
}
