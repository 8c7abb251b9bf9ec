//! Composite types.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Hazard, Id, ObjectKind, Statement, query};

/// A composite type (manual, `CREATE TYPE`; catalogs `pg_type` and, for its attributes, `pg_attribute`).
///
/// Attributes are objects of their own; which there are, and their order, is the type's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Composite {
    /// The names of the attributes, in order.
    pub attributes: Vec<String>,
}

impl Composite {
    /// The statement with these attributes.
    pub fn create_with(id: &Id, attributes: &[&str]) -> String {
        if attributes.is_empty() {
            return format!("CREATE TYPE {} AS ()", id.sql());
        }
        let one_line = format!("CREATE TYPE {} AS ({})", id.sql(), attributes.join(", "));
        if one_line.len() <= 100 {
            return one_line;
        }
        format!("CREATE TYPE {} AS (\n    {}\n)", id.sql(), attributes.join(",\n    "))
    }

    /// Whether dropping attributes and adding others behind the rest leads to the order of `to`.
    fn leads_to(&self, to: &Composite) -> bool {
        let kept: Vec<&String> = self.attributes.iter().filter(|name| to.attributes.contains(name)).collect();
        to.attributes.iter().take(kept.len()).eq(kept)
    }
}

impl ObjectKind for Composite {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'also', jsonb_build_array({}, {}), 'in', {}, 'name', t.typname, {}, {}, \
             'spec', jsonb_build_object('attributes', (SELECT coalesce(jsonb_agg(a.attname ORDER BY a.attnum), '[]'::jsonb) \
             FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))) \
             FROM pg_class AS c JOIN pg_type AS t ON t.oid = c.reltype WHERE c.relkind = 'c' AND {}",
            query::address("pg_type", "t.oid", "0"),
            query::address("pg_class", "c.oid", "0"),
            query::address("pg_type", "t.typarray", "0"),
            query::address("pg_namespace", "t.typnamespace", "0"),
            query::owner("t.typowner"),
            query::acl("T", "t.typowner", "t.typacl"),
            query::user_made("t.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(Self::create_with(id, &[]))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP TYPE {}", id.sql()))]
    }

    fn alter(&self, to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        if self.leads_to(to) {
            return Change::Alter(Vec::new());
        }
        Change::Replace("an attribute can only be added behind the others".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER TYPE {} RENAME TO {}", id.sql(), sql::ident(to)))
                .hazard(Hazard::ClientBreak, format!("type {} has another name", id.sql())),
        )
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT pg_catalog.string_agg(a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) \
             FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = to_regclass(e.object) AND NOT a.attisdropped)",
        )
    }
}
