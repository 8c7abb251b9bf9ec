//! Attributes of composite types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::{Change, Context, Hazard, Id, Kind, ObjectKind, Statement, query};

/// An attribute of a composite type (catalog `pg_attribute`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// The type as `format_type` prints it.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The collation, quoted with its schema, where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
}

impl Attribute {
    /// The type with its collation.
    pub fn full_type(&self) -> String {
        let collation = self.collation.as_ref().map(|collation| format!(" COLLATE {collation}"));
        format!("{}{}", self.data_type, collation.unwrap_or_default())
    }
}

fn alter_type(id: &Id, action: &str) -> Statement {
    Statement::new(format!("ALTER TYPE {} {action}", id.relation_sql()))
}

impl ObjectKind for Attribute {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', a.attname, 'position', a.attnum, \
             'spec', jsonb_strip_nulls(jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), \
             'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END))) \
             FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_type AS t ON t.oid = a.atttypid \
             WHERE c.relkind = 'c' AND a.attnum > 0 AND NOT a.attisdropped AND {}",
            query::address("pg_class", "a.attrelid", "a.attnum"),
            query::address("pg_class", "a.attrelid", "0"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let clause = format!("{} {}", sql::ident(id.name()), self.full_type());
        vec![alter_type(id, &format!("ADD ATTRIBUTE {clause}")).clause(clause)]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            alter_type(id, &format!("DROP ATTRIBUTE {}", sql::ident(id.name())))
                .hazard(Hazard::DataLoss, format!("{id} goes with its values"))
                .clients(format!("queries that name attribute {} fail", id.short())),
        ]
    }

    /// Only for a type that no column uses: for another one the planner puts a new type in its place.
    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let action = format!("ALTER ATTRIBUTE {} SET DATA TYPE {}", sql::ident(id.name()), to.full_type());
        Change::AlterAlone(vec![alter_type(id, &action)])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        // CASCADE renames the columns of typed tables too, and does nothing where there is none.
        let action = format!("RENAME ATTRIBUTE {} TO {} CASCADE", sql::ident(id.name()), sql::ident(to));
        Some(alter_type(id, &action).clients(format!("queries that name attribute {} fail", id.short())))
    }

    fn address(&self, id: &Id) -> String {
        format!("COLUMN {}.{}", id.relation_sql(), sql::ident(id.name()))
    }
}

/// An attribute as the YAML declares it: its type alone, or a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AttributeDoc {
    /// The type alone.
    Type(#[schemars(extend("x-sql" = "type"))] String),
    /// Everything.
    Full(FullAttributeDoc),
}

/// An attribute in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullAttributeDoc {
    /// The name that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The type.
    #[serde(rename = "type")]
    #[schemars(extend("x-sql" = "type"))]
    pub data_type: String,
    /// The collation where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// What people should know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl AttributeDoc {
    pub(crate) fn lower(
        &self,
        composite: &Id,
        name: &str,
        position: usize,
        node: Option<&Node>,
        declared: &mut Declared,
    ) {
        let doc = match self {
            AttributeDoc::Full(full) => full.clone(),
            AttributeDoc::Type(data_type) => {
                FullAttributeDoc { data_type: data_type.clone(), ..FullAttributeDoc::default() }
            }
        };
        let id = composite.child(Kind::Attribute, name);
        declared.add(
            id.clone(),
            Attribute { data_type: doc.data_type, collation: doc.collation },
            position,
            node,
        );
        let facts = Facts {
            comment: doc.comment.as_ref(),
            renamed_from: doc.renamed_from.as_ref(),
            ..Facts::default()
        };
        declared.facts(&id, &facts, false, node);
    }

    pub(crate) fn raise(raise: &Raise<'_>, id: &Id, attribute: &Attribute) -> AttributeDoc {
        let full = FullAttributeDoc {
            renamed_from: None,
            data_type: attribute.data_type.clone(),
            collation: attribute.collation.clone(),
            comment: raise.comment(id),
        };
        let plain = FullAttributeDoc { data_type: full.data_type.clone(), ..FullAttributeDoc::default() };
        if full == plain { AttributeDoc::Type(full.data_type) } else { AttributeDoc::Full(full) }
    }
}
