//! What moves to another schema: there `renamed_from` names the old schema too. PostgreSQL takes along what is a part of it, and the
//! sequences that belong to it.

use kinds::{Id, Kind, Model};

use crate::Request;
use crate::round::{Step, Verb};

/// The schemas that are still to be made, so that something can move there.
pub(crate) fn schemas_to_move_to(request: &Request<'_>, state: &mut Model, level: &[(Id, Id)]) -> Vec<Step> {
    let mut steps = Vec::new();
    for schema in
        level.iter().filter(|(old, new)| old.parent() != new.parent()).filter_map(|(_, new)| new.parent())
    {
        let Some(object) = request.to.get(schema).filter(|_| !state.contains(schema)) else { continue };
        let statements = object.spec.create(schema, &request.context());
        steps
            .extend(statements.into_iter().map(|statement| Step::new(Verb::Create, schema, statement, None)));
        state.insert(object.clone());
    }
    steps
}

/// The sequences that belong to columns of a table.
pub fn sequences(state: &Model, table: &Id) -> Vec<Id> {
    if !table.kind().is_table() {
        return Vec::new();
    }
    let owners = state.objects().filter(|object| object.id.kind() == Kind::SequenceOwner);
    let owned = owners.filter(|object| object.needs.keys().any(|column| column.is_within(table)));
    owned.filter_map(|object| object.id.parent().cloned()).collect()
}

/// Parts what moves by a statement of its own from the sequences that a table takes along; of these, those that get another name as
/// well, once they are there.
pub(crate) fn carried(state: &Model, level: Vec<(Id, Id)>) -> (Vec<(Id, Id)>, Vec<(Id, Id)>) {
    let moves = level.iter().filter(|(old, new)| old.parent() != new.parent());
    let moves = moves
        .flat_map(|(table, new)| sequences(state, table).into_iter().map(|old| (old, new.parent().cloned())));
    let moves: Vec<(Id, Option<Id>)> = moves.collect();
    let (mut own, mut carried) = (Vec::new(), Vec::new());
    for (old, new) in level {
        match moves.iter().find(|(sequence, _)| *sequence == old) {
            Some((_, schema)) => carried.push((old.moved_to(schema.clone()), new)),
            None => own.push((old, new)),
        }
    }
    carried.retain(|(old, new)| old != new);
    (own, carried)
}
