//! Defaults of columns.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Statement, query};

/// The default of a column (catalog `pg_attrdef`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnDefault {
    /// The expression as `pg_get_expr` prints it.
    pub expression: String,
}

fn alter(id: &Id, action: &str) -> Statement {
    let column = id.parent();
    let table = column.map(Id::relation_sql).unwrap_or_default();
    let name = column.map(|column| sql::ident(column.name())).unwrap_or_default();
    if let Some(column) = column.filter(|column| column.kind() == Kind::ViewColumn) {
        return super::view::alter(column, &format!("ALTER COLUMN {name} {action}")).lock(Lock::AccessExclusive, table);
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
            query::user_made("d.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![alter(id, &format!("SET DEFAULT {}", self.expression))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
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
