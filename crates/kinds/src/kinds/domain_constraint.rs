//! Constraints of domains.

use serde::{Deserialize, Serialize};

use crate::kinds::domain::{self, set_not_null};
use crate::{Change, Context, Demand, Hazard, Id, ObjectKind, Statement, Work, query};

/// A constraint of a domain (manual, `CREATE DOMAIN`; catalog `pg_constraint`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainConstraint {
    /// `CHECK (...)` with or without `NOT VALID`, or `NOT NULL`, which has a name from version 17 on.
    pub definition: String,
}

impl DomainConstraint {
    /// Whether it is `NOT NULL`.
    pub fn is_not_null(&self) -> bool {
        self.definition == "NOT NULL"
    }

    /// Whether rows that are there already must hold to it.
    pub fn is_valid(&self) -> bool {
        !self.definition.ends_with(" NOT VALID")
    }

    /// The expression of a valid `CHECK (...)`.
    pub(crate) fn plain_check(&self) -> Option<&str> {
        let inner = self.definition.strip_prefix("CHECK (")?.strip_suffix(')')?;
        (super::index::closing_bracket(inner) == inner.len()).then(|| super::index::without_brackets(inner))
    }

    /// The condition that it refuses a value, an expression.
    pub(crate) fn refused(&self, value: &str) -> Option<String> {
        if self.is_not_null() {
            return Some(format!("{value} IS NULL"));
        }
        let inner = self.definition.strip_prefix("CHECK (")?;
        let check = super::index::without_brackets(&inner[..super::index::closing_bracket(inner)]);
        Some(format!("NOT ({})", said_of(value, check)))
    }

    /// `CONSTRAINT name CHECK (...)`; what has no name in the YAML is named by PostgreSQL.
    fn clause(&self, id: &Id) -> String {
        if id.name().starts_with('\u{0}') {
            return self.definition.clone();
        }
        format!("CONSTRAINT {} {}", sql::ident(id.name()), self.definition)
    }
}

/// A check, which speaks of `VALUE`, of a value instead.
fn said_of(value: &str, check: &str) -> String {
    let (mut text, mut end) = (String::new(), 0);
    for word in sql::words(check) {
        let place = word.offset..word.offset + word.len;
        if check[place.clone()] == *"VALUE" {
            text.push_str(&check[end..place.start]);
            text.push_str(value);
            end = place.end;
        }
    }
    text + &check[end..]
}

/// What PostgreSQL does when a domain gets a constraint: it reads every table that uses it, under a lock against writes.
fn scans(statement: Statement, id: &Id) -> Statement {
    let domain = id.parent().map(Id::short).unwrap_or_default();
    statement
        .work(Work::Scan)
        .hazard(Hazard::BlockingLock, format!("blocks writes of every table that uses {domain} meanwhile"))
}

impl ObjectKind for DomainConstraint {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', c.conname, 'position', strpos('nc', c.contype::text), \
             'spec', jsonb_build_object('definition', pg_get_constraintdef(c.oid))) \
             FROM pg_constraint AS c WHERE c.contypid <> 0 AND {}",
            query::address("pg_constraint", "c.oid", "0"),
            query::address("pg_type", "c.contypid", "0"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let Some(domain) = id.parent() else { return Vec::new() };
        if self.is_not_null() && (context.version < 17 || id.name().starts_with('\u{0}')) {
            return vec![scans(set_not_null(domain, true), id)];
        }
        let clause = self.clause(id);
        let statement = Statement::new(format!("ALTER DOMAIN {} ADD {clause}", domain.sql()));
        // CREATE DOMAIN takes no NOT VALID.
        vec![if self.is_valid() { scans(statement.clause(clause), id) } else { statement }]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!(
            "ALTER DOMAIN {} DROP CONSTRAINT {}",
            id.relation_sql(),
            sql::ident(id.name())
        ))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if self.definition == format!("{} NOT VALID", to.definition) {
            let sql =
                format!("ALTER DOMAIN {} VALIDATE CONSTRAINT {}", id.relation_sql(), sql::ident(id.name()));
            return Change::Alter(vec![scans(Statement::new(sql), id)]);
        }
        Change::Replace("a constraint's definition cannot be changed".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!(
            "ALTER DOMAIN {} RENAME CONSTRAINT {} TO {}",
            id.relation_sql(),
            sql::ident(id.name()),
            sql::ident(to)
        )))
    }

    fn demands(&self, before: Option<&Self>, id: &Id, context: &Context<'_>) -> Vec<Demand> {
        if before.is_some_and(DomainConstraint::is_valid) || !self.is_valid() {
            return Vec::new();
        }
        let why = match self.is_not_null() {
            true => "refuses NULL".to_owned(),
            false => format!("demands {}", self.definition),
        };
        domain::of_columns(id.parent(), context, |value| Some((self.refused(value)?, why.clone())))
    }

    fn address(&self, id: &Id) -> String {
        format!("CONSTRAINT {} ON DOMAIN {}", sql::ident(id.name()), id.relation_sql())
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT pg_catalog.pg_get_constraintdef(c.oid) FROM pg_catalog.pg_constraint AS c WHERE c.contypid = to_regtype(e.parent) AND c.conname = e.name)",
        )
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        self == to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_speak_of_a_value() {
        let refused =
            |definition: &str| DomainConstraint { definition: definition.to_owned() }.refused("t.c");
        assert_eq!(refused("CHECK ((VALUE > 0)) NOT VALID").unwrap(), "NOT (t.c > 0)");
        let check = "CHECK (((VALUE)::text <> 'VALUE'::text))";
        assert_eq!(refused(check).unwrap(), "NOT ((t.c)::text <> 'VALUE'::text)");
        assert_eq!(refused("NOT NULL").unwrap(), "t.c IS NULL");
    }
}
