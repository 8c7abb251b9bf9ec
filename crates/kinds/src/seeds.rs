//! Reads the rows that the YAML declares as a database has them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::kinds::seed_rows::{SeedRows, Values, key_of};
use crate::{Declared, Directives, Id, Kind, Model, Object, Spec, read};

/// The most rows that a table may hold whose rows are all declared.
const MOST: usize = 10_000;

/// Which rows of which tables are read, under the names that the tables have in the end.
#[derive(Clone, Debug, Default)]
pub struct Seeds {
    tables: Vec<Seed>,
    renames: Directives,
}

#[derive(Clone, Debug)]
struct Seed {
    table: Id,
    key: Vec<String>,
    columns: BTreeSet<String>,
    keys: BTreeSet<Vec<String>>,
    complete: bool,
}

/// A column: its name in the YAML, and the one that it has.
type Named = (String, String);

impl Seeds {
    /// Those that are declared.
    pub fn of(declared: &Declared) -> Seeds {
        let tables = declared.objects.iter().filter_map(|object| match &object.spec {
            Spec::SeedRows(rows) => Some(Seed {
                table: object.id.parent()?.clone(),
                key: rows.key.clone(),
                columns: rows.declared.clone(),
                keys: rows.rows.values().map(|values| of_key(&rows.key, values)).collect(),
                complete: rows.complete,
            }),
            _ => None,
        });
        let renames = Directives { renames: declared.directives.renames.clone(), ..Directives::default() };
        Seeds { tables: tables.collect(), renames }
    }

    /// The tables whose rows are declared, as they are called in this catalog.
    pub fn tables<'m>(&self, model: &'m Model) -> Vec<&'m Id> {
        self.tables.iter().filter_map(|seed| self.table(seed, model)).collect()
    }

    /// Takes out of the desired catalog what its rows hold beside what is declared, and says which keys PostgreSQL writes in another way:
    /// in a database they would not be found.
    pub fn only_declared(&self, desired: &mut Model, declared: &Declared) -> Vec<yaml::Problem> {
        let mut problems = Vec::new();
        for object in &declared.objects {
            let Spec::SeedRows(wanted) = &object.spec else { continue };
            let Some(Spec::SeedRows(built)) = desired.get(&object.id).map(|object| &object.spec) else {
                continue;
            };
            if let Some(key) = wanted.rows.keys().find(|key| !built.rows.contains_key(*key)) {
                let found = built.rows.keys().find(|key| !wanted.rows.contains_key(*key));
                let as_what = found.map_or_else(|| "otherwise".to_owned(), |found| format!("as {found}"));
                problems.push(yaml::Problem {
                    message: format!("{}: PostgreSQL writes the key {key} {as_what}", object.id),
                    place: declared.place(&object.id).cloned(),
                    help: Some("write keys as PostgreSQL does".to_owned()),
                    ..yaml::Problem::default()
                });
            }
            let spec = Spec::SeedRows(built.only_declared());
            if let Some(object) = desired.get_mut(&object.id) {
                object.spec = spec;
            }
        }
        problems
    }

    /// Adds the rows to a catalog, which the same snapshot has been read for.
    ///
    /// # Errors
    /// The server's where a table may not be read or a policy would hide rows; and where all rows of a table are declared that has
    /// more than anybody would declare.
    pub fn read(&self, snapshot: &mut catalog::Snapshot<'_>, model: &mut Model) -> Result<(), read::Error> {
        let there: Vec<(&Seed, Id, Vec<Named>)> = (self.tables.iter())
            .filter_map(|seed| {
                let table = self.table(seed, model)?.clone();
                let columns = self.columns(seed, &table, model)?;
                Some((seed, table, columns))
            })
            .collect();
        if there.is_empty() {
            return Ok(());
        }
        snapshot.text_rows("SET LOCAL row_security = off")?;
        let queries: Vec<String> =
            there.iter().map(|(seed, table, columns)| query(seed, table, columns, model)).collect();
        let answers = snapshot.rows(&queries)?;
        for ((seed, table, columns), rows) in there.into_iter().zip(answers) {
            if rows.len() > MOST {
                return Err(read::Error::TooManyRows { table: table.to_string(), most: MOST });
            }
            let names = |key: &[String]| {
                let now = |column: &String| {
                    columns.iter().find(|(new, _)| new == column).map(|(_, now)| now.clone())
                };
                key.iter().filter_map(now).collect::<Vec<_>>()
            };
            let key = names(&seed.key);
            let declared = columns.iter().filter(|(new, _)| seed.columns.contains(new));
            let declared = declared.map(|(_, now)| now.clone()).collect();
            let values = rows.iter().map(|row| values(&columns, row));
            let rows: BTreeMap<String, Values> =
                values.map(|values| (key_of(&key, &values), values)).collect();
            model.insert(Object {
                id: table.child(Kind::SeedRows, ""),
                spec: Spec::SeedRows(SeedRows { key, declared, complete: seed.complete, rows }),
                needs: BTreeMap::new(),
                position: 0,
                age: None,
            });
        }
        Ok(())
    }

    fn table<'m>(&self, seed: &Seed, model: &'m Model) -> Option<&'m Id> {
        let old = self.renames.before(&seed.table);
        let object = model.get(&seed.table).or_else(|| model.get(&old));
        object.map(|object| &object.id)
    }

    /// The columns that are there, if the key is among them.
    fn columns(&self, seed: &Seed, table: &Id, model: &Model) -> Option<Vec<Named>> {
        let there = |name: &str| model.contains(&table.child(Kind::Column, name));
        let now = |name: &String| {
            let old = self.renames.renames.get(&seed.table.child(Kind::Column, name.clone()));
            [Some(name), old.map(|former| &former.name)]
                .into_iter()
                .flatten()
                .find(|name| there(name))
                .cloned()
        };
        let mut columns: Vec<Named> =
            seed.columns.iter().filter_map(|name| Some((name.clone(), now(name)?))).collect();
        let known = |name: &str| columns.iter().any(|(new, _)| new == name);
        if !seed.key.iter().all(|column| known(column)) {
            return None;
        }
        if seed.complete {
            let others = model.children_of_kind(table, Kind::Column).into_iter().filter(|object| {
                let generated = matches!(&object.spec, Spec::Column(column) if column.generated.is_some());
                !generated && !columns.iter().any(|(_, now)| now == object.id.name())
            });
            let others: Vec<Named> =
                others.map(|object| (object.id.name().to_owned(), object.id.name().to_owned())).collect();
            columns.extend(others);
        }
        Some(columns)
    }
}

fn of_key(key: &[String], values: &Values) -> Vec<String> {
    key.iter().filter_map(|column| values.get(column).cloned().flatten()).collect()
}

fn query(seed: &Seed, table: &Id, columns: &[Named], model: &Model) -> String {
    let text = |name: &str| format!("t.{}::text", sql::ident(name));
    let list: Vec<String> = columns.iter().map(|(_, now)| text(now)).collect();
    let whole = matches!(model.get(table).map(|object| &object.spec), Some(Spec::Table(table)) if table.partition_by.is_some());
    let only = if whole { "" } else { "ONLY " };
    let from = format!("SELECT to_jsonb(ARRAY[{}]::text[]) FROM {only}{} AS t", list.join(", "), table.sql());
    if seed.complete {
        return format!("{from} LIMIT {}", MOST + 1);
    }
    let now = |column: &String| columns.iter().find(|(new, _)| new == column).map(|(_, now)| text(now));
    let key: Vec<String> = seed.key.iter().filter_map(now).collect();
    let tuple = |values: &Vec<String>| {
        format!("({})", values.iter().map(|value| sql::literal(value)).collect::<Vec<_>>().join(", "))
    };
    let keys: Vec<String> = seed.keys.iter().map(tuple).collect();
    format!("{from} WHERE ({}) IN ({})", key.join(", "), keys.join(", "))
}

fn values(columns: &[Named], row: &Value) -> Values {
    let row = row.as_array().map(Vec::as_slice).unwrap_or_default();
    let value = |value: &Value| value.as_str().map(str::to_owned);
    columns.iter().zip(row).map(|((_, now), text)| (now.clone(), value(text))).collect()
}
