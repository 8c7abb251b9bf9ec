//! Roles: shared by all databases of a cluster.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::kinds::membership::{Membership, MembershipDoc};
use crate::kinds::role_setting::RoleSetting;
use crate::{Change, Context, Id, Kind, ObjectKind, Spec, Statement, query};

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
    /// Until when its password is good, in UTC; for ever where there is none.
    #[serde(default)]
    pub valid_until: Option<String>,
}

fn no_limit() -> i64 {
    -1
}

impl Role {
    /// What `CREATE ROLE` makes by itself.
    const PLAIN: Role = Role {
        superuser: false,
        inherit: true,
        createrole: false,
        createdb: false,
        login: false,
        replication: false,
        bypassrls: false,
        connection_limit: -1,
        valid_until: None,
    };

    /// The attributes, each with its keyword.
    pub fn flags(&self) -> [(bool, &'static str); 7] {
        [
            (self.superuser, "SUPERUSER"),
            (self.inherit, "INHERIT"),
            (self.createrole, "CREATEROLE"),
            (self.createdb, "CREATEDB"),
            (self.login, "LOGIN"),
            (self.replication, "REPLICATION"),
            (self.bypassrls, "BYPASSRLS"),
        ]
    }

    /// The options that turn a role with the attributes of `from` into this one.
    fn options(&self, from: &Role) -> Vec<String> {
        let flags = self.flags().into_iter().zip(from.flags()).filter(|(to, from)| to.0 != from.0);
        let word = |(on, word): (bool, &str)| if on { word.to_owned() } else { format!("NO{word}") };
        let mut options: Vec<String> = flags.map(|(to, _)| word(to)).collect();
        if self.connection_limit != from.connection_limit {
            options.push(format!("CONNECTION LIMIT {}", self.connection_limit));
        }
        if self.valid_until != from.valid_until {
            let until = self.valid_until.as_deref().unwrap_or("infinity");
            options.push(format!("VALID UNTIL {}", sql::literal(until)));
        }
        options
    }

    /// Gives a role that exists, whatever it is like, these attributes. `SUPERUSER`, `LOGIN` and the limit of connections are left out for
    /// the role that does so.
    pub fn imposed(&self, id: &Id, by: &str) -> Statement {
        let word = |(on, word): (bool, &str)| if on { word.to_owned() } else { format!("NO{word}") };
        let own = id.name() == by;
        let flags =
            self.flags().into_iter().filter(|(_, word)| !own || !["SUPERUSER", "LOGIN"].contains(word));
        let mut options: Vec<String> = flags.map(word).collect();
        let limit = if own { -1 } else { self.connection_limit };
        options.push(format!("CONNECTION LIMIT {limit}"));
        let until = self.valid_until.as_deref().unwrap_or("infinity");
        options.push(format!("VALID UNTIL {}", sql::literal(until)));
        Statement::new(format!("ALTER ROLE {} WITH {}", id.sql(), options.join(" ")))
    }
}

impl ObjectKind for Role {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', r.rolname, 'spec', jsonb_build_object('superuser', r.rolsuper, \
             'inherit', r.rolinherit, 'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb, 'login', r.rolcanlogin, \
             'replication', r.rolreplication, 'bypassrls', r.rolbypassrls, 'connection_limit', r.rolconnlimit, \
             'valid_until', nullif(r.rolvaliduntil::text, 'infinity'))) \
             FROM pg_roles AS r WHERE r.rolname !~ '^pg_'",
            query::address("pg_authid", "r.oid", "0")
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let options = self.options(&Role::PLAIN);
        let with = if options.is_empty() { String::new() } else { format!(" WITH {}", options.join(" ")) };
        vec![Statement::new(format!("CREATE ROLE {}{with}", id.sql()))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(format!("DROP ROLE {}", id.sql()))
                .clients(format!("{} can no longer log in", id.sql())),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let options = to.options(self).join(" ");
        let mut statement = Statement::new(format!("ALTER ROLE {} WITH {options}", id.sql()));
        if self.login && !to.login {
            statement = statement.clients(format!("{} can no longer log in", id.sql()));
        }
        Change::Alter(vec![statement])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER ROLE {} RENAME TO {}", id.sql(), sql::ident(to))).clients(
            format!("{} can no longer log in under that name; an MD5 password is cleared", id.sql()),
        ))
    }
}

/// A role as the YAML declares it: it is made if it is missing, and altered where it differs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools, reason = "these are the attributes of CREATE ROLE")]
pub struct RoleDoc {
    /// The name that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
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
    /// Until when its password is good: `2030-01-01 00:00:00+00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// The roles that it is a member of, and no others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub member_of: Vec<MembershipDoc>,
    /// Settings of its sessions, as SQL values: `search_path: app, public`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// Settings of its sessions in this database.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set_in_database: BTreeMap<String, String>,
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
            valid_until: self.valid_until.clone(),
        };
        declared.add(id.clone(), role, 0, node);
        for (place, membership) in self.member_of.iter().enumerate() {
            membership.lower(&id, node.and_then(|node| node.at(["member_of", &place.to_string()])), declared);
        }
        for (key, settings, in_database) in
            [("set", &self.set, false), ("set_in_database", &self.set_in_database, true)]
        {
            for (name, value) in settings {
                let setting = RoleSetting { value: value.clone() };
                let place = node.and_then(|node| node.at([key, name]));
                declared.add(RoleSetting::id(&id, name, in_database), setting, 0, place);
            }
        }
        let facts = Facts {
            comment: self.comment.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
            ..Facts::default()
        };
        declared.facts(&id, &facts, false, node);
    }

    /// The roles that `wanted` names, as they are; a dump leaves all of them out, as they belong to no database.
    pub fn raise_all(raise: &Raise<'_>, wanted: &dyn Fn(&str) -> bool) -> IndexMap<String, RoleDoc> {
        let roles = raise.model.objects().filter(|object| wanted(object.id.name()));
        roles
            .filter_map(|object| match &object.spec {
                Spec::Role(role) => Some((object.id.name().to_owned(), Self::raise(raise, &object.id, role))),
                _ => None,
            })
            .collect()
    }

    fn raise(raise: &Raise<'_>, id: &Id, role: &Role) -> RoleDoc {
        let settings = |in_database| {
            let settings = raise.children(id, Kind::RoleSetting).into_iter();
            let settings = settings.filter(move |(id, _)| RoleSetting::is_in_database(id) == in_database);
            settings.filter_map(|(id, spec)| match spec {
                Spec::RoleSetting(setting) => Some((id.name().to_owned(), setting.value.clone())),
                _ => None,
            })
        };
        RoleDoc {
            renamed_from: None,
            comment: raise.comment(id),
            superuser: role.superuser,
            inherit: (!role.inherit).then_some(false),
            createrole: role.createrole,
            createdb: role.createdb,
            login: role.login,
            replication: role.replication,
            bypassrls: role.bypassrls,
            connection_limit: (role.connection_limit != no_limit()).then_some(role.connection_limit),
            valid_until: role.valid_until.clone(),
            member_of: Membership::raise_all(raise, id, role.inherit),
            set: settings(false).collect(),
            set_in_database: settings(true).collect(),
        }
    }
}
