//! Owners of objects.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, ObjectKind, Statement};

/// The owner of an object (manual, "Privileges"). Read with the object itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    /// The role.
    pub role: String,
}

impl Owner {
    fn assign(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let Some(target) = id.parent() else { return Vec::new() };
        let Some(object) = context.to.get(target) else { return Vec::new() };
        vec![Statement::new(format!("ALTER {} OWNER TO {}", object.spec.address(target), sql::ident(&self.role)))]
    }
}

impl ObjectKind for Owner {
    fn query(_version: u32) -> Option<String> {
        None
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        if self.role == context.user { Vec::new() } else { self.assign(id, context) }
    }

    fn drop(&self, _id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        Vec::new()
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        Change::Alter(to.assign(id, context))
    }
}
