//! A part of the live rows on a shadow database, such that every foreign key finds what it refers to.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Database, Error, Snapshot};
use serde::Deserialize;

/// As on the side that writes, only the copy counts; triggers and foreign keys are off, since all comes from rows that kept them.
const WRITE: &str = "SET LOCAL session_replication_role = replica";

/// What [`sample`] copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sampled {
    /// How many rows of each table, by `schema.table`, each part quoted where it must be; every table and partition is here.
    pub tables: BTreeMap<String, Copied>,
}

/// How much of a table was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// How many rows arrived.
    pub rows: u64,
    /// How many of them only because others refer to them.
    pub referenced: u64,
}

/// Where rows are, by table: their `ctid`, which says the same as long as the snapshot lasts.
type Places = BTreeMap<u32, BTreeSet<String>>;

#[derive(Deserialize)]
struct Layout {
    tables: Vec<Table>,
    foreign_keys: Vec<ForeignKey>,
    sequences: Vec<String>,
}

#[derive(Deserialize)]
struct Table {
    oid: u32,
    name: String,
    /// Quoted; those that are generated are left out.
    columns: Vec<String>,
}

#[derive(Deserialize)]
struct ForeignKey {
    table: u32,
    target: String,
    /// When a row `c` refers to a row `p`.
    condition: String,
}

/// Copies at most `at_most` rows of every table, and beyond that the rows that they refer to, directly or through others. The shadow
/// database has the same tables, and no rows. The sequences that may be read are brought to the same position.
///
/// # Errors
/// The server's where a table may not be read, and where row level security would hide rows: a sample that leaves rows out in
/// silence proves nothing.
pub fn sample(live: &mut Snapshot<'_>, shadow: &mut Database, at_most: usize) -> Result<Sampled, Error> {
    live.text_rows(
        "SET LOCAL row_security = off; SET LOCAL synchronize_seqscans = off; SET LOCAL jit = off",
    )?;
    let layout = live.one(include_str!("sample.sql"))?;
    let layout: Layout = serde_json::from_value(layout)
        .map_err(|error| Error::Answer { reason: format!("the tables of a sample: {error}") })?;
    let first = layout.first(live, at_most)?;
    let all = layout.closed(live, &first)?;
    let mut sampled = Sampled::default();
    for table in &layout.tables {
        let count = |places: &Places| places.get(&table.oid).map_or(0, |rows| rows.len() as u64);
        let rows = table.copy(live, shadow, all.get(&table.oid))?;
        let referenced = count(&all) - count(&first);
        sampled.tables.insert(table.name.clone(), Copied { rows, referenced });
    }
    layout.copy_sequences(live, shadow)?;
    Ok(sampled)
}

impl Layout {
    /// Some rows of every table.
    fn first(&self, live: &mut Snapshot<'_>, at_most: usize) -> Result<Places, Error> {
        let query = |table: &Table| {
            let Table { oid, name, .. } = table;
            format!("(SELECT {oid}, ctid FROM ONLY {name} LIMIT {at_most})")
        };
        places(live, &self.tables.iter().map(query).collect::<Vec<_>>())
    }

    /// Those rows and all that they refer to: round by round what the new rows refer to, until nothing new comes.
    fn closed(&self, live: &mut Snapshot<'_>, first: &Places) -> Result<Places, Error> {
        let known: BTreeSet<u32> = self.tables.iter().map(|table| table.oid).collect();
        let mut all = first.clone();
        let mut new = first.clone();
        while !new.is_empty() {
            let queries =
                self.foreign_keys.iter().filter_map(|key| self.referenced(key, new.get(&key.table)?));
            let mut found = places(live, &queries.collect::<Vec<_>>())?;
            found.retain(|table, rows| {
                let seen = all.entry(*table).or_default();
                rows.retain(|row| !seen.contains(row));
                seen.extend(rows.iter().cloned());
                known.contains(table) && !rows.is_empty()
            });
            new = found;
        }
        Ok(all)
    }

    fn referenced(&self, key: &ForeignKey, rows: &BTreeSet<String>) -> Option<String> {
        let ForeignKey { table, target, condition } = key;
        let name = &self.tables.iter().find(|other| other.oid == *table)?.name;
        let rows = list(rows);
        Some(format!(
            "SELECT DISTINCT p.tableoid::int8, p.ctid FROM ONLY {name} AS c JOIN {target} AS p ON {condition}
             WHERE c.ctid = ANY ({rows})"
        ))
    }

    fn copy_sequences(&self, live: &mut Snapshot<'_>, shadow: &mut Database) -> Result<(), Error> {
        let query =
            |name: &String| format!("SELECT {}, last_value, is_called FROM {name}", sql::literal(name));
        let queries: Vec<_> = self.sequences.iter().map(query).collect();
        let mut statements = Vec::new();
        for row in select(live, &queries)? {
            if let [Some(name), Some(value), Some(called)] = row.as_slice() {
                let (name, called) = (sql::literal(name), sql::literal(called));
                statements.push(format!("SELECT pg_catalog.setval({name}, {value}, {called}::bool)"));
            }
        }
        shadow.select(&statements.join(";\n")).map(drop)
    }
}

impl Table {
    fn copy(
        &self,
        live: &mut Snapshot<'_>,
        shadow: &mut Database,
        rows: Option<&BTreeSet<String>>,
    ) -> Result<u64, Error> {
        let Some(rows) = rows.filter(|rows| !rows.is_empty()) else { return Ok(0) };
        let Table { name, .. } = self;
        let columns = self.columns.join(", ");
        let rows = list(rows);
        let query = format!("COPY (SELECT {columns} FROM ONLY {name} WHERE ctid = ANY ({rows})) TO STDOUT");
        let mut source = live.copy_out(&query)?;
        // A row kept its checks when it was written, and need not now: one may compare with the time, or be NOT VALID. Without
        // a count the server looks for none; the count comes back with the rows.
        let checks = |number: &str| {
            format!(
                "UPDATE pg_catalog.pg_class AS c SET relchecks = {number} WHERE c.oid = {}::pg_catalog.regclass",
                sql::literal(name)
            )
        };
        let counted = "(SELECT count(*) FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c')";
        shadow.run(&format!("BEGIN; {WRITE}; {}", checks("0")))?;
        let into = if columns.is_empty() { String::new() } else { format!("({columns})") };
        let copied = shadow.copy_in(&format!("COPY {name} {into} FROM STDIN"), &mut source)?;
        shadow.run(&format!("{}; COMMIT", checks(counted)))?;
        Ok(copied)
    }
}

fn list(rows: &BTreeSet<String>) -> String {
    let rows: Vec<_> = rows.iter().map(|row| format!("\"{row}\"")).collect();
    format!("{}::tid[]", sql::literal(&format!("{{{}}}", rows.join(","))))
}

/// Queries that yield a table and a row.
fn places(live: &mut Snapshot<'_>, queries: &[String]) -> Result<Places, Error> {
    let mut places = Places::new();
    for row in select(live, queries)? {
        if let [Some(table), Some(row)] = row.as_slice() {
            let table = table.parse().unwrap_or_default();
            places.entry(table).or_default().insert(row.clone());
        }
    }
    Ok(places)
}

/// The rows of all queries, in one message.
fn select(live: &mut Snapshot<'_>, queries: &[String]) -> Result<super::Texts, Error> {
    if queries.is_empty() { Ok(Vec::new()) } else { live.text_rows(&queries.join(";\n")) }
}
