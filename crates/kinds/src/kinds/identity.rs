//! Identity columns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::inheritance::has_children;
use crate::kinds::sequence::{narrowed, range, within};
use crate::{Change, Context, Id, Kind, Lock, Model, ObjectKind, Spec, Statement, Work, query};

/// `GENERATED ... AS IDENTITY` of a column, with its sequence, after which it is named (catalogs `pg_attribute.attidentity`,
/// `pg_sequence`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// `ALWAYS` rather than `BY DEFAULT`.
    pub always: bool,
    /// The step.
    pub increment: i64,
    /// The least value.
    pub min: Option<i64>,
    /// The greatest value.
    pub max: Option<i64>,
    /// The first value.
    pub start: Option<i64>,
    /// How many values a session takes at once.
    pub cache: i64,
    /// Whether it starts over at the end.
    #[serde(default)]
    pub cycle: bool,
    /// Whether the sequence is unlogged other than its table (15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlogged: Option<bool>,
    /// The type of the sequence where it is not the column's: `LIKE ... INCLUDING IDENTITY` always makes one of `bigint`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
}

impl Identity {
    /// New values begin behind those that the rows have.
    pub fn go_on(&self, id: &Id, model: &Model) -> Statement {
        let usual =
            range(self.data_type.as_deref().unwrap_or_else(|| column_type(id, model)), self.increment);
        let numbers = (self.min.unwrap_or(usual.0), self.max.unwrap_or(usual.1));
        super::sequence::go_on(&sequence(id), id.parent().unwrap_or(id), self.increment, numbers)
    }

    /// Whether its sequence gives the same numbers, so that it can stand where that of the other stood.
    pub fn counts_like(&self, other: &Identity) -> bool {
        let numbers = |identity: &Identity| {
            (identity.increment, identity.min, identity.max, identity.data_type.clone())
        };
        numbers(self) == numbers(other)
    }

    fn word(&self) -> &'static str {
        if self.always { "ALWAYS" } else { "BY DEFAULT" }
    }

    /// `GENERATED ALWAYS AS IDENTITY (...)`, with what PostgreSQL would not choose by itself.
    pub fn clause(&self, id: &Id, model: &Model) -> String {
        let is_odd = !id.name().starts_with('\u{0}') && usual_name(id).as_deref() != Some(id.name());
        let name = is_odd.then(|| format!("SEQUENCE NAME {}", sequence(id)));
        let options: Vec<String> = name.into_iter().chain(self.numbers(id, model)).collect();
        let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(" ")) };
        format!("GENERATED {} AS IDENTITY{options}", self.word())
    }

    /// How its sequence counts, other than PostgreSQL would choose.
    fn numbers(&self, id: &Id, model: &Model) -> Vec<String> {
        let mut options = Vec::new();
        let usual = self.usual(id, model);
        let number = |word: &str, value: Option<i64>, usual: Option<i64>| {
            value.filter(|_| value != usual).map(|value| format!("{word} {value}"))
        };
        options.extend(number("INCREMENT BY", Some(self.increment), Some(1)));
        options.extend(number("MINVALUE", self.min, usual.min));
        options.extend(number("MAXVALUE", self.max, usual.max));
        options.extend(number("START WITH", self.start, usual.start));
        options.extend(number("CACHE", Some(self.cache), Some(1)));
        options.extend(self.cycle.then(|| "CYCLE".to_owned()));
        options
    }

    /// What PostgreSQL would choose for a sequence of this column that steps like this one.
    fn usual(&self, id: &Id, model: &Model) -> Identity {
        let (min, max) = range(column_type(id, model), self.increment);
        let start = if self.increment > 0 { self.min.unwrap_or(min) } else { self.max.unwrap_or(max) };
        Identity { min: Some(min), max: Some(max), start: Some(start), ..self.clone() }
    }

    /// Gives the sequence its type, with the range that it would have by that type otherwise.
    fn retype(&self, id: &Id, model: &Model) -> Statement {
        let data_type = self.data_type.as_deref().unwrap_or_else(|| column_type(id, model));
        let usual = self.usual(id, model);
        let (min, max) = (self.min.or(usual.min), self.max.or(usual.max));
        let bound = |word: &str, value: Option<i64>| {
            value.map_or_else(String::new, |value| format!(" {word} {value}"))
        };
        let (min, max) = (bound("MINVALUE", min), bound("MAXVALUE", max));
        let sequence = sequence(id);
        Statement::new(format!("ALTER SEQUENCE {sequence} AS {data_type}{min}{max}"))
            .lock(Lock::ShareRowExclusive, sequence)
    }

    /// The range of values that it becomes restricted to. One that follows the type is for the rows to fit into.
    pub fn narrowed(&self, to: &Identity) -> Option<(i64, i64)> {
        let (min, max) = narrowed((self.min?, self.max?), (to.min?, to.max?))?;
        let types = [i64::from(i16::MAX), i64::from(i32::MAX), i64::MAX];
        let follows = types.contains(&max) && (min == 1 || types.contains(&-(min + 1)));
        (!follows || !(min..=max).contains(&self.start?)).then_some((min, max))
    }

    /// `ALTER SEQUENCE` with what differs.
    fn options(&self, to: &Identity) -> String {
        let mut options = String::new();
        let mut number = |word: &str, from: Option<i64>, to: Option<i64>| {
            if let Some(value) = to.filter(|_| from != to) {
                options.push_str(&format!(" {word} {value}"));
            }
        };
        number("INCREMENT BY", Some(self.increment), Some(to.increment));
        number("MINVALUE", self.min, to.min);
        number("MAXVALUE", self.max, to.max);
        number("START WITH", self.start, to.start);
        number("CACHE", Some(self.cache), Some(to.cache));
        if self.cycle != to.cycle {
            options.push_str(if to.cycle { " CYCLE" } else { " NO CYCLE" });
        }
        options
    }
}

/// Whether an identity comes after its column: PostgreSQL adds none to a table with children, whose own column is a plain one. Partitions
/// share it from 17 on.
pub fn comes_later(column: &Id, context: &Context<'_>) -> bool {
    let table = column.top();
    let is_partitioned = matches!(context.to.get(table).map(|table| &table.spec), Some(Spec::Table(table)) if table.partition_by.is_some());
    !context.to.children_of_kind(column, Kind::Identity).is_empty()
        && context.from.contains(table)
        && has_children(context.from, Some(table))
        && !(is_partitioned && context.version >= 17)
}

/// Adds a column whose identity comes later: the rows of the whole family get numbers as they would get them from the identity.
pub(super) fn add_numbered(column: &Id, clause: &str, context: &Context<'_>) -> Vec<Statement> {
    let identity = context.to.children_of_kind(column, Kind::Identity).into_iter().next();
    let options = match identity.map(|object| (&object.spec, &object.id)) {
        Some((Spec::Identity(identity), id)) => identity.numbers(id, context.to),
        _ => Vec::new(),
    };
    let sequence = sql::qualified(&[column.schema().unwrap_or_default(), "endstate_numbers"]);
    let (table, name) = (column.relation_sql(), sql::ident(column.name()));
    let create = [vec![format!("CREATE SEQUENCE {sequence}")], options].concat().join(" ");
    let default = format!("DEFAULT nextval({})", sql::literal(&sequence));
    vec![
        Statement::new(create),
        Statement::alter_table(&table, format!("ADD COLUMN {clause} {default}")).work(Work::Rewrite),
        Statement::alter_table(&table, format!("ALTER COLUMN {name} DROP DEFAULT")).pass(1),
        Statement::new(format!("DROP SEQUENCE {sequence}")),
    ]
}

fn table(id: &Id) -> String {
    id.parent().map(Id::relation_sql).unwrap_or_default()
}

fn column_type<'m>(id: &Id, model: &'m Model) -> &'m str {
    match id.parent().and_then(|column| model.get(column)).map(|object| &object.spec) {
        Some(Spec::Column(column)) => &column.data_type,
        _ => "bigint",
    }
}

fn column(id: &Id) -> String {
    sql::ident(id.parent().map_or("", Id::name))
}

/// The sequence that an identity takes its numbers from, quoted with its schema.
pub fn sequence(id: &Id) -> String {
    sql::qualified(&[id.schema().unwrap_or_default(), id.name()])
}

/// The name that PostgreSQL gives, where it need not be cut.
fn usual_name(id: &Id) -> Option<String> {
    let column = id.parent()?;
    let name = format!("{}_{}_seq", column.parent()?.name(), column.name());
    (name.len() < 64).then_some(name)
}

impl ObjectKind for Identity {
    fn query(version: u32) -> Option<String> {
        let unlogged = if version >= 15 {
            "'unlogged', CASE WHEN s.relpersistence <> c.relpersistence THEN s.relpersistence = 'u' END, "
        } else {
            ""
        };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', s.relname, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object({unlogged}'data_type', CASE WHEN q.seqtypid <> a.atttypid THEN q.seqtypid::regtype::text END, 'always', a.attidentity = 'a', 'increment', q.seqincrement, 'min', q.seqmin, \
             'max', q.seqmax, 'start', q.seqstart, 'cache', q.seqcache, 'cycle', q.seqcycle))) \
             FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid \
             JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass \
             AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i' \
             JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_sequence AS q ON q.seqrelid = s.oid \
             WHERE a.attidentity <> '' AND {}",
            query::address("pg_class", "s.oid", "0"),
            query::address("pg_class", "a.attrelid", "a.attnum"),
            query::acl("s", "s.relowner", "s.relacl"),
            query::user_made_on("s.oid", "s.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let add = format!("ALTER COLUMN {} ADD {}", column(id), self.clause(id, context.to));
        let mut statements = vec![Statement::alter_table(&table(id), add).clause("")];
        if self.data_type.is_some() {
            statements.push(self.retype(id, context.to));
        }
        if let Some(unlogged) = self.unlogged {
            statements.push(persistence(id, unlogged));
        }
        let is_there = |column: &Id| context.from.contains(id.top()) && context.from.contains(column);
        if id.parent().is_some_and(|column| is_there(column) || comes_later(column, context)) {
            statements.push(self.go_on(id, context.to));
        }
        statements
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::alter_table(&table(id), format!("ALTER COLUMN {} DROP IDENTITY", column(id)))]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        let mut statements = Vec::new();
        if self.data_type != to.data_type {
            statements.push(to.retype(id, context.to));
        }
        if self.always != to.always {
            let action = format!("ALTER COLUMN {} SET GENERATED {}", column(id), to.word());
            statements.push(Statement::alter_table(&table(id), action));
        }
        let options = self.options(to);
        if !options.is_empty() {
            let sql = format!("ALTER SEQUENCE {}{options}", sequence(id));
            statements.push(match self.narrowed(to) {
                Some(range) => within(range, &sequence(id), &sql),
                None => Statement::new(sql).lock(Lock::ShareRowExclusive, sequence(id)),
            });
        }
        if self.unlogged != to.unlogged {
            let unlogged = to.unlogged.unwrap_or_else(|| !self.unlogged.unwrap_or_default());
            statements.push(persistence(id, unlogged));
        }
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        let sequence = sequence(id);
        let sql = format!("ALTER SEQUENCE {sequence} RENAME TO {}", sql::ident(to));
        Some(Statement::new(sql).lock(Lock::AccessExclusive, sequence))
    }

    fn address(&self, id: &Id) -> String {
        format!("SEQUENCE {}", sequence(id))
    }

    fn same_but_for_name(&self, _to: &Self) -> bool {
        // A column has one identity at most: under another name it is still the same, and keeps its value.
        true
    }
}

fn persistence(id: &Id, unlogged: bool) -> Statement {
    let word = if unlogged { "UNLOGGED" } else { "LOGGED" };
    Statement::new(format!("ALTER SEQUENCE {} SET {word}", sequence(id)))
        .lock(Lock::AccessExclusive, sequence(id))
}

/// When the sequence's value is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Generated {
    /// `INSERT` may give another value only with `OVERRIDING SYSTEM VALUE`.
    #[default]
    #[serde(rename = "always")]
    Always,
    /// `INSERT` may give another value.
    #[serde(rename = "by default")]
    ByDefault,
}

/// An identity column: `always`, `by default`, or a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum IdentityDoc {
    /// The word alone.
    Word(Generated),
    /// Everything.
    Full(Box<FullIdentityDoc>),
}

/// An identity column in full; what is left out is what PostgreSQL would choose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FullIdentityDoc {
    /// `always` or `by default`.
    pub generated: Generated,
    /// The name of its sequence, where it is not `table_column_seq`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    /// The name that its sequence had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub increment: Option<i64>,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// The first value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// How many values a session takes at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<i64>,
    /// Whether it starts over at the end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cycle: bool,
    /// Whether the sequence is unlogged, where that is not as its table is (15).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlogged: Option<bool>,
    /// The type of its sequence, where it is not the column's: `LIKE ... INCLUDING IDENTITY` makes `bigint`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// What people should know of the sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Privileges on the sequence, by grantee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

impl IdentityDoc {
    pub(crate) fn lower(&self, column: &Id, node: Option<&Node>, declared: &mut Declared) {
        let doc = match self {
            IdentityDoc::Word(word) => FullIdentityDoc { generated: *word, ..FullIdentityDoc::default() },
            IdentityDoc::Full(doc) => (**doc).clone(),
        };
        // What has a statement of its own needs a name.
        let usual = usual_name(&column.child(Kind::Identity, ""));
        let is_named = doc.comment.is_some()
            || doc.grants.is_some()
            || doc.unlogged.is_some()
            || doc.data_type.is_some();
        let usual = usual.filter(|_| is_named);
        let name = doc.sequence.clone().or(usual).unwrap_or_else(|| "\u{0}".to_owned());
        let id = column.child(Kind::Identity, name);
        let spec = Identity {
            always: doc.generated == Generated::Always,
            increment: doc.increment.unwrap_or(1),
            min: doc.min,
            max: doc.max,
            start: doc.start,
            cache: doc.cache.unwrap_or(1),
            cycle: doc.cycle,
            unlogged: doc.unlogged,
            data_type: doc.data_type.clone(),
        };
        declared.add(id.clone(), spec, 0, node);
        let facts = Facts {
            comment: doc.comment.as_ref(),
            owner: None,
            grants: doc.grants.as_ref(),
            renamed_from: doc.renamed_from.as_ref(),
        };
        declared.facts(&id, &facts, false, node);
    }

    pub(crate) fn raise(raise: &Raise<'_>, column: &Id) -> Option<IdentityDoc> {
        let (id, spec) = raise.children(column, Kind::Identity).into_iter().next()?;
        let Spec::Identity(spec) = spec else { return None };
        let usual = spec.usual(id, raise.model);
        let generated = if spec.always { Generated::Always } else { Generated::ByDefault };
        let doc = FullIdentityDoc {
            generated,
            sequence: (usual_name(id).as_deref() != Some(id.name())).then(|| id.name().to_owned()),
            renamed_from: None,
            increment: (spec.increment != 1).then_some(spec.increment),
            min: spec.min.filter(|_| spec.min != usual.min),
            max: spec.max.filter(|_| spec.max != usual.max),
            start: spec.start.filter(|_| spec.start != usual.start),
            cache: (spec.cache != 1).then_some(spec.cache),
            cycle: spec.cycle,
            unlogged: spec.unlogged,
            data_type: spec.data_type.clone(),
            comment: raise.comment(id),
            grants: raise.grants(id),
        };
        let plain = FullIdentityDoc { generated, ..FullIdentityDoc::default() };
        Some(if doc == plain { IdentityDoc::Word(generated) } else { IdentityDoc::Full(Box::new(doc)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_only_what_is_not_usual() {
        let table = Id::root(Kind::Schema, "public").child(Kind::Table, "t");
        let id = table.child(Kind::Column, "id").child(Kind::Identity, "t_id_seq");
        let (_, max) = range("bigint", 1);
        let identity = Identity {
            always: true,
            increment: 1,
            min: Some(1),
            max: Some(max),
            start: Some(100),
            cache: 1,
            cycle: false,
            unlogged: None,
            data_type: None,
        };
        assert_eq!(identity.clause(&id, &Model::default()), "GENERATED ALWAYS AS IDENTITY (START WITH 100)");
        let other = id.renamed("Odd");
        assert!(identity.clause(&other, &Model::default()).contains("SEQUENCE NAME public.\"Odd\""));
    }
}
