//! Views.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::rule::RuleDoc;
use crate::kinds::trigger::TriggerDoc;
use crate::kinds::view_column::ViewColumnDoc;
use crate::shape::{Settings, is_default};
use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Spec, Statement, query};

/// A view (manual, `CREATE VIEW`; its query is the rule `_RETURN` in `pg_rewrite`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The query as `pg_get_viewdef` prints it, without its `;`.
    pub query: String,
    /// Its columns in order: `[name, type]`, the type with its collation where that is not the type's own.
    #[serde(default)]
    pub columns: Vec<(String, String)>,
    /// `security_invoker`, `security_barrier`, `check_option`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub options: Settings,
}

impl View {
    fn sql(&self, id: &Id, replace: &str) -> String {
        let options = self.options.list().map(|list| format!(" WITH ({list})")).unwrap_or_default();
        format!("CREATE {replace}VIEW {}{options} AS\n{}", id.sql(), self.query)
    }
}

/// `ALTER VIEW name action`, `ALTER MATERIALIZED VIEW name action`: for a view, or for what stands in one.
pub(crate) fn alter(id: &Id, action: &str) -> Statement {
    let view = if id.kind() == Kind::ViewColumn { id.parent().unwrap_or(id) } else { id };
    Statement::new(format!("ALTER {} {} {action}", view.kind().keyword(), view.sql()))
}

/// `DROP VIEW name`, `DROP MATERIALIZED VIEW name`.
pub(crate) fn drop(id: &Id) -> Statement {
    Statement::new(format!("DROP {} {}", id.kind().keyword(), id.sql()))
        .lock(Lock::AccessExclusive, id.sql())
        .clients(format!("queries that name {} fail", id.sql()))
}

/// `ALTER VIEW name RENAME TO ...`, `ALTER MATERIALIZED VIEW name RENAME TO ...`.
pub(crate) fn rename(id: &Id, to: &str) -> Statement {
    alter(id, &format!("RENAME TO {}", sql::ident(to)))
        .lock(Lock::AccessExclusive, id.sql())
        .clients(format!("queries that name {} fail", id.sql()))
}

/// `SET (...)` and `RESET (...)`, as far as needed, for what `reloptions` and `attoptions` hold.
pub(crate) fn changed_options(from: &BTreeMap<String, String>, to: &BTreeMap<String, String>) -> Vec<String> {
    let set: BTreeMap<String, String> = to
        .iter()
        .filter(|(name, value)| from.get(*name) != Some(value))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    let reset: Vec<&str> = from.keys().filter(|name| !to.contains_key(*name)).map(String::as_str).collect();
    let mut actions = Vec::new();
    if !set.is_empty() {
        actions.push(format!("SET ({})", super::table::settings(&set)));
    }
    if !reset.is_empty() {
        actions.push(format!("RESET ({})", reset.join(", ")));
    }
    actions
}

/// The columns of a view or materialized view as JSON: `[[name, type], ...]`.
pub(crate) const COLUMNS: &str = "(SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod) || \
     CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END) \
     ORDER BY a.attnum) FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid \
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)";

/// The query of a view or materialized view, without the blank before and the semicolon behind.
pub(crate) const QUERY: &str = "ltrim(rtrim(pg_get_viewdef(c.oid), ';'))";

impl ObjectKind for View {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object({}, 'spec', jsonb_strip_nulls(jsonb_build_object('query', {QUERY}, 'columns', {COLUMNS}, 'options', {}))) \
             FROM pg_class AS c WHERE c.relkind = 'v' AND {}",
            query::relation(),
            query::ordered_options("c.reloptions"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(self.sql(id, ""))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![drop(id)]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if !to.columns.starts_with(&self.columns) {
            return Change::Replace(
                "its columns change, and CREATE OR REPLACE VIEW can only add some at the end".to_owned(),
            );
        }
        if self.query == to.query && self.columns == to.columns {
            let actions = self.options.change(&to.options).into_iter();
            let locked = |action: String| alter(id, &action).lock(Lock::AccessExclusive, id.sql());
            return Change::Alter(actions.map(locked).collect());
        }
        Change::Alter(vec![Statement::new(to.sql(id, "OR REPLACE ")).lock(Lock::AccessExclusive, id.sql())])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(rename(id, to))
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT pg_get_viewdef(c.oid) FROM pg_class AS c WHERE c.oid = to_regclass(e.object) AND c.relkind = 'v')",
        )
    }
}

/// A view as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ViewDoc {
    /// The name that it had before; of what stood in another schema `old_schema.old_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The query.
    #[schemars(extend("x-sql" = "query"))]
    pub query: String,
    /// `security_invoker`, `security_barrier`, `check_option`.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Settings,
    /// Columns of which there is more to say than the query does.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub columns: IndexMap<String, ViewColumnDoc>,
    /// Rules by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub rules: IndexMap<String, RuleDoc>,
    /// Triggers by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub triggers: IndexMap<String, TriggerDoc>,
    /// Privileges by grantee; `public` is everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

impl ViewDoc {
    pub(crate) fn lower(&self, schema: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = schema.child(Kind::View, name);
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        let view = View { query: self.query.clone(), columns: Vec::new(), options: self.options.clone() };
        declared.add(id.clone(), view, 0, node);
        let at = |section: &str, name: &str| node.and_then(|node| node.at([section, name]));
        self.columns.iter().for_each(|(name, doc)| doc.lower(&id, name, at("columns", name), declared));
        self.rules.iter().for_each(|(name, doc)| doc.lower(&id, name, at("rules", name), declared));
        self.triggers.iter().for_each(|(name, doc)| doc.lower(&id, name, at("triggers", name), declared));
        declared.facts(&id, &facts, true, node);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, schema: &Id) -> IndexMap<String, ViewDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(schema, Kind::View) {
            if let Spec::View(spec) = spec {
                let doc = ViewDoc {
                    query: spec.query.clone(),
                    options: spec.options.clone(),
                    columns: ViewColumnDoc::raise_all(raise, id),
                    rules: RuleDoc::raise_all(raise, id),
                    triggers: TriggerDoc::raise_all(raise, id),
                    comment: raise.comment(id),
                    owner: raise.owner(id),
                    grants: raise.grants(id),
                    renamed_from: None,
                };
                all.insert(id.name().to_owned(), doc);
            }
        }
        all
    }
}
