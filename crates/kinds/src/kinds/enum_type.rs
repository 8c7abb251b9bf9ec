//! Enum types.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::{Change, Context, EnumDirective, Hazard, Id, Kind, ObjectKind, Spec, Statement, Strategy, query};

/// An enum type (manual, "Enumerated Types"; catalogs `pg_type`, `pg_enum`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enum {
    /// The values in their order.
    pub values: Vec<String>,
}

impl Enum {
    /// `CREATE TYPE name AS ENUM (...)` under any name.
    pub fn create_as(&self, name: &str) -> String {
        let values: Vec<String> = self.values.iter().map(|value| sql::literal(value)).collect();
        let one_line = format!("CREATE TYPE {name} AS ENUM ({})", values.join(", "));
        if one_line.len() <= 100 {
            return one_line;
        }
        format!("CREATE TYPE {name} AS ENUM (\n    {}\n)", values.join(",\n    "))
    }

    /// The statements that add the values that `to` has beside all of ours, or `None` where a value goes or moves.
    pub fn additions(&self, to: &Enum, id: &Id) -> Option<Vec<Statement>> {
        let kept: Vec<&String> = to.values.iter().filter(|value| self.values.contains(value)).collect();
        if !kept.into_iter().eq(self.values.iter()) {
            return None;
        }
        let mut statements = Vec::new();
        for (place, value) in to.values.iter().enumerate().filter(|(_, value)| !self.values.contains(value)) {
            let before = to.values[place + 1..].iter().find(|later| self.values.contains(later));
            let position = match (place.checked_sub(1).map(|earlier| &to.values[earlier]), before) {
                (Some(after), _) => format!(" AFTER {}", sql::literal(after)),
                (None, Some(before)) => format!(" BEFORE {}", sql::literal(before)),
                (None, None) => String::new(),
            };
            let sql = format!("ALTER TYPE {} ADD VALUE {}{position}", id.sql(), sql::literal(value));
            statements.push(Statement::new(sql).commit_after());
        }
        Some(statements)
    }
}

impl ObjectKind for Enum {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'also', jsonb_build_array({}), 'in', {}, 'name', t.typname, \
             'spec', jsonb_build_object('values', (SELECT coalesce(jsonb_agg(e.enumlabel ORDER BY e.enumsortorder), '[]'::jsonb) \
             FROM pg_enum AS e WHERE e.enumtypid = t.oid)), {}, {}) \
             FROM pg_type AS t WHERE t.typtype = 'e' AND {}",
            query::address("pg_type", "t.oid", "0"),
            query::address("pg_type", "t.typarray", "0"),
            query::address("pg_namespace", "t.typnamespace", "0"),
            query::owner("t.typowner"),
            query::acl("T", "t.typowner", "t.typacl"),
            query::user_made("t.oid")
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(self.create_as(&id.sql()))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP TYPE {}", id.sql()))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        match self.additions(to, id) {
            Some(statements) => Change::Alter(statements),
            None => Change::Replace("a value goes or moves".to_owned()),
        }
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER TYPE {} RENAME TO {}", id.sql(), sql::ident(to)))
                .hazard(Hazard::ClientBreak, format!("type {} has another name", id.sql())),
        )
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT string_agg(v.enumlabel, ', ' ORDER BY v.enumsortorder) FROM pg_enum AS v WHERE v.enumtypid = to_regtype(e.object))",
        )
    }
}

/// A type as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypeDoc {
    /// The name that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The values of an enum type, in their order.
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// Which new value rows get for an old one, on the way forward.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, String>,
    /// Which old value rows get for a new one, on the way back, where `map` does not tell; without it the rollback stops
    /// before it starts when there are such rows.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub map_back: BTreeMap<String, String>,
    /// How the type changes.
    #[serde(skip_serializing_if = "is_auto")]
    pub strategy: Strategy,
    /// Privileges by grantee; `public` is everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

fn is_auto(strategy: &Strategy) -> bool {
    *strategy == Strategy::Auto
}

impl TypeDoc {
    pub(crate) fn lower(&self, schema: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = schema.child(Kind::Enum, name);
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.add(id.clone(), Enum { values: self.values.clone().unwrap_or_default() }, 0, node);
        declared.facts(&id, &facts, true, node);
        let directive =
            EnumDirective { map: self.map.clone(), map_back: self.map_back.clone(), strategy: self.strategy };
        declared.enum_directive(&id, directive);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, schema: &Id) -> IndexMap<String, TypeDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(schema, Kind::Enum) {
            if let Spec::Enum(spec) = spec {
                let doc = TypeDoc {
                    values: Some(spec.values.clone()),
                    comment: raise.comment(id),
                    owner: raise.owner(id),
                    grants: raise.grants(id),
                    ..TypeDoc::default()
                };
                all.insert(id.name().to_owned(), doc);
            }
        }
        all
    }
}
