//! Triggers.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Spec, Statement, query};

/// A trigger (manual, `CREATE TRIGGER`; catalog `pg_trigger`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// What `pg_get_triggerdef` prints, in two pieces around name and table: `BEFORE UPDATE` ...
    pub before_table: String,
    /// ... and `FOR EACH ROW EXECUTE FUNCTION ...`.
    pub after_table: String,
    /// Whether it is a constraint trigger.
    #[serde(default)]
    pub constraint: bool,
    /// `disabled`, `replica` or `always` where it is not the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<String>,
}

impl Trigger {
    fn enable(&self, id: &Id) -> Statement {
        let word = match self.enabled.as_deref() {
            None => "ENABLE",
            Some("disabled") => "DISABLE",
            Some("replica") => "ENABLE REPLICA",
            Some(_) => "ENABLE ALWAYS",
        };
        let table = id.relation_sql();
        Statement::alter_table(&table, format!("{word} TRIGGER {}", sql::ident(id.name())))
            .lock(Lock::ShareRowExclusive, &table)
    }
}

impl ObjectKind for Trigger {
    fn query(version: u32) -> Option<String> {
        let clone = if version >= 13 { "t.tgparentid = 0" } else { "true" };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', t.tgname, \
             'spec', jsonb_strip_nulls(jsonb_build_object(\
             'constraint', CASE WHEN t.tgconstraint <> 0 THEN true END, \
             'enabled', CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END, \
             'before_table', substr(x.head, strpos(x.head, quote_ident(t.tgname)) + length(quote_ident(t.tgname)) + 1), \
             'after_table', x.tail))) \
             FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid, \
             LATERAL (SELECT pg_get_triggerdef(t.oid) AS def, ' ON ' || t.tgrelid::regclass::text || ' ' AS ontable) AS d, \
             LATERAL (SELECT split_part(d.def, d.ontable, 1) AS head, substr(d.def, strpos(d.def, d.ontable) + length(d.ontable)) AS tail) AS x \
             WHERE NOT t.tgisinternal AND {clone} AND {}",
            query::address("pg_trigger", "t.oid", "0"),
            query::address("pg_class", "t.tgrelid", "0"),
            query::user_made("t.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let constraint = if self.constraint { "CONSTRAINT " } else { "" };
        let table = id.relation_sql();
        let mut statements = vec![
            Statement::new(format!(
                "CREATE {constraint}TRIGGER {} {} ON {table} {}",
                sql::ident(id.name()),
                self.before_table,
                self.after_table
            ))
            .lock(Lock::ShareRowExclusive, table),
        ];
        if self.enabled.is_some() {
            statements.push(self.enable(id));
        }
        statements
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let table = id.relation_sql();
        vec![
            Statement::new(format!("DROP TRIGGER {} ON {table}", sql::ident(id.name())))
                .lock(Lock::AccessExclusive, table),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let enabled_only = Trigger { enabled: to.enabled.clone(), ..self.clone() };
        if enabled_only == *to {
            return Change::Alter(vec![to.enable(id)]);
        }
        Change::Replace("a trigger's definition changes".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        let table = id.relation_sql();
        Some(
            Statement::new(format!(
                "ALTER TRIGGER {} ON {table} RENAME TO {}",
                sql::ident(id.name()),
                sql::ident(to)
            ))
            .lock(Lock::AccessExclusive, table),
        )
    }

    fn address(&self, id: &Id) -> String {
        format!("TRIGGER {} ON {}", sql::ident(id.name()), id.relation_sql())
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT pg_get_triggerdef(t.oid) FROM pg_trigger AS t WHERE t.tgrelid = to_regclass(e.parent) AND t.tgname = e.name)",
        )
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        self == to
    }
}

/// A trigger as the YAML declares it: what stands around `ON table` in `CREATE TRIGGER`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerDoc {
    /// The name that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When: `before update`, `after insert or update of email`.
    pub fires: String,
    /// What: `for each row execute function touch()`, with `referencing`, `deferrable` and `when` where it has them.
    pub does: String,
    /// Whether it is a constraint trigger.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub constraint: bool,
    /// `disabled`, `replica` or `always` where it is not simply enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<String>,
}

impl TriggerDoc {
    pub(crate) fn lower(&self, table: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = table.child(Kind::Trigger, name);
        let trigger = Trigger {
            before_table: self.fires.clone(),
            after_table: self.does.clone(),
            constraint: self.constraint,
            enabled: self.enabled.clone(),
        };
        declared.add(id.clone(), trigger, 0, node);
        let facts = Facts { comment: self.comment.as_ref(), renamed_from: self.renamed_from.as_ref(), ..Facts::default() };
        declared.facts(&id, &facts, false, node);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, table: &Id) -> IndexMap<String, TriggerDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(table, Kind::Trigger) {
            let Spec::Trigger(spec) = spec else { continue };
            let doc = TriggerDoc {
                renamed_from: None,
                comment: raise.comment(id),
                fires: spec.before_table.clone(),
                does: spec.after_table.clone(),
                constraint: spec.constraint,
                enabled: spec.enabled.clone(),
            };
            all.insert(id.name().to_owned(), doc);
        }
        all
    }
}
