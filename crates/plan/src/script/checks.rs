//! The parts of a script that ask the database where it stands.

use std::collections::BTreeSet;

use kinds::{Id, Kind, probe};

use super::Probe;
use crate::Question;

/// Longer definitions are compared by their MD5 sum.
const LONGEST_DEFINITION: usize = 100;

/// The objects that a check is about, and how the catalog is asked for each: `expected` and `found` of a query.
///
/// `columns` are the expectations of each probe, beside the object itself.
pub(super) fn query(probes: &[(&Probe, Vec<String>)], columns: &str) -> String {
    let rows: Vec<String> = probes
        .iter()
        .map(|(probe, expectations)| format!("        ({}, {})", key(&probe.id), expectations.join(", ")))
        .collect();
    format!(
        "    WITH expected (kind, parent, name, signature, object, {columns}) AS (VALUES\n{}\n    ), found AS (\n        \
         SELECT e.*, CASE WHEN length(d.definition) > {LONGEST_DEFINITION} THEN md5(d.definition) ELSE d.definition END AS found\n        \
         FROM expected AS e CROSS JOIN LATERAL (SELECT CASE e.kind\n{}\n        END AS definition) AS d\n    )\n",
        rows.join(",\n"),
        cases(probes.iter().map(|(probe, _)| (&probe.id, probe.concurrent))),
    )
}

/// How an object of a kind is asked for.
fn definition(kind: Kind) -> Option<String> {
    kind.definition().map(str::to_owned).or_else(|| probe::of(kind))
}

/// One way to ask for each kind.
fn cases<'a>(ids: impl Iterator<Item = (&'a Id, bool)>) -> String {
    let (mut kinds, mut concurrent) = (BTreeSet::new(), Vec::new());
    for (id, is_concurrent) in ids {
        kinds.insert(id.kind());
        concurrent.extend(is_concurrent.then(|| sql::literal(&object(id, id.kind()))));
    }
    let case = |kind: Kind| {
        let mut definition = definition(kind)?;
        if kind == Kind::Index && !concurrent.is_empty() {
            let list = concurrent.join(", ");
            definition =
                format!("CASE WHEN e.object IN ({list}) AND {UNFINISHED} THEN NULL ELSE {definition} END");
        }
        Some(format!("            WHEN {} THEN {definition}", sql::literal(kind.name())))
    };
    kinds.into_iter().filter_map(case).collect::<Vec<_>>().join("\n")
}

/// Whether an index is what an interrupted `CREATE INDEX CONCURRENTLY` has left behind.
const UNFINISHED: &str =
    "EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = to_regclass(e.object) AND NOT i.indisvalid)";

/// Drops what interrupted builds of indexes have left behind.
pub(super) fn cleared<'a>(probes: impl Iterator<Item = &'a Probe>, indent: &str) -> String {
    let objects = probes.filter(|probe| probe.concurrent).map(|probe| object(&probe.id, probe.id.kind()));
    let drop = |object: String| {
        format!(
            "{indent}IF {} THEN\n{indent}    DROP INDEX {object};\n{indent}END IF;\n",
            UNFINISHED.replace("e.object", &sql::literal(&object))
        )
    };
    objects.map(drop).collect()
}

/// `'column', 'public.users', 'phone', NULL, 'public.users.phone'`
fn key(id: &Id) -> String {
    // A fact about a column is found by its table and the column's name.
    let of_column = id.name().is_empty() || matches!(id.kind(), Kind::NotNull | Kind::Identity);
    let named = if of_column && id.parent().is_some_and(|parent| parent.kind() == Kind::Column) {
        id.parent().unwrap_or(id)
    } else {
        id
    };
    let parent = named.parent().map_or("NULL".to_owned(), |parent| sql::literal(&parent.sql()));
    let signature = id.signature().map_or("NULL".to_owned(), sql::literal);
    let object = match id.kind() {
        Kind::Comment | Kind::Owner | Kind::Grant => identity(id),
        kind => object(named, kind),
    };
    format!(
        "{}, {parent}, {}, {signature}, {}",
        sql::literal(id.kind().name()),
        sql::literal(named.name()),
        sql::literal(&object)
    )
}

/// The identity of what an object is attached to, as `pg_identify_object` prints it, without blanks.
fn identity(id: &Id) -> String {
    let target = id.parent().unwrap_or(id);
    let name = sql::ident(target.name());
    let (parent, kind) = (target.relation_sql(), target.kind());
    let text = match target.parent().filter(|parent| parent.kind() != Kind::Schema) {
        Some(_) if matches!(kind, Kind::Column | Kind::ViewColumn | Kind::Attribute) => {
            format!("{parent}.{name}")
        }
        Some(above) if kind == Kind::Index => {
            sql::qualified(&[above.schema().unwrap_or_default(), target.name()])
        }
        Some(_) => format!("{name} on {parent}"),
        None if target.signature().is_some() => target.sql_with_arguments(),
        None => target.sql(),
    };
    text.replace(' ', "")
}

/// `public.users`, `public.users.phone`, `"own rows" on public.users`: the name for messages, and for `to_regclass` where there is one.
fn object(id: &Id, kind: Kind) -> String {
    match (id.parent(), id.schema()) {
        (Some(parent), _) if parent.kind() == Kind::Schema => id.sql(),
        // An index is named in its table's schema.
        (_, Some(schema)) if kind == Kind::Index => sql::qualified(&[schema, id.name()]),
        (Some(parent), _) if id.name().is_empty() => parent.sql(),
        (Some(parent), _) if id.kind().is_dotted() => format!("{}.{}", parent.sql(), id.sql()),
        (Some(parent), _) => format!("{} on {}", id.sql(), parent.sql()),
        (None, _) => id.sql(),
    }
}

/// The definition expected at a boundary, as the check compares it.
pub(super) fn expected(probe: &Probe, boundary: usize) -> String {
    match probe.answers.get(boundary).cloned().flatten() {
        None => "NULL".to_owned(),
        Some(text) if text.chars().count() > LONGEST_DEFINITION => {
            sql::literal(&format!("{:x}", md5::compute(text.as_bytes())))
        }
        Some(text) => sql::literal(&text),
    }
}

/// A query that yields the definitions of objects, in their order, as one JSON list.
pub fn ask(ids: &[Id]) -> String {
    let rows: Vec<String> =
        ids.iter().enumerate().map(|(place, id)| format!("({place}, {})", key(id))).collect();
    format!(
        "SELECT coalesce(jsonb_agg(d.definition ORDER BY e.place), '[]') FROM (VALUES {}) AS e (place, kind, parent, name, signature, object) \
         CROSS JOIN LATERAL (SELECT CASE e.kind\n{} END AS definition) AS d",
        rows.join(", "),
        cases(ids.iter().map(|id| (id, false)))
    )
}

/// The variables of [`rows`].
pub(super) const VARIABLES: &str = "    endstate_count bigint;\n    endstate_keys text;\n    endstate_rows text;\n    endstate_such_as text;\n    endstate_mends text;\n";

/// Statements that read tables, with the policies out of their way that bind the owners of these as well, where they would hide rows.
pub(super) fn seen(forced: &BTreeSet<String>, statements: &str, indent: &str) -> String {
    if forced.is_empty() {
        return statements.to_owned();
    }
    let hides = |table: &String| format!("row_security_active({})", sql::literal(table));
    let hides: Vec<String> = forced.iter().map(hides).collect();
    let switched = |word: &str| {
        let alter = |table: &String| {
            let alter = sql::literal(&format!("ALTER TABLE {table} {word} ROW LEVEL SECURITY"));
            format!("{indent}        EXECUTE {alter};\n")
        };
        let alters: String = forced.iter().map(alter).collect();
        format!("{indent}    IF endstate_hidden THEN\n{alters}{indent}    END IF;\n")
    };
    // As they are: a literal among them may go over several lines.
    format!(
        "{indent}DECLARE\n{indent}    endstate_hidden boolean := {};\n{indent}BEGIN\n{}{statements}{}{indent}END;\n",
        hides.join(" OR "),
        switched("NO FORCE"),
        switched("FORCE")
    )
}

/// Stops when rows forbid what follows: names all that do, and some keys of each.
pub(super) fn rows(asks: &[Question], stopped: &str, indent: &str) -> String {
    if asks.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for ask in asks {
        let (indent, end) = match &ask.only_if {
            Some(condition) => {
                text.push_str(&format!("{indent}IF {} THEN\n", condition.sql()));
                (format!("{indent}    "), format!("{indent}END IF;\n"))
            }
            None => (indent.to_owned(), String::new()),
        };
        let keys = format!("SELECT string_agg(k, ', ') FROM ({}) AS k (k)", ask.keys);
        let question = format!(
            "{indent}EXECUTE {} INTO STRICT endstate_count;\n{indent}IF endstate_count > 0 THEN\n\
             {indent}    EXECUTE {} INTO STRICT endstate_keys;\n\
             {indent}    endstate_rows := concat_ws('; ', endstate_rows, endstate_count || {});\n\
             {indent}    endstate_such_as := concat_ws(E'\\n', endstate_such_as, {} || endstate_keys);\n\
             {indent}    endstate_mends := concat_ws(E'\\n', endstate_mends, {});\n{indent}END IF;\n",
            sql::literal(&ask.count),
            sql::literal(&keys),
            sql::literal(&format!(" {}", ask.what)),
            sql::literal(&format!("{}, such as ", ask.what)),
            sql::literal(&format!("{}; see them with: {}", ask.mend, ask.query)),
        );
        text.push_str(&seen(&ask.forced, &question, &indent));
        text.push_str(&end);
    }
    let stopped = sql::literal(&format!("{}: %", stopped.replace('%', "%%")));
    text + &format!(
        "{indent}IF endstate_rows IS NOT NULL THEN\n{indent}    RAISE EXCEPTION {stopped}, endstate_rows\n\
         {indent}        USING DETAIL = endstate_such_as, HINT = endstate_mends;\n{indent}END IF;\n"
    )
}
