//! Row-level security policies.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Spec, Statement, query};

/// A row-level security policy (manual, `CREATE POLICY`; catalog `pg_policy`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// `all`, `select`, `insert`, `update` or `delete`.
    pub command: String,
    /// Whether it narrows what permissive policies allow.
    #[serde(default)]
    pub restrictive: bool,
    /// The roles that it applies to; none is everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// Which rows are seen: the `USING` expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    /// Which rows may be written: the `WITH CHECK` expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

impl Policy {
    fn roles(&self) -> String {
        if self.to.is_empty() {
            return "PUBLIC".to_owned();
        }
        self.to.iter().map(|role| sql::ident(role)).collect::<Vec<_>>().join(", ")
    }
}

/// `(expression)`, without doubling the brackets that `pg_get_expr` already put around it; those of a query are its own.
fn bracketed(expression: &str) -> String {
    let bare = super::index::without_brackets(expression.trim());
    let word = bare.split_whitespace().next().unwrap_or_default();
    let is_query = ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|start| word.eq_ignore_ascii_case(start));
    format!("({})", if is_query { expression } else { bare })
}

impl ObjectKind for Policy {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', p.polname, \
             'spec', jsonb_strip_nulls(jsonb_build_object('command', CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' \
             WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END, 'restrictive', NOT p.polpermissive, \
             'to', (SELECT jsonb_agg(pg_get_userbyid(r) ORDER BY pg_get_userbyid(r)) FROM unnest(p.polroles) AS r WHERE r <> 0), \
             'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)))) \
             FROM pg_policy AS p WHERE {}",
            query::address("pg_policy", "p.oid", "0"),
            query::address("pg_class", "p.polrelid", "0"),
            query::user_made_on("p.oid", "p.polrelid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let table = id.relation_sql();
        let restrictive = if self.restrictive { " AS RESTRICTIVE" } else { "" };
        let command = if self.command == "all" {
            String::new()
        } else {
            format!(" FOR {}", self.command.to_uppercase())
        };
        let to = if self.to.is_empty() { String::new() } else { format!(" TO {}", self.roles()) };
        let mut sql = format!("CREATE POLICY {} ON {table}{restrictive}{command}{to}", sql::ident(id.name()));
        if let Some(using) = &self.using {
            sql.push_str(&format!("\n    USING {}", bracketed(using)));
        }
        if let Some(check) = &self.check {
            sql.push_str(&format!("\n    WITH CHECK {}", bracketed(check)));
        }
        vec![Statement::new(sql).lock(Lock::AccessExclusive, table)]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let table = id.relation_sql();
        vec![
            Statement::new(format!("DROP POLICY {} ON {table}", sql::ident(id.name())))
                .lock(Lock::AccessExclusive, table),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let loses_expression =
            (self.using.is_some() && to.using.is_none()) || (self.check.is_some() && to.check.is_none());
        if self.command != to.command || self.restrictive != to.restrictive || loses_expression {
            return Change::Replace(
                "ALTER POLICY cannot change its command or take an expression away".to_owned(),
            );
        }
        let table = id.relation_sql();
        let mut sql = format!("ALTER POLICY {} ON {table}", sql::ident(id.name()));
        if self.to != to.to {
            sql.push_str(&format!(" TO {}", to.roles()));
        }
        if let (true, Some(using)) = (self.using != to.using, &to.using) {
            sql.push_str(&format!("\n    USING {}", bracketed(using)));
        }
        if let (true, Some(check)) = (self.check != to.check, &to.check) {
            sql.push_str(&format!("\n    WITH CHECK {}", bracketed(check)));
        }
        Change::Alter(vec![Statement::new(sql).lock(Lock::AccessExclusive, table)])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        let table = id.relation_sql();
        Some(
            Statement::new(format!(
                "ALTER POLICY {} ON {table} RENAME TO {}",
                sql::ident(id.name()),
                sql::ident(to)
            ))
            .lock(Lock::AccessExclusive, table),
        )
    }

    fn address(&self, id: &Id) -> String {
        format!("POLICY {} ON {}", sql::ident(id.name()), id.relation_sql())
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT concat_ws(' ', p.polcmd, p.polpermissive, (SELECT array_agg(r::regrole::text ORDER BY r::regrole::text) FROM unnest(p.polroles) AS r), pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) \
             FROM pg_policy AS p WHERE p.polrelid = to_regclass(e.parent) AND p.polname = e.name)",
        )
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        self == to
    }
}

/// What a policy is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Every command.
    #[default]
    All,
    /// Reading.
    Select,
    /// New rows.
    Insert,
    /// Changed rows.
    Update,
    /// Deleted rows.
    Delete,
}

/// A policy as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyDoc {
    /// The name that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The command that it is for; all where nothing is said.
    #[serde(rename = "for", skip_serializing_if = "Command::is_all")]
    pub command: Command,
    /// Whether it narrows what permissive policies allow.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub restrictive: bool,
    /// The roles that it applies to; everybody where nothing is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// Which rows are seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub using: Option<String>,
    /// Which rows may be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub with_check: Option<String>,
}

impl Command {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    fn is_all(&self) -> bool {
        *self == Command::All
    }
}

impl PolicyDoc {
    pub(crate) fn lower(&self, table: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = table.child(Kind::Policy, name);
        let command = match self.command {
            Command::All => "all",
            Command::Select => "select",
            Command::Insert => "insert",
            Command::Update => "update",
            Command::Delete => "delete",
        };
        let policy = Policy {
            command: command.to_owned(),
            restrictive: self.restrictive,
            to: self.to.iter().filter(|role| *role != "public").cloned().collect(),
            using: self.using.clone(),
            check: self.with_check.clone(),
        };
        declared.add(id.clone(), policy, 0, node);
        let facts = Facts {
            comment: self.comment.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
            ..Facts::default()
        };
        declared.facts(&id, &facts, false, node);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, table: &Id) -> IndexMap<String, PolicyDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(table, Kind::Policy) {
            let Spec::Policy(spec) = spec else { continue };
            let command = match spec.command.as_str() {
                "select" => Command::Select,
                "insert" => Command::Insert,
                "update" => Command::Update,
                "delete" => Command::Delete,
                _ => Command::All,
            };
            let doc = PolicyDoc {
                renamed_from: None,
                comment: raise.comment(id),
                command,
                restrictive: spec.restrictive,
                to: spec.to.clone(),
                using: spec.using.clone(),
                with_check: spec.check.clone(),
            };
            all.insert(id.name().to_owned(), doc);
        }
        all
    }
}
