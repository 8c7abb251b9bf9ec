//! Security labels of objects.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, ObjectKind, Statement};

/// A security label (manual, `SECURITY LABEL`; catalogs `pg_seclabel`, `pg_shseclabel`), by its provider's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecurityLabel {
    /// The label.
    pub label: String,
}

fn label(id: &Id, text: &str, context: &Context<'_>) -> Vec<Statement> {
    let Some(target) = id.parent() else { return Vec::new() };
    let Some(object) = context.to.get(target).or_else(|| context.from.get(target)) else { return Vec::new() };
    let (provider, address) = (sql::ident(id.name()), object.spec.address(target));
    vec![Statement::new(format!("SECURITY LABEL FOR {provider} ON {address} IS {text}"))]
}

impl ObjectKind for SecurityLabel {
    fn query(_version: u32) -> Option<String> {
        None
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        label(id, &sql::literal(&self.label), context)
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        label(id, "NULL", context)
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        Change::Alter(to.create(id, context))
    }
}
