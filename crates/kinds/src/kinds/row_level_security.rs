//! The switch of row-level security on a table.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, ObjectKind, Statement, query};

/// `ENABLE ROW LEVEL SECURITY` (manual, "Row Security Policies"); there is no such object where it is disabled and not forced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowLevelSecurity {
    /// Whether it is enabled; `FORCE` may be set without.
    pub enabled: bool,
    /// Whether the table's owner is subject to it too.
    #[serde(default)]
    pub forced: bool,
}

impl RowLevelSecurity {
    const OFF: RowLevelSecurity = RowLevelSecurity { enabled: false, forced: false };

    fn towards(&self, to: &RowLevelSecurity, id: &Id) -> Vec<Statement> {
        let table = id.relation_sql();
        let mut statements = Vec::new();
        if self.enabled != to.enabled {
            let word = if to.enabled { "ENABLE" } else { "DISABLE" };
            statements.push(Statement::alter_table(&table, format!("{word} ROW LEVEL SECURITY")));
        }
        if self.forced != to.forced {
            let word = if to.forced { "FORCE" } else { "NO FORCE" };
            statements.push(Statement::alter_table(&table, format!("{word} ROW LEVEL SECURITY")));
        }
        statements
    }
}

impl ObjectKind for RowLevelSecurity {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', jsonb_build_array(0, c.oid, 0), 'in', {}, 'name', '', \
             'spec', jsonb_build_object('enabled', c.relrowsecurity, 'forced', c.relforcerowsecurity)) \
             FROM pg_class AS c WHERE (c.relrowsecurity OR c.relforcerowsecurity) AND {}",
            query::address("pg_class", "c.oid", "0"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        Self::OFF.towards(self, id)
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        self.towards(&Self::OFF, id)
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        Change::Alter(self.towards(to, id))
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT concat(c.relrowsecurity, c.relforcerowsecurity) FROM pg_class AS c WHERE c.oid = to_regclass(e.parent))",
        )
    }
}
