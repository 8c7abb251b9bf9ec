//! Which columns of old rows replication sees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, Lock, ObjectKind, Statement, query};

/// `REPLICA IDENTITY`: which columns of old rows are written to the WAL (catalogs `pg_class.relreplident`, `pg_index.indisreplident`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaIdentity {
    /// All.
    Full,
    /// None.
    Nothing,
    /// Those of a unique index.
    Index(String),
}

impl ReplicaIdentity {
    fn action(&self) -> String {
        match self {
            ReplicaIdentity::Full => "REPLICA IDENTITY FULL".to_owned(),
            ReplicaIdentity::Nothing => "REPLICA IDENTITY NOTHING".to_owned(),
            ReplicaIdentity::Index(name) => format!("REPLICA IDENTITY USING INDEX {}", sql::ident(name)),
        }
    }
}

/// In one ALTER TABLE it would come last, and columns of the index that it was could not be altered before.
fn alone(id: &Id, action: &str) -> Statement {
    let table = id.relation_sql();
    Statement::new(format!("ALTER TABLE {table} {action}")).lock(Lock::AccessExclusive, table)
}

impl ObjectKind for ReplicaIdentity {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', jsonb_build_array(1, c.oid, 0), 'in', {}, 'name', '', \
             'needs', CASE WHEN x.indexrelid IS NOT NULL THEN jsonb_build_array({}) END, \
             'spec', CASE c.relreplident WHEN 'f' THEN '\"full\"'::jsonb WHEN 'n' THEN '\"nothing\"'::jsonb ELSE jsonb_build_object('index', ic.relname) END) \
             FROM pg_class AS c LEFT JOIN pg_index AS x ON x.indrelid = c.oid AND x.indisreplident AND c.relreplident = 'i' \
             LEFT JOIN pg_class AS ic ON ic.oid = x.indexrelid \
             WHERE c.relkind IN ('r', 'p', 'm') AND (c.relreplident IN ('f', 'n') OR ic.oid IS NOT NULL) AND {}",
            query::address("pg_class", "c.oid", "0"),
            query::address("pg_class", "x.indexrelid", "0"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::alter_table(&id.relation_sql(), self.action())]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![alone(id, "REPLICA IDENTITY DEFAULT")]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        Change::Alter(vec![alone(id, &to.action())])
    }
}
