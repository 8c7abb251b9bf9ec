//! Membership of a role in another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::Declared;
use crate::document::Raise;
use crate::{Change, Context, Id, Kind, ObjectKind, Spec, Statement, query};

/// That a role is a member of another (manual, "Role Membership"; catalog `pg_auth_members`).
///
/// It stands in the member and has the name of the other; the signature of its id is who granted it, where that is not the role that
/// made the cluster. Servers before 16 know neither the options `INHERIT` and `SET` nor more than one grantor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    /// May make others members.
    #[serde(default)]
    pub admin: bool,
    /// Has the other's privileges without `SET ROLE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherit: Option<bool>,
    /// May become the other by `SET ROLE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<bool>,
}

impl Membership {
    fn options(&self) -> Vec<String> {
        let option = |name: &str, on: Option<bool>| {
            on.map(|on| format!("{name} {}", if on { "TRUE" } else { "FALSE" }))
        };
        [option("INHERIT", self.inherit), option("SET", self.set)].into_iter().flatten().collect()
    }

    fn grant(id: &Id, options: &[String]) -> Statement {
        let with = if options.is_empty() { String::new() } else { format!(" WITH {}", options.join(", ")) };
        Statement::new(format!("GRANT {} TO {}{with}{}", sql::ident(id.name()), id.relation_sql(), by(id)))
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, role: &Id, inherits: bool) -> Vec<MembershipDoc> {
        let memberships = raise.children(role, Kind::Membership).into_iter();
        memberships
            .filter_map(|(id, spec)| match spec {
                Spec::Membership(spec) => Some(MembershipDoc::raise(id, spec, inherits)),
                _ => None,
            })
            .collect()
    }
}

fn by(id: &Id) -> String {
    id.signature().map(|role| format!(" GRANTED BY {}", sql::ident(role))).unwrap_or_default()
}

impl ObjectKind for Membership {
    fn query(version: u32) -> Option<String> {
        let (options, grantor) = match version {
            16.. => (
                ", 'inherit', m.inherit_option, 'set', m.set_option",
                "CASE WHEN m.grantor <> 10 THEN pg_get_userbyid(m.grantor) END",
            ),
            _ => ("", "NULL"),
        };
        // Two rows of two grantors are two memberships: they differ in the grantor, which is a part of the address.
        let address = if version >= 16 {
            query::address("pg_auth_members", "m.oid", "0")
        } else {
            query::address("pg_auth_members", "m.roleid", "m.member")
        };
        Some(format!(
            "SELECT jsonb_build_object('at', {address}, 'in', {}, 'name', pg_get_userbyid(m.roleid), 'signature', {grantor}, \
             'spec', jsonb_build_object('admin', m.admin_option{options})) FROM pg_auth_members AS m",
            query::address("pg_authid", "m.member", "0"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let mut options = self.options();
        if self.admin {
            options.insert(
                0,
                if context.version >= 16 { "ADMIN TRUE".to_owned() } else { "ADMIN OPTION".to_owned() },
            );
        }
        vec![Self::grant(id, &options)]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("REVOKE {} FROM {}{}", sql::ident(id.name()), id.relation_sql(), by(id)))]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        if context.version >= 16 {
            let mut options = vec![format!("ADMIN {}", if to.admin { "TRUE" } else { "FALSE" })];
            options.extend(to.options());
            return Change::Alter(vec![Self::grant(id, &options)]);
        }
        if to.admin {
            return Change::Alter(to.create(id, context));
        }
        let sql = format!("REVOKE ADMIN OPTION FOR {} FROM {}", sql::ident(id.name()), id.relation_sql());
        Change::Alter(vec![Statement::new(sql)])
    }
}

/// A role that another is a member of: its name alone, or a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MembershipDoc {
    /// The name alone.
    Role(String),
    /// With options.
    Full(FullMembershipDoc),
}

/// A membership with its options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullMembershipDoc {
    /// The other role.
    pub role: String,
    /// May make others members.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
    /// Has the other's privileges without `SET ROLE`; as the member's own `inherit` where nothing is said (PostgreSQL 16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherit: Option<bool>,
    /// May become the other by `SET ROLE`; so it is where nothing is said (PostgreSQL 16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<bool>,
    /// Who granted it, where that is not the role that made the cluster (PostgreSQL 16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<String>,
}

impl MembershipDoc {
    pub(crate) fn lower(&self, member: &Id, node: Option<&Node>, declared: &mut Declared) {
        let full = match self {
            MembershipDoc::Role(role) => {
                FullMembershipDoc { role: role.clone(), ..FullMembershipDoc::default() }
            }
            MembershipDoc::Full(full) => full.clone(),
        };
        let id = member.child(Kind::Membership, full.role).with_signature(full.granted_by);
        declared.add(id, Membership { admin: full.admin, inherit: full.inherit, set: full.set }, 0, node);
    }

    fn raise(id: &Id, spec: &Membership, inherits: bool) -> MembershipDoc {
        let full = FullMembershipDoc {
            role: id.name().to_owned(),
            admin: spec.admin,
            inherit: spec.inherit.filter(|inherit| *inherit != inherits),
            set: spec.set.filter(|set| !set),
            granted_by: id.signature().map(str::to_owned),
        };
        let plain = FullMembershipDoc { role: full.role.clone(), ..FullMembershipDoc::default() };
        if full == plain { MembershipDoc::Role(full.role) } else { MembershipDoc::Full(full) }
    }
}
