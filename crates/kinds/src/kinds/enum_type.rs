//! Enum types.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Hazard, Id, ObjectKind, Statement, query};

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
