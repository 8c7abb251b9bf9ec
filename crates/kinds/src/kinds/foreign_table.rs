//! Foreign tables.

use std::sync::LazyLock;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Grants};
use crate::document::Raise;
use crate::kinds::column::ColumnDoc;
use crate::kinds::table::{Expression, Table, TableDoc, body};
use crate::kinds::trigger::TriggerDoc;
use crate::shape::{Options, is_default};
use crate::{Change, Context, Id, Kind, Lock, Model, ObjectKind, Spec, Statement, query};

/// A foreign table (manual, `CREATE FOREIGN TABLE`; catalog `pg_foreign_table`). Its rows are kept elsewhere.
///
/// Columns, constraints and triggers are objects of their own, and so is its place in another table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForeignTable {
    /// The foreign server.
    pub server: String,
    /// Its options, as the server's wrapper understands them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub options: Options,
}

impl ForeignTable {
    /// The statement with these clauses between the brackets; its place in another table is looked up in `model`.
    pub fn create_with(&self, id: &Id, clauses: &[String], model: &Model) -> String {
        let (body, server) = (body(id, clauses, model, None), sql::ident(&self.server));
        format!("CREATE FOREIGN TABLE {}{body} SERVER {server}{}", id.sql(), self.options.clause())
    }
}

impl ObjectKind for ForeignTable {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object({}, 'spec', jsonb_strip_nulls(jsonb_build_object('server', s.srvname, 'options', {}))) \
             FROM pg_class AS c JOIN pg_foreign_table AS f ON f.ftrelid = c.oid JOIN pg_foreign_server AS s ON s.oid = f.ftserver WHERE {}",
            query::relation(),
            query::guarded_options("f.ftoptions"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let create = Statement::new(self.create_with(id, &[], context.to));
        vec![self.options.asking(&Options::default(), create, id)]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(format!("DROP FOREIGN TABLE {}", id.sql()))
                .lock(Lock::AccessExclusive, id.sql())
                .clients(format!("foreign table {} is gone", id.sql())),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if self.server != to.server {
            return Change::Replace("PostgreSQL cannot change the server of a foreign table".to_owned());
        }
        let action = self.options.change(&to.options).unwrap_or_default();
        let alter = Statement::new(format!("ALTER FOREIGN TABLE {} {action}", id.sql()));
        let alter = to.options.asking(&self.options, alter, id);
        Change::Alter(vec![alter.lock(Lock::AccessExclusive, id.sql())])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER FOREIGN TABLE {} RENAME TO {}", id.sql(), sql::ident(to)))
                .lock(Lock::AccessExclusive, id.sql())
                .clients(format!("queries that name {} fail", id.sql())),
        )
    }

    fn definition() -> Option<&'static str> {
        Some(&DEFINITION)
    }
}

/// Its server and its options, without the values that may be secrets.
static DEFINITION: LazyLock<String> = LazyLock::new(|| {
    format!(
        "(SELECT concat_ws(' ', s.srvname, (SELECT string_agg(concat(o.option_name, '=', CASE WHEN NOT {} THEN o.option_value END), ' ' ORDER BY o.option_name) \
         FROM pg_options_to_table(f.ftoptions) AS o)) FROM pg_foreign_table AS f JOIN pg_foreign_server AS s ON s.oid = f.ftserver \
         WHERE f.ftrelid = to_regclass(e.object))",
        query::secret("o.option_name", "o.option_value")
    )
});

/// A foreign table as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ForeignTableDoc {
    /// The name that it had before; of what stood in another schema `old_schema.old_name`.
    #[serde(skip_serializing_if = "is_default")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
    /// The foreign server.
    pub server: String,
    /// Its options, as the server's wrapper understands them.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Options,
    /// The partitioned table that this is a partition of.
    #[serde(skip_serializing_if = "is_default")]
    pub partition_of: Option<String>,
    /// The bound of a partition: `for values from (1) to (10)`; the default partition says nothing.
    #[serde(skip_serializing_if = "is_default")]
    pub bound: Option<String>,
    /// The tables that it inherits from, in order.
    #[serde(skip_serializing_if = "is_default")]
    pub inherits: Vec<String>,
    /// Columns by name, in order.
    #[serde(skip_serializing_if = "is_default")]
    pub columns: IndexMap<String, ColumnDoc>,
    /// Check constraints by name: their expressions. Nobody checks them; they tell the planner what rows are like.
    #[serde(skip_serializing_if = "is_default")]
    pub checks: IndexMap<String, Expression>,
    /// Constraints by name, in SQL: `CHECK (a > 0) NO INHERIT`.
    #[serde(skip_serializing_if = "is_default")]
    pub constraints: IndexMap<String, String>,
    /// What people should know of constraints, by name.
    #[serde(skip_serializing_if = "is_default")]
    pub constraint_comments: IndexMap<String, String>,
    /// The old names of constraints, by name.
    #[serde(skip_serializing_if = "is_default")]
    pub constraints_renamed_from: IndexMap<String, String>,
    /// Triggers by name.
    #[serde(skip_serializing_if = "is_default")]
    pub triggers: IndexMap<String, TriggerDoc>,
    /// Privileges by grantee; `public` is everybody.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Option<Grants>,
}

impl ForeignTableDoc {
    pub(crate) fn lower(&self, schema: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = schema.child(Kind::ForeignTable, name);
        let table = ForeignTable { server: self.server.clone(), options: self.options.clone() };
        declared.add(id.clone(), table, 0, node);
        self.parts().lower_parts(&id, node, declared);
    }

    /// What it has like any other table.
    fn parts(&self) -> TableDoc {
        let doc = self.clone();
        TableDoc {
            renamed_from: doc.renamed_from,
            comment: doc.comment,
            owner: doc.owner,
            partition_of: doc.partition_of,
            bound: doc.bound,
            inherits: doc.inherits,
            columns: doc.columns,
            checks: doc.checks,
            constraints: doc.constraints,
            constraint_comments: doc.constraint_comments,
            constraints_renamed_from: doc.constraints_renamed_from,
            triggers: doc.triggers,
            grants: doc.grants,
            ..TableDoc::default()
        }
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, schema: &Id) -> IndexMap<String, ForeignTableDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(schema, Kind::ForeignTable) {
            let Spec::ForeignTable(table) = spec else { continue };
            let parts = TableDoc::raise(raise, id, &Table::default());
            let doc = ForeignTableDoc {
                renamed_from: None,
                comment: parts.comment,
                owner: parts.owner,
                server: table.server.clone(),
                options: table.options.clone(),
                partition_of: parts.partition_of,
                bound: parts.bound,
                inherits: parts.inherits,
                columns: parts.columns,
                checks: parts.checks,
                constraints: parts.constraints,
                constraint_comments: parts.constraint_comments,
                constraints_renamed_from: parts.constraints_renamed_from,
                triggers: parts.triggers,
                grants: parts.grants,
            };
            all.insert(id.name().to_owned(), doc);
        }
        all
    }
}
