//! What depends on an object that goes must go before it, and comes back after.

use std::collections::BTreeMap;

use kinds::{Id, Kind, Object, Spec};

use crate::Request;
use crate::changes::{Action, Changes};

/// Extends the changes until every object that goes takes its dependents along.
pub(crate) fn close(request: &Request<'_>, changes: &mut Changes) {
    let needed_by = needed_by(request);
    let mut queue: Vec<(Id, bool)> = changes.alone.iter().map(|id| (id.clone(), true)).collect();
    queue.extend(changes.actions.keys().filter(|id| changes.goes(id)).map(|id| (id.clone(), false)));
    while let Some((id, alone)) = queue.pop() {
        let dependents = if alone { disturbed(request, &needed_by, &id) } else { taken(request, &needed_by, &id) };
        for dependent in dependents {
            if changes.goes(&dependent.id) || !(request.managed)(&dependent.id) {
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
fn taken<'a>(request: &Request<'_>, needed_by: &BTreeMap<&'a Id, Vec<&'a Object>>, id: &Id) -> Vec<&'a Object> {
    // What names a role can be altered to name another.
    let stays = |object: &Object| id.kind() == Kind::Role && !object.id.is_within(id) && request.to.contains(&object.id);
    let dependents = needed_by.get(id).into_iter().flatten().copied();
    dependents.filter(|object| object.id.kind() != Kind::Sequence && !stays(object)).collect()
}

/// What must be away while an object is altered alone: whatever holds it in an expression or a query.
fn disturbed<'a>(request: &Request<'_>, needed_by: &BTreeMap<&'a Id, Vec<&'a Object>>, id: &Id) -> Vec<&'a Object> {
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
    matches!(kind, Kind::View | Kind::MaterializedView | Kind::Rule | Kind::Policy | Kind::Trigger | Kind::PublicationTable)
}
