//! How a column gets another type.

use crate::{Id, Statement, Work};

/// `ALTER COLUMN name TYPE type COLLATE collation USING expression` (manual, "ALTER TABLE").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retype {
    /// The column.
    pub column: Id,
    /// The type, under the name that it has at that time.
    pub data_type: String,
    /// The collation, where it is not the type's own.
    pub collation: Option<String>,
    /// What the new value is computed by; without it PostgreSQL casts by assignment.
    pub using: Option<String>,
}

impl Retype {
    /// The statement that does it, which writes every row anew.
    pub fn statement(self) -> Statement {
        let mut action = format!("ALTER COLUMN {} TYPE {}", sql::ident(self.column.name()), self.data_type);
        if let Some(collation) = &self.collation {
            action.push_str(&format!(" COLLATE {collation}"));
        }
        if let Some(using) = &self.using {
            action.push_str(&format!(" USING {using}"));
        }
        let mut statement = Statement::alter_table(&self.column.relation_sql(), action).work(Work::Rewrite);
        statement.retype = Some(self);
        statement
    }
}
