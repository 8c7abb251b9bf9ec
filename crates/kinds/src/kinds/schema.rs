//! Schemas.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Hazard, Id, ObjectKind, Statement, query};

/// A schema (manual, chapter "Schemas"; catalog `pg_namespace`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {}

impl ObjectKind for Schema {
    fn query(_version: u32) -> Option<String> {
        // The rights on schema public that initdb gives are its default: they are recorded in pg_init_privs.
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', n.nspname, 'spec', '{{}}'::jsonb, {}, \
             'acl', {}, 'acldefault', {}) \
             FROM pg_namespace AS n \
             LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid \
             WHERE n.nspname !~ '^(pg_|endstate_)' AND n.nspname <> 'information_schema'",
            query::address("pg_namespace", "n.oid", "0"),
            query::owner("n.nspowner"),
            query::exploded("coalesce(n.nspacl, acldefault('n', n.nspowner))"),
            query::exploded("coalesce(i.initprivs, acldefault('n', n.nspowner))"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("CREATE SCHEMA {}", id.sql()))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP SCHEMA {}", id.sql())).hazard(
            Hazard::ClientBreak,
            format!("schema {} is gone", id.sql()),
        )]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Alter(Vec::new())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER SCHEMA {} RENAME TO {}", id.sql(), sql::ident(to)))
                .clients(format!("names in schema {} no longer resolve", id.sql())),
        )
    }

    fn definition() -> Option<&'static str> {
        Some(
            "to_regnamespace(e.object)::text",
        )
    }
}
