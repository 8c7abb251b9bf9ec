//! Tables.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::column::{Column, ColumnDoc};
use crate::kinds::constraint::{Constraint, ConstraintType};
use crate::kinds::index::IndexDoc;
use crate::kinds::policy::PolicyDoc;
use crate::kinds::row_level_security::RowLevelSecurity;
use crate::kinds::rule::RuleDoc;
use crate::kinds::trigger::TriggerDoc;
use crate::{Change, Context, Hazard, Id, Kind, Lock, ObjectKind, Spec, Statement, query};

/// A table, partitioned or not (manual, `CREATE TABLE`; catalog `pg_class`).
///
/// Columns, constraints, indexes, policies, triggers are objects of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Not written to the WAL, empty after a crash.
    #[serde(default)]
    pub unlogged: bool,
    /// `RANGE (day)` of a partitioned table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_by: Option<String>,
    /// The partitioned table that this is a partition of, quoted with its schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_of: Option<String>,
    /// `FOR VALUES ...` or `DEFAULT` of a partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<String>,
    /// The tables inherited from, in order, quoted with their schemas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<String>,
    /// The composite type of a typed table, quoted with its schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_type: Option<String>,
    /// Storage parameters; those of the TOAST table begin with `toast.`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// The access method where it is not `heap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// The tablespace where it is not the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// `full`, `nothing` or `index NAME` where it is not the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica_identity: Option<String>,
}

impl Table {
    /// A column as it stands between the brackets; a typed table has it from its type, and says only what is more.
    pub fn column(&self, column: &Column, name: &str, default: Option<&str>) -> String {
        match self.of_type {
            Some(_) => column.options(name, default),
            None => column.clause(name, default),
        }
    }

    /// The statement with these clauses between the brackets.
    pub fn create_with(&self, id: &Id, clauses: &[String]) -> String {
        let unlogged = if self.unlogged { "UNLOGGED " } else { "" };
        let body = match (&self.partition_of, &self.of_type) {
            (Some(parent), _) => format!(" PARTITION OF {parent}{}", optional_list(clauses)),
            (None, Some(of_type)) => format!(" OF {of_type}{}", optional_list(clauses)),
            (None, None) if clauses.is_empty() => " ()".to_owned(),
            (None, None) => list(clauses),
        };
        let mut sql = format!("CREATE {unlogged}TABLE {}{body}", id.sql());
        if let Some(bound) = &self.bound {
            sql.push_str(&format!(" {bound}"));
        }
        if !self.inherits.is_empty() {
            sql.push_str(&format!(" INHERITS ({})", self.inherits.join(", ")));
        }
        if let Some(partition_by) = &self.partition_by {
            sql.push_str(&format!(" PARTITION BY {partition_by}"));
        }
        if let Some(access_method) = &self.access_method {
            sql.push_str(&format!(" USING {}", sql::ident(access_method)));
        }
        if !self.options.is_empty() {
            sql.push_str(&format!(" WITH ({})", settings(&self.options)));
        }
        if let Some(tablespace) = &self.tablespace {
            sql.push_str(&format!(" TABLESPACE {}", sql::ident(tablespace)));
        }
        sql
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
            "SELECT jsonb_build_object('at', {}, 'also', jsonb_build_array({}, (SELECT {} FROM pg_type AS t WHERE t.oid = c.reltype)), \
             'in', {}, 'name', c.relname, {}, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('unlogged', c.relpersistence = 'u', \
             'partition_by', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, \
             'partition_of', CASE WHEN c.relispartition THEN (SELECT i.inhparent::regclass::text FROM pg_inherits AS i WHERE i.inhrelid = c.oid) END, \
             'bound', pg_get_expr(c.relpartbound, c.oid), \
             'inherits', CASE WHEN NOT c.relispartition THEN (SELECT jsonb_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) FROM pg_inherits AS i WHERE i.inhrelid = c.oid) END, \
             'of_type', CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END, \
             'options', (SELECT jsonb_object_agg(o.k, o.v) FROM (SELECT split_part(o, '=', 1) AS k, substr(o, strpos(o, '=') + 1) AS v FROM unnest(c.reloptions) AS o \
               UNION ALL SELECT 'toast.' || split_part(o, '=', 1), substr(o, strpos(o, '=') + 1) FROM pg_class AS t, unnest(t.reloptions) AS o WHERE t.oid = c.reltoastrelid) AS o), \
             'access_method', (SELECT nullif(a.amname, 'heap') FROM pg_am AS a WHERE a.oid = c.relam), \
             'tablespace', (SELECT s.spcname FROM pg_tablespace AS s WHERE s.oid = c.reltablespace), \
             'replica_identity', CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN \
               (SELECT 'index ' || ic.relname FROM pg_index AS x JOIN pg_class AS ic ON ic.oid = x.indexrelid WHERE x.indrelid = c.oid AND x.indisreplident) END))) \
             FROM pg_class AS c WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND {}",
            query::address("pg_class", "c.oid", "0"),
            query::address("pg_type", "c.reltype", "0"),
            query::address("pg_type", "t.typarray", "0"),
            query::address("pg_namespace", "c.relnamespace", "0"),
            query::owner("c.relowner"),
            query::acl("r", "c.relowner", "c.relacl"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let mut create = Statement::new(self.create_with(id, &[]));
        if let Some(parent) = &self.partition_of {
            create = create.lock(Lock::AccessExclusive, parent);
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

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let table = id.sql();
        if self.partition_by != to.partition_by {
            return Change::Replace("PostgreSQL cannot change how a table is partitioned".to_owned());
        }
        let mut statements = Vec::new();
        if self.unlogged != to.unlogged {
            let action = if to.unlogged { "SET UNLOGGED" } else { "SET LOGGED" };
            statements.push(Statement::alter_table(&table, action).work(crate::Work::Rewrite));
        }
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
        Some(
            "to_regclass(e.object)::text",
        )
    }
}

/// A table as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TableDoc {
    /// The name that it had before.
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
    /// The bound of a partition: `for values from (1) to (10)`, `default`.
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
    /// The old names of constraints, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub constraints_renamed_from: IndexMap<String, String>,
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
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// The access method where it is not `heap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// The tablespace where it is not the database's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// `full`, `nothing` or `index NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_identity: Option<String>,
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
        let at = |section: &str, name: &str| node.and_then(|node| node.at([section, name]));
        declared.add(id.clone(), self.table(), 0, node);
        for (position, (name, column)) in self.columns.iter().enumerate() {
            column.lower(&id, name, position, at("columns", name), declared);
        }
        self.lower_constraints(&id, node, declared);
        self.indexes.iter().for_each(|(name, doc)| doc.lower(&id, name, at("indexes", name), declared));
        self.policies.iter().for_each(|(name, doc)| doc.lower(&id, name, at("policies", name), declared));
        self.triggers.iter().for_each(|(name, doc)| doc.lower(&id, name, at("triggers", name), declared));
        self.rules.iter().for_each(|(name, doc)| doc.lower(&id, name, at("rules", name), declared));
        let switches = match self.rls {
            None | Some(RlsDoc::Disabled) => None,
            Some(RlsDoc::Enabled) => Some((true, false)),
            Some(RlsDoc::Forced) => Some((true, true)),
            Some(RlsDoc::DisabledForced) => Some((false, true)),
        };
        if let Some((enabled, forced)) = switches {
            let place = node.and_then(|node| node.get("rls"));
            declared.add(id.child(Kind::RowLevelSecurity, ""), RowLevelSecurity { enabled, forced }, 0, place);
        }
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.facts(&id, &facts, true, node);
    }

    fn table(&self) -> Table {
        Table {
            unlogged: self.unlogged,
            partition_by: self.partition_by.clone(),
            partition_of: self.partition_of.clone(),
            bound: self.bound.clone(),
            inherits: self.inherits.clone(),
            of_type: self.of_type.clone(),
            options: self.options.clone(),
            access_method: self.access_method.clone(),
            tablespace: self.tablespace.clone(),
            replica_identity: self.replica_identity.clone(),
        }
    }

    fn lower_constraints(&self, id: &Id, node: Option<&Node>, declared: &mut Declared) {
        let at = |section: &str, name: &str| node.and_then(|node| node.at([section, name]));
        let columns = |names: &[String]| names.iter().map(|name| sql::ident(name)).collect::<Vec<_>>().join(", ");
        let constraint = |name: &str| id.child(Kind::Constraint, name);
        if !self.primary_key.is_empty() {
            let key = Constraint::written(&format!("PRIMARY KEY ({})", columns(&self.primary_key)));
            let place = node.and_then(|node| node.get("primary_key"));
            declared.add(constraint("\u{0}primary key"), key, 0, place);
        }
        for (name, names) in &self.unique {
            let unique = Constraint::written(&format!("UNIQUE ({})", columns(names)));
            declared.add(constraint(name), unique, 0, at("unique", name));
        }
        for (name, expression) in &self.checks {
            let check = Constraint::written(&format!("CHECK ({})", expression.0));
            declared.add(constraint(name), check, 0, at("checks", name));
        }
        for (name, definition) in &self.constraints {
            declared.add(constraint(name), Constraint::written(definition), 0, at("constraints", name));
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

    fn raise(raise: &Raise<'_>, id: &Id, table: &Table) -> TableDoc {
        let rls = raise.model.get(&id.child(Kind::RowLevelSecurity, "")).and_then(|object| match &object.spec {
            Spec::RowLevelSecurity(rls) => Some(match (rls.enabled, rls.forced) {
                (true, false) => RlsDoc::Enabled,
                (true, true) => RlsDoc::Forced,
                _ => RlsDoc::DisabledForced,
            }),
            _ => None,
        });
        let columns = raise.model.children_of_kind(id, Kind::Column).into_iter();
        let mut doc = TableDoc {
            unlogged: table.unlogged,
            partition_by: table.partition_by.clone(),
            partition_of: table.partition_of.clone(),
            bound: table.bound.clone(),
            inherits: table.inherits.clone(),
            of_type: table.of_type.clone(),
            options: table.options.clone(),
            access_method: table.access_method.clone(),
            tablespace: table.tablespace.clone(),
            replica_identity: table.replica_identity.clone(),
            columns: columns
                .filter_map(|object| match &object.spec {
                    Spec::Column(column) if !column.inherited => {
                        Some((object.id.name().to_owned(), ColumnDoc::raise(raise, &object.id, column)))
                    }
                    _ => None,
                })
                .collect(),
            indexes: IndexDoc::raise_all(raise, id),
            policies: PolicyDoc::raise_all(raise, id),
            triggers: TriggerDoc::raise_all(raise, id),
            rules: RuleDoc::raise_all(raise, id),
            rls,
            comment: raise.comment(id),
            owner: raise.owner(id),
            grants: raise.grants(id),
            ..TableDoc::default()
        };
        doc.raise_constraints(raise, id);
        doc.columns = std::mem::take(&mut doc.columns).into_iter().map(|(name, column)| (name, column.shortened())).collect();
        // A typed table has its columns from its type.
        doc.columns.retain(|_, column| doc.of_type.is_none() || matches!(column, ColumnDoc::Full(_)));
        doc
    }

    /// Each constraint in the shortest form that says it all.
    fn raise_constraints(&mut self, raise: &Raise<'_>, id: &Id) {
        for object in raise.model.children_of_kind(id, Kind::Constraint) {
            let Spec::Constraint(constraint) = &object.spec else { continue };
            let name = object.id.name();
            if let Some(comment) = raise.comment(&object.id) {
                self.constraint_comments.insert(name.to_owned(), comment);
            } else if self.raise_unnamed(id.name(), name, constraint) {
                continue;
            }
            match (constraint.constraint_type, constraint.plain_columns(), constraint.plain_check()) {
                (ConstraintType::Unique, Some(columns), _) if columns.iter().all(|c| self.columns.contains_key(c)) => {
                    self.unique.insert(name.to_owned(), columns);
                }
                (ConstraintType::Check, _, Some(expression)) => {
                    self.checks.insert(name.to_owned(), Expression(expression.to_owned()));
                }
                _ => {
                    self.constraints.insert(name.to_owned(), constraint.definition.clone());
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
                let columns = constraint.plain_columns().filter(|columns| columns.iter().all(|c| self.columns.contains_key(c)));
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
