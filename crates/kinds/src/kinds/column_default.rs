//! Defaults of columns.

use serde::{Deserialize, Serialize};

use super::column::{is_inherited, sources};
use crate::{Change, Context, Id, Kind, Lock, Model, ObjectKind, Spec, Statement, query};

/// The default of a column (catalog `pg_attrdef`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnDefault {
    /// The expression as `pg_get_expr` prints it.
    pub expression: String,
}

impl ColumnDefault {
    /// Whether a partition or child table has the default from its parent at the moment.
    fn comes_from_parent(&self, column: &Id, context: &Context<'_>) -> bool {
        let default =
            |model: &Model, source: &Id| match model.get(&source.child(Kind::ColumnDefault, ""))?.spec {
                Spec::ColumnDefault(ref default) => Some(default.clone()),
                _ => None,
            };
        let new = !context.from.contains(column.top());
        sources(context.to, column).first().is_some_and(|source| {
            let wanted = default(context.to, source);
            wanted.as_ref() == Some(self) && (new || default(context.from, source) != wanted)
        })
    }
}

/// On an empty database: takes from child tables the default that their parent's gives them, where they have none.
fn without_default(column: &Id, model: &Model) -> Vec<Statement> {
    let mut statements = Vec::new();
    if !model.has_any(Kind::Partition) && !model.has_any(Kind::Inheritance) {
        return statements;
    }
    for object in model.objects().filter(|object| object.id.name() == column.name() && object.id != *column) {
        let Spec::Column(child) = &object.spec else { continue };
        let default = object.id.child(Kind::ColumnDefault, "");
        if !child.data_type.is_empty()
            && !model.contains(&default)
            && sources(model, &object.id).contains(column)
        {
            statements.push(alter(&default, "DROP DEFAULT"));
        }
    }
    statements
}

fn alter(id: &Id, action: &str) -> Statement {
    let column = id.parent();
    let table = column.map(Id::relation_sql).unwrap_or_default();
    let name = column.map(|column| sql::ident(column.name())).unwrap_or_default();
    if let Some(column) = column.filter(|column| column.kind() == Kind::ViewColumn) {
        return super::view::alter(column, &format!("ALTER COLUMN {name} {action}"))
            .lock(Lock::AccessExclusive, table);
    }
    Statement::alter_table(&table, format!("ALTER COLUMN {name} {action}"))
}

impl ObjectKind for ColumnDefault {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', '', \
             'spec', jsonb_build_object('expression', pg_get_expr(d.adbin, d.adrelid))) \
             FROM pg_attrdef AS d JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum \
             WHERE a.attgenerated = '' AND {}",
            query::address("pg_attrdef", "d.oid", "0"),
            query::address("pg_class", "d.adrelid", "d.adnum"),
            query::user_made_on("d.oid", "d.adrelid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let column = id.parent();
        if column.is_some_and(|column| self.comes_from_parent(column, context)) {
            return Vec::new();
        }
        // In CREATE TABLE it stands behind its column.
        let set = alter(id, &format!("SET DEFAULT {}", self.expression));
        let mut statements = vec![if is_inherited(context.to, column) { set } else { set.clause("") }];
        if let (true, Some(column)) = (context.from.is_empty(), column) {
            statements.extend(without_default(column, context.to));
        }
        statements
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let goes = |source: &Id| {
            let default = source.child(Kind::ColumnDefault, "");
            context.from.contains(&default) && !context.to.contains(&default)
        };
        if id.parent().is_some_and(|column| sources(context.to, column).iter().any(goes)) {
            return Vec::new();
        }
        vec![alter(id, "DROP DEFAULT")]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        Change::Alter(to.create(id, context))
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef AS d JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum \
             WHERE d.adrelid = to_regclass(e.parent) AND a.attname = e.name)",
        )
    }
}
