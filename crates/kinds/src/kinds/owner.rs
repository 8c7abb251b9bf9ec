//! Owners of objects.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Statement};

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
        let sql = format!("ALTER {} OWNER TO {}", object.spec.address(target), sql::ident(&self.role));
        vec![match target.kind().keyword() {
            "TABLE" | "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE" | "SEQUENCE" => {
                Statement::new(sql).lock(Lock::AccessExclusive, target.sql())
            }
            _ => Statement::new(sql),
        }]
    }
}

/// A sequence that belongs to a column has the owner of its table, and follows it.
fn follows_its_table(id: &Id, context: &Context<'_>) -> bool {
    let owned = id.parent().map(|target| target.child(Kind::SequenceOwner, ""));
    owned.is_some_and(|owned| context.from.contains(&owned) && context.to.contains(&owned))
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
        Change::Alter(if follows_its_table(id, context) { Vec::new() } else { to.assign(id, context) })
    }
}
