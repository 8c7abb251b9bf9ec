//! Comments on objects.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Statement};

/// A comment (manual, `COMMENT`; catalogs `pg_description`, `pg_shdescription`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// The text; none where the object has one by default and this one has not.
    pub text: String,
    /// What PostgreSQL itself says of the object: the comment of an extension, of schema `public`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

fn comment(id: &Id, text: &str, context: &Context<'_>) -> Vec<Statement> {
    let Some(target) = id.parent() else { return Vec::new() };
    let Some(object) = context.to.get(target).or_else(|| context.from.get(target)) else { return Vec::new() };
    let statement = Statement::new(format!("COMMENT ON {} IS {text}", object.spec.address(target)));
    let statement = super::database::here(statement);
    vec![match target.kind() {
        Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView => {
            statement.lock(Lock::ShareUpdateExclusive, target.sql())
        }
        Kind::Column | Kind::ViewColumn => statement.lock(Lock::ShareUpdateExclusive, target.relation_sql()),
        _ => statement,
    }]
}

impl ObjectKind for Comment {
    fn query(_version: u32) -> Option<String> {
        None
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let text = if self.text.is_empty() { "NULL".to_owned() } else { sql::literal(&self.text) };
        comment(id, &text, context)
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let text = self.default.as_ref().map_or_else(|| "NULL".to_owned(), |text| sql::literal(text));
        comment(id, &text, context)
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        Change::Alter(to.create(id, context))
    }
}
