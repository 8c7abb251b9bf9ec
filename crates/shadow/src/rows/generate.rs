//! Made-up rows for a whole database.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Database, Error};

use super::fill::{Outcome, Wanted, fill};
use super::schema::{ForeignKey, Schema, Table};
use super::types::Types;
use super::{ask, attempt, references};

/// What [`generate`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// How many rows each table now has that has any, by `schema.table`, each part quoted where it must be.
    pub tables: BTreeMap<String, usize>,
    /// Why the others have none; also why a materialized view could not be refreshed.
    pub empty: BTreeMap<String, String>,
}

/// Puts about `per_table` rows into every table that has none, the same for the same schema and salt; a few more where an enum has
/// more labels.
///
/// Values suit types, checks, domains, keys and foreign keys, circular ones included. One row is null wherever it may be. Numbers of
/// sequences and identities are taken from them. Materialized views that are populated are refreshed.
///
/// # Errors
/// Only those that have nothing to do with a table, such as a lost connection. A table that takes no row is told in
/// [`Filled::empty`].
pub fn generate(database: &mut Database, per_table: usize, salt: &str) -> Result<Filled, Error> {
    generate_but(database, per_table, salt, &BTreeSet::new())
}

/// The same, but for some tables, by `schema.table`, each part quoted where it must be: others refer to the rows that these have.
///
/// # Errors
/// As for [`generate`].
pub fn generate_but(
    database: &mut Database,
    per_table: usize,
    salt: &str,
    except: &BTreeSet<String>,
) -> Result<Filled, Error> {
    let mut maker = Maker::new(database)?;
    let there = maker.count(database)?;
    let empty = |table: &Table| !there.contains_key(&table.name) && !except.contains(&table.name);
    let mut outcomes = maker.fill_all(database, Wanted { rows: per_table, start: start(salt) }, &empty)?;
    let mut filled = Filled { tables: maker.count(database)?, empty: maker.refresh(database)? };
    let is_left = |table: &&Table| !filled.tables.contains_key(&table.name) && !except.contains(&table.name);
    let left: Vec<&Table> = maker.schema.tables.iter().filter(is_left).collect();
    for table in left {
        let outcome = outcomes.remove(&table.name).unwrap_or_default();
        filled.empty.insert(table.name.clone(), outcome.why_empty());
    }
    Ok(filled)
}

/// Brings materialized views that are populated up to the rows; those that refuse stay as they are.
///
/// # Errors
/// As for [`generate`].
pub fn refresh(database: &mut Database) -> Result<(), Error> {
    Maker::new(database)?.refresh(database).map(drop)
}

impl Outcome {
    fn why_empty(self) -> String {
        match self {
            Outcome { reason: Some(reason), .. } => reason,
            Outcome { rows: 0, .. } => "no row was asked for".to_owned(),
            Outcome { .. } => {
                "its rows referred to rows that could not be made, and were deleted again".to_owned()
            }
        }
    }
}

/// Between 0 and 7999, in steps wider than most tables; FNV-1a, which never changes.
pub(super) fn start(salt: &str) -> u64 {
    let hash = salt.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash ^ hash >> 32) % 80 * 100
}

/// A schema and its types.
pub(super) struct Maker {
    pub(super) schema: Schema,
    pub(super) types: Types,
}

impl Maker {
    pub(super) fn new(database: &mut Database) -> Result<Maker, Error> {
        let mut schema = Schema::read(database)?;
        let types = Types::read(database, &mut schema)?;
        Ok(Maker { schema, types })
    }

    /// Tables that are referred to come first. In a circle somebody has to begin: his references are set at the end.
    pub(super) fn fill_all(
        &mut self,
        database: &mut Database,
        wanted: Wanted,
        which: &dyn Fn(&Table) -> bool,
    ) -> Result<BTreeMap<String, Outcome>, Error> {
        let mut outcomes = BTreeMap::new();
        if wanted.rows == 0 {
            return Ok(outcomes);
        }
        let wanting = self.schema.tables.iter().filter(|table| which(table));
        let mut waiting: BTreeSet<&str> = wanting.map(|table| table.name.as_str()).collect();
        let mut later = Vec::new();
        while let Some(table) = self.next(&waiting) {
            let ready = |key: &ForeignKey| !waiting.contains(key.target.as_str());
            let outcome = fill(database, &self.types, table, &ready, wanted)?;
            later.extend(table.foreign_keys.iter().filter(|key| !ready(key)).map(|key| (table, key)));
            waiting.remove(table.name.as_str());
            outcomes.insert(table.name.clone(), outcome);
        }
        for (table, key) in later {
            references::set_later(database, table, key)?;
        }
        references::look_through(database, &self.schema.tables)?;
        Ok(outcomes)
    }

    /// The table with the fewest references to tables that wait, those counted double that must not be null.
    fn next(&self, waiting: &BTreeSet<&str>) -> Option<&Table> {
        let tables = self.schema.tables.iter().filter(|table| waiting.contains(table.name.as_str()));
        tables.min_by_key(|table| {
            let open = table.foreign_keys.iter().filter(|key| waiting.contains(key.target.as_str()));
            let open = open.filter(|key| key.target != table.name);
            open.map(|key| 1 + usize::from(self.must_refer(table, key))).sum::<usize>()
        })
    }

    fn must_refer(&self, table: &Table, key: &ForeignKey) -> bool {
        table.places(&key.columns).iter().all(|place| !self.types.is_nullable(&table.columns[*place]))
    }

    /// How many rows each table has that has any.
    fn count(&self, database: &mut Database) -> Result<BTreeMap<String, usize>, Error> {
        let count = |table: &Table| {
            format!("SELECT {}, count(*) FROM {}", sql::literal(&table.name), table.relation())
        };
        let queries: Vec<_> = self.schema.tables.iter().map(count).collect();
        if queries.is_empty() {
            return Ok(BTreeMap::new());
        }
        let counts =
            ask(database, &queries.join(";\n"))?.into_iter().filter_map(|row| match row.as_slice() {
                [Some(name), Some(count)] => Some((name.clone(), count.parse().ok()?)),
                _ => None,
            });
        Ok(counts.filter(|(_, count)| *count > 0).collect())
    }

    /// Brings populated materialized views up to the rows; those that refuse, with the reason.
    pub(super) fn refresh(&self, database: &mut Database) -> Result<BTreeMap<String, String>, Error> {
        let mut refused = BTreeMap::new();
        for view in &self.schema.materialized_views {
            // As whenever somebody does: rows that policies hide from its owner are none of it.
            let refresh = format!("SET LOCAL row_security = on; REFRESH MATERIALIZED VIEW {view}");
            if let Err(reason) = attempt(database, &refresh)? {
                refused.insert(view.clone(), format!("not refreshed: {reason}"));
            }
        }
        Ok(refused)
    }
}
