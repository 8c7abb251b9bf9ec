//! Rewrite rules.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Spec, Statement, query};

/// A rule on a table or view (manual, "The Rule System"; catalog `pg_rewrite`). The query of a view is not one of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// `insert`, `update` or `delete`.
    pub event: String,
    /// What `pg_get_ruledef` prints behind the relation, without its `;`: `WHERE ... DO INSTEAD ...`.
    pub does: String,
    /// `disabled`, `replica` or `always` where it is not simply enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<String>,
}

impl Rule {
    fn definition(&self, id: &Id, replace: &str) -> Statement {
        let relation = id.relation_sql();
        let (name, event) = (sql::ident(id.name()), self.event.to_uppercase());
        Statement::new(format!(
            "CREATE {replace}RULE {name} AS\n    ON {event} TO {relation}\n   {}",
            self.does
        ))
        .lock(Lock::AccessExclusive, relation)
    }

    fn enable(&self, id: &Id) -> Statement {
        let word = super::trigger::enable_word(self.enabled.as_deref());
        Statement::alter_table(&id.relation_sql(), format!("{word} RULE {}", sql::ident(id.name())))
    }
}

impl ObjectKind for Rule {
    fn query(_version: u32) -> Option<String> {
        // The name of the relation stands behind that of the rule, which may hold anything.
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', w.rulename, \
             'spec', jsonb_strip_nulls(jsonb_build_object(\
             'event', CASE w.ev_type WHEN '2' THEN 'update' WHEN '3' THEN 'insert' WHEN '4' THEN 'delete' END, \
             'enabled', {}, \
             'does', btrim(substr(d.tail, strpos(d.tail, d.relation) + length(d.relation)), E' \\n;')))) \
             FROM pg_rewrite AS w, LATERAL (SELECT substr(pg_get_ruledef(w.oid), length('CREATE RULE ' || quote_ident(w.rulename) || ' AS') + 1) AS tail, \
             ' TO ' || w.ev_class::regclass::text AS relation) AS d \
             WHERE w.ev_type <> '1' AND {}",
            query::address("pg_rewrite", "w.oid", "0"),
            query::address("pg_class", "w.ev_class", "0"),
            query::enabled("w.ev_enabled"),
            query::user_made_on("w.oid", "w.ev_class"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let mut statements = vec![self.definition(id, "")];
        if self.enabled.is_some() {
            statements.push(self.enable(id));
        }
        statements
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let relation = id.relation_sql();
        let sql = format!("DROP RULE {} ON {relation}", sql::ident(id.name()));
        vec![Statement::new(sql).lock(Lock::AccessExclusive, relation)]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let mut statements = Vec::new();
        if self.event != to.event || self.does != to.does {
            statements.push(to.definition(id, "OR REPLACE "));
        }
        if self.enabled != to.enabled {
            statements.push(to.enable(id));
        }
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        let relation = id.relation_sql();
        let sql = format!("ALTER RULE {} ON {relation} RENAME TO {}", sql::ident(id.name()), sql::ident(to));
        Some(Statement::new(sql).lock(Lock::AccessExclusive, relation))
    }

    fn address(&self, id: &Id) -> String {
        format!("RULE {} ON {}", sql::ident(id.name()), id.relation_sql())
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT pg_catalog.pg_get_ruledef(w.oid) || ' ' || w.ev_enabled::text FROM pg_catalog.pg_rewrite AS w WHERE w.ev_class = to_regclass(e.parent) AND w.rulename = e.name)",
        )
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        self == to
    }
}

/// The command that a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleEvent {
    /// New rows.
    Insert,
    /// Changed rows.
    Update,
    /// Deleted rows.
    Delete,
}

/// A rule as the YAML declares it: what stands around `TO table` in `CREATE RULE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDoc {
    /// The name that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The command that it is for.
    #[serde(rename = "on")]
    pub event: RuleEvent,
    /// What: `do instead nothing`, `where new.id > 0 do also insert into log values (new.id)`.
    pub does: String,
    /// `disabled`, `replica` or `always` where it is not simply enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<String>,
}

impl RuleDoc {
    pub(crate) fn lower(&self, relation: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = relation.child(Kind::Rule, name);
        let event = match self.event {
            RuleEvent::Insert => "insert",
            RuleEvent::Update => "update",
            RuleEvent::Delete => "delete",
        };
        let rule = Rule { event: event.to_owned(), does: self.does.clone(), enabled: self.enabled.clone() };
        declared.add(id.clone(), rule, 0, node);
        let facts = Facts {
            comment: self.comment.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
            ..Facts::default()
        };
        declared.facts(&id, &facts, false, node);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, relation: &Id) -> IndexMap<String, RuleDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(relation, Kind::Rule) {
            let Spec::Rule(spec) = spec else { continue };
            let event = match spec.event.as_str() {
                "insert" => RuleEvent::Insert,
                "update" => RuleEvent::Update,
                _ => RuleEvent::Delete,
            };
            let doc = RuleDoc {
                renamed_from: None,
                comment: raise.comment(id),
                event,
                does: spec.does.clone(),
                enabled: spec.enabled.clone(),
            };
            all.insert(id.name().to_owned(), doc);
        }
        all
    }
}
