//! Whether two states of a database hold the same rows, and which they are.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Database, Error};

use super::Texts;

/// Makes text not depend on the session; ends with the message that it begins.
const SETTINGS: &str = "SET LOCAL search_path = '';
    SET LOCAL \"DateStyle\" = 'ISO, MDY';
    SET LOCAL \"IntervalStyle\" = 'postgres';
    SET LOCAL \"TimeZone\" = 'UTC';
    SET LOCAL extra_float_digits = 1;
    SET LOCAL bytea_output = 'hex';
    SET LOCAL lc_monetary = 'C';
    SET LOCAL row_security = off;
    SET LOCAL jit = off;\n";

/// What a relation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// The large objects of the database: how many there are.
    LargeObjects,
    /// The rows of a materialized view, and whether it is populated.
    MaterializedView,
    /// The position of a sequence.
    Sequence,
    /// The rows of a table or a partition.
    Table,
}

/// How much a relation holds and a hash of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What it is.
    pub held: Held,
    /// The number of rows; of a sequence 1.
    pub count: u64,
    /// The sum of the rows' hashes, which depends neither on the order of rows nor on that of columns; of a sequence its position
    /// in words.
    pub hash: String,
}

/// All rows of a database, in short. Equal ones mean equal rows; partitions stand for their root, and what belongs to a schema
/// `pg_*`, `information_schema` or `endstate_*` is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// By `schema.name`, each part quoted where it must be.
    pub relations: BTreeMap<String, Content>,
}

/// A relation that does not hold the same; `None` where it is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDifference {
    /// `schema.name`, each part quoted where it must be.
    pub relation: String,
    /// What the one state holds.
    pub left: Option<Content>,
    /// What the other state holds.
    pub right: Option<Content>,
}

/// Reads the fingerprint of a database: one round trip for the list, one for all relations.
pub fn fingerprint(database: &mut Database) -> Result<Fingerprint, Error> {
    let queries = list(database)?.into_iter().filter_map(|row| row.into_iter().nth(2).flatten());
    let rows = ask(database, &queries.collect::<Vec<_>>().join(";\n"))?;
    Ok(Fingerprint { relations: rows.into_iter().filter_map(relation).collect() })
}

/// The rows of a table, a partitioned table or a materialized view, named as in a fingerprint: each as JSON with every value as text,
/// in the order of that text. None where there is no such relation.
pub fn dump(database: &mut Database, relation: &str) -> Result<Vec<String>, Error> {
    let is_it = |row: &Vec<Option<String>>| row.get(1).is_some_and(|name| name.as_deref() == Some(relation));
    match list(database)?.into_iter().find(is_it).and_then(|row| row.into_iter().nth(3).flatten()) {
        Some(query) => Ok(ask(database, &query)?.into_iter().flatten().flatten().collect()),
        None => Ok(Vec::new()),
    }
}

impl Fingerprint {
    /// How many rows all tables hold.
    pub fn rows(&self) -> u64 {
        self.relations
            .values()
            .filter(|content| content.held == Held::Table)
            .map(|content| content.count)
            .sum()
    }

    /// What does not hold the same here and there.
    pub fn differences(&self, other: &Fingerprint) -> Vec<RowDifference> {
        let names: BTreeSet<&String> = self.relations.keys().chain(other.relations.keys()).collect();
        let difference = |relation: &String| {
            let [left, right] = [self, other].map(|side| side.relations.get(relation).cloned());
            (left != right).then(|| RowDifference { relation: relation.clone(), left, right })
        };
        names.into_iter().filter_map(difference).collect()
    }
}

/// The relations, each with its kind, name, and queries.
fn list(database: &mut Database) -> Result<Texts, Error> {
    ask(database, include_str!("fingerprint.sql"))
}

fn ask(database: &mut Database, sql: &str) -> Result<Texts, Error> {
    match database.select(&format!("{SETTINGS}{sql}")) {
        // Reading a table may run functions, in the predicates of its indexes or in a generated column, whose bodies find names by the
        // search path of those who use it.
        Err(error) if error.server().is_some_and(|error| crate::missing_name(error).is_some()) => {
            database.select(&format!("{SETTINGS}SET LOCAL search_path TO DEFAULT;\n{sql}"))
        }
        other => other,
    }
}

/// Partitioned tables hold no rows themselves.
fn relation(row: Vec<Option<String>>) -> Option<(String, Content)> {
    let [Some(kind), Some(name), Some(count), Some(hash)] = <[_; 4]>::try_from(row).ok()? else {
        return None;
    };
    let held = match kind.as_str() {
        "L" => Held::LargeObjects,
        "m" => Held::MaterializedView,
        "S" => Held::Sequence,
        "r" => Held::Table,
        _ => return None,
    };
    Some((name, Content { held, count: count.parse().ok()?, hash }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(held: Held, count: u64, hash: &str) -> Content {
        Content { held, count, hash: hash.to_owned() }
    }

    fn of(relations: &[(&str, Content)]) -> Fingerprint {
        let relations = relations.iter().map(|(name, content)| ((*name).to_owned(), content.clone()));
        Fingerprint { relations: relations.collect() }
    }

    #[test]
    fn differences_of_both_sides() {
        let (table, sequence) = (content(Held::Table, 2, "7"), content(Held::Sequence, 1, "x"));
        let left = of(&[("a.same", table.clone()), ("a.gone", table.clone()), ("a.s", sequence)]);
        let right = of(&[("a.same", table.clone()), ("a.s", content(Held::Sequence, 1, "y"))]);
        let found = left.differences(&right);
        assert_eq!(found.iter().map(|found| found.relation.as_str()).collect::<Vec<_>>(), ["a.gone", "a.s"]);
        assert_eq!(found[0].right, None);
        assert_eq!(left.rows(), 4);
        assert_eq!(left.differences(&left), []);
    }
}
