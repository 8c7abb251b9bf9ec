//! Rows written after a migration, as an application would go on writing.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Database, Error};

use super::fill::Wanted;
use super::generate::{Maker, start};
use super::schema::{ForeignKey, Table};
use super::{attempt, references, values};

/// How many columns of a table an UPDATE sets.
const COLUMNS: usize = 3;

/// What [`more`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// By `schema.table`, each part quoted where it must be; every table is here.
    pub tables: BTreeMap<String, Writes>,
    /// How many statements were refused and left out.
    pub skipped: usize,
}

/// What was done to one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    /// How many rows were inserted.
    pub inserted: usize,
    /// How many rows were changed, in columns that belong to no key.
    pub updated: usize,
    /// How many rows were deleted, of those that no row refers to.
    pub deleted: usize,
    /// The last refusal of a statement.
    pub refused: Option<String>,
}

/// Inserts about `per_table` rows into every table, changes a third of all rows, and deletes up to a fifth of those that no row refers
/// to: the same for the same state and salt. Take another salt than for [`super::generate`].
///
/// # Errors
/// As for [`super::generate`].
pub fn more(database: &mut Database, per_table: usize, salt: &str) -> Result<Written, Error> {
    let mut maker = Maker::new(database)?;
    let start = start(salt);
    let mut outcomes = maker.fill_all(database, Wanted { rows: per_table, start }, &|_| true)?;
    let mut written = Written::default();
    for table in &maker.schema.tables {
        let outcome = outcomes.remove(&table.name).unwrap_or_default();
        let mut writes = Writes { inserted: outcome.rows, refused: outcome.reason, ..Writes::default() };
        let refused = writes.inserted == 0 && writes.refused.is_some();
        let statements = [maker.update(table, start), Some(maker.delete(table))];
        let mut counts = [0, 0];
        written.skipped += usize::from(refused);
        for (count, statement) in counts.iter_mut().zip(statements) {
            match statement.map_or(Ok(Ok(0)), |statement| attempt(database, &statement))? {
                Ok(rows) => *count = rows,
                Err(reason) => {
                    written.skipped += 1;
                    writes.refused = Some(reason);
                }
            }
        }
        [writes.updated, writes.deleted] = counts;
        written.tables.insert(table.name.clone(), writes);
    }
    // A row may be referred to by way of one of its partitions, which the DELETE did not know.
    references::look_through(database, &maker.schema.tables)?;
    written.skipped += maker.refresh(database)?.len();
    Ok(written)
}

impl Maker {
    /// New values for a third of the rows, in columns that belong to no key and no condition.
    fn update(&self, table: &Table, start: u64) -> Option<String> {
        let assignments = self.free(table, start).into_iter().filter_map(|index| {
            let column = &table.columns[index];
            let value = values::nth(&self.types, column.of(), start + 17 + index as u64)?;
            let base = self.types.base_format(column.of(), &column.format);
            Some(format!("{} = CAST({} AS {})", column.quoted, values::cast(&value, base), column.format))
        });
        let assignments: Vec<_> = assignments.take(COLUMNS).collect();
        if assignments.is_empty() {
            return None;
        }
        let relation = table.relation();
        let first = start / 100 % 3;
        Some(format!(
            "UPDATE {relation} AS c SET {}
             FROM (SELECT tableoid, ctid, row_number() OVER (ORDER BY ctid, tableoid) AS row FROM {relation}) AS n
             WHERE c.tableoid = n.tableoid AND c.ctid = n.ctid AND n.row % 3 = {first} RETURNING 1",
            assignments.join(", ")
        ))
    }

    /// A fifth of the rows that no row refers to, or one where there are only a few; never the last two.
    fn delete(&self, table: &Table) -> String {
        let referring: Vec<_> = self
            .referring(table)
            .map(|(other, key)| {
                let matches = key.matches.join(" AND ");
                format!(" AND NOT EXISTS (SELECT FROM {} AS c WHERE {matches})", other.relation())
            })
            .collect();
        let referring = referring.concat();
        let relation = table.relation();
        format!(
            "DELETE FROM {relation} AS gone
             USING (SELECT p.tableoid, p.ctid, row_number() OVER (ORDER BY p.ctid DESC, p.tableoid) AS row
                    FROM {relation} AS p WHERE true{referring}) AS n,
                   (SELECT count(*) AS rows FROM {relation}) AS a
             WHERE gone.tableoid = n.tableoid AND gone.ctid = n.ctid
               AND n.row <= least(greatest(a.rows / 5, 1), a.rows - 2) RETURNING 1"
        )
    }

    /// The foreign keys that refer to a table.
    fn referring<'a>(&'a self, table: &'a Table) -> impl Iterator<Item = (&'a Table, &'a ForeignKey)> {
        let all = self
            .schema
            .tables
            .iter()
            .flat_map(|other| other.foreign_keys.iter().map(move |key| (other, key)));
        all.filter(|(_, key)| key.target == table.name)
    }

    /// Columns that nothing but their type restricts; which of them come first depends on the salt.
    fn free(&self, table: &Table, start: u64) -> Vec<usize> {
        let keys = table.keys.iter().flat_map(|key| table.columns_of(key));
        let own = table.foreign_keys.iter().flat_map(|key| table.places(&key.columns));
        let mut bound: BTreeSet<usize> = keys.chain(own).collect();
        bound.extend(table.conditions().iter().flat_map(|condition| table.columns_in(condition)));
        for (_, key) in self.referring(table) {
            bound.extend(
                (0..table.columns.len()).filter(|c| key.target_columns.contains(&table.columns[*c].quoted)),
            );
        }
        let mut free: Vec<usize> = (0..table.columns.len()).collect();
        free.retain(|index| !bound.contains(index) && !table.columns[*index].is_made_by_server());
        let turn = usize::try_from(start / 100).unwrap_or_default() % free.len().max(1);
        free.rotate_left(turn);
        free
    }
}
