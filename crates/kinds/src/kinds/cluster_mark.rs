//! The index that a table is ordered by.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, Lock, ObjectKind, Statement, query};

/// `CLUSTER ON`: the index that `CLUSTER` orders a table by (catalog `pg_index.indisclustered`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterMark {
    /// The index.
    pub index: String,
}

impl ObjectKind for ClusterMark {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', jsonb_build_array(2, x.indrelid, 0), 'in', {}, 'name', '', \
             'needs', jsonb_build_array({}), 'spec', jsonb_build_object('index', c.relname)) \
             FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indexrelid WHERE x.indisclustered AND {}",
            query::address("pg_class", "x.indrelid", "0"),
            query::address("pg_class", "x.indexrelid", "0"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let table = id.relation_sql();
        let action = format!("CLUSTER ON {}", sql::ident(&self.index));
        vec![Statement::alter_table(&table, action).lock(Lock::ShareUpdateExclusive, table)]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let table = id.relation_sql();
        vec![Statement::alter_table(&table, "SET WITHOUT CLUSTER").lock(Lock::ShareUpdateExclusive, table)]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        Change::Alter(to.create(id, context))
    }
}
