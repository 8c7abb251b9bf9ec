//! Rows for one table.

use std::collections::BTreeSet;

use catalog::{Database, Error};

use super::attempt;
use super::components::{Component, components};
use super::schema::{Column, ForeignKey, Table};
use super::solve::Puzzle;
use super::types::{Shape, Types};
use super::values;

/// How often in a row a row may be refused before the table is given up.
const PATIENCE: u64 = 60;
/// The most rows that a table gets for the sake of the labels of an enum.
const MOST_FOR_LABELS: usize = 64;

/// What rows are wanted.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// How many in every table.
    pub(super) rows: usize,
    /// A number made of the salt: where the values of keys begin, so that those of another salt are others.
    pub(super) start: u64,
}

/// What became of it.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) rows: usize,
    /// The last refusal, where rows are missing.
    pub(super) reason: Option<String>,
}

/// Puts rows into a table. Foreign keys that are not `ready` get null, or anything where null is not allowed.
pub(super) fn fill(
    database: &mut Database,
    types: &Types,
    table: &Table,
    ready: &dyn Fn(&ForeignKey) -> bool,
    wanted: Wanted,
) -> Result<Outcome, Error> {
    let rows = wanted.rows.max(most_labels(types, table).min(MOST_FOR_LABELS));
    let (now, later): (Vec<usize>, Vec<usize>) =
        (0..table.foreign_keys.len()).partition(|key| ready(&table.foreign_keys[*key]));
    let mut components = components(types, table, &now);
    let puzzle = Puzzle { types, table, rows, salt: wanted.start };
    if let Err(reason) = puzzle.solve(database, &mut components)? {
        return Ok(Outcome { rows: 0, reason: Some(reason) });
    }
    let later = later.iter().flat_map(|key| table.places(&table.foreign_keys[*key].columns)).collect();
    let keys = table.keys.iter().map(|key| table.columns_of(key)).collect();
    let filler = Filler { types, table, components, later, keys, rows: rows as u64, start: wanted.start };
    if filler.written().is_empty() {
        let statements = format!("INSERT INTO {} DEFAULT VALUES RETURNING 1;", table.name).repeat(rows);
        return Ok(outcome(attempt(database, &statements)?, rows));
    }
    match filler.together(database)? {
        Ok(rows) => Ok(Outcome { rows, reason: None }),
        Err(_) => filler.one_by_one(database),
    }
}

fn outcome(tried: Result<usize, String>, rows: usize) -> Outcome {
    match tried {
        Ok(_) => Outcome { rows, reason: None },
        Err(reason) => Outcome { rows: 0, reason: Some(reason) },
    }
}

/// One more than the labels, as the last row holds nulls.
fn most_labels(types: &Types, table: &Table) -> usize {
    let labels = table.columns.iter().filter_map(|column| match types.shape(column.of())? {
        Shape::Enum { labels } => Some(labels.len() + 1),
        _ => None,
    });
    labels.max().unwrap_or(0)
}

struct Filler<'a> {
    types: &'a Types,
    table: &'a Table,
    components: Vec<Component>,
    /// Columns of foreign keys that are set later.
    later: BTreeSet<usize>,
    /// Columns of unique indexes and exclusion constraints.
    keys: Vec<BTreeSet<usize>>,
    rows: u64,
    start: u64,
}

/// How a row is made.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Colourful,
    /// With null wherever it is allowed.
    Sparse,
    /// With the simplest values.
    Plain,
}

impl Filler<'_> {
    /// The columns that a statement names.
    fn written(&self) -> Vec<usize> {
        (0..self.table.columns.len()).filter(|index| self.table.columns[*index].generated.is_none()).collect()
    }

    /// Many rows a statement; those that break a key are left out, and others tried in their place.
    fn together(&self, database: &mut Database) -> Result<Result<usize, String>, Error> {
        let mut made = 0;
        let mut next = 0;
        for _ in 0..4 {
            let missing = self.rows.saturating_sub(made as u64);
            if missing == 0 {
                break;
            }
            let rows: Vec<_> = (next..next + missing).map(|row| self.row(row, self.style(row))).collect();
            next += missing;
            let insert = format!("{} ON CONFLICT DO NOTHING RETURNING 1", self.insert(&rows));
            match attempt(database, &insert)? {
                Ok(count) => made += count,
                Err(reason) if made == 0 => return Ok(Err(reason)),
                Err(_) => break,
            }
        }
        Ok(Ok(made))
    }

    /// The last row of the first round holds null wherever it may.
    fn style(&self, row: u64) -> Style {
        if row + 1 == self.rows && row > 0 { Style::Sparse } else { Style::Colourful }
    }

    /// Each row by itself, in different styles until one is accepted.
    fn one_by_one(&self, database: &mut Database) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        let mut style = Style::Colourful;
        let mut refused = 0;
        for number in 0..self.rows * 4 + PATIENCE {
            if outcome.rows as u64 >= self.rows || refused >= PATIENCE {
                break;
            }
            match attempt(database, &format!("{} RETURNING 1", self.insert(&[self.row(number, style)])))? {
                Ok(count) => {
                    outcome.rows += count;
                    refused = 0;
                }
                Err(reason) => {
                    outcome.reason = Some(reason);
                    refused += 1;
                    style = style.next();
                }
            }
        }
        Ok(outcome)
    }

    fn insert(&self, rows: &[String]) -> String {
        let written = self.written();
        let names: Vec<_> = written.iter().map(|index| self.table.columns[*index].quoted.as_str()).collect();
        format!("INSERT INTO {} ({}) VALUES {}", self.table.name, names.join(", "), rows.join(",\n"))
    }

    /// A row as SQL.
    fn row(&self, number: u64, style: Style) -> String {
        let mut row: Vec<Option<String>> = vec![None; self.table.columns.len()];
        let mut combinations = 1;
        for component in &self.components {
            let count = component.tuples.len() as u64;
            let number = if self.may_repeat(component) { number / 2 } else { number };
            // Two lists of the same length shall not go hand in hand for ever.
            let turn = (number + number / combinations * u64::from(combinations > 1)) % count.max(1);
            combinations = combinations.saturating_mul(count.max(1));
            let tuple = match style {
                Style::Sparse => {
                    component.tuples.iter().max_by_key(|tuple| tuple.iter().filter(|v| v.is_none()).count())
                }
                Style::Colourful | Style::Plain => values::pick(&component.tuples, turn),
            };
            for (column, value) in component.columns.iter().zip(tuple.into_iter().flatten()) {
                let format = &self.table.columns[*column].format;
                row[*column] = Some(
                    value.as_ref().map_or("NULL".to_owned(), |value| self.stored(*column, value, format)),
                );
            }
        }
        let written = self.written();
        let values = written.iter().map(|index| match row[*index].take() {
            Some(value) => value,
            None => self.value(*index, number, style),
        });
        format!("({})", values.collect::<Vec<_>>().join(", "))
    }

    /// Whether two rows may refer to the same row: no key forbids it, as each has a column that differs anyway.
    fn may_repeat(&self, component: &Component) -> bool {
        let combined = |column: &usize| self.components.iter().any(|other| other.columns.contains(column));
        let allows = |key: &BTreeSet<usize>| {
            component.columns.iter().all(|column| !key.contains(column)) || !key.iter().all(combined)
        };
        component.refers() && self.keys.iter().all(allows)
    }

    /// As the type below the domain first, which cuts off what there is no room for; the domain itself would refuse it.
    fn stored(&self, column: usize, value: &str, format: &str) -> String {
        let base = self.types.base_format(self.table.columns[column].of(), format);
        let value = values::cast(value, base);
        if base == format { value } else { format!("CAST({value} AS {format})") }
    }

    /// The value of a column that depends on no other.
    fn value(&self, index: usize, number: u64, style: Style) -> String {
        let column = &self.table.columns[index];
        if column.from_sequence {
            return "DEFAULT".to_owned();
        }
        let nullable = self.types.is_nullable(column);
        if nullable
            && (self.later.contains(&index) || style == Style::Sparse || self.is_left_out(index, number))
        {
            return "NULL".to_owned();
        }
        let value = self.text(index, number, style);
        value.map_or("NULL".to_owned(), |value| self.stored(index, &value, &column.format))
    }

    fn is_in_key(&self, index: usize) -> bool {
        self.keys.iter().any(|key| key.contains(&index))
    }

    /// Here and there a null.
    fn is_left_out(&self, index: usize, number: u64) -> bool {
        let labels = matches!(self.types.shape(self.table.columns[index].of()), Some(Shape::Enum { .. }));
        (number + index as u64) % 7 == 3 && !labels && !self.is_in_key(index)
    }

    /// In keys all values differ; elsewhere there are a few that come again.
    fn text(&self, index: usize, number: u64, style: Style) -> Option<String> {
        let column = &self.table.columns[index];
        let nth = |n: u64| values::nth(self.types, column.of(), n);
        match self.types.shape(column.of())? {
            _ if self.is_in_key(index) => nth(self.start + number),
            _ if style == Style::Plain => nth(0),
            Shape::Enum { .. } | Shape::Domain { .. } => nth(self.start + number),
            _ if is_list(column) => Some(format!("[{number}, \"a\", null, {{\"n\": {number}}}]")),
            _ => nth((number + 3 * index as u64 + self.start) % 16),
        }
    }
}

impl Style {
    fn next(self) -> Style {
        match self {
            Style::Colourful => Style::Sparse,
            Style::Sparse => Style::Plain,
            Style::Plain => Style::Colourful,
        }
    }
}

/// Whether a column of json holds lists, to judge by its default.
fn is_list(column: &Column) -> bool {
    column.format.starts_with("json")
        && column.default.as_ref().is_some_and(|default| default.starts_with("'["))
}
