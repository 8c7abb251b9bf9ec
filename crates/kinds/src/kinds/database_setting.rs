//! Settings of all sessions in the database.

use serde::{Deserialize, Serialize};

use crate::kinds::database::Database;
use crate::{Change, Context, Id, ObjectKind, Statement, query};

/// `ALTER DATABASE ... SET` (catalog `pg_db_role_setting`). What may be a secret, such as `app.jwt_secret`, is never read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatabaseSetting {
    /// The value as SQL: `'5s'`, `app, public`.
    pub value: String,
}

impl ObjectKind for DatabaseSetting {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', jsonb_build_array('pg_db_role_setting'::regclass::oid, d.oid, c.n::int), 'in', {}, \
             'name', split_part(c.text, '=', 1), 'spec', jsonb_build_object('value', {})) \
             FROM pg_database AS d JOIN pg_db_role_setting AS s ON s.setdatabase = d.oid AND s.setrole = 0, \
             unnest(s.setconfig) WITH ORDINALITY AS c (text, n) WHERE d.datname = current_database() AND NOT {}",
            query::address("pg_database", "d.oid", "0"),
            query::setting("c.text"),
            query::secret("split_part(c.text, '=', 1)", "substr(c.text, strpos(c.text, '=') + 1)"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Database::alter_here(&format!("SET {} TO {}", query::setting_name(id.name()), self.value))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Database::alter_here(&format!("RESET {}", query::setting_name(id.name())))]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        Change::Alter(to.create(id, context))
    }
}
