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
    #[serde(default)]
    pub before_table: String,
    /// ... and `FOR EACH ROW EXECUTE FUNCTION ...`.
    #[serde(default)]
    pub after_table: String,
    /// Whether it is a constraint trigger.
    #[serde(default)]
    pub constraint: bool,
    /// `disabled`, `replica` or `always` where it is not the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<String>,
    /// The trigger of the partitioned table that this is the partition's part of; what it does is said there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited: Option<Inherited>,
}

/// Where a trigger on a partition comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inherited {
    /// The name of the trigger on the partitioned table.
    pub name: String,
    /// Its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<String>,
}

/// The state of the partitioned table's trigger where only the YAML speaks.
const UNKNOWN: &str = "unknown";

/// `ENABLE`, `DISABLE`, `ENABLE REPLICA`, `ENABLE ALWAYS`, for triggers and rules.
pub fn enable_word(enabled: Option<&str>) -> &'static str {
    match enabled {
        None => "ENABLE",
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some(_) => "ENABLE ALWAYS",
    }
}

fn enable(id: &Id, enabled: Option<&str>) -> Statement {
    let table = id.relation_sql();
    Statement::alter_table(&table, format!("{} TRIGGER {}", enable_word(enabled), sql::ident(id.name())))
        .lock(Lock::ShareRowExclusive, &table)
}

fn rename(id: &Id, to: &str) -> Statement {
    let table = id.relation_sql();
    let sql = format!("ALTER TRIGGER {} ON {table} RENAME TO {}", sql::ident(id.name()), sql::ident(to));
    Statement::new(sql).lock(Lock::AccessExclusive, table)
}

impl Trigger {
    fn definition(&self, id: &Id, replace: &str) -> Vec<Statement> {
        let constraint = if self.constraint { "CONSTRAINT " } else { "" };
        let (name, table) = (sql::ident(id.name()), id.relation_sql());
        let sql = format!(
            "CREATE {replace}{constraint}TRIGGER {name} {} ON {table} {}",
            self.before_table, self.after_table
        );
        let mut statements = vec![Statement::new(sql).lock(Lock::ShareRowExclusive, table)];
        if self.enabled.is_some() {
            statements.push(enable(id, self.enabled.as_deref()));
        }
        statements
    }
}

/// `BEFORE INSERT OR UPDATE OF a, b`, as `pg_get_triggerdef` prints it.
const FIRES: &str = "CASE WHEN t.tgtype & 2 <> 0 THEN 'BEFORE ' WHEN t.tgtype & 64 <> 0 THEN 'INSTEAD OF ' ELSE 'AFTER ' END \
     || array_to_string(array_remove(ARRAY[CASE WHEN t.tgtype & 4 <> 0 THEN 'INSERT' END, CASE WHEN t.tgtype & 8 <> 0 THEN 'DELETE' END, \
     CASE WHEN t.tgtype & 16 <> 0 THEN 'UPDATE' || coalesce(' OF ' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY x.place) \
     FROM unnest(t.tgattr) WITH ORDINALITY AS x (attnum, place) JOIN pg_attribute AS a ON a.attrelid = t.tgrelid AND a.attnum = x.attnum), '') END, \
     CASE WHEN t.tgtype & 32 <> 0 THEN 'TRUNCATE' END], NULL), ' OR ')";

/// Whether a trigger was made for a partition after one of its parent's; 13 and 14 call that internal, as they do what serves a key.
const CLONED: &str = "(t.tgparentid <> 0 AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.oid = t.tgconstraint AND k.contype <> 't'))";

/// The triggers that one of a partition is a part of, on all levels: those between need not be read.
fn above() -> String {
    format!(
        "(WITH RECURSIVE above AS (SELECT p.oid, p.tgparentid UNION ALL SELECT a.oid, a.tgparentid FROM pg_trigger AS a \
         JOIN above AS b ON a.oid = b.tgparentid) SELECT jsonb_agg({}) FROM above AS b)",
        query::address("pg_trigger", "b.oid", "0")
    )
}

impl ObjectKind for Trigger {
    fn query(_version: u32) -> Option<String> {
        // A trigger that a partition has from its parent is read where something of its own is said of it.
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', t.tgname, \
             'needs', CASE WHEN p.tgparentid <> 0 THEN {} END, \
             'spec', jsonb_strip_nulls(CASE WHEN p.oid IS NOT NULL THEN jsonb_build_object('enabled', {enabled}, \
             'inherited', jsonb_build_object('name', p.tgname, 'enabled', {})) ELSE jsonb_build_object(\
             'constraint', CASE WHEN t.tgconstraint <> 0 THEN true END, 'enabled', {enabled}, 'before_table', f.fires, \
             'after_table', substr(pg_get_triggerdef(t.oid), length(concat('CREATE ', CASE WHEN t.tgconstraint <> 0 THEN 'CONSTRAINT ' END, \
             'TRIGGER ', quote_ident(t.tgname), ' ', f.fires, ' ON ', t.tgrelid::regclass::text, ' ')) + 1)) END)) \
             FROM pg_trigger AS t LEFT JOIN pg_trigger AS p ON p.oid = t.tgparentid, LATERAL (SELECT {FIRES} AS fires) AS f \
             WHERE (NOT t.tgisinternal OR {CLONED}) AND {} AND (p.oid IS NULL OR t.tgenabled <> p.tgenabled OR t.tgname <> p.tgname \
             OR EXISTS (SELECT FROM pg_description AS d WHERE d.classoid = 'pg_trigger'::regclass AND d.objoid = t.oid))",
            query::address("pg_trigger", "t.oid", "0"),
            query::address("pg_class", "t.tgrelid", "0"),
            above(),
            query::enabled("p.tgenabled"),
            query::user_made_on("t.oid", "t.tgrelid"),
            enabled = query::enabled("t.tgenabled"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let Some(inherited) = &self.inherited else { return self.definition(id, "") };
        let mut statements = Vec::new();
        if inherited.name != id.name() {
            statements.push(rename(&id.renamed(inherited.name.as_str()), id.name()));
        }
        if inherited.enabled != self.enabled {
            statements.push(enable(id, self.enabled.as_deref()));
        }
        statements
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        if let Some(inherited) = &self.inherited {
            let mut statements = Vec::new();
            if inherited.enabled != self.enabled {
                statements.push(enable(id, inherited.enabled.as_deref()));
            }
            if inherited.name != id.name() {
                statements.push(rename(id, &inherited.name));
            }
            return statements;
        }
        let table = id.relation_sql();
        vec![
            Statement::new(format!("DROP TRIGGER {} ON {table}", sql::ident(id.name())))
                .lock(Lock::AccessExclusive, table),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        if self.inherited.is_some() != to.inherited.is_some() {
            return Change::Replace("it comes from the partitioned table, or no longer does".to_owned());
        }
        if self.inherited.is_some() {
            let statements = (self.enabled != to.enabled).then(|| enable(id, to.enabled.as_deref()));
            return Change::Alter(statements.into_iter().collect());
        }
        if (Trigger { enabled: to.enabled.clone(), ..self.clone() }) == *to {
            return Change::Alter(vec![enable(id, to.enabled.as_deref())]);
        }
        if context.version >= 14 && !self.constraint && !to.constraint {
            return Change::Alter(to.definition(id, "OR REPLACE "));
        }
        Change::Replace("a trigger's definition changes".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        self.inherited.is_none().then(|| rename(id, to))
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
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fires: String,
    /// What: `for each row execute function touch()`, with `referencing`, `deferrable` and `when` where it has them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub does: String,
    /// On a partition: the trigger of the partitioned table that this is a part of, where its state or comment is its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_from: Option<String>,
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
            inherited: self
                .inherited_from
                .clone()
                .map(|name| Inherited { name, enabled: Some(UNKNOWN.to_owned()) }),
        };
        if let (None, true, Some(node)) =
            (&self.inherited_from, self.fires.is_empty() || self.does.is_empty(), node)
        {
            let message = format!("{id} must say when it fires and what it does");
            declared.problems.push(yaml::Problem::new(message, &node.place));
        }
        declared.add(id.clone(), trigger, 0, node);
        let facts = Facts {
            comment: self.comment.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
            ..Facts::default()
        };
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
                inherited_from: spec.inherited.as_ref().map(|inherited| inherited.name.clone()),
                constraint: spec.constraint,
                enabled: spec.enabled.clone(),
            };
            all.insert(id.name().to_owned(), doc);
        }
        all
    }
}
