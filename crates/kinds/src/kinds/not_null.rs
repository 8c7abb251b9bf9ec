//! `NOT NULL` of columns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::{
    Change, Context, Demand, Id, Kind, Lock, Model, Object, ObjectKind, Rows, Spec, Statement, Work, query,
};

/// That a column refuses NULL (manual, `CREATE TABLE`).
///
/// From PostgreSQL 18 on it is a constraint with a name (`pg_constraint.contype = 'n'`), before that a mark of the
/// column (`pg_attribute.attnotnull`) whose name here is empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotNull {
    /// False where rows that were there before have not been checked (18). Whether those of a child have, where its parent's have not, depends
    /// on which of the two came first, and nobody says it.
    pub valid: bool,
    /// Whether child tables are left out (18).
    #[serde(default)]
    pub no_inherit: bool,
    /// Whether a partition or child table has it from its parent; whether it says so itself as well depends on how it got there.
    #[serde(default)]
    pub inherited: bool,
}

impl NotNull {
    /// What is written behind a column: `CONSTRAINT name NOT NULL`, the name only where PostgreSQL would give another.
    pub fn clause(&self, id: &Id, context: &Context<'_>) -> String {
        let usual = usual_name(id).as_deref() == Some(id.name()) && !is_taken(id, context);
        let name = if unnamed(id) || usual {
            String::new()
        } else {
            format!("CONSTRAINT {} ", sql::ident(id.name()))
        };
        let no_inherit = if self.no_inherit { " NO INHERIT" } else { "" };
        format!(" {name}NOT NULL{no_inherit}")
    }

    /// The statements that make it on an empty database. A partition that has it under another name than its parent was
    /// attached with that name, and is so again.
    pub fn of_partition(&self, id: &Id, context: &Context<'_>) -> Vec<String> {
        let Some(column) = id.parent() else { return Vec::new() };
        let parents = super::column::sources(context.to, column);
        let names: Vec<&Id> = parents
            .iter()
            .flat_map(|source| context.to.children_of_kind(source, Kind::NotNull))
            .map(|object| &object.id)
            .collect();
        let table = table(id);
        let add = self.add(id, context.version).sql;
        let place = id.top().child(Kind::Partition, "");
        let place = context.to.get(&place).map(|object| &object.spec);
        match (names.is_empty(), place) {
            (true, _) => vec![add],
            (false, Some(Spec::Partition(place)))
                if context.version >= 18
                    && (unnamed(id) || names.iter().all(|other| other.name() != id.name())) =>
            {
                let drop =
                    format!("ALTER TABLE {table} ALTER COLUMN {} DROP NOT NULL", sql::ident(column.name()));
                let (detach, attach) = place.around(&table);
                vec![detach, drop, add, attach]
            }
            _ => Vec::new(),
        }
    }

    /// What a child table says in `CREATE TABLE` of a column that it has from its parents alone, where its own `NOT NULL` has another name
    /// than theirs (18): a primary key in that statement makes such a one.
    pub fn of_child(&self, id: &Id, context: &Context<'_>) -> Option<String> {
        let column = id.parent()?;
        let parents = super::column::sources(context.to, column);
        let mut theirs =
            parents.iter().flat_map(|source| context.to.children_of_kind(source, Kind::NotNull)).peekable();
        let is_child = context.to.contains(&id.top().child(Kind::Inheritance, ""));
        let is_own =
            theirs.peek().is_some() && (unnamed(id) || theirs.all(|other| other.id.name() != id.name()));
        let clause = format!("{} {}", self.clause(id, context).trim_start(), sql::ident(column.name()));
        (context.version >= 18 && is_child && is_own).then_some(clause)
    }

    fn add(&self, id: &Id, version: u32) -> Statement {
        let column = sql::ident(id.parent().map_or("", Id::name));
        let work = if self.valid { Work::Scan } else { Work::Catalog };
        if version < 18 || (unnamed(id) && self.valid && !self.no_inherit) {
            return Statement::alter_table(&table(id), format!("ALTER COLUMN {column} SET NOT NULL"))
                .work(work);
        }
        let name = if unnamed(id) { String::new() } else { format!("CONSTRAINT {} ", sql::ident(id.name())) };
        let no_inherit = if self.no_inherit { " NO INHERIT" } else { "" };
        let not_valid = if self.valid { "" } else { " NOT VALID" };
        Statement::alter_table(&table(id), format!("ADD {name}NOT NULL {column}{no_inherit}{not_valid}"))
            .work(work)
    }
}

/// Whether the name is left to PostgreSQL.
fn unnamed(id: &Id) -> bool {
    id.name().is_empty() || id.name().starts_with('\u{0}')
}

fn table(id: &Id) -> String {
    id.parent().map(Id::relation_sql).unwrap_or_default()
}

/// The name that PostgreSQL 18 gives, where it need not be cut.
fn usual_name(id: &Id) -> Option<String> {
    let column = id.parent()?;
    let name = format!("{}_{}_not_null", column.parent()?.name(), column.name());
    (name.len() < 64).then_some(name)
}

/// Whether PostgreSQL would give another name than the usual one, because a constraint of another table of the schema has it: LIKE
/// copies names, and children keep those of their parents. What comes to a child by itself comes later.
fn is_taken(id: &Id, context: &Context<'_>) -> bool {
    let later =
        |object: &Object| is_inherited(object) && super::inheritance::follows(object.id.top(), context);
    context.version >= 18
        && (context.from.namesakes(id).any(|object| !later(object))
            || context.to.namesakes(id).any(|object| !later(object)))
}

/// Whether that of a child table may stay when those of its parents go, because the table says so itself as well (18).
fn outlives_its_parents(id: &Id, context: &Context<'_>) -> bool {
    let Some(column) = id.parent() else { return false };
    let parents = super::column::sources(context.to, column);
    context.version >= 18
        && context.from.contains(&id.top().child(Kind::Inheritance, ""))
        && context.to.contains(column)
        && parents.iter().all(|parent| context.to.children_of_kind(parent, Kind::NotNull).is_empty())
}

/// Whether a parent's has not been checked, so that this one may not have been either.
fn is_unchecked(model: &Model, id: &Id) -> bool {
    let parents = id.parent().map(|column| super::column::sources(model, column)).unwrap_or_default();
    let mut theirs = parents.iter().flat_map(|source| model.children_of_kind(source, Kind::NotNull));
    theirs.any(|object| {
        matches!(&object.spec, Spec::NotNull(not_null) if !not_null.valid || is_unchecked(model, &object.id))
    })
}

fn is_inherited(object: &Object) -> bool {
    matches!(&object.spec, Spec::NotNull(not_null) if not_null.inherited)
}

impl ObjectKind for NotNull {
    fn query(version: u32) -> Option<String> {
        if version < 18 {
            return Some(format!(
                "SELECT jsonb_build_object('at', jsonb_build_array('pg_attribute'::regclass::oid, a.attrelid, a.attnum), 'in', {}, 'name', '', \
                 'spec', jsonb_build_object('valid', true, 'inherited', EXISTS (SELECT FROM pg_inherits AS i \
                 JOIN pg_attribute AS p ON p.attrelid = i.inhparent AND p.attname = a.attname WHERE i.inhrelid = a.attrelid AND p.attnotnull))) \
                 FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid \
                 WHERE a.attnotnull AND c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {}",
                query::address("pg_class", "a.attrelid", "a.attnum"),
                query::user_made_on("c.oid", "c.oid"),
            ));
        }
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', c.conname, \
             'spec', jsonb_build_object('valid', c.convalidated OR c.coninhcount > 0, 'no_inherit', c.connoinherit, 'inherited', c.coninhcount > 0)) \
             FROM pg_constraint AS c WHERE c.contype = 'n' AND c.conrelid <> 0 AND {}",
            query::address("pg_constraint", "c.oid", "0"),
            query::address("pg_class", "c.conrelid", "c.conkey[1]"),
            query::user_made_on("c.oid", "c.conrelid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        if self.inherited && id.top().kind().is_table() && super::inheritance::follows(id.top(), context) {
            let own = self.of_child(id, context).filter(|_| !context.from.contains(id.top()));
            return own.map(|clause| self.add(id, context.version).clause(clause)).into_iter().collect();
        }
        let statement = self.add(id, context.version);
        // In CREATE TABLE it stands behind its column.
        let inline = self.valid && !super::column::is_inherited(context.to, id.parent());
        vec![if inline { statement.clause("") } else { statement }]
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        if self.inherited && super::inheritance::stays(id.top(), context) {
            return if outlives_its_parents(id, context) {
                let action = format!("DROP CONSTRAINT IF EXISTS {}", sql::ident(id.name()));
                vec![Statement::alter_table(&table(id), action)]
            } else {
                Vec::new()
            };
        }
        let action = if context.version < 18 {
            format!("ALTER COLUMN {} DROP NOT NULL", sql::ident(id.parent().map_or("", Id::name)))
        } else {
            format!("DROP CONSTRAINT {}", sql::ident(id.name()))
        };
        vec![Statement::alter_table(&table(id), action)]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        if self.valid && !to.valid {
            return Change::Replace("what was checked cannot be made unchecked".to_owned());
        }
        let (table, name) = (table(id), sql::ident(id.name()));
        let mut statements = Vec::new();
        if context.version >= 18 && self.no_inherit != to.no_inherit {
            let word = if to.no_inherit { "NO INHERIT" } else { "INHERIT" };
            statements.push(Statement::alter_table(&table, format!("ALTER CONSTRAINT {name} {word}")));
        }
        let leaves = self.inherited && !to.inherited && is_unchecked(context.from, id);
        if context.version >= 18 && to.valid && (!self.valid || leaves) {
            let validate = Statement::alter_table(&table, format!("VALIDATE CONSTRAINT {name}"));
            statements.push(validate.lock(Lock::ShareUpdateExclusive, &table).work(Work::Scan));
        }
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        let table = table(id);
        let sql =
            format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", sql::ident(id.name()), sql::ident(to));
        (!self.inherited && !id.name().is_empty())
            .then(|| Statement::new(sql).lock(Lock::AccessExclusive, table))
    }

    fn address(&self, id: &Id) -> String {
        format!("CONSTRAINT {} ON {}", sql::ident(id.name()), table(id))
    }

    fn demands(&self, before: Option<&Self>, id: &Id, context: &Context<'_>) -> Vec<Demand> {
        let by_itself = self.inherited && super::inheritance::follows(id.top(), context);
        let Some(column) = id.parent().filter(|_| self.valid && !by_itself) else { return Vec::new() };
        if before.is_some_and(|before| before.valid) {
            return Vec::new();
        }
        let (relation, columns) = (id.top().clone(), vec![column.clone()]);
        vec![Demand { relation, columns, only: self.no_inherit, rows: Rows::Null(column.clone()) }]
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        NotNull { inherited: to.inherited, ..self.clone() } == *to
    }
}

/// Whether NULL is refused, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum NotNullDoc {
    /// Whether NULL is refused.
    Plain(bool),
    /// The constraint in full (PostgreSQL 18).
    Full(FullNotNullDoc),
}

/// A `NOT NULL` constraint in full (PostgreSQL 18).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FullNotNullDoc {
    /// The name, where it is not the one that PostgreSQL would give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// Whether rows that were there before are left unchecked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_valid: bool,
    /// Whether child tables are left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_inherit: bool,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl NotNullDoc {
    pub(crate) fn lower(&self, column: &Id, node: Option<&Node>, declared: &mut Declared) {
        let doc = match self {
            NotNullDoc::Plain(false) => return,
            NotNullDoc::Plain(true) => &FullNotNullDoc::default(),
            NotNullDoc::Full(doc) => doc,
        };
        // A comment is put on a name.
        let usual = usual_name(&column.child(Kind::NotNull, "")).filter(|_| doc.comment.is_some());
        let name = doc.name.clone().or(usual).unwrap_or_else(|| "\u{0}".to_owned());
        let id = column.child(Kind::NotNull, name);
        let spec = NotNull { valid: !doc.not_valid, no_inherit: doc.no_inherit, inherited: false };
        declared.add(id.clone(), spec, 0, node);
        let facts = Facts {
            comment: doc.comment.as_ref(),
            renamed_from: doc.renamed_from.as_ref(),
            ..Facts::default()
        };
        declared.facts(&id, &facts, false, node);
    }

    /// What is to be said of a column; nothing where it has it from a parent under the parent's name.
    pub(crate) fn raise(raise: &Raise<'_>, column: &Id) -> Option<NotNullDoc> {
        let (id, spec) = raise.children(column, Kind::NotNull).into_iter().next()?;
        let Spec::NotNull(spec) = spec else { return None };
        let taken = raise.model.namesakes(id).any(|object| !is_inherited(object));
        let named = !id.name().is_empty() && (taken || usual_name(id).as_deref() != Some(id.name()));
        let doc = FullNotNullDoc {
            name: named.then(|| id.name().to_owned()),
            renamed_from: None,
            not_valid: !spec.valid,
            no_inherit: spec.no_inherit,
            comment: raise.comment(id),
        };
        if spec.inherited && doc.comment.is_none() && parents_have(raise, column, id.name()) {
            return None;
        }
        Some(if doc == FullNotNullDoc::default() { NotNullDoc::Plain(true) } else { NotNullDoc::Full(doc) })
    }
}

fn parents_have(raise: &Raise<'_>, column: &Id, name: &str) -> bool {
    let Some(table) = column.parent() else { return false };
    super::inheritance::parents(raise.model, table).iter().any(|parent| {
        let column = parent.child(Kind::Column, column.name());
        raise.children(&column, Kind::NotNull).iter().any(|(id, _)| id.name() == name)
    })
}
