//! The database itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::database_setting::DatabaseSetting;
use crate::shape::is_default;
use crate::{Change, Context, Id, Kind, ObjectKind, Spec, Statement, query};

/// The database that everything stands in (catalog `pg_database`): its comment, its privileges and its settings are managed where the
/// YAML has a section `database`, and are left alone where it has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Database {}

/// Stands in statements for the name of the database, which is another one where they are tried out.
const NAME: &str = "\u{0}name";

impl Database {
    /// The database's id: there is one, whatever its name.
    pub fn id() -> Id {
        Id::root(Kind::Database, "this")
    }

    /// `ALTER DATABASE name action`.
    pub(crate) fn alter_here(action: &str) -> Statement {
        here(Statement::new(format!("ALTER DATABASE {NAME} {action}")))
    }
}

/// A statement on a database as one on the database that it is run in.
pub(crate) fn here(statement: Statement) -> Statement {
    let Some((head, tail)) = statement.sql.split_once(NAME) else { return statement };
    let (head, tail) = (sql::literal(head), sql::literal(tail));
    let body = format!("BEGIN EXECUTE {head} || quote_ident(current_database()) || {tail}; END");
    Statement { sql: format!("DO {}", sql::dollar(&body)), grantees: None, ..statement }
}

impl ObjectKind for Database {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', 'this', {}, 'spec', '{{}}'::jsonb) FROM pg_database AS d \
             WHERE d.datname = current_database()",
            query::address("pg_database", "d.oid", "0"),
            query::acl("d", "d.datdba", "d.datacl"),
        ))
    }

    fn create(&self, _id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        Vec::new()
    }

    fn drop(&self, _id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        Vec::new()
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Alter(Vec::new())
    }

    fn address(&self, _id: &Id) -> String {
        format!("DATABASE {NAME}")
    }
}

/// The database as the YAML declares it. What the section does not say is what a new database has; without the section nothing of it
/// is touched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseDoc {
    /// What people should know of it.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Settings of all sessions in it, as SQL values: `search_path: app, public`. What may be a secret by its name is never read.
    #[serde(skip_serializing_if = "is_default")]
    pub set: BTreeMap<String, String>,
    /// Privileges by grantee; `public` is everybody.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Option<Grants>,
}

impl DatabaseDoc {
    pub(crate) fn lower(&self, node: Option<&Node>, declared: &mut Declared) {
        let id = Database::id();
        declared.add(id.clone(), Database {}, 0, node);
        for (name, value) in &self.set {
            let setting = DatabaseSetting { value: value.clone() };
            let place = node.and_then(|node| node.at(["set", name]));
            declared.add(id.child(Kind::DatabaseSetting, name), setting, 0, place);
        }
        let facts =
            Facts { comment: self.comment.as_ref(), grants: self.grants.as_ref(), ..Facts::default() };
        declared.facts(&id, &facts, false, node);
    }

    pub(crate) fn raise(raise: &Raise<'_>) -> Option<DatabaseDoc> {
        let id = Database::id();
        let settings = raise.children(&id, Kind::DatabaseSetting).into_iter();
        let settings = settings.filter_map(|(id, spec)| match spec {
            Spec::DatabaseSetting(setting) => Some((id.name().to_owned(), setting.value.clone())),
            _ => None,
        });
        let doc =
            DatabaseDoc { comment: raise.comment(&id), set: settings.collect(), grants: raise.grants(&id) };
        Some(doc).filter(|doc| *doc != DatabaseDoc::default())
    }
}
