//! Tables.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::cluster_mark::ClusterMark;
use crate::kinds::column::ColumnDoc;
use crate::kinds::constraint::{Constraint, ConstraintType};
use crate::kinds::index::IndexDoc;
use crate::kinds::inheritance::Inheritance;
use crate::kinds::partition::Partition;
use crate::kinds::policy::PolicyDoc;
use crate::kinds::replica_identity::ReplicaIdentity;
use crate::kinds::row_level_security::RowLevelSecurity;
use crate::kinds::rule::RuleDoc;
use crate::kinds::seed_rows::{self, OtherRows, RowDoc};
use crate::kinds::trigger::TriggerDoc;
use crate::shape::{Settings, is_default};
use crate::{Change, Context, Hazard, Id, Kind, Lock, Model, ObjectKind, Spec, Statement, Work, query};

/// A table, partitioned or not (manual, `CREATE TABLE`; catalog `pg_class`).
///
/// Columns, constraints, indexes, policies, triggers are objects of their own, and so is its place in another table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Not written to the WAL, empty after a crash.
    #[serde(default)]
    pub unlogged: bool,
    /// `RANGE (day)` of a partitioned table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_by: Option<String>,
    /// The composite type of a typed table, quoted with its schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_type: Option<String>,
    /// Storage parameters; those of the TOAST table begin with `toast.`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub options: Settings,
    /// The access method where it is not `heap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// The tablespace where it is not the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
}

impl Table {
    /// The statement with these clauses between the brackets; its place in another table is looked up in `model`.
    pub fn create_with(&self, id: &Id, clauses: &[String], model: &Model) -> String {
        let unlogged = if self.unlogged { "UNLOGGED " } else { "" };
        let body = body(id, clauses, model, self.of_type.as_deref());
        format!("CREATE {unlogged}TABLE {}{body}{}", id.sql(), self.tail())
    }

    fn tail(&self) -> String {
        let mut tail = String::new();
        if let Some(partition_by) = &self.partition_by {
            tail.push_str(&format!(" PARTITION BY {partition_by}"));
        }
        if let Some(access_method) = &self.access_method {
            tail.push_str(&format!(" USING {}", sql::ident(access_method)));
        }
        if let Some(options) = self.options.list() {
            tail.push_str(&format!(" WITH ({options})"));
        }
        if let Some(tablespace) = &self.tablespace {
            tail.push_str(&format!(" TABLESPACE {}", sql::ident(tablespace)));
        }
        tail
    }

    /// The changes that PostgreSQL makes in place, but for the type of a typed table.
    fn actions(&self, to: &Self, table: &str) -> Vec<Statement> {
        let setting =
            |action: String| Statement::alter_table(table, action).lock(Lock::ShareUpdateExclusive, table);
        let mut statements: Vec<Statement> =
            self.options.change(&to.options).into_iter().map(setting).collect();
        if self.unlogged != to.unlogged {
            let action = if to.unlogged { "SET UNLOGGED" } else { "SET LOGGED" };
            // PostgreSQL looks at the keys that refer to others before it does what stands beside it.
            let alone = Statement { action: None, ..Statement::alter_table(table, action) };
            statements.push(alone.work(Work::Rewrite));
        }
        let work = if self.partition_by.is_some() { Work::Catalog } else { Work::Rewrite };
        if self.access_method != to.access_method {
            let method = match (&to.access_method, &to.partition_by) {
                (Some(method), _) => sql::ident(method),
                (None, Some(_)) => "DEFAULT".to_owned(),
                (None, None) => "heap".to_owned(),
            };
            statements.push(Statement::alter_table(table, format!("SET ACCESS METHOD {method}")).work(work));
        }
        if self.tablespace != to.tablespace {
            let space = to.tablespace.as_deref().map_or_else(|| "pg_default".to_owned(), sql::ident);
            // Neither may stand beside other actions.
            let sql = format!("ALTER TABLE {table} SET TABLESPACE {space}");
            statements.push(Statement::new(sql).lock(Lock::AccessExclusive, table).work(work));
        }
        statements
    }
}

/// What is to be set and what reset to lead from these options to those.
pub(crate) fn differences(
    from: &BTreeMap<String, String>,
    to: &BTreeMap<String, String>,
) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let set = to.iter().filter(|(name, value)| from.get(*name) != Some(value));
    let reset = from.iter().filter(|(name, _)| !to.contains_key(*name));
    let owned = |(name, value): (&String, &String)| (name.clone(), value.clone());
    (set.map(owned).collect(), reset.map(owned).collect())
}

/// `fillfactor, autovacuum_enabled`, as `RESET (...)` wants it.
pub(crate) fn names(options: &BTreeMap<String, String>) -> String {
    options.keys().cloned().collect::<Vec<_>>().join(", ")
}

/// What stands behind the name in `CREATE TABLE` and `CREATE FOREIGN TABLE`: the clauses, and the place in another table.
pub(crate) fn body(id: &Id, clauses: &[String], model: &Model, of_type: Option<&str>) -> String {
    let attachment = |kind: Kind| model.get(&id.child(kind, "")).map(|object| &object.spec);
    let mut sql = match (attachment(Kind::Partition), of_type) {
        (Some(Spec::Partition(partition)), _) => {
            let (parent, bound) = (&partition.of, &partition.bound);
            format!(" PARTITION OF {parent}{} {bound}", optional_list(clauses))
        }
        (_, Some(of_type)) => format!(" OF {of_type}{}", optional_list(clauses)),
        _ if clauses.is_empty() => " ()".to_owned(),
        _ => list(clauses),
    };
    if let Some(Spec::Inheritance(inheritance)) = attachment(Kind::Inheritance) {
        sql.push_str(&format!(" INHERITS ({})", inheritance.parents.join(", ")));
    }
    sql
}

impl Spec {
    /// `CREATE TABLE` or `CREATE FOREIGN TABLE` with these clauses between the brackets; none for what is no table.
    pub fn create_table(&self, id: &Id, clauses: &[String], model: &Model) -> Option<String> {
        match self {
            Spec::Table(table) => Some(table.create_with(id, clauses, model)),
            Spec::ForeignTable(table) => Some(table.create_with(id, clauses, model)),
            _ => None,
        }
    }
}

fn list(clauses: &[String]) -> String {
    format!(" (\n    {}\n)", clauses.join(",\n    "))
}

fn optional_list(clauses: &[String]) -> String {
    if clauses.is_empty() { String::new() } else { list(clauses) }
}

/// `fillfactor = 70, autovacuum_enabled = false`, as `WITH (...)` and `SET (...)` want it.
pub fn settings(options: &BTreeMap<String, String>) -> String {
    let settings: Vec<String> =
        options.iter().map(|(name, value)| format!("{name} = {}", sql::literal(value))).collect();
    settings.join(", ")
}

impl ObjectKind for Table {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object({}, 'spec', jsonb_strip_nulls(jsonb_build_object('unlogged', c.relpersistence = 'u', \
             'partition_by', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, \
             'of_type', CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END, \
             {}))) \
             FROM pg_class AS c WHERE c.relkind IN ('r', 'p') AND {}",
            query::relation(),
            query::STORAGE,
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let mut create = Statement::new(self.create_with(id, &[], context.to));
        if let Some(Spec::Partition(partition)) =
            context.to.get(&id.child(Kind::Partition, "")).map(|object| &object.spec)
        {
            create = create.lock(Lock::AccessExclusive, &partition.of);
        }
        vec![create]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(format!("DROP TABLE {}", id.sql()))
                .lock(Lock::AccessExclusive, id.sql())
                .hazard(Hazard::DataLoss, format!("table {} goes with its rows", id.sql()))
                .clients(format!("table {} is gone", id.sql())),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        let table = id.sql();
        if self.partition_by != to.partition_by {
            return Change::Replace("PostgreSQL cannot change how a table is partitioned".to_owned());
        }
        if self.access_method != to.access_method && context.version < 15 {
            return Change::Replace(
                "PostgreSQL changes an access method in place from version 15 on".to_owned(),
            );
        }
        // That a table lets go of its type, or gets one, is the planner's.
        let statements = self.actions(to, &table);
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER TABLE {} RENAME TO {}", id.sql(), sql::ident(to)))
                .lock(Lock::AccessExclusive, id.sql())
                .clients(format!("queries that name {} fail", id.sql())),
        )
    }

    fn definition() -> Option<&'static str> {
        Some("to_regclass(e.object)::text")
    }
}

/// A table as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TableDoc {
    /// The name that it had before; of what stood in another schema `old_schema.old_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Not written to the WAL, empty after a crash.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unlogged: bool,
    /// How a partitioned table is divided: `range (day)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_by: Option<String>,
    /// The partitioned table that this is a partition of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_of: Option<String>,
    /// The bound of a partition: `for values from (1) to (10)`; the default partition says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<String>,
    /// The tables that it inherits from, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<String>,
    /// The composite type of a typed table.
    #[serde(rename = "of", skip_serializing_if = "Option::is_none")]
    pub of_type: Option<String>,
    /// Columns by name, in order.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub columns: IndexMap<String, ColumnDoc>,
    /// The columns of the primary key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// Unique constraints by name: their columns.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub unique: IndexMap<String, Vec<String>>,
    /// Check constraints by name: their expressions.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub checks: IndexMap<String, Expression>,
    /// Constraints of any kind by name, in SQL: `FOREIGN KEY (a, b) REFERENCES t (a, b) DEFERRABLE`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub constraints: IndexMap<String, String>,
    /// What people should know of constraints, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub constraint_comments: IndexMap<String, String>,
    /// What people should know of the indexes of constraints, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub index_comments: IndexMap<String, String>,
    /// The old names of constraints, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub constraints_renamed_from: IndexMap<String, String>,
    /// What keys of a partition belong to in the partitioned table, by name, where that is not plain: the constraint, if there are several
    /// over the same columns, or the index.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub constraints_attached_to: IndexMap<String, String>,
    /// Indexes by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub indexes: IndexMap<String, IndexDoc>,
    /// Row-level security; disabled where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rls: Option<RlsDoc>,
    /// Policies by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub policies: IndexMap<String, PolicyDoc>,
    /// Triggers by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub triggers: IndexMap<String, TriggerDoc>,
    /// Rules by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub rules: IndexMap<String, RuleDoc>,
    /// Privileges by grantee; `public` is everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
    /// Storage parameters.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Settings,
    /// The access method where it is not `heap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// The tablespace where it is not the database's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// Which columns of old rows replication sees: `full`, `nothing`, or `index: NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_identity: Option<ReplicaIdentity>,
    /// The index that `CLUSTER` orders it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_on: Option<String>,
    /// Rows that it holds, told apart by the primary key: those of a reference table. They are compared and changed like anything else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowDoc>,
    /// What becomes of rows that `rows` does not name; they stay where nothing is said.
    #[serde(skip_serializing_if = "is_default")]
    pub other_rows: OtherRows,
}

/// An SQL expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline, extend("x-sql" = "expression"))]
pub struct Expression(pub String);

/// Row-level security of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RlsDoc {
    /// Policies are not looked at.
    Disabled,
    /// Policies filter everybody but the owner.
    Enabled,
    /// Policies filter the owner too.
    Forced,
    /// Forced for the owner, but not enabled: nobody is filtered yet.
    DisabledForced,
}

impl TableDoc {
    pub(crate) fn lower(&self, schema: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = schema.child(Kind::Table, name);
        declared.add(id.clone(), self.table(), 0, node);
        self.lower_parts(&id, node, declared);
    }

    /// What stands in it, and what is said of it beside its definition.
    pub(crate) fn lower_parts(&self, id: &Id, node: Option<&Node>, declared: &mut Declared) {
        let at = |section: &str, name: &str| node.and_then(|node| node.at([section, name]));
        for (position, (name, column)) in self.columns.iter().enumerate() {
            column.lower(id, name, position, at("columns", name), declared);
        }
        self.lower_constraints(id, node, declared);
        self.indexes.iter().for_each(|(name, doc)| doc.lower(id, name, at("indexes", name), declared));
        self.policies.iter().for_each(|(name, doc)| doc.lower(id, name, at("policies", name), declared));
        self.triggers.iter().for_each(|(name, doc)| doc.lower(id, name, at("triggers", name), declared));
        self.rules.iter().for_each(|(name, doc)| doc.lower(id, name, at("rules", name), declared));
        self.lower_rls(id, node, declared);
        self.lower_attachments(id, node, declared);
        seed_rows::lower(id, (&self.rows, self.other_rows), &self.key(), node, declared);
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.facts(id, &facts, true, node);
    }

    fn lower_rls(&self, id: &Id, node: Option<&Node>, declared: &mut Declared) {
        let switches = match self.rls {
            None | Some(RlsDoc::Disabled) => None,
            Some(RlsDoc::Enabled) => Some((true, false)),
            Some(RlsDoc::Forced) => Some((true, true)),
            Some(RlsDoc::DisabledForced) => Some((false, true)),
        };
        if let Some((enabled, forced)) = switches {
            let place = node.and_then(|node| node.get("rls"));
            declared.add(
                id.child(Kind::RowLevelSecurity, ""),
                RowLevelSecurity { enabled, forced },
                0,
                place,
            );
        }
    }

    fn table(&self) -> Table {
        Table {
            unlogged: self.unlogged,
            partition_by: self.partition_by.clone(),
            of_type: self.of_type.clone(),
            options: self.options.clone(),
            access_method: self.access_method.clone(),
            tablespace: self.tablespace.clone(),
        }
    }

    /// Its place in other tables, and what it says of its indexes.
    fn lower_attachments(&self, id: &Id, node: Option<&Node>, declared: &mut Declared) {
        let place = |key: &str| node.and_then(|node| node.get(key));
        if let Some(of) = &self.partition_of {
            let bound = self.bound.clone().unwrap_or_else(|| "DEFAULT".to_owned());
            let partition = Partition { of: of.clone(), bound, condition: None };
            declared.add(id.child(Kind::Partition, ""), partition, 0, place("partition_of"));
        }
        if !self.inherits.is_empty() {
            let inheritance = Inheritance { parents: self.inherits.clone() };
            declared.add(id.child(Kind::Inheritance, ""), inheritance, 0, place("inherits"));
        }
        if let Some(identity) = &self.replica_identity {
            declared.add(id.child(Kind::ReplicaIdentity, ""), identity.clone(), 0, place("replica_identity"));
        }
        if let Some(index) = &self.cluster_on {
            let mark = ClusterMark { index: index.clone() };
            declared.add(id.child(Kind::ClusterMark, ""), mark, 0, place("cluster_on"));
        }
    }

    /// The columns of the primary key.
    fn key(&self) -> Vec<String> {
        let keys = self.constraints.values().map(|definition| Constraint::written(definition));
        let mut keys = keys.filter_map(|constraint| constraint.primary_key());
        match self.primary_key.is_empty() {
            true => keys.next().unwrap_or_default(),
            false => self.primary_key.clone(),
        }
    }

    fn lower_constraints(&self, id: &Id, node: Option<&Node>, declared: &mut Declared) {
        let at = |section: &str, name: &str| node.and_then(|node| node.at([section, name]));
        let columns =
            |names: &[String]| names.iter().map(|name| sql::ident(name)).collect::<Vec<_>>().join(", ");
        let constraint = |name: &str| id.child(Kind::Constraint, name);
        if !self.primary_key.is_empty() {
            let key = Constraint::written(&format!("PRIMARY KEY ({})", columns(&self.primary_key)));
            let place = node.and_then(|node| node.get("primary_key"));
            declared.add(constraint("\u{0}primary key"), key, 0, place);
        }
        for (name, names) in &self.unique {
            let mut unique = Constraint::written(&format!("UNIQUE ({})", columns(names)));
            unique.index_comment = self.index_comments.get(name).cloned();
            unique.parent = self.constraints_attached_to.get(name).cloned();
            declared.add(constraint(name), unique, 0, at("unique", name));
        }
        for (name, expression) in &self.checks {
            let check = Constraint::written(&format!("CHECK ({})", expression.0));
            declared.add(constraint(name), check, 0, at("checks", name));
        }
        for (name, definition) in &self.constraints {
            let mut written = Constraint::written(definition);
            written.index_comment = self.index_comments.get(name).cloned();
            written.parent = self.constraints_attached_to.get(name).cloned();
            declared.add(constraint(name), written, 0, at("constraints", name));
        }
        let is_key = |name: &String| self.unique.contains_key(name) || self.constraints.contains_key(name);
        for name in self.constraints_attached_to.keys().filter(|name| !is_key(name)) {
            let message =
                format!("{id} has no key {name} under `unique` or `constraints` that could be a part");
            let place = at("constraints_attached_to", name);
            declared.problems.extend(place.map(|node| yaml::Problem::new(message, &node.place)));
        }
        for (name, text) in &self.constraint_comments {
            let facts = Facts { comment: Some(text), ..Facts::default() };
            declared.facts(&constraint(name), &facts, false, None);
        }
        for (name, old) in &self.constraints_renamed_from {
            let facts = Facts { renamed_from: Some(old), ..Facts::default() };
            declared.facts(&constraint(name), &facts, false, None);
        }
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, schema: &Id) -> IndexMap<String, TableDoc> {
        let tables = raise.children(schema, Kind::Table).into_iter();
        tables
            .filter_map(|(id, spec)| match spec {
                Spec::Table(spec) => Some((id.name().to_owned(), Self::raise(raise, id, spec))),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn raise(raise: &Raise<'_>, id: &Id, table: &Table) -> TableDoc {
        let columns = raise.model.children_of_kind(id, Kind::Column).into_iter();
        let mut doc = TableDoc {
            unlogged: table.unlogged,
            partition_by: table.partition_by.clone(),
            of_type: table.of_type.clone(),
            options: table.options.clone(),
            access_method: table.access_method.clone(),
            tablespace: table.tablespace.clone(),
            columns: columns
                .filter_map(|object| match &object.spec {
                    Spec::Column(column) => {
                        Some((object.id.name().to_owned(), ColumnDoc::raise(raise, &object.id, column)))
                    }
                    _ => None,
                })
                .collect(),
            indexes: IndexDoc::raise_all(raise, id),
            policies: PolicyDoc::raise_all(raise, id),
            triggers: TriggerDoc::raise_all(raise, id),
            rules: RuleDoc::raise_all(raise, id),
            comment: raise.comment(id),
            owner: raise.owner(id),
            grants: raise.grants(id),
            ..TableDoc::default()
        };
        doc.raise_attachments(raise, id);
        doc.raise_constraints(raise, id);
        doc.columns.retain(|_, column| !column.is_empty());
        doc.columns = std::mem::take(&mut doc.columns)
            .into_iter()
            .map(|(name, column)| (name, column.shortened()))
            .collect();
        // A typed table has its columns from its type.
        doc.columns.retain(|_, column| doc.of_type.is_none() || matches!(column, ColumnDoc::Full(_)));
        doc
    }

    fn raise_attachments(&mut self, raise: &Raise<'_>, id: &Id) {
        for object in raise.model.children(id) {
            match &object.spec {
                Spec::RowLevelSecurity(rls) => {
                    self.rls = Some(match (rls.enabled, rls.forced) {
                        (true, false) => RlsDoc::Enabled,
                        (true, true) => RlsDoc::Forced,
                        _ => RlsDoc::DisabledForced,
                    });
                }
                Spec::Partition(partition) => {
                    self.partition_of = Some(partition.of.clone());
                    self.bound = Some(partition.bound.clone()).filter(|bound| bound != "DEFAULT");
                }
                Spec::Inheritance(inheritance) => self.inherits.clone_from(&inheritance.parents),
                Spec::ReplicaIdentity(identity) => self.replica_identity = Some(identity.clone()),
                Spec::ClusterMark(mark) => self.cluster_on = Some(mark.index.clone()),
                Spec::SeedRows(rows) => {
                    self.rows = rows.raise(id, raise.model);
                    self.other_rows = if rows.complete { OtherRows::Delete } else { OtherRows::Keep };
                }
                _ => {}
            }
        }
    }

    /// Each constraint in the shortest form that says it all.
    fn raise_constraints(&mut self, raise: &Raise<'_>, id: &Id) {
        for object in raise.model.children_of_kind(id, Kind::Constraint) {
            let Spec::Constraint(constraint) = &object.spec else { continue };
            let name = object.id.name();
            let comment = raise.comment(&object.id);
            let commented = comment.is_some() || constraint.index_comment.is_some();
            if let Some(comment) = comment {
                self.constraint_comments.insert(name.to_owned(), comment);
            }
            if let Some(comment) = &constraint.index_comment {
                self.index_comments.insert(name.to_owned(), comment.clone());
            }
            let rivals = constraint.has_rivals(&object.id, raise.model)
                || constraint.differs_from_whole(&object.id, raise.model);
            let above = constraint.parent.as_ref().filter(|_| rivals).or(constraint.index_parent.as_ref());
            if let Some(parent) = above {
                self.constraints_attached_to.insert(name.to_owned(), parent.clone());
                self.constraints.insert(name.to_owned(), constraint.sql());
                continue;
            }
            if constraint.comes_by_itself(&object.id, raise.model)
                || (!commented && self.raise_unnamed(id.name(), name, constraint))
            {
                continue;
            }
            match (constraint.constraint_type, constraint.plain_columns(), constraint.plain_check()) {
                (ConstraintType::Unique, Some(columns), _)
                    if columns.iter().all(|c| self.columns.contains_key(c)) =>
                {
                    self.unique.insert(name.to_owned(), columns);
                }
                (ConstraintType::Check, _, Some(expression)) => {
                    self.checks.insert(name.to_owned(), Expression(expression.to_owned()));
                }
                _ => {
                    self.constraints.insert(name.to_owned(), constraint.sql());
                }
            }
        }
    }

    /// Whether the constraint has the name that PostgreSQL would give it, and can be said without it.
    fn raise_unnamed(&mut self, table: &str, name: &str, constraint: &Constraint) -> bool {
        let usual = |suffix: &str| {
            let usual = format!("{table}_{suffix}");
            usual.len() < 64 && usual == name
        };
        match constraint.constraint_type {
            ConstraintType::PrimaryKey => {
                let columns = constraint
                    .plain_columns()
                    .filter(|columns| columns.iter().all(|c| self.columns.contains_key(c)));
                if let (true, Some(columns)) = (usual("pkey"), columns) {
                    self.primary_key = columns;
                    return true;
                }
            }
            ConstraintType::Unique => {
                if let Some([column]) = constraint.plain_columns().as_deref()
                    && usual(&format!("{column}_key"))
                    && let Some(ColumnDoc::Full(doc)) = self.columns.get_mut(column)
                {
                    doc.unique = true;
                    return true;
                }
            }
            ConstraintType::ForeignKey => {
                if let Some((column, references)) = constraint.plain_reference()
                    && usual(&format!("{column}_fkey"))
                    && let Some(ColumnDoc::Full(doc)) = self.columns.get_mut(&column)
                    && doc.references.is_none()
                {
                    doc.references = Some(references);
                    return true;
                }
            }
            _ => {}
        }
        false
    }
}
