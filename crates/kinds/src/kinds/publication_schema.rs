//! Schemas of publications.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, ObjectKind, Statement, query};

/// A schema all of whose tables are in a publication (PostgreSQL 15; catalog `pg_publication_namespace`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublicationSchema {}

fn alter(id: &Id, verb: &str) -> Statement {
    let publication = id.parent().map(Id::sql).unwrap_or_default();
    Statement::new(format!(
        "ALTER PUBLICATION {publication} {verb} TABLES IN SCHEMA {}",
        sql::ident(id.name())
    ))
}

impl ObjectKind for PublicationSchema {
    fn query(version: u32) -> Option<String> {
        (version >= 15).then(|| {
            format!(
                "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', s.nspname, 'spec', '{{}}'::jsonb) \
                 FROM pg_publication_namespace AS n JOIN pg_namespace AS s ON s.oid = n.pnnspid WHERE {}",
                query::address("pg_publication_namespace", "n.oid", "0"),
                query::address("pg_publication", "n.pnpubid", "0"),
                query::user_made("n.oid"),
            )
        })
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![alter(id, "ADD")]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            alter(id, "DROP")
                .clients(format!("subscriptions no longer get changes of tables in {}", id.name())),
        ]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Alter(Vec::new())
    }
}
