//! Columns of views and materialized views.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::column_default::ColumnDefault;
use crate::kinds::view::{alter, changed_options};
use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Spec, Statement, query};

/// A column of a view (catalog `pg_attribute`): it comes and goes with the view; its name and type are the query's.
///
/// What can be set on it: a comment, privileges, a default on a view, and on a materialized view what follows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewColumn {
    /// The statistics target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<i32>,
    /// `n_distinct` and the like.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// The storage where it is not the type's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// The storage of the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_storage: Option<String>,
    /// `pglz` or `lz4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
}

impl ViewColumn {
    fn actions(&self, to: &ViewColumn) -> Vec<String> {
        let mut actions = Vec::new();
        if self.statistics != to.statistics {
            actions.push(format!("SET STATISTICS {}", to.statistics.unwrap_or(-1)));
        }
        actions.extend(changed_options(&self.options, &to.options));
        if self.storage != to.storage {
            let usual = self.type_storage.as_ref().or(to.type_storage.as_ref());
            actions.extend(to.storage.as_ref().or(usual).map(|storage| format!("SET STORAGE {storage}")));
        }
        if self.compression != to.compression {
            actions.push(format!("SET COMPRESSION {}", to.compression.as_deref().unwrap_or("default")));
        }
        actions
    }

    fn statements(&self, to: &ViewColumn, id: &Id) -> Vec<Statement> {
        let column = sql::ident(id.name());
        let relation = id.relation_sql();
        let actions = self.actions(to).into_iter();
        actions
            .map(|action| {
                alter(id, &format!("ALTER COLUMN {column} {action}")).lock(Lock::AccessExclusive, &relation)
            })
            .collect()
    }
}

impl ObjectKind for ViewColumn {
    fn query(version: u32) -> Option<String> {
        let compression = match version {
            14.. => "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END",
            _ => "NULL",
        };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', a.attname, 'position', a.attnum, {}, \
             'spec', CASE c.relkind WHEN 'v' THEN '{{}}'::jsonb ELSE jsonb_strip_nulls(jsonb_build_object(\
             'statistics', nullif(a.attstattarget, -1), 'options', {}, \
             'storage', CASE WHEN a.attstorage <> t.typstorage THEN {} END, \
             'type_storage', CASE WHEN a.attstorage <> t.typstorage THEN {} END, 'compression', {compression})) END) \
             FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_type AS t ON t.oid = a.atttypid \
             WHERE c.relkind IN ('v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND {}",
            query::address("pg_class", "a.attrelid", "a.attnum"),
            query::address("pg_class", "a.attrelid", "0"),
            query::acl("c", "c.relowner", "a.attacl"),
            query::options("a.attoptions"),
            storage("a.attstorage"),
            storage("t.typstorage"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        ViewColumn::default().statements(self, id)
    }

    fn drop(&self, _id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        Vec::new()
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        Change::Alter(self.statements(to, id))
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        let relation = id.relation_sql();
        let action = format!("RENAME COLUMN {} TO {}", sql::ident(id.name()), sql::ident(to));
        let notice = format!("queries that name {relation}.{} fail", sql::ident(id.name()));
        Some(alter(id, &action).lock(Lock::AccessExclusive, &relation).clients(notice))
    }

    fn address(&self, id: &Id) -> String {
        format!("COLUMN {}.{}", id.relation_sql(), sql::ident(id.name()))
    }
}

/// The word for a storage strategy.
fn storage(column: &str) -> String {
    format!(
        "CASE {column} WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END"
    )
}

/// What there is to say of a column of a view or materialized view.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ViewColumnDoc {
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The value that an `INSERT` into a view gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub default: Option<String>,
    /// Privileges on this column alone, by grantee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
    /// The statistics target, on a materialized view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<i32>,
    /// `n_distinct` and the like, on a materialized view.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// `plain`, `external`, `extended` or `main` where it is not the type's, on a materialized view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// `pglz` or `lz4`, on a materialized view (PostgreSQL 14).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
}

impl ViewColumnDoc {
    pub(crate) fn lower(&self, view: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = view.child(Kind::ViewColumn, name);
        let column = ViewColumn {
            statistics: self.statistics,
            options: self.options.clone(),
            storage: self.storage.clone(),
            type_storage: None,
            compression: self.compression.clone(),
        };
        declared.add(id.clone(), column, 0, node);
        if let Some(expression) = &self.default {
            let default = ColumnDefault { expression: expression.clone() };
            declared.add(
                id.child(Kind::ColumnDefault, ""),
                default,
                0,
                node.and_then(|node| node.get("default")),
            );
        }
        let facts =
            Facts { comment: self.comment.as_ref(), grants: self.grants.as_ref(), ..Facts::default() };
        declared.facts(&id, &facts, false, node);
    }

    /// The columns of which there is something to say.
    pub(crate) fn raise_all(raise: &Raise<'_>, view: &Id) -> IndexMap<String, ViewColumnDoc> {
        let mut all = IndexMap::new();
        for object in raise.model.children_of_kind(view, Kind::ViewColumn) {
            let Spec::ViewColumn(column) = &object.spec else { continue };
            let default = raise.model.get(&object.id.child(Kind::ColumnDefault, "")).and_then(|object| {
                match &object.spec {
                    Spec::ColumnDefault(default) => Some(default.expression.clone()),
                    _ => None,
                }
            });
            let doc = ViewColumnDoc {
                comment: raise.comment(&object.id),
                default,
                grants: raise.grants(&object.id),
                statistics: column.statistics,
                options: column.options.clone(),
                storage: column.storage.clone(),
                compression: column.compression.clone(),
            };
            if doc != ViewColumnDoc::default() {
                all.insert(object.id.name().to_owned(), doc);
            }
        }
        all
    }
}
