//! Values for columns that depend on each other, combined by the server's own planner: a query joins the lists of candidates of a
//! component under its conditions, and what it returns fulfils them.

use std::collections::BTreeSet;

use catalog::{Database, Error};

use super::components::{Component, List};
use super::schema::{ForeignKey, Table};
use super::types::Types;
use super::{Texts, ask, attempt, candidates, refusal, values};

/// How many combinations a query may have to look at, roughly.
const COMBINATIONS: f64 = 200_000.0;
/// How many combinations are kept.
const KEPT: usize = 150;
/// How many combinations are tried one by one.
const TRIED: usize = 300;
/// How many that are found so are enough.
const ENOUGH: usize = 20;

/// What is to be solved, and how.
pub(super) struct Puzzle<'a> {
    pub(super) types: &'a Types,
    pub(super) table: &'a Table,
    /// How many rows are wanted.
    pub(super) rows: usize,
    /// Different numbers prefer different combinations.
    pub(super) salt: u64,
}

/// How much a query tries.
#[derive(Clone, Copy, PartialEq)]
enum Effort {
    Ordinary,
    /// With values that depend on the clock.
    OfToday,
    /// Without the conditions, for which the rows are then tried one by one.
    Unconditional,
}

impl Puzzle<'_> {
    /// Fills in the tuples; says why where there is nothing to refer to.
    pub(super) fn solve(
        &self,
        database: &mut Database,
        components: &mut [Component],
    ) -> Result<Result<(), String>, Error> {
        let queries: Vec<_> = components
            .iter()
            .enumerate()
            .map(|(number, component)| self.query(component, number, Effort::Ordinary))
            .collect();
        if !queries.is_empty() {
            match ask(database, &queries.join(";\n")) {
                Ok(rows) => distribute(rows, components),
                Err(error) => drop(refusal(error)?),
            }
        }
        for component in components.iter_mut() {
            self.retry(database, component)?;
        }
        let unsolved = components.iter().find(|component| component.tuples.is_empty());
        Ok(unsolved.map_or(Ok(()), |component| Err(self.missing(component))))
    }

    /// Where no combination fulfils the conditions, with values of today; where one makes them fail, each combination by itself; and
    /// where nothing helps, without conditions.
    fn retry(&self, database: &mut Database, component: &mut Component) -> Result<(), Error> {
        for effort in [Effort::Ordinary, Effort::OfToday, Effort::Unconditional] {
            if !component.tuples.is_empty() {
                return Ok(());
            }
            match ask(database, &self.query(component, 0, effort)) {
                Ok(rows) => distribute(rows, std::slice::from_mut(component)),
                Err(error) => {
                    refusal(error)?;
                    return self.one_by_one(database, component);
                }
            }
        }
        Ok(())
    }

    fn one_by_one(&self, database: &mut Database, component: &mut Component) -> Result<(), Error> {
        let all = match ask(database, &self.query(component, 0, Effort::Unconditional)) {
            Ok(rows) => rows,
            Err(error) => return refusal(error).map(drop),
        };
        distribute(all, std::slice::from_mut(component));
        let mut fulfilling = Vec::new();
        for tuple in &component.tuples {
            if fulfilling.len() >= ENOUGH.max(self.rows) {
                break;
            }
            let values = component.columns.iter().zip(tuple).map(|(column, value)| {
                let value = value.as_ref().map_or("NULL".to_owned(), |value| sql::literal(value));
                format!("CAST({value} AS {}) AS {}", self.format(*column), self.table.columns[*column].quoted)
            });
            let row = format!("(SELECT {}) AS {}", values.collect::<Vec<_>>().join(", "), self.table.alias);
            let relation = self.with_generated(component, row);
            let query = format!("SELECT 1 FROM {relation} WHERE {}", self.conditions(component));
            if attempt(database, &query)? == Ok(1) {
                fulfilling.push(tuple.clone());
            }
        }
        if !fulfilling.is_empty() {
            component.tuples = fulfilling;
        }
        Ok(())
    }

    fn missing(&self, component: &Component) -> String {
        let keys = component.lists.iter().filter_map(|list| list.foreign_key);
        let targets: Vec<_> = keys.map(|key| self.table.foreign_keys[key].target.as_str()).collect();
        match targets.as_slice() {
            [] => format!("no value is known for {}", self.names(&component.columns)),
            targets => format!(
                "{} refers to {}, where no row serves",
                self.names(&component.columns),
                targets.join(", ")
            ),
        }
    }

    fn names(&self, columns: &[usize]) -> String {
        columns
            .iter()
            .map(|column| self.table.columns[*column].quoted.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The combinations as JSON, in an order that is arbitrary and yet always the same; of each partition in turn.
    fn query(&self, component: &Component, number: usize, effort: Effort) -> String {
        let alias = &self.table.alias;
        let names = component.columns.iter().map(|column| &self.table.columns[*column].quoted);
        let outputs: Vec<String> = names.map(|name| format!("({alias}.{name})::text")).collect();
        let rows = self.relation(component, effort);
        let (relation, conditions, leaf, kept) = if effort == Effort::Unconditional {
            (rows, "true".to_owned(), None, TRIED)
        } else {
            let leaf = self.table.leaf().filter(|leaf| self.is_about(component, leaf));
            (self.with_generated(component, rows), self.conditions(component), leaf, KEPT)
        };
        format!(
            "SELECT {number}, tuple FROM (
               SELECT DISTINCT to_jsonb(ARRAY[{}]::text[])::text AS tuple, {} AS leaf FROM {relation} WHERE {conditions}
             ) AS t
             ORDER BY row_number() OVER (PARTITION BY leaf ORDER BY hashtextextended(tuple, {}), tuple), leaf LIMIT {kept}",
            outputs.join(", "),
            leaf.unwrap_or_else(|| "0".to_owned()),
            self.salt
        )
    }

    /// Candidates are values of the type below a domain, which would not let wrong ones be tried: its checks stand here.
    fn conditions(&self, component: &Component) -> String {
        let of_domains = component.columns.iter().flat_map(|column| {
            let column = &self.table.columns[*column];
            let value = format!("SELECT {}.{} AS value", self.table.alias, column.quoted);
            let checks = self.types.checks(column.of()).into_iter();
            checks.map(move |check| format!("(SELECT ({check}) IS NOT FALSE FROM ({value}) AS d)"))
        });
        let all: Vec<_> = component.conditions.iter().cloned().chain(of_domains).collect();
        if all.is_empty() { "true".to_owned() } else { all.join(" AND ") }
    }

    fn is_about(&self, component: &Component, expression: &str) -> bool {
        let columns = self.table.columns_in(expression);
        !columns.is_empty() && columns.iter().all(|column| component.columns.contains(column))
    }

    /// All combinations as rows of the table, as far as its columns are known here.
    fn relation(&self, component: &Component, effort: Effort) -> String {
        let alias = &self.table.alias;
        let text = component.conditions.join("\n");
        let lists = component.lists.iter();
        let lists: Vec<_> = lists.map(|list| self.list(list, component.lists.len(), &text, effort)).collect();
        let own = component.lists.iter().flat_map(|list| list.own.iter().map(move |column| (list, column)));
        let columns: Vec<_> = own
            .map(|(list, column)| {
                format!("{}.c{column} AS {}", list.alias, self.table.columns[*column].quoted)
            })
            .collect();
        let joins =
            if component.joins.is_empty() { "true".to_owned() } else { component.joins.join(" AND ") };
        format!(
            "(SELECT {} FROM {} WHERE {joins}) AS {alias}",
            columns.join(", "),
            lists.join(" CROSS JOIN ")
        )
    }

    /// Such rows, with the columns that are generated from them.
    fn with_generated(&self, component: &Component, rows: String) -> String {
        let alias = &self.table.alias;
        let generated: Vec<_> = self
            .table
            .columns
            .iter()
            .filter_map(|column| Some((column.generated.as_ref()?, &column.quoted)))
            .filter(|(expression, _)| self.is_about(component, expression))
            .map(|(expression, name)| format!(", {expression} AS {name}"))
            .collect();
        if generated.is_empty() {
            return rows;
        }
        let generated = generated.concat();
        format!("(SELECT {alias}.*{generated} FROM {rows}) AS {alias}")
    }

    fn list(&self, list: &List, of: usize, conditions: &str, effort: Effort) -> String {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 3 and 200000")]
        #[expect(clippy::cast_precision_loss, reason = "a number of columns is exact")]
        let room = COMBINATIONS.powf(1.0 / of as f64).max(3.0) as usize;
        let names: Vec<_> = list.columns.iter().map(|column| format!("c{column}")).collect();
        let rows = match list.foreign_key {
            Some(key) => self.referenced(list, &self.table.foreign_keys[key], room),
            None => self.tried(list.columns[0], conditions, room, effort),
        };
        format!("({rows}) AS {}({})", list.alias, names.join(", "))
    }

    fn tried(&self, column: usize, conditions: &str, room: usize, effort: Effort) -> String {
        let (of, format) = (self.table.columns[column].of(), self.format(column));
        let base = self.types.base(of);
        let expressions = format!("{conditions}\n{}", self.types.checks(of).join("\n"));
        let mut all: Vec<_> = self.types.accepted(of).iter().map(|text| values::cast(text, format)).collect();
        all.extend(candidates::list(self.types, base, format, &expressions, self.rows + 8));
        if effort == Effort::OfToday {
            all.splice(0..0, candidates::of_today(self.types, base, format));
        }
        all.truncate(room.min(self.rows * 4 + 400));
        if self.types.is_nullable(&self.table.columns[column]) || all.is_empty() {
            all.push(format!("CAST(NULL AS {format})"));
        }
        let rows: Vec<_> = all.iter().map(|value| format!("({value})")).collect();
        format!("VALUES {}", rows.join(", "))
    }

    fn referenced(&self, list: &List, key: &ForeignKey, room: usize) -> String {
        let parts = list.columns.iter().zip(&key.target_columns);
        let columns: Vec<_> =
            parts.map(|(column, target)| format!("CAST({target} AS {})", self.format(*column))).collect();
        let present: Vec<_> =
            key.target_columns.iter().map(|target| format!("{target} IS NOT NULL")).collect();
        let query = format!(
            "(SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {})",
            columns.join(", "),
            key.target(),
            present.join(" AND "),
            key.target_columns.join(", "),
            room.min(self.rows.max(64))
        );
        match self.unreferencing(list, key) {
            Some(nothing) => format!("{query} UNION ALL (SELECT {nothing})"),
            None => query,
        }
    }

    /// A row that refers to nothing, where the key has columns of its own that may be null. Columns that others provide are null
    /// here too, and not compared then.
    fn unreferencing(&self, list: &List, key: &ForeignKey) -> Option<String> {
        let is_nullable = |column: &usize| self.types.is_nullable(&self.table.columns[*column]);
        let nullable = list.own.iter().filter(|column| is_nullable(column)).count();
        if nullable == 0 || key.match_full && nullable < list.columns.len() {
            return None;
        }
        let value = |column: &usize| {
            let format = self.format(*column);
            if is_nullable(column) || !list.own.contains(column) {
                return Some(format!("CAST(NULL AS {format})"));
            }
            let of = self.types.base(self.table.columns[*column].of());
            Some(values::cast(&values::nth(self.types, of, 0)?, format))
        };
        Some(list.columns.iter().map(value).collect::<Option<Vec<_>>>()?.join(", "))
    }

    fn format(&self, column: usize) -> &str {
        let column = &self.table.columns[column];
        self.types.base_format(column.of(), &column.format)
    }
}

fn distribute(rows: Texts, components: &mut [Component]) {
    for row in rows {
        let [Some(number), Some(tuple)] = row.as_slice() else { continue };
        let (Ok(number), Ok(tuple)) = (number.parse::<usize>(), serde_json::from_str(tuple)) else {
            continue;
        };
        components[number].tuples.push(tuple);
    }
    for component in components {
        spread(&mut component.tuples);
    }
}

/// Tuples with a value not seen before come first, so that few rows show many values.
fn spread(tuples: &mut Texts) {
    let mut seen = BTreeSet::new();
    let all = std::mem::take(tuples);
    let (new, known): (Vec<_>, Vec<_>) = all.into_iter().partition(|tuple| {
        tuple.iter().cloned().enumerate().filter(|value| seen.insert(value.clone())).count() > 0
    });
    tuples.extend(new.into_iter().chain(known));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_seen_early() {
        let tuple = |values: [&str; 2]| values.map(|value| Some(value.to_owned())).to_vec();
        let all = [["a", "1"], ["a", "2"], ["b", "2"], ["a", "1"], ["c", "1"]].map(tuple);
        let mut tuples = all.to_vec();
        spread(&mut tuples);
        assert_eq!(tuples, [0, 1, 2, 4, 3].map(|index: usize| all[index].clone()));
    }
}
