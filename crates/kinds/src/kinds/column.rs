//! Columns of tables.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::{Node, Problem};

use super::inheritance;
use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::column_default::ColumnDefault;
use crate::kinds::constraint::{Constraint, ConstraintType};
use crate::kinds::domain::Domain;
use crate::kinds::identity::{self, IdentityDoc};
use crate::kinds::not_null::NotNullDoc;
use crate::shape::{Options, is_default};
use crate::{
    Change, Context, Conversion, Demand, Hazard, Id, Kind, Lock, Mend, Model, ObjectKind, Retype, Rows, Spec,
    Statement, Work, assignment, query,
};

/// A column of a table (catalog `pg_attribute`). Default, `NOT NULL` and identity are objects of their own; a generation
/// expression is not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The type as `format_type` prints it.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The collation, quoted with its schema, where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// `GENERATED ALWAYS AS (...)`: the expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<String>,
    /// Whether the generated value is stored; otherwise it is computed when read (PostgreSQL 18).
    #[serde(default)]
    pub stored: bool,
    /// Whether a partition or child table has it from its parent.
    #[serde(default)]
    pub inherited: bool,
    /// `plain`, `external`, `extended` or `main` where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// `pglz` or `lz4` where it is set (14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// How much `ANALYZE` looks at it, where that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<i32>,
    /// `n_distinct`, `n_distinct_inherited`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// On a foreign table: what the server's wrapper is told of it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub foreign_options: Options,
}

impl Column {
    /// The column as it stands after `ADD COLUMN`, with its `NOT NULL` and, where they are wanted, its default and identity.
    pub fn clause(&self, id: &Id, context: &Context<'_>, with_default: bool) -> String {
        let name = sql::ident(id.name());
        let collation =
            self.collation.as_ref().map(|collation| format!(" COLLATE {collation}")).unwrap_or_default();
        let options = self.foreign_options.clause();
        format!(
            "{name} {}{options}{collation}{}",
            self.data_type,
            self.constraints(id, context, with_default)
        )
    }

    /// The same as it stands in `CREATE TABLE`: a typed table and a partition have it from elsewhere, and say only what is more, if
    /// anything.
    pub fn inline(&self, id: &Id, context: &Context<'_>, with_default: bool) -> String {
        let generated = |source: &Id| matches!(context.to.get(source).map(|object| &object.spec), Some(Spec::Column(column)) if column.generated.is_some());
        let mut column = self.clone();
        // Up to 15 it is always the parent's, and may not be repeated.
        if context.version < 16 && sources(context.to, id).iter().any(generated) {
            column.generated = None;
        }
        if !comes_from_elsewhere(id, context.to) {
            return column.clause(id, context, with_default);
        }
        match column.constraints(id, context, with_default).as_str() {
            "" => String::new(),
            constraints => format!("{} WITH OPTIONS{constraints}", sql::ident(id.name())),
        }
    }

    /// What somebody says of the type of a column that a table has from elsewhere must be true.
    pub fn assert_type(&self, id: &Id, model: &Model) -> Option<Statement> {
        if self.inherited || !comes_from_elsewhere(id, model) {
            return None;
        }
        let column = Column { generated: None, foreign_options: Options::default(), ..self.clone() };
        let nothing = Model::default();
        let context = Context { from: &nothing, to: &nothing, version: 0, user: "" };
        let (clause, table) = (column.clause(id, &context, false), sql::literal(&id.relation_sql()));
        let body = format!(
            "DECLARE said text; found text; BEGIN CREATE TEMPORARY TABLE endstate_column ({clause}); \
             SELECT pg_catalog.format_type(s.atttypid, s.atttypmod), pg_catalog.format_type(f.atttypid, f.atttypmod) INTO said, found \
             FROM pg_catalog.pg_attribute AS s JOIN pg_catalog.pg_attribute AS f ON f.attrelid = {table}::pg_catalog.regclass AND f.attname = s.attname \
             WHERE s.attrelid = 'pg_temp.endstate_column'::pg_catalog.regclass AND s.attnum = 1; \
             IF said <> found THEN RAISE datatype_mismatch USING MESSAGE = 'it has the type ' || found || ' from another table or type, not ' || said, \
             HINT = 'leave its type out, or change it there'; END IF; \
             DROP TABLE pg_temp.endstate_column; END"
        );
        Some(Statement::new(format!("DO {}", sql::dollar(&body))))
    }

    fn constraints(&self, id: &Id, context: &Context<'_>, with_default: bool) -> String {
        let mut clause = String::new();
        if let Some(expression) = &self.generated {
            let stored = if self.stored { "STORED" } else { "VIRTUAL" };
            clause.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {stored}"));
        }
        let parts = [Kind::Identity, Kind::ColumnDefault, Kind::NotNull];
        for part in parts.into_iter().flat_map(|kind| context.to.children_of_kind(id, kind)) {
            match &part.spec {
                Spec::Identity(identity) if with_default => {
                    clause.push_str(&format!(" {}", identity.clause(&part.id, context.to)));
                }
                Spec::ColumnDefault(default) if with_default => {
                    clause.push_str(&format!(" DEFAULT {}", default.expression));
                }
                Spec::NotNull(not_null) if not_null.valid => {
                    clause.push_str(&not_null.clause(&part.id, context));
                }
                _ => {}
            }
        }
        clause
    }

    /// The statements that set what no clause says: storage, compression, statistics, options.
    pub fn settings(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let plain = Column {
            storage: None,
            compression: None,
            statistics: None,
            options: BTreeMap::new(),
            // They stand in its clause, but not where a parent table brings the column.
            foreign_options: if self.inherited { Options::default() } else { self.foreign_options.clone() },
            ..self.clone()
        };
        plain.settings_towards(self, id, context)
    }

    fn settings_towards(&self, to: &Self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let mut statements = Vec::new();
        let mut alter = |action: String| {
            // What would go to child tables too is said of each by itself.
            let table = match inheritance::has_children(context.to, id.parent()) {
                true => format!("ONLY {}", id.relation_sql()),
                false => id.relation_sql(),
            };
            statements.push(Statement::alter_table(
                &table,
                format!("ALTER COLUMN {} {action}", sql::ident(id.name())),
            ));
        };
        if self.storage != to.storage {
            let storage = to
                .storage
                .clone()
                .unwrap_or_else(|| usual_storage(&to.data_type, context.version).to_owned());
            alter(format!("SET STORAGE {}", storage.to_uppercase()));
        }
        if self.compression != to.compression {
            alter(format!("SET COMPRESSION {}", to.compression.as_deref().unwrap_or("default")));
        }
        if self.statistics != to.statistics {
            alter(format!("SET STATISTICS {}", to.statistics.unwrap_or(-1)));
        }
        let (set, reset) = super::table::differences(&self.options, &to.options);
        if !set.is_empty() {
            alter(format!("SET ({})", super::table::settings(&set)));
        }
        if !reset.is_empty() {
            alter(format!("RESET ({})", super::table::names(&reset)));
        }
        if let Some(change) = self.foreign_options.change(&to.foreign_options) {
            alter(change);
        }
        statements
    }

    /// `ALTER COLUMN ... TYPE`, with the cast that keeps the values where PostgreSQL would not choose one by itself.
    fn retype(&self, to: &Self, id: &Id, context: &Context<'_>) -> Statement {
        let name = sql::ident(id.name());
        let foreign = id.top().kind() == Kind::ForeignTable;
        let using = match self.generated {
            _ if foreign => None,
            Some(_) => None,
            None => assignment::using(&name, &self.data_type, &to.data_type, context),
        };
        let work = match &using {
            _ if foreign => Work::Catalog,
            None if self.data_type == to.data_type => Work::Build,
            None if assignment::keeps_rows_as_they_are(&self.data_type, &to.data_type) => Work::Catalog,
            _ => Work::Rewrite,
        };
        let (data_type, collation) = (to.data_type.clone(), to.collation.clone());
        let statement = Retype { column: id.clone(), data_type, collation, using }.statement().work(work);
        let kept = self.generated.is_some()
            || assignment::there_and_back(&name, &self.data_type, &to.data_type, context).is_none();
        if kept {
            return statement;
        }
        let why = format!("values of {id} that are not the same as {} do not come back", to.data_type);
        statement.hazard(Hazard::DataLoss, why)
    }

    /// How a generation expression changes, if it can: `Err` says why it cannot.
    fn regenerate(&self, to: &Self, id: &Id, context: &Context<'_>) -> Result<Vec<Statement>, &'static str> {
        let (table, name) = (id.relation_sql(), sql::ident(id.name()));
        let alter = |action: String| Statement::alter_table(&table, format!("ALTER COLUMN {name} {action}"));
        match (&self.generated, &to.generated) {
            (from, to) if from == to => Ok(Vec::new()),
            _ if to.inherited && inheritance::stays(id.top(), context) => Ok(Vec::new()),
            (Some(_), None) if self.stored => Ok(vec![alter("DROP EXPRESSION".to_owned())]),
            (Some(_), Some(expression)) if self.stored == to.stored && context.version >= 17 => {
                let work = if to.stored { Work::Rewrite } else { Work::Catalog };
                // In one statement with it, a column that the old expression used would be dropped first.
                Ok(vec![alter(format!("SET EXPRESSION AS ({expression})")).work(work).pass(1)])
            }
            _ => {
                Err("PostgreSQL cannot make a column generated, nor change the expression before version 17")
            }
        }
    }
}

/// Keys that stay over a column that gets another type: values that differ now may be the same then.
fn twice_in_keys(from: &Column, to: &Column, id: &Id, context: &Context<'_>) -> Vec<Demand> {
    let name = sql::ident(id.name());
    let (Some(table), Some(converted)) =
        (id.parent(), assignment::key(&name, &from.data_type, &to.data_type, context))
    else {
        return Vec::new();
    };
    let parts = [Kind::Constraint, Kind::Index].map(|kind| context.to.children_of_kind(table, kind));
    let keys = parts.into_iter().flatten().filter(|part| context.from.contains(&part.id));
    let keys = keys.filter_map(|part| match &part.spec {
        Spec::Constraint(constraint) => constraint.primary_key().or_else(|| constraint.unique_key()),
        Spec::Index(index) => index.unique_key(),
        _ => None,
    });
    let is_column = |name: &String| context.to.contains(&table.child(Kind::Column, name));
    keys.filter(|key| key.iter().all(is_column) && key.iter().any(|column| column == id.name()))
        .map(|key| {
            let expression =
                |column: &String| if column == id.name() { converted.clone() } else { sql::ident(column) };
            let rows = Rows::Twice { key: key.iter().map(expression).collect(), predicate: None };
            let columns = key.iter().map(|column| table.child(Kind::Column, column)).collect();
            Demand { relation: table.clone(), columns, only: true, rows }
        })
        .collect()
}

/// What a type is stored as, in the words of `SET STORAGE`.
fn usual_storage(data_type: &str, version: u32) -> &'static str {
    if version >= 16 {
        return "default";
    }
    let main = ["numeric", "inet", "cidr"]
        .iter()
        .any(|name| data_type.starts_with(name) && !data_type.ends_with("[]"));
    if main { "main" } else { "extended" }
}

/// Whether a table has its columns from a type or, as a partition, from another table.
fn comes_from_elsewhere(column: &Id, model: &Model) -> bool {
    let Some(table) = column.parent() else { return false };
    let is_typed = matches!(model.get(table).map(|table| &table.spec), Some(Spec::Table(table)) if table.of_type.is_some());
    is_typed || model.contains(&table.child(Kind::Partition, ""))
}

/// Whether a column comes from a parent table.
pub(crate) fn is_inherited(model: &Model, column: Option<&Id>) -> bool {
    let object = column.and_then(|column| model.get(column));
    matches!(object.map(|object| &object.spec), Some(Spec::Column(column)) if column.inherited)
}

/// Whether a new column that refuses NULL, by itself or by its domain, gets no value by itself.
pub fn needs_value(column: &Column, id: &Id, model: &Model) -> bool {
    let has = |kind| !model.children_of_kind(id, kind).is_empty();
    let (domain_refuses, domain_fills) = of_domain(&column.data_type, model);
    let refuses = has(Kind::NotNull) || domain_refuses;
    refuses
        && column.generated.is_none()
        && !has(Kind::ColumnDefault)
        && !has(Kind::Identity)
        && !domain_fills
}

/// Whether the type of a column is a domain that refuses NULL.
pub fn refuses_null_by_type(column: &Column, model: &Model) -> bool {
    of_domain(&column.data_type, model).0
}

/// The type of a column, or what it is over where it is a domain that refuses NULL.
pub fn accepting_null<'m>(column: &'m Column, model: &'m Model) -> &'m str {
    let mut data_type = column.data_type.as_str();
    while let Some((_, domain)) = domain_named(data_type, model).filter(|_| of_domain(data_type, model).0) {
        data_type = &domain.data_type;
    }
    data_type
}

/// Whether a type is a domain that refuses NULL, and whether it has a default of its own.
fn of_domain(data_type: &str, model: &Model) -> (bool, bool) {
    let Some((id, domain)) = domain_named(data_type, model) else { return (false, false) };
    let (refuses, fills) = of_domain(&domain.data_type, model);
    // From version 17 on it is a constraint like others.
    let by_constraint = model
        .of_kind_in(Some(id), Kind::DomainConstraint)
        .any(|object| matches!(&object.spec, Spec::DomainConstraint(constraint) if constraint.is_not_null()));
    (domain.not_null || by_constraint || refuses, domain.default.is_some() || fills)
}

fn domain_named<'m>(data_type: &str, model: &'m Model) -> Option<(&'m Id, &'m Domain)> {
    model.objects().find_map(|object| match &object.spec {
        Spec::Domain(domain) if object.id.sql() == data_type => Some((&object.id, domain)),
        _ => None,
    })
}

/// Whether a column goes that all children of its table keep, as their own.
pub(crate) fn goes_alone(column: &Id, context: &Context<'_>) -> bool {
    let becomes_own = |child: &Id| {
        let own = child.child(Kind::Column, column.name());
        is_inherited(context.from, Some(&own))
            && context.to.contains(&own)
            && !is_inherited(context.to, Some(&own))
            && inheritance::stays(child, context)
    };
    let mut children = context.from.attached_to(&column.relation_sql()).peekable();
    !context.to.contains(column)
        && children.peek().is_some()
        && children.all(|child| becomes_own(child.id.top()))
}

/// The same column of the tables that its table has it from.
pub fn sources(model: &Model, column: &Id) -> Vec<Id> {
    let Some(table) = column.parent().filter(|table| table.kind().is_table()) else { return Vec::new() };
    let columns = inheritance::parents(model, table)
        .into_iter()
        .map(|parent| parent.child(Kind::Column, column.name()));
    columns.filter(|column| model.contains(column)).collect()
}

impl ObjectKind for Column {
    fn query(version: u32) -> Option<String> {
        let compression = if version >= 14 {
            "'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END, "
        } else {
            ""
        };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', a.attname, 'position', a.attnum, {}, \
             'also', CASE WHEN a.attgenerated <> '' THEN jsonb_build_array({}) END, \
             'spec', jsonb_strip_nulls(jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), \
             'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END, \
             'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END, \
             'stored', CASE WHEN a.attgenerated = 's' THEN true END, \
             'storage', CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END END, \
             {compression}'statistics', nullif(a.attstattarget, -1), 'options', {}, 'foreign_options', {}, \
             'inherited', CASE WHEN NOT a.attislocal THEN true END))) \
             FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_type AS t ON t.oid = a.atttypid \
             LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
             WHERE c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {}",
            query::address("pg_class", "a.attrelid", "a.attnum"),
            query::address("pg_class", "a.attrelid", "0"),
            query::acl("c", "c.relowner", "a.attacl"),
            query::address("pg_attrdef", "d.oid", "0"),
            query::options("a.attoptions"),
            query::guarded_options("a.attfdwoptions"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        if self.inherited && inheritance::follows(id.top(), context) {
            return Vec::new();
        }
        if identity::comes_later(id, context) {
            let mut statements = identity::add_numbered(id, &self.clause(id, context, false), context);
            statements.extend(self.settings(id, context));
            return statements;
        }
        let clause = self.clause(id, context, true);
        let work = if self.stored { Work::Rewrite } else { Work::Catalog };
        let add = Statement::alter_table(&id.relation_sql(), format!("ADD COLUMN {clause}"))
            .clause(clause)
            .work(work);
        let mut statements = vec![add];
        statements.extend(self.settings(id, context));
        statements
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        if self.inherited && inheritance::stays(id.top(), context) {
            return Vec::new();
        }
        let table = id.relation_sql();
        let only = if goes_alone(id, context) { "ONLY " } else { "" };
        let drop = format!("DROP COLUMN {}", sql::ident(id.name()));
        let mut statement = Statement::alter_table(&format!("{only}{table}"), drop)
            .lock(Lock::AccessExclusive, table)
            .clients(format!("queries that name column {} fail", id.short()));
        if self.generated.is_none() && id.top().kind() == Kind::Table {
            let mut why = format!("{id} goes with its values");
            if needs_value(self, id, context.from) {
                why.push_str(
                    "; it comes back only where there are no rows, as it refuses NULL and has no default",
                );
            }
            statement = statement.hazard(Hazard::DataLoss, why);
        }
        vec![statement]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        if self.stored != to.stored && to.generated.is_some() {
            return Change::Replace("PostgreSQL cannot change how a generated column is kept".to_owned());
        }
        let mut statements = match self.regenerate(to, id, context) {
            Ok(statements) => statements,
            Err(reason) => return Change::Replace(reason.to_owned()),
        };
        let retyped = self.data_type != to.data_type || self.collation != to.collation;
        // A parent's column takes those of its children along, also where they are declared there as well.
        let has_source = |model: &Model| !sources(model, id).is_empty();
        let shared = to.inherited || has_source(context.from) && has_source(context.to);
        let by_itself = shared && inheritance::stays(id.top(), context);
        let mut settings = self.clone();
        if retyped {
            if !by_itself {
                statements.insert(0, self.retype(to, id, context));
            }
            // A new type forgets how its values are stored.
            (settings.storage, settings.compression) = (None, None);
        }
        statements.extend(settings.settings_towards(to, id, context));
        if self.inherited && !to.inherited {
            statements.extend(inheritance::renewed(id, context));
        }
        if retyped { Change::AlterAlone(statements) } else { Change::Alter(statements) }
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        if self.inherited {
            return None;
        }
        let table = id.relation_sql();
        Some(
            Statement::new(format!(
                "ALTER TABLE {table} RENAME COLUMN {} TO {}",
                sql::ident(id.name()),
                sql::ident(to)
            ))
            .lock(Lock::AccessExclusive, &table)
            .clients(format!("queries that name {table}.{} fail", sql::ident(id.name()))),
        )
    }

    fn demands(&self, before: Option<&Self>, id: &Id, context: &Context<'_>) -> Vec<Demand> {
        let by_itself = self.inherited && inheritance::follows(id.top(), context);
        let Some(table) = id.parent().filter(|_| !by_itself && self.generated.is_none()) else {
            return Vec::new();
        };
        let name = sql::ident(id.name());
        let demand = |columns, condition, what, mend| {
            let rows = Rows::Where { condition, what, mend };
            vec![Demand { relation: table.clone(), columns, only: false, rows }]
        };
        match before {
            // What is computed when it is read is no value that could stay.
            Some(Column { generated: Some(_), stored: false, .. }) | None
                if needs_value(self, id, context.to) =>
            {
                let what = format!("that would have NULL in the new column {name}");
                let mend = Mend::Declare(format!("give {name} a default or a backfill"));
                demand(Vec::new(), "true".to_owned(), what, mend)
            }
            Some(before) if before.data_type != self.data_type => {
                let refused = crate::refused(&name, &before.data_type, &self.data_type, context);
                let fits = refused.into_iter().flat_map(|(condition, fix)| {
                    let what = format!("whose {name} does not fit {}", self.data_type);
                    demand(vec![id.clone()], condition, what, fix.mend(&name))
                });
                fits.chain(twice_in_keys(before, self, id, context)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn address(&self, id: &Id) -> String {
        format!("COLUMN {}.{}", id.relation_sql(), sql::ident(id.name()))
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT concat(format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' NOT NULL' END, CASE WHEN a.attgenerated <> '' \
             THEN (SELECT ' GENERATED ALWAYS AS ' || pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef AS d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END) \
             FROM pg_attribute AS a WHERE a.attrelid = to_regclass(e.parent) AND a.attname = e.name AND NOT a.attisdropped)",
        )
    }
}

/// A column as the YAML declares it: its type alone, or a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnDoc {
    /// The type alone.
    Type(#[schemars(extend("x-sql" = "type"))] String),
    /// Everything.
    Full(Box<FullColumnDoc>),
}

/// A column in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullColumnDoc {
    /// The name that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The type. A column of a partition, a child table or a typed table that says none has it from there.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "type"))]
    pub data_type: Option<String>,
    /// The collation where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Whether NULL is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_null: Option<NotNullDoc>,
    /// An identity column: `always` or `by default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityDoc>,
    /// The value that new rows get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub default: Option<String>,
    /// Whether it has no default although the parent's column has one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_default: bool,
    /// The expression of a generated column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub generated: Option<String>,
    /// True for a generated column that is computed when read (PostgreSQL 18).
    #[serde(default, rename = "virtual", skip_serializing_if = "std::ops::Not::not")]
    pub computed: bool,
    /// `plain`, `external`, `extended` or `main` where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// `pglz` or `lz4`, where it is not the server's (14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// How much `ANALYZE` looks at it: 0 to 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<i32>,
    /// `n_distinct`, `n_distinct_inherited`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// On a foreign table: what the server's wrapper is told of it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub foreign_options: Options,
    /// Whether equal values are refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// The column that a value must exist in: `users (id) on delete cascade`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<String>,
    /// The values that rows get that are there already: an expression over the row. All of them where the column is new; those that have
    /// NULL where it only refuses NULL from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub backfill: Option<String>,
    /// Which of these rows `backfill` is for: a condition over the row. Others have the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub backfill_where: Option<String>,
    /// How many rows of a table that is there get the value of `backfill` in one transaction; all in the script's own where nothing is
    /// said. Others may write meanwhile; what needs the column, `NOT NULL` among it, comes when all rows have their value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub backfill_batch: Option<u32>,
    /// How its values become values of its type where they are of another one and a cast is not what is meant: an expression over the
    /// row, `to_timestamp(created)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub using: Option<String>,
    /// The opposite, for the way back, with the names that columns have there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub using_back: Option<String>,
    /// What people should know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Privileges on this column alone, by grantee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

impl ColumnDoc {
    fn full(&self) -> FullColumnDoc {
        match self {
            ColumnDoc::Full(full) => (**full).clone(),
            ColumnDoc::Type(data_type) => {
                FullColumnDoc { data_type: Some(data_type.clone()), ..FullColumnDoc::default() }
            }
        }
    }

    pub(crate) fn lower(
        &self,
        table: &Id,
        name: &str,
        position: usize,
        node: Option<&Node>,
        declared: &mut Declared,
    ) {
        let doc = self.full();
        let id = table.child(Kind::Column, name);
        declared.add(id.clone(), doc.column(), position, node);
        let at = |key: &str| node.and_then(|node| node.get(key));
        let default = doc.default.clone().or_else(|| doc.without_default.then(|| "NULL".to_owned()));
        if let Some(expression) = default {
            declared.add(id.child(Kind::ColumnDefault, ""), ColumnDefault { expression }, 0, at("default"));
        }
        if let Some(identity) = &doc.identity {
            identity.lower(&id, at("identity"), declared);
        }
        match &doc.not_null {
            Some(not_null) => not_null.lower(&id, at("not_null"), declared),
            None if doc.identity.is_some() => NotNullDoc::Plain(true).lower(&id, None, declared),
            None => {}
        }
        doc.lower_constraints(table, name, position, node, declared);
        match (doc.backfill, doc.backfill_where) {
            (Some(backfill), condition) => {
                let backfill = match condition {
                    Some(condition) => {
                        format!("CASE WHEN {condition} THEN {backfill} ELSE {} END", sql::ident(name))
                    }
                    None => backfill,
                };
                declared.directives.backfills.insert(id.clone(), backfill);
            }
            (None, condition) => {
                let alone = condition.map(|_| "backfill_where");
                for key in alone.into_iter().chain(doc.backfill_batch.map(|_| "backfill_batch")) {
                    let message = format!("{id} has `{key}`, and no `backfill`");
                    let place = at(key).map(|node| node.place.clone());
                    declared.problems.push(Problem { message, place, ..Problem::default() });
                }
            }
        }
        declared.directives.batches.extend(doc.backfill_batch.map(|size| (id.clone(), size)));
        if doc.using.is_some() || doc.using_back.is_some() {
            let conversion = Conversion { using: doc.using, using_back: doc.using_back };
            declared.directives.conversions.insert(id.clone(), conversion);
        }
        let facts = Facts {
            comment: doc.comment.as_ref(),
            owner: None,
            grants: doc.grants.as_ref(),
            renamed_from: doc.renamed_from.as_ref(),
        };
        declared.facts(&id, &facts, false, node);
    }

    pub(crate) fn raise(raise: &Raise<'_>, id: &Id, column: &Column) -> ColumnDoc {
        let default = default_of(raise.model, id);
        let parent = sources(raise.model, id).first().and_then(|source| default_of(raise.model, source));
        let not_null = NotNullDoc::raise(raise, id);
        let identity = IdentityDoc::raise(raise, id);
        let implied = identity.is_some() && not_null == Some(NotNullDoc::Plain(true));
        let own = !column.inherited;
        let full = FullColumnDoc {
            data_type: own.then(|| column.data_type.clone()),
            collation: column.collation.clone().filter(|_| own),
            not_null: not_null.filter(|_| !implied),
            identity,
            without_default: default.is_none() && parent.is_some(),
            default: default.filter(|default| own || Some(default) != parent.as_ref()),
            generated: column.generated.clone().filter(|_| own),
            computed: own && column.generated.is_some() && !column.stored,
            storage: column.storage.clone(),
            compression: column.compression.clone(),
            statistics: column.statistics,
            options: column.options.clone(),
            foreign_options: column.foreign_options.clone(),
            comment: raise.comment(id),
            grants: raise.grants(id),
            ..FullColumnDoc::default()
        };
        ColumnDoc::Full(Box::new(full))
    }

    /// The type alone, where there is nothing else to say.
    pub(crate) fn shortened(self) -> ColumnDoc {
        match self {
            ColumnDoc::Full(full) => {
                let plain = FullColumnDoc { data_type: full.data_type.clone(), ..FullColumnDoc::default() };
                match full.data_type.clone() {
                    Some(data_type) if *full == plain => ColumnDoc::Type(data_type),
                    _ => ColumnDoc::Full(full),
                }
            }
            short @ ColumnDoc::Type(_) => short,
        }
    }

    /// Whether there is nothing to say of it: it is as its parent's column is.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, ColumnDoc::Full(full) if **full == FullColumnDoc::default())
    }
}

impl FullColumnDoc {
    fn column(&self) -> Column {
        Column {
            data_type: self.data_type.clone().unwrap_or_default(),
            collation: self.collation.clone(),
            stored: self.generated.is_some() && !self.computed,
            generated: self.generated.clone(),
            inherited: self.data_type.is_none(),
            storage: self.storage.clone(),
            compression: self.compression.clone(),
            statistics: self.statistics,
            options: self.options.clone(),
            foreign_options: self.foreign_options.clone(),
        }
    }

    fn lower_constraints(
        &self,
        table: &Id,
        name: &str,
        position: usize,
        node: Option<&Node>,
        declared: &mut Declared,
    ) {
        let at = |key: &str| node.and_then(|node| node.get(key));
        if self.unique {
            let unique =
                Constraint::unnamed(ConstraintType::Unique, format!("UNIQUE ({})", sql::ident(name)));
            declared.add(
                table.child(Kind::Constraint, format!("\u{0}unique {name}")),
                unique,
                position,
                at("unique"),
            );
        }
        if let Some(references) = &self.references {
            let definition = format!("FOREIGN KEY ({}) REFERENCES {references}", sql::ident(name));
            let foreign_key = Constraint::unnamed(ConstraintType::ForeignKey, definition);
            let id = table.child(Kind::Constraint, format!("\u{0}references {name}"));
            declared.add(id, foreign_key, position, at("references"));
        }
    }
}

fn default_of(model: &Model, column: &Id) -> Option<String> {
    match &model.get(&column.child(Kind::ColumnDefault, ""))?.spec {
        Spec::ColumnDefault(default) => Some(default.expression.clone()),
        _ => None,
    }
}
