//! What rows must obey, as the catalog tells it (`schema.sql`).

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Database, Error};
use serde::Deserialize;
use sql::{WordKind, words};

use super::ask;
use super::types::{Of, Type};

/// Everything that is known about a database before rows are made for it.
#[derive(Debug, Deserialize)]
pub(super) struct Schema {
    pub(super) unicode: bool,
    pub(super) tables: Vec<Table>,
    pub(super) materialized_views: Vec<String>,
    pub(super) types: BTreeMap<u32, Type>,
}

/// A table, or the root of partitions.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    /// Schema and name, each quoted where it must be.
    pub(super) name: String,
    /// The name alone, as expressions call it.
    pub(super) alias: String,
    only: bool,
    pub(super) columns: Vec<Column>,
    checks: Vec<String>,
    /// The conditions of the partitions that rows end in.
    pub(super) leaves: Vec<String>,
    pub(super) keys: Vec<Key>,
    pub(super) foreign_keys: Vec<ForeignKey>,
}

/// A column; those that are generated have an expression.
#[derive(Debug, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) quoted: String,
    #[serde(rename = "type")]
    oid: u32,
    modifier: i32,
    pub(super) format: String,
    pub(super) not_null: bool,
    pub(super) generated: Option<String>,
    pub(super) default: Option<String>,
    /// An identity column or one whose default takes numbers from a sequence.
    pub(super) from_sequence: bool,
}

/// A unique index or the index of an exclusion constraint.
#[derive(Debug, Deserialize)]
pub(super) struct Key {
    /// Columns and expressions.
    pub(super) parts: Vec<String>,
    /// Not checked while triggers are off.
    pub(super) deferrable: bool,
    /// Those of an exclusion constraint.
    pub(super) operators: Option<Vec<String>>,
}

/// A foreign key.
#[derive(Debug, Deserialize)]
pub(super) struct ForeignKey {
    pub(super) columns: Vec<String>,
    pub(super) target: String,
    target_only: bool,
    /// Quoted.
    pub(super) target_columns: Vec<String>,
    /// For each column when a row called `c` has in it what a row called `p` has in the referenced one.
    pub(super) matches: Vec<String>,
    pub(super) match_full: bool,
}

impl Schema {
    pub(super) fn read(database: &mut Database) -> Result<Schema, Error> {
        let rows = ask(database, include_str!("schema.sql"))?;
        let text = rows.into_iter().flatten().flatten().next().unwrap_or_default();
        serde_json::from_str(&text)
            .map_err(|error| Error::Answer { reason: format!("the schema of the rows: {error}") })
    }
}

impl Table {
    /// What stands after FROM, UPDATE and DELETE FROM: not the tables that inherit from it, but its partitions.
    pub(super) fn relation(&self) -> String {
        relation(&self.name, self.only)
    }

    /// What every row must fulfil: the checks, and that one of the partitions takes it.
    pub(super) fn conditions(&self) -> Vec<String> {
        let mut conditions = self.checks.clone();
        conditions.extend(self.partition());
        conditions
    }

    /// Which of the partitions takes a row, counted from 0; null where none does.
    pub(super) fn leaf(&self) -> Option<String> {
        let cases = self.leaves.iter().enumerate();
        let cases: Vec<_> = cases.map(|(number, leaf)| format!("WHEN {leaf} THEN {number}")).collect();
        (!cases.is_empty()).then(|| format!("CASE {} END", cases.join(" ")))
    }

    fn partition(&self) -> Option<String> {
        self.leaf().map(|leaf| format!("({leaf}) IS NOT NULL"))
    }

    /// The columns that an expression names, generated ones replaced by what they are made of. A name that stands for something
    /// else does no harm: more columns than needed are looked at together.
    pub(super) fn columns_in(&self, expression: &str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for index in self.named_in(expression) {
            match &self.columns[index].generated {
                Some(expression) => found.extend(self.named_in(expression)),
                None => {
                    found.insert(index);
                }
            }
        }
        found
    }

    fn named_in(&self, expression: &str) -> BTreeSet<usize> {
        let words = words(expression).into_iter().filter(|word| word.kind == WordKind::Identifier);
        let names: BTreeSet<String> = words.map(|word| word.text).collect();
        (0..self.columns.len()).filter(|index| names.contains(&self.columns[*index].name)).collect()
    }

    /// The columns of a key.
    pub(super) fn columns_of(&self, key: &Key) -> BTreeSet<usize> {
        key.parts.iter().flat_map(|part| self.columns_in(part)).collect()
    }

    /// The places of columns.
    pub(super) fn places(&self, names: &[String]) -> Vec<usize> {
        let place = |name: &String| self.columns.iter().position(|column| column.name == *name);
        names.iter().filter_map(place).collect()
    }
}

impl Column {
    pub(super) fn of(&self) -> Of {
        Of { oid: self.oid, modifier: self.modifier }
    }

    /// Generated, or a number from a sequence.
    pub(super) fn is_made_by_server(&self) -> bool {
        self.from_sequence || self.generated.is_some()
    }
}

impl ForeignKey {
    /// What stands after FROM.
    pub(super) fn target(&self) -> String {
        relation(&self.target, self.target_only)
    }
}

fn relation(name: &str, only: bool) -> String {
    if only { format!("ONLY {name}") } else { name.to_owned() }
}
