//! Foreign keys that point in circles, and a last look at all of them.

use catalog::{Database, Error};

use super::schema::{ForeignKey, Key, Table};
use super::{ask, attempt};

/// More rounds than any chain of references is long.
const ROUNDS: usize = 100;
/// How many referenced rows are tried for a row.
const TRIES: usize = 12;

/// Lets the rows of a table refer to rows of a table that was filled after it, or to each other. Where the key may be null, some
/// rows keep null.
pub(super) fn set_later(database: &mut Database, table: &Table, key: &ForeignKey) -> Result<(), Error> {
    let update = Update::new(table, key);
    for (rows, set) in [(update.is_set(), true), (format!("NOT ({})", update.is_set()), false)] {
        let some = if set { "true" } else { "n.row % 3 <> 0" };
        let together = update.sql(&rows, some, update.place_by_row());
        if attempt(database, &together)?.is_err() {
            update.one_by_one(database, &rows, some)?;
        }
    }
    Ok(())
}

/// An UPDATE that takes the key of another row.
struct Update<'a> {
    table: &'a Table,
    key: &'a ForeignKey,
    /// The pairs of a column and the referenced column that are set.
    set: Vec<(String, String)>,
    /// Those that other foreign keys set, and that must therefore be equal already.
    equal: Vec<(String, String)>,
}

impl Update<'_> {
    fn new<'a>(table: &'a Table, key: &'a ForeignKey) -> Update<'a> {
        let others = table.foreign_keys.iter().filter(|other| !std::ptr::eq(*other, key));
        let taken: Vec<&String> = others.flat_map(|other| &other.columns).collect();
        let quoted = |name: &String| {
            let place = table.columns.iter().find(|column| column.name == *name);
            place.map(|column| column.quoted.clone()).unwrap_or_default()
        };
        let pairs = key.columns.iter().zip(&key.target_columns);
        let (equal, set): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| taken.contains(name));
        let named = |pairs: Vec<(&String, &String)>| {
            pairs.into_iter().map(|(name, target)| (quoted(name), target.clone())).collect::<Vec<_>>()
        };
        let (equal, set) = (named(equal), named(set));
        if set.is_empty() {
            return Update { table, key, set: equal, equal: set };
        }
        Update { table, key, set, equal }
    }

    fn is_set(&self) -> String {
        each(&self.set, " AND ", |(column, _)| format!("c.{column} IS NOT NULL"))
    }

    /// Which of the referenced rows: in a table that refers to itself a tree, else one after the other.
    fn place_by_row(&self) -> &'static str {
        if self.key.target == self.table.name {
            "greatest(1, n.row / 2)"
        } else {
            "(n.row - 1) % p.\"#total\" + 1"
        }
    }

    fn sql(&self, rows: &str, some: &str, place: &str) -> String {
        let relation = self.table.relation();
        let own = each(&self.equal, ", ", |(column, _)| format!("c.{column}"));
        let theirs = each(&self.equal, ", ", |(_, target)| target.clone());
        let by = |columns: &str| {
            if columns.is_empty() { String::new() } else { format!("PARTITION BY {columns}") }
        };
        let set = each(&self.set, ", ", |(column, target)| format!("{column} = p.{target}"));
        let targets = each(&self.set, ", ", |(_, target)| target.clone());
        let equal = each(&self.equal, "", |(column, target)| format!(" AND c.{column} = p.{target}"));
        format!(
            "UPDATE {relation} AS c SET {set}
             FROM (SELECT c.tableoid, c.ctid, row_number() OVER ({} ORDER BY c.ctid, c.tableoid) AS row
                   FROM {relation} AS c WHERE {rows}) AS n,
                  (SELECT {all}, row_number() OVER ({by_theirs} ORDER BY {targets}) AS \"#place\",
                     count(*) OVER ({by_theirs}) AS \"#total\" FROM {}) AS p
             WHERE c.tableoid = n.tableoid AND c.ctid = n.ctid AND p.\"#place\" = {place} AND ({some}){equal}
             RETURNING 1",
            by(&own),
            self.key.target(),
            by_theirs = by(&theirs),
            all = self.key.target_columns.join(", "),
        )
    }

    /// Each row takes the first key that it may; where there is none it keeps null, or gets it if it may.
    fn one_by_one(&self, database: &mut Database, rows: &str, some: &str) -> Result<(), Error> {
        let relation = self.table.relation();
        let list =
            format!("SELECT c.tableoid::int8, c.ctid FROM {relation} AS c WHERE {rows} ORDER BY c.ctid");
        for (number, row) in ask(database, &list)?.into_iter().enumerate() {
            let [Some(table), Some(row)] = row.as_slice() else { continue };
            let this = format!("c.tableoid = {table} AND c.ctid = {}", sql::literal(row));
            let mut is_set = false;
            for place in number..number + TRIES {
                let place = format!("{place} % p.\"#total\" + 1");
                is_set = attempt(database, &self.sql(rows, &format!("{some} AND {this}"), &place))? == Ok(1);
                if is_set {
                    break;
                }
            }
            if !is_set {
                let unset = each(&self.set, ", ", |(column, _)| format!("{column} = NULL"));
                let _ = attempt(database, &format!("UPDATE {relation} AS c SET {unset} WHERE {this}"))?;
            }
        }
        Ok(())
    }
}

/// Deletes what the server would have refused: rows that break a deferrable key, and rows that refer to nothing.
pub(super) fn look_through(database: &mut Database, tables: &[Table]) -> Result<(), Error> {
    let with_keys = tables.iter().flat_map(|table| table.keys.iter().map(move |key| (table, key)));
    for repeated in with_keys.filter_map(|(table, key)| repeated(table, key)) {
        let _ = attempt(database, &repeated)?;
    }
    let with_references =
        tables.iter().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    let dangling: Vec<(String, String)> =
        with_references.map(|(table, key)| (table.relation(), dangling(table, key))).collect();
    if dangling.is_empty() {
        return Ok(());
    }
    let number = |(number, (relation, condition)): (usize, &(String, String))| {
        format!("SELECT {number} WHERE EXISTS (SELECT FROM {relation} AS c WHERE {condition})")
    };
    let search = dangling.iter().enumerate().map(number).collect::<Vec<_>>().join(";\n");
    for _ in 0..ROUNDS {
        let mut deleted = 0;
        for found in ask(database, &search)?.into_iter().flatten().flatten() {
            let Some((relation, condition)) =
                found.parse().ok().and_then(|number: usize| dangling.get(number))
            else {
                continue;
            };
            let delete = format!("DELETE FROM {relation} AS c WHERE {condition} RETURNING 1");
            deleted += attempt(database, &delete)?.unwrap_or(0);
        }
        if deleted == 0 {
            break;
        }
    }
    Ok(())
}

/// The later of two rows that a deferrable key does not allow together.
fn repeated(table: &Table, key: &Key) -> Option<String> {
    let is_column = |part: &String| table.columns.iter().any(|column| column.quoted == *part);
    if !key.deferrable || !key.parts.iter().all(is_column) {
        return None;
    }
    let conflicts = key.parts.iter().enumerate().map(|(index, part)| {
        match key.operators.as_ref().and_then(|operators| operators.get(index)) {
            Some(operator) => format!("a.{part} {operator} c.{part}"),
            None => format!("a.{part}::text = c.{part}::text"),
        }
    });
    let conflicts = conflicts.collect::<Vec<_>>().join(" AND ");
    let relation = table.relation();
    Some(format!(
        "DELETE FROM {relation} AS c USING {relation} AS a
         WHERE (a.tableoid, a.ctid) < (c.tableoid, c.ctid) AND {conflicts} RETURNING 1"
    ))
}

/// When a row, called `c`, refers to nothing.
fn dangling(table: &Table, key: &ForeignKey) -> String {
    let columns: Vec<_> = own_columns(table, key);
    let all_set =
        columns.iter().map(|column| format!("c.{column} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let none = format!(
        "{all_set} AND NOT EXISTS (SELECT FROM {} AS p WHERE {})",
        key.target(),
        key.matches.join(" AND ")
    );
    if !key.match_full {
        return none;
    }
    let nulls = format!(
        "num_nulls({})",
        columns.iter().map(|column| format!("c.{column}")).collect::<Vec<_>>().join(", ")
    );
    format!("({none}) OR {nulls} BETWEEN 1 AND {}", columns.len() - 1)
}

fn own_columns<'a>(table: &'a Table, key: &ForeignKey) -> Vec<&'a str> {
    table.places(&key.columns).into_iter().map(|place| table.columns[place].quoted.as_str()).collect()
}

fn each(pairs: &[(String, String)], between: &str, text: impl Fn(&(String, String)) -> String) -> String {
    pairs.iter().map(text).collect::<Vec<_>>().join(between)
}
