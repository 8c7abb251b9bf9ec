//! Materialized views.

use std::fmt::Write as _;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::cluster_mark::ClusterMark;
use crate::kinds::index::IndexDoc;
use crate::kinds::view::{COLUMNS, QUERY, alter, drop, rename};
use crate::kinds::view_column::ViewColumnDoc;
use crate::shape::{Settings, is_default};
use crate::{Change, Context, Hazard, Id, Kind, Lock, Model, ObjectKind, Spec, Statement, Work, query};

/// A materialized view (manual, `CREATE MATERIALIZED VIEW`; its query is the rule `_RETURN` in `pg_rewrite`).
///
/// Its indexes are objects of their own. PostgreSQL cannot change the query: where it changes, the view is made anew and filled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaterializedView {
    /// The query as `pg_get_viewdef` prints it, without its `;`.
    pub query: String,
    /// Its columns in order: `[name, type]`, the type with its collation where that is not the type's own.
    #[serde(default)]
    pub columns: Vec<(String, String)>,
    /// Storage parameters; those of the TOAST table begin with `toast.`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub options: Settings,
    /// The access method where it is not `heap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// The tablespace where it is not the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// Whether it holds rows and can be read; an empty one can be, an unpopulated one cannot.
    pub populated: bool,
}

impl MaterializedView {
    fn sql(&self, id: &Id) -> String {
        let mut sql = format!("CREATE MATERIALIZED VIEW {}", id.sql());
        if let Some(access_method) = &self.access_method {
            _ = write!(sql, " USING {}", sql::ident(access_method));
        }
        if let Some(options) = self.options.list() {
            _ = write!(sql, " WITH ({options})");
        }
        if let Some(tablespace) = &self.tablespace {
            _ = write!(sql, " TABLESPACE {}", sql::ident(tablespace));
        }
        _ = write!(sql, " AS\n{}", self.query);
        if !self.populated {
            sql.push_str("\nWITH NO DATA");
        }
        sql
    }

    /// `REFRESH`, which fills it, or empties it so that it cannot be read until it is filled again.
    fn refresh(&self, id: &Id) -> Statement {
        let view = id.sql();
        if self.populated {
            let sql = format!("REFRESH MATERIALIZED VIEW {view}");
            return Statement::new(sql).lock(Lock::AccessExclusive, view).work(Work::Build);
        }
        Statement::new(format!("REFRESH MATERIALIZED VIEW {view} WITH NO DATA"))
            .lock(Lock::AccessExclusive, &view)
            .clients(format!("{view} cannot be read until it is refreshed"))
    }
}

/// A statement that fills it. Rows that policies hide from its owner are none of it, as whenever somebody refreshes it; other statements of a
/// script see all rows, or fail.
fn under_policies(id: &Id, fill: Statement, model: &Model) -> Vec<Statement> {
    if !reads_under_policies(id, model) {
        return vec![fill];
    }
    let set = |word: &str| Statement::new(format!("SET LOCAL row_security = {word}"));
    vec![set("on"), fill, set("off")]
}

/// Whether a view reads tables that have policies, itself or by other views.
fn reads_under_policies(view: &Id, model: &Model) -> bool {
    let needs = model.get(view).into_iter().flat_map(|object| object.needs.keys().map(Id::top));
    needs.filter(|need| *need != view).any(|need| match need.kind() {
        Kind::Table => {
            let switch = model.get(&need.child(Kind::RowLevelSecurity, "")).map(|object| &object.spec);
            matches!(switch, Some(Spec::RowLevelSecurity(switch)) if switch.enabled)
        }
        Kind::View => reads_under_policies(need, model),
        _ => false,
    })
}

impl ObjectKind for MaterializedView {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object({}, 'spec', jsonb_strip_nulls(jsonb_build_object('query', {QUERY}, 'columns', {COLUMNS}, 'populated', c.relispopulated, \
             {}))) \
             FROM pg_class AS c WHERE c.relkind = 'm' AND {}",
            query::relation(),
            query::STORAGE,
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        under_policies(id, Statement::new(self.sql(id)), context.to)
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![drop(id)]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        if self.query != to.query || self.columns != to.columns {
            return Change::Replace("the query of a materialized view cannot be changed".to_owned());
        }
        let view = id.sql();
        let locked = |action: &str| alter(id, action).lock(Lock::AccessExclusive, &view);
        let mut statements = Vec::new();
        if self.access_method != to.access_method {
            if context.version < 15 {
                return Change::Replace(
                    "its access method cannot be changed before PostgreSQL 15".to_owned(),
                );
            }
            let method = sql::ident(to.access_method.as_deref().unwrap_or("heap"));
            statements.push(locked(&format!("SET ACCESS METHOD {method}")).work(Work::Rewrite));
        }
        if self.tablespace != to.tablespace {
            let tablespace = sql::ident(to.tablespace.as_deref().unwrap_or("pg_default"));
            statements.push(locked(&format!("SET TABLESPACE {tablespace}")).work(Work::Rewrite));
        }
        statements.extend(self.options.change(&to.options).iter().map(|action| locked(action)));
        if self.populated != to.populated {
            let mut refresh = to.refresh(id);
            if !to.populated {
                refresh =
                    refresh.hazard(Hazard::DataLoss, format!("{id} loses its rows until it is refreshed"));
            }
            statements.extend(under_policies(id, refresh, context.to));
        }
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(rename(id, to))
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT pg_get_viewdef(c.oid) FROM pg_class AS c WHERE c.oid = to_regclass(e.object) AND c.relkind = 'm')",
        )
    }
}

/// A materialized view as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MaterializedViewDoc {
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
    /// Columns of which there is more to say than the query does.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub columns: IndexMap<String, ViewColumnDoc>,
    /// Indexes by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub indexes: IndexMap<String, IndexDoc>,
    /// The index that `CLUSTER` orders it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_on: Option<String>,
    /// Whether it is left without rows, and cannot be read, until somebody refreshes it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub with_no_data: bool,
    /// Storage parameters.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Settings,
    /// The access method where it is not `heap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// The tablespace where it is not the database's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// Privileges by grantee; `public` is everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

impl MaterializedViewDoc {
    pub(crate) fn lower(&self, schema: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = schema.child(Kind::MaterializedView, name);
        let view = MaterializedView {
            query: self.query.clone(),
            columns: Vec::new(),
            options: self.options.clone(),
            access_method: self.access_method.clone(),
            tablespace: self.tablespace.clone(),
            populated: !self.with_no_data,
        };
        declared.add(id.clone(), view, 0, node);
        let at = |section: &str, name: &str| node.and_then(|node| node.at([section, name]));
        self.columns.iter().for_each(|(name, doc)| doc.lower(&id, name, at("columns", name), declared));
        self.indexes.iter().for_each(|(name, doc)| doc.lower(&id, name, at("indexes", name), declared));
        if let Some(index) = &self.cluster_on {
            let mark = ClusterMark { index: index.clone() };
            let place = node.and_then(|node| node.get("cluster_on"));
            declared.add(id.child(Kind::ClusterMark, ""), mark, 0, place);
        }
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.facts(&id, &facts, true, node);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, schema: &Id) -> IndexMap<String, MaterializedViewDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(schema, Kind::MaterializedView) {
            if let Spec::MaterializedView(spec) = spec {
                let mark = raise.children(id, Kind::ClusterMark).into_iter().next();
                let cluster_on = match mark {
                    Some((_, Spec::ClusterMark(mark))) => Some(mark.index.clone()),
                    _ => None,
                };
                let doc = MaterializedViewDoc {
                    query: spec.query.clone(),
                    columns: ViewColumnDoc::raise_all(raise, id),
                    indexes: IndexDoc::raise_all(raise, id),
                    cluster_on,
                    with_no_data: !spec.populated,
                    options: spec.options.clone(),
                    access_method: spec.access_method.clone(),
                    tablespace: spec.tablespace.clone(),
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
