//! Roles: shared by all databases of a cluster.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

/// A role, with its attributes (manual, chapter "Database Roles"). Passwords are never read.
///
/// A role that no YAML declares is a reference: it must exist and is never touched; no role is dropped by absence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "these are the attributes of pg_roles")]
pub struct Role {
    /// May bypass everything.
    #[serde(default)]
    pub superuser: bool,
    /// Has the privileges of roles that it is a member of without `SET ROLE`.
    #[serde(default)]
    pub inherit: bool,
    /// May make roles.
    #[serde(default)]
    pub createrole: bool,
    /// May make databases.
    #[serde(default)]
    pub createdb: bool,
    /// May log in.
    #[serde(default)]
    pub login: bool,
    /// May replicate.
    #[serde(default)]
    pub replication: bool,
    /// Is not subject to row-level security.
    #[serde(default)]
    pub bypassrls: bool,
    /// How many connections at once; -1 is no limit.
    #[serde(default = "no_limit")]
    pub connection_limit: i64,
}

fn no_limit() -> i64 {
    -1
}

impl Role {
    fn options(&self) -> String {
        let word = |on: bool, word: &str| if on { word.to_owned() } else { format!("NO{word}") };
        let mut options = vec![
            word(self.superuser, "SUPERUSER"),
            word(self.inherit, "INHERIT"),
            word(self.createrole, "CREATEROLE"),
            word(self.createdb, "CREATEDB"),
            word(self.login, "LOGIN"),
            word(self.replication, "REPLICATION"),
            word(self.bypassrls, "BYPASSRLS"),
        ];
        if self.connection_limit != -1 {
            options.push(format!("CONNECTION LIMIT {}", self.connection_limit));
        }
        options.join(" ")
    }
}

impl ObjectKind for Role {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', r.rolname, 'spec', jsonb_build_object('superuser', r.rolsuper, \
             'inherit', r.rolinherit, 'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb, 'login', r.rolcanlogin, \
             'replication', r.rolreplication, 'bypassrls', r.rolbypassrls, 'connection_limit', r.rolconnlimit)) \
             FROM pg_roles AS r WHERE r.rolname !~ '^pg_'",
            query::address("pg_authid", "r.oid", "0")
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("CREATE ROLE {} WITH {}", id.sql(), self.options()))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP ROLE {}", id.sql()))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        Change::Alter(vec![Statement::new(format!("ALTER ROLE {} WITH {}", id.sql(), to.options()))])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER ROLE {} RENAME TO {}", id.sql(), sql::ident(to))))
    }
}

/// A role as the YAML declares it: it is made if it is missing, and altered where it differs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools, reason = "these are the attributes of CREATE ROLE")]
pub struct RoleDoc {
    /// May bypass everything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub superuser: bool,
    /// False for `NOINHERIT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inherit: Option<bool>,
    /// May make roles.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub createrole: bool,
    /// May make databases.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub createdb: bool,
    /// May log in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub login: bool,
    /// May replicate.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replication: bool,
    /// Is not subject to row-level security.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bypassrls: bool,
    /// How many connections at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_limit: Option<i64>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The name that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
}

impl RoleDoc {
    pub(crate) fn lower(&self, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = Id::root(Kind::Role, name);
        let role = Role {
            superuser: self.superuser,
            inherit: self.inherit.unwrap_or(true),
            createrole: self.createrole,
            createdb: self.createdb,
            login: self.login,
            replication: self.replication,
            bypassrls: self.bypassrls,
            connection_limit: self.connection_limit.unwrap_or_else(no_limit),
        };
        declared.add(id.clone(), role, 0, node);
        let facts = Facts { comment: self.comment.as_ref(), renamed_from: self.renamed_from.as_ref(), ..Facts::default() };
        declared.facts(&id, &facts, false, node);
    }
}
