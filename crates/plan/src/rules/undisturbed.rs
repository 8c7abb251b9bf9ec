//! Rows that are written for a plan's own ends: no trigger fires, and no policy hides any.

use kinds::kinds::inheritance;
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
    let altered = |table: &Id, action: String, lock: Lock| {
        let table = table.sql();
        Statement::new(format!("ALTER TABLE {table} {action}")).lock(lock, &table)
    };
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
                off.push(altered(&table, format!("DISABLE TRIGGER {name}"), Lock::ShareRowExclusive));
            }
            if is_part || !is_off {
                let word = enable_word(spec.enabled.as_deref());
                on.push(altered(&table, format!("{word} TRIGGER {name}"), Lock::ShareRowExclusive));
            }
        }
    }
    if is_forced(model, written) {
        off.push(altered(written, "NO FORCE ROW LEVEL SECURITY".to_owned(), Lock::AccessExclusive));
        on.push(altered(written, "FORCE ROW LEVEL SECURITY".to_owned(), Lock::AccessExclusive));
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
