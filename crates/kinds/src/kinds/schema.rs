//! Schemas.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Hazard, Id, ObjectKind, Statement, query};

/// A schema (manual, chapter "Schemas"; catalog `pg_namespace`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {}

impl ObjectKind for Schema {
    fn query(version: u32) -> Option<String> {
        // Schema public comes with a comment and with rights for everybody, whoever owns it; so does one that was made anew,
        // as far as `pg_dump` is concerned.
        let everybody = ["'USAGE'", "'CREATE'"].iter().take(if version < 15 { 2 } else { 1 });
        let everybody: Vec<String> =
            everybody.map(|word| format!("makeaclitem(0, n.nspowner, {word}, false)")).collect();
        let default = format!(
            "acldefault('n', n.nspowner) || CASE WHEN n.nspname = 'public' THEN ARRAY[{}] ELSE '{{}}' END",
            everybody.join(", ")
        );
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', n.nspname, 'spec', '{{}}'::jsonb, {}, \
             'commentdefault', CASE WHEN n.nspname = 'public' THEN 'standard public schema' END, \
             'acl', {}, 'acldefault', {}) \
             FROM pg_namespace AS n WHERE n.nspname !~ '^(pg_|endstate_)' AND n.nspname <> 'information_schema'",
            query::address("pg_namespace", "n.oid", "0"),
            query::owner("n.nspowner"),
            query::exploded("coalesce(n.nspacl, acldefault('n', n.nspowner))"),
            query::exploded(&default),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("CREATE SCHEMA {}", id.sql()))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(format!("DROP SCHEMA {}", id.sql()))
                .hazard(Hazard::ClientBreak, format!("schema {} is gone", id.sql())),
        ]
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
        Some("to_regnamespace(e.object)::text")
    }
}
