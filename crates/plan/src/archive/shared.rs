//! Columns that several tables have in common: children have them from their parents, typed tables from their type.

use std::collections::BTreeSet;

use kinds::kinds::column::sources;
use kinds::{Id, Kind, Model, Object, Spec};

use super::find::{Saving, image};
use crate::Request;
use crate::changes::{Action, Changes};
use crate::round::Verb;
use crate::rules::conversion::type_named;

/// A step by which several tables lose something loses nothing only where something is kept of all of them.
pub(super) fn settle(request: &Request<'_>, changes: &Changes, savings: &mut [Saving]) {
    let saved: BTreeSet<(Verb, Id)> = savings.iter().flat_map(|saving| saving.saves.clone()).collect();
    let is_saved = |step: &(Verb, Id)| {
        losers(request, changes, step).into_iter().all(|column| saved.contains(&(step.0, column)))
    };
    for saving in savings.iter_mut().filter(|saving| saving.kept.is_in_place()) {
        let own = std::mem::take(&mut saving.saves).into_iter();
        let steps = own.flat_map(|(verb, column)| {
            let above = origins(request.from, &column).into_iter().map(move |origin| (verb, origin));
            above.chain([(verb, column)])
        });
        saving.saves = steps.filter(is_saved).collect();
    }
}

/// What a column of a table is there because of: the columns of the tables above that it has it from, or the attribute of its type.
pub(crate) fn origins(model: &Model, column: &Id) -> BTreeSet<Id> {
    let mut origins = BTreeSet::new();
    let mut queue = direct_origins(model, column);
    while let Some(origin) = queue.pop() {
        queue.extend(direct_origins(model, &origin));
        origins.insert(origin);
    }
    origins
}

fn direct_origins(model: &Model, column: &Id) -> Vec<Id> {
    let mut origins = sources(model, column);
    if let Some(Spec::Table(table)) = model.get(column.top()).map(|object| &object.spec)
        && let Some((composite, _)) = table.of_type.as_deref().and_then(|name| type_named(model, name))
    {
        origins.push(composite.child(Kind::Attribute, column.name()));
    }
    origins
}

/// All columns that lose values by a step.
fn losers(request: &Request<'_>, changes: &Changes, (verb, step): &(Verb, Id)) -> Vec<Id> {
    let loses = |object: &Object| match (&object.spec, changes.actions.get(&object.id)) {
        (Spec::Column(column), Some(Action::Alter(_))) => {
            *verb == Verb::Alter && image(request, changes, object, column).is_some()
        }
        (Spec::Column(column), Some(_)) => *verb == Verb::Drop && column.generated.is_none(),
        _ => false,
    };
    let is_of_step =
        |object: &&Object| object.id == *step || origins(request.from, &object.id).contains(step);
    let columns = request.from.objects().filter(|object| loses(object)).filter(is_of_step);
    columns.map(|object| object.id.clone()).collect()
}
