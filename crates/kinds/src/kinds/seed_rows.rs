//! Rows of reference tables that the YAML declares.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::{Node, Problem};

use crate::declared::Declared;
use crate::{Change, Context, Demand, Id, Kind, Lock, Mend, Model, ObjectKind, Rows, Spec, Statement};

/// The values of a row as text, by column; `None` is NULL.
pub type Values = BTreeMap<String, Option<String>>;

/// Rows of a table that the YAML declares, told apart by the primary key; or those of the same keys that a database has.
///
/// Two of them are equal when they hold the same rows, as far as both know the columns that are declared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SeedRows {
    /// The columns of the primary key.
    pub key: Vec<String>,
    /// The columns that the YAML names for any of them. Others are known only of rows that may have to come back.
    pub declared: BTreeSet<String>,
    /// Whether rows that are not declared go.
    pub complete: bool,
    /// The rows by their key, which is written as a JSON list of texts.
    pub rows: BTreeMap<String, Values>,
}

impl PartialEq for SeedRows {
    fn eq(&self, other: &SeedRows) -> bool {
        let same = |(one, two): (&Values, &Values)| {
            !self.changed(one, two).any(|(column, _)| one.contains_key(column))
        };
        self.rows.keys().eq(other.rows.keys()) && self.rows.values().zip(other.rows.values()).all(same)
    }
}

/// How rows are written in one table.
struct Writer<'a> {
    table: &'a Id,
    context: &'a Context<'a>,
}

impl Writer<'_> {
    /// A value as SQL writes it; numbers and truth values need no quotes.
    fn literal(&self, column: &str, value: Option<&String>) -> String {
        let Some(text) = value else { return "NULL".to_owned() };
        let data_type = self.data_type(column);
        let number = text.parse::<f64>().is_ok_and(f64::is_finite) && !text.starts_with('+');
        let plain = match data_type.split('(').next().unwrap_or_default() {
            "smallint" | "integer" | "bigint" | "numeric" => number,
            "boolean" => matches!(text.as_str(), "true" | "false"),
            _ => false,
        };
        if plain { text.clone() } else { sql::literal(text) }
    }

    fn data_type(&self, column: &str) -> &str {
        let id = self.table.child(Kind::Column, column);
        let both = [self.context.to, self.context.from].into_iter();
        let spec = both.filter_map(|model| model.get(&id)).map(|object| &object.spec).next();
        match spec {
            Some(Spec::Column(column)) => &column.data_type,
            _ => "",
        }
    }

    /// Whether values of a column can be compared with `=`, and are equal only where their texts are.
    fn is_comparable(&self, column: &str) -> bool {
        const COMPARABLE: [&str; 13] = [
            "smallint",
            "integer",
            "bigint",
            "numeric",
            "boolean",
            "text",
            "character varying",
            "uuid",
            "date",
            "timestamp with time zone",
            "timestamp without time zone",
            "time without time zone",
            "bytea",
        ];
        let data_type = self.data_type(column);
        let plain: String = match (data_type.find('('), data_type.find(')')) {
            (Some(start), Some(end)) => format!("{}{}", &data_type[..start], &data_type[end + 1..]),
            _ => data_type.to_owned(),
        };
        COMPARABLE.contains(&plain.as_str())
    }

    /// The condition that a column of `row` (a prefix such as `t.`, or nothing) has a value.
    fn has(&self, row: &str, column: &str, value: Option<&String>) -> String {
        let name = format!("{row}{}", sql::ident(column));
        match value {
            None => format!("{name} IS NULL"),
            Some(text) if self.is_comparable(column) => {
                format!("{name} = {}", self.literal(column, Some(text)))
            }
            Some(text) => format!("{name}::text = {}", sql::literal(text)),
        }
    }

    /// The condition that a row is the one of a key.
    fn is(&self, row: &str, key: &[String], values: &Values) -> String {
        let value = |column: &String| values.get(column).and_then(Option::as_ref);
        let conditions: Vec<String> = key.iter().map(|column| self.has(row, column, value(column))).collect();
        conditions.join(" AND ")
    }

    /// The conditions that a row still has values, beside its key.
    fn still<'v>(
        &self,
        row: &str,
        key: &[String],
        values: impl Iterator<Item = (&'v String, &'v Option<String>)>,
    ) -> Vec<String> {
        let others: Values = values
            .filter(|(column, _)| !key.contains(column))
            .map(|(column, value)| (column.clone(), value.clone()))
            .collect();
        let value = |column: &String| others.get(column).and_then(Option::as_ref);
        let columns = self.in_order(others.keys()).into_iter();
        columns.map(|column| self.has(row, column, value(column))).collect()
    }

    /// Columns in the order of the table.
    fn in_order<'v>(&self, columns: impl Iterator<Item = &'v String>) -> Vec<&'v String> {
        let mut columns: Vec<&String> = columns.collect();
        let position = |column: &String| {
            let id = self.table.child(Kind::Column, column);
            let object = self.context.to.get(&id).or_else(|| self.context.from.get(&id));
            object.map_or(i64::MAX, |object| object.position)
        };
        columns.sort_by_key(|column| (position(column), *column));
        columns
    }

    /// One statement for all rows that name the same columns.
    fn insert<'v>(&self, rows: impl Iterator<Item = &'v Values>) -> Vec<Statement> {
        let mut by_columns: BTreeMap<Vec<&String>, Vec<&Values>> = BTreeMap::new();
        for values in rows {
            by_columns.entry(values.keys().collect()).or_default().push(values);
        }
        let statement = |(columns, rows): (Vec<&String>, Vec<&Values>)| {
            let columns = self.in_order(columns.into_iter());
            let row = |values: &&Values| {
                let value =
                    |column: &&String| self.literal(column, values.get(*column).and_then(Option::as_ref));
                format!("({})", columns.iter().map(value).collect::<Vec<_>>().join(", "))
            };
            let rows: Vec<String> = rows.iter().map(row).collect();
            let names: Vec<String> = columns.iter().map(|column| sql::ident(column)).collect();
            let overriding = if self.has_identity(&columns) { " OVERRIDING SYSTEM VALUE" } else { "" };
            let sql = format!(
                "INSERT INTO {} ({}){overriding} VALUES\n    {}",
                self.table.sql(),
                names.join(", "),
                rows.join(",\n    ")
            );
            self.write(sql)
        };
        by_columns.into_iter().map(statement).collect()
    }

    fn has_identity(&self, columns: &[&String]) -> bool {
        let is_identity = |column: &&&String| {
            let id = self.table.child(Kind::Column, column.as_str());
            [self.context.to, self.context.from]
                .into_iter()
                .any(|model| !model.children_of_kind(&id, Kind::Identity).is_empty())
        };
        columns.iter().any(|column| is_identity(&column))
    }

    fn write(&self, sql: String) -> Statement {
        Statement::new(sql).lock(Lock::RowExclusive, self.table.sql())
    }

    /// How rows of other tables, or of this one, refer to a row.
    fn references(&self, values: &Values) -> Vec<Reference<'_>> {
        let table = self.table.sql();
        let mut found = Vec::new();
        for object in self.context.from.objects() {
            let Spec::Constraint(constraint) = &object.spec else { continue };
            if constraint.inherited || constraint.references.as_ref() != Some(&table) {
                continue;
            }
            let (Some(key), Some(other)) = (constraint.foreign_key(), object.id.parent()) else { continue };
            let value = |referenced: &String| {
                let (name, value) = values.iter().find(|(name, _)| sql::ident(name) == *referenced)?;
                Some((name.clone(), value.clone()?))
            };
            let values: Option<Vec<_>> = key.referenced.iter().map(value).collect();
            found.extend(values.map(|values| Reference { table: other, columns: key.columns, values }));
        }
        found
    }
}

/// Columns of a table, quoted, that refer to a row by its columns and their values.
struct Reference<'a> {
    table: &'a Id,
    columns: Vec<String>,
    values: Vec<(String, String)>,
}

impl Reference<'_> {
    /// The condition that a row, called `row`, refers so.
    fn condition(&self, row: &str, writer: &Writer<'_>) -> String {
        let pairs = self.columns.iter().zip(&self.values);
        let equal = pairs
            .map(|(column, (name, value))| format!("{row}.{column} = {}", writer.literal(name, Some(value))));
        equal.collect::<Vec<_>>().join(" AND ")
    }

    /// The rows that are declared of its table.
    fn rows<'m>(&self, model: &'m Model) -> Option<&'m SeedRows> {
        match &model.get(&self.table.child(Kind::SeedRows, ""))?.spec {
            Spec::SeedRows(rows) => Some(rows),
            _ => None,
        }
    }

    /// Those that refer so, with their keys.
    fn declared<'m>(&self, rows: &'m SeedRows) -> impl Iterator<Item = (&'m String, &'m Values)> {
        let has = |values: &Values| {
            self.columns.iter().zip(&self.values).all(|(column, (_, wanted))| {
                values
                    .iter()
                    .any(|(name, value)| sql::ident(name) == *column && value.as_ref() == Some(wanted))
            })
        };
        rows.rows.iter().filter(move |(_, values)| has(values))
    }

    /// Whether a declared row refers so that stays.
    fn is_of_one_that_stays(&self, context: &Context<'_>) -> bool {
        let (Some(from), Some(to)) = (self.rows(context.from), self.rows(context.to)) else { return false };
        self.declared(from).any(|(key, _)| to.rows.contains_key(key))
    }

    /// The condition that a row `t` refers so which is none of those that are declared: the plan knows of these.
    fn of_others(&self, writer: &Writer<'_>) -> String {
        let mut conditions = vec![self.condition("t", writer)];
        if let Some(rows) = self.rows(writer.context.from) {
            let own = Writer { table: self.table, context: writer.context };
            let declared = self.declared(rows).map(|(_, values)| own.is("t.", &rows.key, values));
            conditions.extend(declared.map(|condition| format!("NOT ({condition})")));
        }
        conditions.join(" AND ")
    }
}

/// The statements that make rows out of others, where they still are what they were. A row that others refer to stays.
#[derive(Clone, Debug, Default)]
pub struct RowChange {
    /// What goes.
    pub deletes: Vec<Statement>,
    /// What changes.
    pub updates: Vec<Statement>,
    /// What comes.
    pub inserts: Vec<Statement>,
    /// What goes only when others do not refer to it any more.
    pub late_deletes: Vec<Statement>,
}

impl RowChange {
    /// The same where a row whose key somebody has given to another one meanwhile stays away.
    #[must_use]
    pub fn giving_way(mut self, key: &[String]) -> RowChange {
        let key: Vec<String> = key.iter().map(|column| sql::ident(column)).collect();
        for insert in &mut self.inserts {
            insert.sql.push_str(&format!("\nON CONFLICT ({}) DO NOTHING", key.join(", ")));
        }
        self
    }
}

impl SeedRows {
    /// The rows that are here and not in another list, and those that are in both.
    fn against<'s>(&'s self, other: &'s SeedRows) -> (Vec<&'s Values>, Vec<(&'s Values, &'s Values)>) {
        let (mut alone, mut both) = (Vec::new(), Vec::new());
        for (key, values) in &self.rows {
            match other.rows.get(key) {
                Some(others) => both.push((values, others)),
                None => alone.push(values),
            }
        }
        (alone, both)
    }

    /// The declared columns of `to` whose values are others in `from`, or not known there.
    fn changed<'v>(
        &self,
        from: &'v Values,
        to: &'v Values,
    ) -> impl Iterator<Item = (&'v String, &'v Option<String>)> {
        let declared = |column: &String| self.declared.contains(column);
        to.iter().filter(move |(column, value)| declared(column) && from.get(*column) != Some(value))
    }

    /// How these rows become others.
    pub fn change(&self, to: &SeedRows, id: &Id, context: &Context<'_>) -> RowChange {
        let Some(table) = id.parent() else { return RowChange::default() };
        let writer = Writer { table, context };
        let name = table.sql();
        let (gone, both) = self.against(to);
        let (new, _) = to.against(self);
        let mut change = RowChange::default();
        for values in gone {
            let mut conditions = vec![writer.is("", &self.key, values)];
            let declared = values.iter().filter(|(column, _)| self.declared.contains(*column));
            conditions.extend(writer.still("", &self.key, declared));
            let references = writer.references(values);
            conditions.extend(references.iter().map(|reference| {
                let condition = reference.condition("r", &writer);
                format!("NOT EXISTS (SELECT FROM {} AS r WHERE {condition})", reference.table.sql())
            }));
            let delete = writer.write(format!("DELETE FROM {name} WHERE {}", conditions.join(" AND ")));
            match references.iter().any(|reference| reference.is_of_one_that_stays(context)) {
                true => change.late_deletes.push(delete),
                false => change.deletes.push(delete),
            }
        }
        let update = |(from, to_values): &(&Values, &Values)| {
            let columns: Vec<_> = to.changed(from, to_values).map(|(column, _)| column).collect();
            let columns = writer.in_order(columns.into_iter());
            let value = |column: &String| to_values.get(column).and_then(Option::as_ref);
            let sets: Vec<String> = columns
                .iter()
                .map(|column| format!("{} = {}", sql::ident(column), writer.literal(column, value(column))))
                .collect();
            let before = columns.iter().filter_map(|column| from.get_key_value(*column));
            let mut conditions = vec![writer.is("", &self.key, from)];
            conditions.extend(writer.still("", &self.key, before));
            let set = format!("UPDATE {name} SET {} WHERE {}", sets.join(", "), conditions.join(" AND "));
            writer.write(set)
        };
        // One that has no value of a new column yet is changed, too.
        let updates = both.iter().filter(|(from, row)| to.changed(from, row).next().is_some()).map(update);
        change.updates = updates.collect();
        change.inserts = writer.insert(new.into_iter());
        change
    }

    /// For each row that comes or changes on the way from `before`: the condition that a row, called `t`, is it as it is here.
    pub fn reached(&self, before: &SeedRows, id: &Id, context: &Context<'_>) -> Vec<String> {
        let Some(table) = id.parent() else { return Vec::new() };
        let writer = Writer { table, context };
        let is_same = |(key, values): &(&String, &Values)| {
            before.rows.get(*key).is_some_and(|before| self.changed(before, values).next().is_none())
        };
        let written = self.rows.iter().filter(|row| !is_same(row));
        let condition = |(_, values): (&String, &Values)| {
            let declared = values.iter().filter(|(column, _)| self.declared.contains(*column));
            let mut conditions = vec![writer.is("t.", &self.key, values)];
            conditions.extend(writer.still("t.", &self.key, declared));
            conditions.join(" AND ")
        };
        written.map(condition).collect()
    }

    /// A query that counts the rows, of those that come, change or go on the way from `before`, that are not what they were.
    pub fn changed_since(&self, before: &SeedRows, id: &Id, context: &Context<'_>) -> Option<String> {
        let table = id.parent()?;
        let writer = Writer { table, context };
        let (gone, both) = before.against(self);
        let (new, _) = self.against(before);
        let as_before = |values: &Values, still: Vec<String>| {
            [vec![writer.is("t.", &before.key, values)], still].concat().join(" AND ")
        };
        let gone = gone.into_iter().map(|values| {
            let declared = values.iter().filter(|(column, _)| before.declared.contains(*column));
            as_before(values, writer.still("t.", &before.key, declared))
        });
        let changed = both.into_iter().filter_map(|(from, to)| {
            let columns = self.changed(from, to).filter_map(|(column, _)| from.get_key_value(column));
            let still = writer.still("t.", &before.key, columns);
            (!still.is_empty()).then(|| as_before(from, still))
        });
        let there: Vec<String> = gone.chain(changed).collect();
        let not_there: Vec<String> =
            new.into_iter().map(|values| writer.is("t.", &self.key, values)).collect();
        let count = |conditions: &[String]| {
            let any: Vec<String> = conditions.iter().map(|condition| format!("({condition})")).collect();
            format!("(SELECT count(*) FROM {} AS t WHERE {})", table.sql(), any.join(" OR "))
        };
        let mut parts = Vec::new();
        if !there.is_empty() {
            parts.push(format!("{} - {}", there.len(), count(&there)));
        }
        if !not_there.is_empty() {
            parts.push(count(&not_there));
        }
        (!parts.is_empty()).then(|| format!("SELECT {} AS count", parts.join(" + ")))
    }

    /// The rows whose keys another list does not have.
    #[must_use]
    pub fn without(&self, other: &SeedRows) -> SeedRows {
        let gone = self.rows.iter().filter(|(key, _)| !other.rows.contains_key(*key));
        SeedRows { rows: gone.map(|(key, row)| (key.clone(), row.clone())).collect(), ..self.clone() }
    }

    /// The condition that finds one of the rows.
    pub fn is(&self, id: &Id, values: &Values, context: &Context<'_>) -> String {
        id.parent().map_or_else(String::new, |table| Writer { table, context }.is("", &self.key, values))
    }

    /// The rows as the YAML writes them, each with its columns in the order of the table.
    pub(crate) fn raise(&self, table: &Id, model: &Model) -> Vec<RowDoc> {
        let position = |column: &String| {
            model.get(&table.child(Kind::Column, column.as_str())).map_or(i64::MAX, |object| object.position)
        };
        let row = |values: &Values| {
            let mut row: RowDoc = values.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            row.sort_by_cached_key(|name, _| (position(name), name.clone()));
            row
        };
        self.only_declared().rows.values().map(row).collect()
    }

    /// The rows without the columns that are not declared.
    #[must_use]
    pub fn only_declared(&self) -> SeedRows {
        let trimmed = |(key, values): (&String, &Values)| {
            let values = values.iter().filter(|(column, _)| self.declared.contains(*column));
            (key.clone(), values.map(|(column, value)| (column.clone(), value.clone())).collect())
        };
        SeedRows { rows: self.rows.iter().map(trimmed).collect(), ..self.clone() }
    }

    /// All columns that any row names.
    pub fn columns(&self) -> BTreeSet<&String> {
        self.rows.values().flat_map(BTreeMap::keys).collect()
    }
}

impl ObjectKind for SeedRows {
    /// Which rows are read depends on those that are declared: see [`crate::seeds`].
    fn query(_version: u32) -> Option<String> {
        None
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        match id.parent() {
            Some(table) => Writer { table, context }.insert(self.rows.values()),
            None => Vec::new(),
        }
    }

    fn drop(&self, _id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        Vec::new()
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        let RowChange { deletes, updates, inserts, late_deletes } = self.change(to, id, context);
        Change::Alter([deletes, updates, inserts, late_deletes].concat())
    }

    /// That the rows are still what the plan was made for, and that nothing refers to those that go.
    fn demands(&self, before: Option<&Self>, id: &Id, context: &Context<'_>) -> Vec<Demand> {
        let Some(table) = id.parent() else { return Vec::new() };
        let writer = Writer { table, context };
        let nothing = SeedRows { key: self.key.clone(), ..SeedRows::default() };
        let before = before.unwrap_or(&nothing);
        let (gone, both) = before.against(self);
        let (new, _) = self.against(before);
        let mut others: Vec<String> = new.iter().map(|values| writer.is("t.", &self.key, values)).collect();
        let mut touched = |values: &Values, still: Vec<String>| {
            let key = writer.is("t.", &self.key, values);
            let still =
                (!still.is_empty()).then(|| format!("{key} AND ({}) IS NOT TRUE", still.join(" AND ")));
            others.extend(still);
        };
        gone.iter().for_each(|values| touched(values, writer.still("t.", &self.key, values.iter())));
        for (from, to) in both {
            let before = self.changed(from, to).filter_map(|(column, _)| from.get_key_value(column));
            touched(from, writer.still("t.", &self.key, before));
        }
        let column = |name: &&String| table.child(Kind::Column, name.as_str());
        let columns: BTreeSet<&String> = self.columns().into_iter().chain(before.columns()).collect();
        let mut demands = Vec::new();
        if !others.is_empty() {
            demands.push(Demand {
                only: false,
                relation: table.clone(),
                columns: columns.iter().map(column).collect(),
                rows: Rows::Where {
                    condition: others
                        .iter()
                        .map(|condition| format!("({condition})"))
                        .collect::<Vec<_>>()
                        .join(" OR "),
                    what: "that are not what they were when this was planned".to_owned(),
                    mend: Mend::Words("plan again".to_owned()),
                },
            });
        }
        for values in gone {
            let words = writer.is("", &before.key, values);
            demands.extend(writer.references(values).into_iter().map(|reference| {
                Demand {
                    only: false,
                    relation: reference.table.clone(),
                    columns: Vec::new(),
                    rows: Rows::Where {
                        condition: reference.of_others(&writer),
                        what: format!("that refer to the row of {} with {words}, which goes", table.sql()),
                        mend: Mend::Set(
                            reference
                                .columns
                                .iter()
                                .map(|column| format!("{column} = ..."))
                                .collect::<Vec<_>>()
                                .join(", "),
                        ),
                    },
                }
            }));
        }
        demands
    }
}

/// What becomes of rows that are not declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OtherRows {
    /// They are nobody's business.
    #[default]
    Keep,
    /// They are deleted: the table holds the declared rows and no others.
    Delete,
}

/// A row: its values by column, as PostgreSQL reads them from text; `null` is NULL. A column that it does not name
/// has its default; where no row of the table names it, anybody may change that.
pub type RowDoc = IndexMap<String, Option<String>>;

/// Adds the rows of a table with these constraints.
pub(crate) fn lower(
    table: &Id,
    (rows, others): (&[RowDoc], OtherRows),
    key: &[String],
    node: Option<&Node>,
    declared: &mut Declared,
) {
    if rows.is_empty() && others == OtherRows::Keep {
        return;
    }
    let node = node.and_then(|node| node.get("rows").or(Some(node)));
    let mut spec =
        SeedRows { key: key.to_vec(), complete: others == OtherRows::Delete, ..SeedRows::default() };
    spec.declared = rows.iter().flat_map(|row| row.keys().cloned()).chain(key.to_vec()).collect();
    let mut problem = |message: String, place: Option<&Node>, help: &str| {
        let place = place.map(|node| node.place.clone());
        let help = Some(help.to_owned());
        declared.problems.push(Problem { message, place, help, ..Problem::default() });
    };
    if key.is_empty() {
        let message = format!("the rows of {table} are told apart by its primary key, and it has none");
        return problem(message, node, "declare `primary_key`");
    }
    for (number, row) in rows.iter().enumerate() {
        let place = node.and_then(|node| node.at([number.to_string()]));
        let without = key.iter().find(|column| row.get(*column).is_none_or(Option::is_none));
        if let Some(column) = without {
            problem(
                format!("a row of {table} has no value for {}", sql::ident(column)),
                place,
                "rows are told apart by the primary key: each says its value",
            );
            continue;
        }
        let values: Values = row.iter().map(|(column, value)| (column.clone(), value.clone())).collect();
        if spec.rows.insert(key_of(key, &values), values).is_some() {
            problem(format!("{table} has two rows of one key"), place, "take one of them out");
        }
    }
    declared.add(table.child(Kind::SeedRows, ""), spec, 0, node);
}

/// The key of a row, as the rows are sorted by.
pub(crate) fn key_of(key: &[String], values: &Values) -> String {
    let values: Vec<Option<&String>> = key.iter().map(|column| values.get(column)?.as_ref()).collect();
    serde_json::Value::from(
        values.into_iter().map(|value| value.cloned().unwrap_or_default()).collect::<Vec<_>>(),
    )
    .to_string()
}
