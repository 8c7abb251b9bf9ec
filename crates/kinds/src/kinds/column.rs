//! Columns of tables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::column_default::ColumnDefault;
use crate::kinds::constraint::{Constraint, ConstraintType};
use crate::{Change, Context, Hazard, Id, Kind, ObjectKind, Spec, Statement, Work, query};

/// A column of a table (catalog `pg_attribute`). Its default is an object of its own; a generation expression is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The type as `format_type` prints it.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether NULL is refused.
    #[serde(default)]
    pub not_null: bool,
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
}

impl Column {
    /// The column as it stands in `CREATE TABLE` and after `ADD COLUMN`, with its default if it has one.
    pub fn clause(&self, name: &str, default: Option<&str>) -> String {
        let mut clause = format!("{} {}", sql::ident(name), self.data_type);
        if let Some(collation) = &self.collation {
            clause.push_str(&format!(" COLLATE {collation}"));
        }
        clause + &self.constraints(default)
    }

    /// The column of a typed table as it stands in `CREATE TABLE ... OF`; nothing where there is nothing to say.
    pub fn options(&self, name: &str, default: Option<&str>) -> String {
        match self.constraints(default) {
            nothing if nothing.is_empty() => nothing,
            constraints => format!("{} WITH OPTIONS{constraints}", sql::ident(name)),
        }
    }

    fn constraints(&self, default: Option<&str>) -> String {
        let mut clause = String::new();
        if let Some(expression) = &self.generated {
            let stored = if self.stored { "STORED" } else { "VIRTUAL" };
            clause.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {stored}"));
        }
        if let Some(default) = default {
            clause.push_str(&format!(" DEFAULT {default}"));
        }
        if self.not_null {
            clause.push_str(" NOT NULL");
        }
        clause
    }
}

impl ObjectKind for Column {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', a.attname, 'position', a.attnum, {}, \
             'also', CASE WHEN a.attgenerated <> '' THEN jsonb_build_array({}) END, \
             'spec', jsonb_strip_nulls(jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull, \
             'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END, \
             'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END, \
             'stored', CASE WHEN a.attgenerated = 's' THEN true END, \
             'inherited', CASE WHEN NOT a.attislocal THEN true END))) \
             FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_type AS t ON t.oid = a.atttypid \
             LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
             WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {}",
            query::address("pg_class", "a.attrelid", "a.attnum"),
            query::address("pg_class", "a.attrelid", "0"),
            query::acl("c", "c.relowner", "a.attacl"),
            query::address("pg_attrdef", "d.oid", "0"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        if self.inherited {
            return Vec::new();
        }
        let clause = self.clause(id.name(), None);
        let work = if self.stored { Work::Rewrite } else { Work::Catalog };
        vec![
            Statement::alter_table(&id.relation_sql(), format!("ADD COLUMN {clause}")).clause(clause).work(work),
        ]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        if self.inherited {
            return Vec::new();
        }
        let mut statement =
            Statement::alter_table(&id.relation_sql(), format!("DROP COLUMN {}", sql::ident(id.name())))
                .clients(format!("queries that name column {} fail", id.short()));
        if self.generated.is_none() {
            statement = statement.hazard(Hazard::DataLoss, format!("{id} goes with its values"));
        }
        vec![statement]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        let table = id.relation_sql();
        let name = sql::ident(id.name());
        if self.generated != to.generated || self.stored != to.stored {
            return Change::Replace("a generation expression cannot be changed".to_owned());
        }
        let mut statements = Vec::new();
        let retyped = self.data_type != to.data_type || self.collation != to.collation;
        if retyped {
            let collation = to.collation.as_ref().map(|c| format!(" COLLATE {c}")).unwrap_or_default();
            let using = crate::cast(&name, &self.data_type, &to.data_type, context);
            let action =
                format!("ALTER COLUMN {name} TYPE {}{collation} USING {using}", to.data_type);
            statements.push(Statement::alter_table(&table, action).work(Work::Rewrite));
        }
        if self.not_null != to.not_null {
            let (action, work) =
                if to.not_null { ("SET NOT NULL", Work::Scan) } else { ("DROP NOT NULL", Work::Catalog) };
            statements.push(Statement::alter_table(&table, format!("ALTER COLUMN {name} {action}")).work(work));
        }
        if retyped { Change::AlterAlone(statements) } else { Change::Alter(statements) }
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        let table = id.relation_sql();
        Some(
            Statement::new(format!(
                "ALTER TABLE {table} RENAME COLUMN {} TO {}",
                sql::ident(id.name()),
                sql::ident(to)
            ))
            .lock(crate::Lock::AccessExclusive, &table)
            .clients(format!("queries that name {table}.{} fail", sql::ident(id.name()))),
        )
    }

    fn address(&self, id: &Id) -> String {
        format!("COLUMN {}.{}", id.relation_sql(), sql::ident(id.name()))
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END \
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
    /// The type.
    #[serde(rename = "type")]
    #[schemars(extend("x-sql" = "type"))]
    pub data_type: String,
    /// The collation where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Whether NULL is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_null: bool,
    /// The value that new rows get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub default: Option<String>,
    /// The expression of a generated column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub generated: Option<String>,
    /// True for a generated column that is computed when read (PostgreSQL 18).
    #[serde(default, rename = "virtual", skip_serializing_if = "std::ops::Not::not")]
    pub computed: bool,
    /// Whether equal values are refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// The column that a value must exist in: `users (id) on delete cascade`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<String>,
    /// The values that rows get that are there already: an expression over the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub backfill: Option<String>,
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
            ColumnDoc::Type(data_type) => FullColumnDoc { data_type: data_type.clone(), ..FullColumnDoc::default() },
        }
    }

    pub(crate) fn lower(&self, table: &Id, name: &str, position: usize, node: Option<&Node>, declared: &mut Declared) {
        let doc = self.full();
        let id = table.child(Kind::Column, name);
        let column = Column {
            data_type: doc.data_type,
            not_null: doc.not_null,
            collation: doc.collation,
            stored: doc.generated.is_some() && !doc.computed,
            generated: doc.generated,
            inherited: false,
        };
        declared.add(id.clone(), column, position, node);
        let at = |key: &str| node.and_then(|node| node.get(key));
        if let Some(expression) = doc.default {
            declared.add(id.child(Kind::ColumnDefault, ""), ColumnDefault { expression }, 0, at("default"));
        }
        if doc.unique {
            let unique = Constraint::unnamed(ConstraintType::Unique, format!("UNIQUE ({})", sql::ident(name)));
            declared.add(table.child(Kind::Constraint, format!("\u{0}unique {name}")), unique, position, at("unique"));
        }
        if let Some(references) = &doc.references {
            let definition = format!("FOREIGN KEY ({}) REFERENCES {references}", sql::ident(name));
            let foreign_key = Constraint::unnamed(ConstraintType::ForeignKey, definition);
            declared.add(table.child(Kind::Constraint, format!("\u{0}references {name}")), foreign_key, position, at("references"));
        }
        if let Some(backfill) = doc.backfill {
            declared.directives.backfills.insert(id.clone(), backfill);
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
        let default = raise.model.get(&id.child(Kind::ColumnDefault, "")).and_then(|object| match &object.spec {
            Spec::ColumnDefault(default) => Some(default.expression.clone()),
            _ => None,
        });
        let full = FullColumnDoc {
            data_type: column.data_type.clone(),
            collation: column.collation.clone(),
            not_null: column.not_null,
            default,
            generated: column.generated.clone(),
            computed: column.generated.is_some() && !column.stored,
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
                if *full == plain { ColumnDoc::Type(full.data_type) } else { ColumnDoc::Full(full) }
            }
            short @ ColumnDoc::Type(_) => short,
        }
    }
}
