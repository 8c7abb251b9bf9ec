//! Privileges that objects get when they are made.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Grants, Privilege};
use crate::document::Raise;
use crate::privileges::{self, Privileges};
use crate::{Change, Context, Id, Kind, ObjectKind, Spec, Statement, query};

/// What one grantee gets on the objects that a role makes from then on (manual, `ALTER DEFAULT PRIVILEGES`; catalog `pg_default_acl`).
///
/// Its name is the grantee; it stands in the schema that it is for, if it is for one, where it adds to what holds in all schemas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DefaultPrivilege {
    /// The role that makes the objects.
    pub role: String,
    /// `tables`, `sequences`, `functions`, `types`, `schemas` or `large objects`.
    pub on: String,
    /// `select`, `insert` ...; `select with grant option`.
    pub privileges: Privileges,
    /// What the grantee gets where nobody said anything; `all` where that is not known.
    #[serde(default)]
    pub default: Privileges,
}

impl DefaultPrivilege {
    fn id(schema: Option<&Id>, role: &str, on: &str, grantee: &str) -> Id {
        let id = match schema {
            Some(schema) => schema.child(Kind::DefaultPrivilege, grantee),
            None => Id::root(Kind::DefaultPrivilege, grantee),
        };
        id.with_signature(Some(format!("{on} of {role}")))
    }

    fn statements(&self, id: &Id, from: &Privileges, to: &Privileges) -> Vec<Statement> {
        let schema = id.parent().map(|schema| format!(" IN SCHEMA {}", schema.sql())).unwrap_or_default();
        let head = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{schema} ", sql::ident(&self.role));
        let on = self.on.to_uppercase();
        let ways = privileges::ways(from, to).into_iter();
        ways.map(|way| way.statement(str::to_owned, &head, &on, id.name())).collect()
    }
}

impl ObjectKind for DefaultPrivilege {
    fn query(_version: u32) -> Option<String> {
        let side = |acl: &str| {
            format!(
                "SELECT a.grantee, jsonb_agg(lower(a.privilege_type) || CASE WHEN a.is_grantable THEN ' with grant option' ELSE '' END) AS list \
                 FROM aclexplode({acl}) AS a GROUP BY a.grantee"
            )
        };
        Some(format!(
            "SELECT jsonb_build_object('at', jsonb_build_array('pg_default_acl'::regclass::oid, d.oid, g.n), 'also', jsonb_build_array({}), \
             'in', CASE WHEN d.defaclnamespace <> 0 THEN {} END, \
             'name', g.name, 'signature', d.what || ' of ' || d.role, \
             'spec', jsonb_build_object('role', d.role, 'on', d.what, 'privileges', coalesce(g.privileges, '[]'), 'default', coalesce(g.standard, '[]'))) \
             FROM (SELECT d.*, pg_get_userbyid(d.defaclrole) AS role, CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' \
               WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects' END AS what FROM pg_default_acl AS d) AS d \
             CROSS JOIN LATERAL (SELECT row_number() OVER (ORDER BY grantee)::int AS n, \
               CASE WHEN grantee = 0 THEN 'public' ELSE pg_get_userbyid(grantee) END AS name, has.list AS privileges, would.list AS standard \
               FROM ({}) AS has FULL JOIN ({}) AS would USING (grantee) \
               WHERE (SELECT array_agg(p ORDER BY p) FROM jsonb_array_elements_text(has.list) AS p) \
               IS DISTINCT FROM (SELECT array_agg(p ORDER BY p) FROM jsonb_array_elements_text(would.list) AS p)) AS g",
            query::address("pg_default_acl", "d.oid", "0"),
            query::address("pg_namespace", "d.defaclnamespace", "0"),
            side("d.defaclacl"),
            side(
                "CASE WHEN d.defaclnamespace = 0 THEN acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END::\"char\", d.defaclrole) END"
            ),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        self.statements(id, &self.default, &self.privileges)
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        self.statements(id, &self.privileges, &self.default)
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        Change::Alter(self.statements(id, &self.privileges, &to.privileges))
    }
}

/// What the objects that a role makes are open to from the start.
///
/// Without `in` it holds in all schemas, and who is named has what is written and no more; with it, it adds to that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultPrivilegesDoc {
    /// The role that makes the objects.
    #[serde(rename = "for")]
    pub role: String,
    /// The schema that they are made in; any where nothing is said.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Privileges on tables and views, by grantee.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: Grants,
    /// Privileges on sequences, by grantee.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sequences: Grants,
    /// Privileges on functions and procedures, by grantee.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: Grants,
    /// Privileges on types, by grantee.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: Grants,
    /// Privileges on schemas, by grantee.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schemas: Grants,
    /// Privileges on large objects, by grantee (PostgreSQL 18).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub large_objects: Grants,
}

impl DefaultPrivilegesDoc {
    fn sections(&self) -> [(&'static str, &Grants); 6] {
        [
            ("tables", &self.tables),
            ("sequences", &self.sequences),
            ("functions", &self.functions),
            ("types", &self.types),
            ("schemas", &self.schemas),
            ("large_objects", &self.large_objects),
        ]
    }

    fn section(&mut self, on: &str) -> &mut Grants {
        match on {
            "tables" => &mut self.tables,
            "sequences" => &mut self.sequences,
            "functions" => &mut self.functions,
            "types" => &mut self.types,
            "schemas" => &mut self.schemas,
            _ => &mut self.large_objects,
        }
    }

    pub(crate) fn lower(&self, node: Option<&Node>, declared: &mut Declared) {
        let schema = self.schema.as_ref().map(|schema| Id::root(Kind::Schema, schema));
        for (section, grants) in self.sections() {
            for (grantee, privileges) in grants {
                let place = node.and_then(|node| node.at([section, grantee]));
                let on = section.replace('_', " ");
                let id = DefaultPrivilege::id(schema.as_ref(), &self.role, &on, grantee);
                let privileges = declared.by_grantor(privileges, place).into_values().flatten().collect();
                // In a schema there is nothing to begin with.
                let default = if schema.is_some() { Privileges::new() } else { ["all".to_owned()].into() };
                declared.add(
                    id,
                    DefaultPrivilege { role: self.role.clone(), on, privileges, default },
                    0,
                    place,
                );
            }
        }
    }

    pub(crate) fn raise_all(raise: &Raise<'_>) -> Vec<DefaultPrivilegesDoc> {
        let mut all: BTreeMap<(String, Option<String>), DefaultPrivilegesDoc> = BTreeMap::new();
        for object in raise.model.objects() {
            let Spec::DefaultPrivilege(spec) = &object.spec else { continue };
            let schema = object.id.schema().map(str::to_owned);
            let doc = all.entry((spec.role.clone(), schema.clone())).or_default();
            doc.role.clone_from(&spec.role);
            doc.schema = schema;
            let privileges = spec.privileges.iter().cloned().map(Privilege).collect();
            doc.section(&spec.on).insert(object.id.name().to_owned(), privileges);
        }
        all.into_values().collect()
    }
}
