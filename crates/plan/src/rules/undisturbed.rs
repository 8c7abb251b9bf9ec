//! Rows that are written for a plan's own ends: no trigger fires, and no policy hides any.

use kinds::kinds::inheritance;
use kinds::kinds::replica_identity::ReplicaIdentity;
use kinds::kinds::trigger::enable_word;
use kinds::{Id, Kind, Lock, Model, Spec, Statement};

use crate::Request;
use crate::archive::is_forced;
use crate::changes::Changes;

/// What is checked at the end of a transaction keeps a table from being altered; from here on it is checked at once.
pub(crate) const CONSTRAINTS_IMMEDIATE: &str = "SET CONSTRAINTS ALL IMMEDIATE";

/// Statements that write rows of a table, with all triggers off that would fire, and its policies out of the way. Nothing where rules
/// of the table would do something else.
pub(crate) fn undisturbed(
    model: &Model,
    table: &Id,
    statements: impl IntoIterator<Item = String>,
) -> Vec<String> {
    if has_rules(model, table) {
        return Vec::new();
    }
    let (off, on) = around(model, table, &Triggers { are_there: &|_| true, have_parts: &|_| true });
    let [off, on] = [off, on].map(|statements| statements.into_iter().map(|statement| statement.sql));
    off.chain(statements).chain(on).collect()
}

pub(crate) fn has_rules(model: &Model, table: &Id) -> bool {
    !model.children_of_kind(table, Kind::Rule).is_empty()
}

/// The same for those that update or delete rows, with what published tables need for that.
pub(crate) fn updated_undisturbed(
    model: &Model,
    table: &Id,
    statements: impl IntoIterator<Item = String>,
) -> Vec<String> {
    undisturbed(model, table, updated(model, table, statements))
}

/// Statements that update or delete rows, with what published tables need for that.
pub(crate) fn updated(
    model: &Model,
    table: &Id,
    statements: impl IntoIterator<Item = String>,
) -> Vec<String> {
    let statements = statements.into_iter().map(Statement::new).collect();
    identified(model, table, statements).into_iter().map(|statement| statement.sql).collect()
}

/// Which triggers of the tables of a family matter.
pub(crate) struct Triggers<'a> {
    /// Whether a trigger is there.
    pub(crate) are_there: &'a dyn Fn(&Id) -> bool,
    /// Whether a table has its part of a trigger that is said above it.
    pub(crate) have_parts: &'a dyn Fn(&Id) -> bool,
}

/// The statements around one that writes rows of a table, and of those that it is a partition of or that are partitions of it.
pub(crate) fn around(
    model: &Model,
    written: &Id,
    triggers: &Triggers<'_>,
) -> (Vec<Statement>, Vec<Statement>) {
    let mut off = Vec::new();
    let mut on = Vec::new();
    if checks_late(model) {
        off.push(Statement::new(CONSTRAINTS_IMMEDIATE.to_owned()));
    }
    for table in family(model, &root(model, written)) {
        for trigger in model.children_of_kind(&table, Kind::Trigger) {
            let Spec::Trigger(spec) = &trigger.spec else { continue };
            let is_part = spec.inherited.is_some();
            if !(triggers.are_there)(&trigger.id) || is_part && !(triggers.have_parts)(&trigger.id) {
                continue;
            }
            // A partition's part of a trigger goes off and on with that of the partitioned table; only then it has its own state again.
            let is_off = spec.enabled.as_deref() == Some("disabled");
            let name = sql::ident(trigger.id.name());
            if !is_part && !is_off {
                off.push(altered(&table, &format!("DISABLE TRIGGER {name}"), Lock::ShareRowExclusive));
            }
            if is_part || !is_off {
                let word = enable_word(spec.enabled.as_deref());
                on.push(altered(&table, &format!("{word} TRIGGER {name}"), Lock::ShareRowExclusive));
            }
        }
    }
    if is_forced(model, written) {
        off.push(altered(written, "NO FORCE ROW LEVEL SECURITY", Lock::AccessExclusive));
        on.push(altered(written, "FORCE ROW LEVEL SECURITY", Lock::AccessExclusive));
    }
    (off, on)
}

/// Statements that insert rows into a table of a family of partitions which are made or changed meanwhile, disturbed by none of the triggers
/// that are there.
pub(crate) fn inserted(
    request: &Request<'_>,
    changes: &Changes,
    parent: &Id,
    statements: Vec<Statement>,
) -> Vec<Statement> {
    let are_there = |trigger: &Id| !changes.goes(trigger) && !changes.goes(trigger.top());
    let triggers = Triggers { are_there: &are_there, have_parts: &|_| true };
    let (off, on) = around(request.from, parent, &triggers);
    [off, statements, on].concat()
}

/// Whether anything may be checked at the end of a transaction.
fn checks_late(model: &Model) -> bool {
    model.objects().any(|object| match &object.spec {
        Spec::Constraint(constraint) => constraint.deferrable,
        Spec::Trigger(trigger) => trigger.constraint,
        _ => false,
    })
}

/// The topmost table that another one is a partition of.
pub(crate) fn root(model: &Model, table: &Id) -> Id {
    let is_partition = model.contains(&table.child(Kind::Partition, ""));
    let parent = inheritance::parents(model, table).into_iter().next().filter(|_| is_partition);
    parent.map_or_else(|| table.clone(), |parent| root(model, &parent))
}

/// A table and all partitions below it, those above first.
pub(crate) fn family(model: &Model, root: &Id) -> Vec<Id> {
    let mut all = vec![root.clone()];
    let mut next = 0;
    while let Some(table) = all.get(next) {
        let places = model.attached_to(&table.sql()).filter(|object| object.id.kind() == Kind::Partition);
        let below: Vec<Id> = places.filter_map(|object| object.id.parent()).cloned().collect();
        all.extend(below);
        next += 1;
    }
    all
}

/// Statements that update or delete rows of a table, which say by which columns that is published where nothing does.
pub(crate) fn identified(model: &Model, table: &Id, statements: Vec<Statement>) -> Vec<Statement> {
    let is_published = model.ids().any(|id| id.kind() == Kind::Publication);
    let tables = family(model, table).into_iter().filter(|table| {
        let stored = matches!(model.get(table).map(|object| &object.spec), Some(Spec::Table(spec)) if spec.partition_by.is_none());
        let identity = model.get(&table.child(Kind::ReplicaIdentity, "")).map(|object| &object.spec);
        let mut keys = model.children_of_kind(table, Kind::Constraint).into_iter();
        let has_key = keys.any(|key| matches!(&key.spec, Spec::Constraint(key) if key.primary_key().is_some()));
        let nothing = matches!(identity, Some(Spec::ReplicaIdentity(ReplicaIdentity::Nothing)));
        is_published && stored && (nothing || identity.is_none() && !has_key)
    });
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for table in tables {
        let was = match model.contains(&table.child(Kind::ReplicaIdentity, "")) {
            true => "NOTHING",
            false => "DEFAULT",
        };
        before.push(altered(&table, "REPLICA IDENTITY FULL", Lock::AccessExclusive));
        after.push(altered(&table, &format!("REPLICA IDENTITY {was}"), Lock::AccessExclusive));
    }
    [before, statements, after].concat()
}

fn altered(table: &Id, action: &str, lock: Lock) -> Statement {
    let table = table.sql();
    Statement::new(format!("ALTER TABLE {table} {action}")).lock(lock, &table)
}
