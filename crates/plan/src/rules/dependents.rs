//! What depends on an object that goes must go before it, and comes back after.

use std::collections::BTreeMap;

use kinds::kinds::domain::Domain;
use kinds::{Id, Kind, Object, Spec};

use super::type_swap;
use crate::changes::{Action, Changes};
use crate::{Error, Request};

/// Extends the changes until every object that goes takes its dependents along.
pub(crate) fn close(request: &Request<'_>, changes: &mut Changes) -> Result<(), Error> {
    let needed_by = needed_by(request);
    let mut queue = open(changes);
    while let Some((id, alone)) = queue.pop() {
        // What uses a type that is put aside has been seen to.
        let dependents = match alone {
            true => disturbed(request, &needed_by, &id),
            false if changes.swaps(&id) => Vec::new(),
            false => taken(request, &needed_by, &id),
        };
        for dependent in dependents {
            if changes.goes(&dependent.id)
                || !(request.managed)(&dependent.id)
                || (!alone && turns_away(request, changes, dependent, &id))
                || lets_go(request, changes, &dependent.id)
            {
                continue;
            }
            let type_id = if dependent.id.kind() == Kind::Attribute {
                dependent.id.parent()
            } else {
                Some(&dependent.id)
            };
            if let Some(type_id) =
                type_id.filter(|type_id| type_id.kind().is_type() && !dependent.id.is_within(&id))
            {
                if take_type(request, changes, type_id, &id)? {
                    queue.extend(open(changes));
                }
                continue;
            }
            let action = if request.to.contains(&dependent.id) {
                Action::Replace { reason: format!("goes and comes back around {id}") }
            } else {
                Action::Drop
            };
            changes.actions.insert(dependent.id.clone(), action);
            queue.push((dependent.id.clone(), false));
        }
    }
    Ok(())
}

/// What is to be looked at: objects that stand alone, and objects that go.
fn open(changes: &Changes) -> Vec<(Id, bool)> {
    let alone = changes.alone.iter().map(|id| (id.clone(), true));
    alone.chain(changes.actions.keys().filter(|id| changes.goes(id)).map(|id| (id.clone(), false))).collect()
}

/// Whether the object is altered so that it needs the other one no more.
fn turns_away(request: &Request<'_>, changes: &Changes, object: &Object, need: &Id) -> bool {
    let altered = matches!(changes.actions.get(&object.id), Some(Action::Alter(_) | Action::Suspend { .. }));
    // What needs another part of the same view or table needs that one.
    let whole = need.ancestors().filter(|ancestor| changes.goes(ancestor)).last().unwrap_or(need);
    let parted = changes.apart.iter().any(|(going, _)| going == need);
    altered
        && !parted
        // A constraint that is altered keeps the key that it refers to.
        && object.id.kind() != Kind::Constraint
        && !object.id.is_within(need)
        && request
            .to
            .get(&object.id)
            .is_some_and(|to| !to.needs.keys().any(|other| other == whole || other.is_within(whole)))
}

/// Whether a generated column keeps its values as a plain one, and so needs no other column any more.
pub(crate) fn lets_go(request: &Request<'_>, changes: &Changes, id: &Id) -> bool {
    let generated = |model: &kinds::Model| match model.get(id).map(|object| &object.spec) {
        Some(Spec::Column(column)) => Some(column.generated.is_some()),
        _ => None,
    };
    let altered = matches!(changes.actions.get(id), Some(Action::Alter(_)));
    altered && generated(request.from) == Some(true) && generated(request.to) == Some(false)
}

/// A type whose needs go: a domain can do without its default for a while, all else is made anew. Whether others are touched.
fn take_type(request: &Request<'_>, changes: &mut Changes, id: &Id, need: &Id) -> Result<bool, Error> {
    let spec = |model: &kinds::Model| model.get(id).map(|object| object.spec.clone());
    if let (Some(Spec::Domain(from)), Some(Spec::Domain(to))) = (spec(request.from), spec(request.to))
        && !need.kind().is_type()
        && from.default.is_some()
    {
        if !changes.suspends(id) {
            let own = match changes.actions.get(id) {
                Some(Action::Alter(statements)) => statements.clone(),
                _ => to.default.iter().map(|default| Domain::set_default(id, Some(default))).collect(),
            };
            let reason = format!("does without its default around {need}");
            let action = Action::Suspend { leave: vec![Domain::set_default(id, None)], resume: own, reason };
            changes.actions.insert(id.clone(), action);
        }
        return Ok(false);
    }
    type_swap::replace(request, changes, id, &format!("goes and comes back around {need}"))?;
    Ok(true)
}

/// Objects by what they need.
fn needed_by<'a>(request: &'a Request<'_>) -> BTreeMap<&'a Id, Vec<&'a Object>> {
    let mut needed_by: BTreeMap<&Id, Vec<&Object>> = BTreeMap::new();
    for object in request.from.objects() {
        for need in object.needs.keys() {
            needed_by.entry(need).or_default().push(object);
        }
        if let Some(parent) = object.id.parent() {
            needed_by.entry(parent).or_default().push(object);
        }
    }
    needed_by
}

/// What goes with an object: its parts, and all that needs it.
fn taken<'a>(
    request: &Request<'_>,
    needed_by: &BTreeMap<&'a Id, Vec<&'a Object>>,
    id: &Id,
) -> Vec<&'a Object> {
    // What names a role can be altered to name another.
    let stays = |object: &Object| {
        id.kind() == Kind::Role && !object.id.is_within(id) && request.to.contains(&object.id)
    };
    let mut parts = vec![id];
    let of_parts = needed_by.get(id).into_iter().flatten().filter(|object| object.id.parent() == Some(id));
    parts.extend(of_parts.map(|part| &part.id));
    let dependents = parts.into_iter().filter_map(|part| needed_by.get(part)).flatten().copied();
    dependents.filter(|object| object.id.kind() != Kind::Sequence && !stays(object)).collect()
}

/// What must be away while an object is altered alone: whatever holds it in an expression or a query.
fn disturbed<'a>(
    request: &Request<'_>,
    needed_by: &BTreeMap<&'a Id, Vec<&'a Object>>,
    id: &Id,
) -> Vec<&'a Object> {
    let dependents = needed_by.get(id).into_iter().flatten().copied();
    dependents
        .filter(|object| match &object.spec {
            Spec::ColumnDefault(_) => object.id.parent() == Some(id),
            Spec::Column(column) => column.generated.is_some(),
            Spec::Function(function) => function.sql_body.is_some(),
            _ => holds_expressions(object.id.kind()),
        })
        .filter(|object| request.from.contains(&object.id))
        .collect()
}

fn holds_expressions(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::View
            | Kind::MaterializedView
            | Kind::Rule
            | Kind::Policy
            | Kind::Trigger
            | Kind::PublicationTable
    )
}
