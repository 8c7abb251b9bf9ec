//! What several tables have in common: children have columns from their parents, typed tables from their type, and the values of a column
//! have attributes.

use std::collections::BTreeSet;

use kinds::kinds::column::{Column, sources};
use kinds::{Id, Kind, Model, Object, Spec};

use super::KeptColumn;
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

/// What is done to a column: a child table's is altered with that of its parent.
pub(super) fn action<'c>(request: &Request<'_>, changes: &'c Changes, column: &Id) -> Option<&'c Action> {
    changes.actions.get(column).or_else(|| {
        let sources = sources(request.from, column);
        let actions = sources.iter().filter_map(|source| action(request, changes, source));
        actions.into_iter().find(|action| matches!(action, Action::Alter(_)))
    })
}

/// What the values of columns that stay lose: attributes that go from their type, each with what stands for that it is kept.
pub(super) fn parts(request: &Request<'_>, changes: &Changes, table: &Id) -> Vec<(KeptColumn, Id)> {
    let mut parts = Vec::new();
    for column in request.from.children_of_kind(table, Kind::Column) {
        let stays = !changes.goes(&column.id) || changes.suspends(&column.id);
        let (Spec::Column(spec), true) = (&column.spec, stays) else { continue };
        if spec.generated.is_some() || !request.to.contains(&column.id) {
            continue;
        }
        for attribute in attributes(request.from, spec) {
            let is_lost = matches!(changes.actions.get(&attribute.id), Some(Action::Drop));
            let stays = attribute.id.parent().is_some_and(|of| request.to.contains(of));
            if let Some(part) = KeptColumn::part(column.id.name(), attribute, request.from)
                && is_lost
                && stays
            {
                parts.push((part, part_of(&column.id, &attribute.id)));
            }
        }
    }
    parts
}

/// Stands for an attribute of the values of a column.
fn part_of(column: &Id, attribute: &Id) -> Id {
    column.child(Kind::Attribute, attribute.name())
}

/// The attributes of the values of a column: those of its composite type, or the columns of the table whose row type it is.
fn attributes<'m>(model: &'m Model, column: &Column) -> Vec<&'m Object> {
    if let Some((composite, Spec::Composite(_))) = type_named(model, &column.data_type) {
        return model.children_of_kind(composite, Kind::Attribute);
    }
    let tables = model.relations(&column.data_type).filter(|object| object.id.kind() == Kind::Table);
    tables.flat_map(|table| model.children_of_kind(&table.id, Kind::Column)).collect()
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

/// The next of them.
pub(crate) fn direct_origins(model: &Model, column: &Id) -> Vec<Id> {
    if let Some(whole) = column.parent().filter(|whole| whole.kind() == Kind::Column) {
        let Some(Spec::Column(spec)) = model.get(whole).map(|object| &object.spec) else { return Vec::new() };
        let attributes = attributes(model, spec).into_iter().map(|attribute| attribute.id.clone());
        return attributes.filter(|attribute| attribute.name() == column.name()).collect();
    }
    let mut origins = sources(model, column);
    if let Some(Spec::Table(table)) = model.get(column.top()).map(|object| &object.spec)
        && let Some((composite, _)) = table.of_type.as_deref().and_then(|name| type_named(model, name))
    {
        origins.push(composite.child(Kind::Attribute, column.name()));
    }
    origins
}

/// Whether a table is a partition before and after, of which nothing is kept but with the partitioned table.
pub(super) fn stays_partition(request: &Request<'_>, table: &Id) -> bool {
    let place = table.child(Kind::Partition, "");
    request.from.contains(&place) && request.to.contains(&place)
}

/// All columns that lose values by a step, or what stands for attributes of theirs.
fn losers(request: &Request<'_>, changes: &Changes, (verb, step): &(Verb, Id)) -> Vec<Id> {
    let loses = |object: &Object| match (&object.spec, action(request, changes, &object.id)) {
        (Spec::Column(column), Some(Action::Alter(_))) => {
            *verb == Verb::Alter && image(request, changes, object, column).is_some()
        }
        (Spec::Column(column), Some(_)) => *verb == Verb::Drop && column.generated.is_none(),
        _ => false,
    };
    let is_of_step =
        |object: &&Object| object.id == *step || origins(request.from, &object.id).contains(step);
    let is_own = |object: &&Object| !stays_partition(request, object.id.top());
    let columns = request.from.objects().filter(|object| loses(object)).filter(is_of_step).filter(is_own);
    let columns: Vec<Id> = columns.map(|object| object.id.clone()).collect();
    let is_attribute = matches!(step.kind(), Kind::Column | Kind::Attribute);
    let attributes: BTreeSet<&Id> = columns.iter().chain(is_attribute.then_some(step)).collect();
    let parts = attributes.into_iter().flat_map(|attribute| holders(request, changes, *verb, attribute));
    let parts: Vec<Id> = parts.collect();
    [columns, parts].concat()
}

/// What has values with an attribute which goes or becomes another one: what stands for that of a column, if it can be kept, and the
/// others themselves.
fn holders(request: &Request<'_>, changes: &Changes, verb: Verb, attribute: &Id) -> Vec<Id> {
    let users = attribute.parent().into_iter().flat_map(|of| request.from.dependents(of));
    let is_own = |user: &&Object| !stays_partition(request, user.id.top());
    let holds = |user: &&Object| match &user.spec {
        Spec::Column(column) => column.generated.is_none() && !user.id.is_within(attribute.top()),
        spec => matches!(spec, Spec::Attribute(_) | Spec::Domain(_) | Spec::Range(_)),
    };
    let goes = |whole: &Id| changes.goes(whole) && !changes.swaps(whole);
    let stays = |user: &&Object| !goes(user.id.top()) && request.to.contains(&user.id);
    // Of an attribute that becomes another one, nothing is kept.
    let is_part = |column: &Column| attributes(request.from, column).iter().any(|part| part.id == *attribute);
    let users = users.filter(is_own).filter(holds).filter(stays);
    users
        .map(|user| match &user.spec {
            Spec::Column(column) if verb == Verb::Drop && is_part(column) => part_of(&user.id, attribute),
            _ => user.id.clone(),
        })
        .collect()
}
