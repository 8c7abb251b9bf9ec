//! Privileges of one grantee on one object.

use serde::{Deserialize, Serialize};

use crate::privileges::{self, Privileges};
use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Spec, Statement};

/// What one grantee may do with one object, where that is not what it may do by default (manual, "Privileges").
///
/// By default the owner may do everything, and PUBLIC may execute functions, use types and languages. Read with the object itself;
/// the signature of its id is the grantor, where that is not the owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// `select`, `insert` ...; `select with grant option`.
    pub privileges: Privileges,
    /// What the grantee may do by default; `all` where that is not known.
    #[serde(default)]
    pub default: Privileges,
}

impl Grant {
    /// The statements that lead from these privileges to those.
    fn statements(id: &Id, from: &Privileges, to: &Privileges, context: &Context<'_>) -> Vec<Statement> {
        let Some(target) = id.parent() else { return Vec::new() };
        let Some(object) = context.to.get(target).or_else(|| context.from.get(target)) else {
            return Vec::new();
        };
        let on = match &object.spec {
            Spec::Aggregate(aggregate) => aggregate.routine(target),
            spec => on(target, &spec.address(target)),
        };
        let word = |privilege: &str| match target.kind() {
            Kind::Column | Kind::ViewColumn => format!("{privilege} ({})", sql::ident(target.name())),
            _ => privilege.to_owned(),
        };
        let everything = everything(target, context.version);
        let ways = privileges::ways(from, to).into_iter().map(|way| way.shortened(everything));
        let statements = ways.map(|way| super::database::here(way.statement(word, "", &on, id.name())));
        let statements = statements.map(|statement| as_role(id.signature(), statement));
        statements.map(|statement| locked(statement, target, context)).collect()
    }
}

/// PostgreSQL lets nobody grant in another's name: who is not the owner must do it oneself.
fn as_role(grantor: Option<&str>, statement: Statement) -> Statement {
    match grantor {
        Some(role) => {
            Statement::new(format!("SET ROLE {};\n{};\nRESET ROLE", sql::ident(role), statement.sql))
        }
        None => statement,
    }
}

/// All privileges that the object has, where `ALL` reads better than they do.
fn everything(target: &Id, version: u32) -> &'static [&'static str] {
    match target.kind().keyword() {
        "TABLE" | "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE" => {
            let words =
                &["select", "insert", "update", "delete", "truncate", "references", "trigger", "maintain"];
            if version >= 17 { words } else { &words[..7] }
        }
        "SEQUENCE" => &["select", "update", "usage"],
        "SCHEMA" => &["usage", "create"],
        "DATABASE" => &["create", "connect", "temporary"],
        _ => &[],
    }
}

/// GRANT locks the relation from version 18 on.
fn locked(statement: Statement, target: &Id, context: &Context<'_>) -> Statement {
    match target.kind().keyword() {
        _ if context.version < 18 => statement,
        "TABLE" | "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE" | "SEQUENCE" => {
            statement.lock(Lock::AccessShare, target.sql())
        }
        "COLUMN" => statement.lock(Lock::AccessShare, target.relation_sql()),
        _ => statement,
    }
}

/// What `GRANT ... ON` calls the object; a column's privileges are given on its relation.
fn on(target: &Id, address: &str) -> String {
    match target.kind().keyword() {
        "TABLE" | "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE" => target.sql(),
        "COLUMN" => target.relation_sql(),
        "SERVER" => format!("FOREIGN SERVER {}", target.sql()),
        _ => address.to_owned(),
    }
}

impl ObjectKind for Grant {
    fn query(_version: u32) -> Option<String> {
        None
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        Self::statements(id, &self.default, &self.privileges, context)
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        Self::statements(id, &self.privileges, &self.default, context)
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        Change::Alter(Self::statements(id, &self.privileges, &to.privileges, context))
    }
}
