//! Event triggers.

use std::fmt::Write as _;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::shape::{Words, is_default};
use crate::{Change, Context, Id, Kind, ObjectKind, Spec, Statement, query};

/// An event trigger (manual, "Event Triggers"; catalog `pg_event_trigger`).
///
/// It fires for schema changes, so it is taken away before all others and made after them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventTrigger {
    /// `ddl_command_start`, `ddl_command_end`, `sql_drop`, `table_rewrite`, `login`.
    pub event: String,
    /// The command tags that it is for; none is all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Words,
    /// The function, quoted with its schema.
    pub function: String,
    /// `disabled`, `replica` or `always` where it is not simply enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<String>,
}

impl EventTrigger {
    fn enable(&self, id: &Id) -> Statement {
        let word = super::trigger::enable_word(self.enabled.as_deref());
        Statement::new(format!("ALTER EVENT TRIGGER {} {word}", id.sql()))
    }
}

impl ObjectKind for EventTrigger {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', e.evtname, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('event', e.evtevent, 'tags', to_jsonb(e.evttags), \
             'function', e.evtfoid::regproc::text, 'enabled', {}))) FROM pg_event_trigger AS e WHERE {}",
            query::address("pg_event_trigger", "e.oid", "0"),
            query::owner("e.evtowner"),
            query::enabled("e.evtenabled"),
            query::user_made("e.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let mut sql = format!("CREATE EVENT TRIGGER {} ON {}", id.sql(), sql::ident(&self.event));
        if !self.tags.0.is_empty() {
            let tags: Vec<String> = self.tags.0.iter().map(|tag| sql::literal(tag)).collect();
            _ = write!(sql, "\n    WHEN TAG IN ({})", tags.join(", "));
        }
        _ = write!(sql, "\n    EXECUTE FUNCTION {}()", self.function);
        let mut statements = vec![Statement::new(sql)];
        if self.enabled.is_some() {
            statements.push(self.enable(id));
        }
        statements
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP EVENT TRIGGER {}", id.sql()))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if (EventTrigger { enabled: to.enabled.clone(), ..self.clone() }) == *to {
            return Change::Alter(vec![to.enable(id)]);
        }
        Change::Replace("an event trigger's definition cannot be changed".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER EVENT TRIGGER {} RENAME TO {}", id.sql(), sql::ident(to))))
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT concat_ws(' ', t.evtevent, (SELECT array_agg(g ORDER BY g COLLATE pg_catalog.\"C\") FROM unnest(t.evttags) AS g), t.evtfoid::regproc, t.evtenabled) FROM pg_catalog.pg_event_trigger AS t WHERE t.evtname = e.name)",
        )
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        self == to
    }
}

/// An event trigger as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventTriggerDoc {
    /// The name that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// `ddl_command_start`, `ddl_command_end`, `sql_drop`, `table_rewrite`, `login` (PostgreSQL 17).
    #[serde(rename = "on")]
    pub event: String,
    /// The command tags that it is for: `CREATE TABLE`; all where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The function: `public.check_names`.
    pub function: String,
    /// `disabled`, `replica` or `always` where it is not simply enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<String>,
}

impl EventTriggerDoc {
    pub(crate) fn lower(&self, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = Id::root(Kind::EventTrigger, name);
        let trigger = EventTrigger {
            event: self.event.clone(),
            tags: Words(self.tags.clone()),
            function: self.function.clone(),
            enabled: self.enabled.clone(),
        };
        declared.add(id.clone(), trigger, 0, node);
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: None,
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.facts(&id, &facts, true, node);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>) -> IndexMap<String, EventTriggerDoc> {
        let mut all = IndexMap::new();
        for object in raise.model.objects() {
            let Spec::EventTrigger(trigger) = &object.spec else { continue };
            let doc = EventTriggerDoc {
                renamed_from: None,
                comment: raise.comment(&object.id),
                owner: raise.owner(&object.id),
                event: trigger.event.clone(),
                tags: trigger.tags.0.clone(),
                function: trigger.function.clone(),
                enabled: trigger.enabled.clone(),
            };
            all.insert(object.id.name().to_owned(), doc);
        }
        all
    }
}
