//! Privileges of one grantee on one object.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Hazard, Id, Kind, Lock, ObjectKind, Statement};

/// What one grantee may do with one object, where that is not what it may do by default (manual, "Privileges").
///
/// By default the owner may do everything, and PUBLIC may execute functions, use types and languages. Read with the object itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// `select`, `insert` ...; `select with grant option`.
    pub privileges: BTreeSet<String>,
    /// What the grantee may do by default.
    #[serde(default)]
    pub default: BTreeSet<String>,
}

const OPTION: &str = " with grant option";

impl Grant {
    /// The statements that lead from these privileges to those.
    fn statements(id: &Id, from: &BTreeSet<String>, to: &BTreeSet<String>, context: &Context<'_>) -> Vec<Statement> {
        let Some(target) = id.parent() else { return Vec::new() };
        let object = context.to.get(target).or_else(|| context.from.get(target));
        let Some(object) = object else { return Vec::new() };
        let on = on(target, &object.spec.address(target));
        let grantee = if id.name() == "public" { "PUBLIC".to_owned() } else { sql::ident(id.name()) };
        let by = id.signature().map(|role| format!(" GRANTED BY {}", sql::ident(role))).unwrap_or_default();
        let plain = |set: &BTreeSet<String>| -> BTreeSet<String> {
            set.iter().map(|privilege| privilege.trim_end_matches(OPTION).to_owned()).collect()
        };
        let (had, has) = (plain(from), plain(to));
        let granted: Vec<&String> = to.difference(from).filter(|p| p.ends_with(OPTION) || !had.contains(*p)).collect();
        let revoked: Vec<&String> = had.difference(&has).collect();
        let option_revoked: Vec<&String> = from
            .difference(to)
            .filter(|p| p.ends_with(OPTION) && has.contains(p.trim_end_matches(OPTION)))
            .collect();
        let mut statements = Vec::new();
        for with_option in [false, true] {
            let words: Vec<&str> = granted
                .iter()
                .filter(|p| p.ends_with(OPTION) == with_option)
                .map(|p| p.trim_end_matches(OPTION))
                .collect();
            if !words.is_empty() {
                let option = if with_option { " WITH GRANT OPTION" } else { "" };
                let sql = format!("GRANT {} ON {} TO {grantee}{option}{by}", list(&words, target), on.clone());
                statements.push(
                    locked(Statement::new(sql), target, context)
                        .hazard(Hazard::AccessGain, format!("{grantee} gains {} on {}", words.join(", "), target)),
                );
            }
        }
        if !revoked.is_empty() {
            let words: Vec<&str> = revoked.iter().map(|p| p.as_str()).collect();
            let sql = format!("REVOKE {} ON {on} FROM {grantee}{by}", list(&words, target));
            statements.push(locked(Statement::new(sql), target, context));
        }
        if !option_revoked.is_empty() {
            let words: Vec<&str> = option_revoked.iter().map(|p| p.trim_end_matches(OPTION)).collect();
            let sql = format!("REVOKE GRANT OPTION FOR {} ON {on} FROM {grantee}{by}", list(&words, target));
            statements.push(locked(Statement::new(sql), target, context));
        }
        statements
    }
}

/// GRANT locks the relation from version 18 on.
fn locked(statement: Statement, target: &Id, context: &Context<'_>) -> Statement {
    match target.kind() {
        Kind::Table | Kind::View | Kind::MaterializedView | Kind::Sequence if context.version >= 18 => {
            statement.lock(Lock::AccessShare, target.sql())
        }
        _ => statement,
    }
}

/// What `GRANT ... ON` calls the object; a column's privileges are given on its table.
fn on(target: &Id, address: &str) -> String {
    match target.kind() {
        Kind::Table | Kind::View | Kind::MaterializedView => target.sql(),
        Kind::Column | Kind::ViewColumn => target.relation_sql(),
        _ => address.to_owned(),
    }
}

fn list(privileges: &[&str], target: &Id) -> String {
    let mut words: Vec<String> = privileges.iter().map(|word| word.to_uppercase()).collect();
    words.sort_by_key(|word| ORDER.iter().position(|known| known == word));
    if matches!(target.kind(), Kind::Column | Kind::ViewColumn) {
        let column = sql::ident(target.name());
        words = words.into_iter().map(|word| format!("{word} ({column})")).collect();
    }
    words.join(", ")
}

/// The order in which people list privileges.
const ORDER: [&str; 14] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN", "USAGE", "CREATE",
    "CONNECT", "TEMPORARY", "EXECUTE", "SET",
];

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
