//! Settings of a role's sessions.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

/// `ALTER ROLE ... SET`, or `ALTER ROLE ... IN DATABASE ... SET` for this database (catalog `pg_db_role_setting`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleSetting {
    /// The value as SQL: `'5s'`, `app, public`.
    pub value: String,
}

const IN_DATABASE: &str = "in this database";

impl RoleSetting {
    /// The id of a setting of a role.
    pub fn id(role: &Id, name: &str, in_database: bool) -> Id {
        role.child(Kind::RoleSetting, name).with_signature(in_database.then(|| IN_DATABASE.to_owned()))
    }

    /// Whether the setting is for this database only.
    pub fn is_in_database(id: &Id) -> bool {
        id.signature().is_some()
    }

    fn statement(id: &Id, action: &str) -> Vec<Statement> {
        let role = id.relation_sql();
        let sql = if Self::is_in_database(id) {
            // The statement wants the database's name, which is another one where it is tried out.
            let head = sql::literal(&format!("ALTER ROLE {role} IN DATABASE "));
            let tail = sql::literal(&format!(" {action}"));
            let body = format!("BEGIN EXECUTE {head} || quote_ident(current_database()) || {tail}; END");
            format!("DO {}", sql::dollar(&body))
        } else {
            format!("ALTER ROLE {role} {action}")
        };
        vec![Statement::new(sql)]
    }
}

impl ObjectKind for RoleSetting {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', jsonb_build_array('pg_db_role_setting'::regclass::oid, s.setrole, s.n::int * 2 + (s.setdatabase <> 0)::int), \
             'in', {}, 'name', split_part(s.text, '=', 1), 'signature', CASE WHEN s.setdatabase <> 0 THEN '{IN_DATABASE}' END, \
             'spec', jsonb_build_object('value', {})) \
             FROM (SELECT s.setrole, s.setdatabase, c.text, c.n FROM pg_db_role_setting AS s, unnest(s.setconfig) WITH ORDINALITY AS c (text, n) \
             WHERE s.setrole <> 0 AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))) AS s",
            query::address("pg_authid", "s.setrole", "0"),
            query::setting("s.text"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        Self::statement(id, &format!("SET {} TO {}", query::setting_name(id.name()), self.value))
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        Self::statement(id, &format!("RESET {}", query::setting_name(id.name())))
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        Change::Alter(to.create(id, context))
    }
}
