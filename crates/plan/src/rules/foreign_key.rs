//! Foreign keys that must be away for a while: between columns of which both change their types, as values of the one could not be compared
//! with those of the other in between; to the rows of a partition that gets another bound, as PostgreSQL detaches none that is referred to;
//! and in a circle of tables that become logged or unlogged, as a logged one refers to logged ones only.

use std::collections::BTreeSet;

use kinds::{Id, Kind, Model, Object, Spec};

use super::sibling_rows::{self, Move};
use super::type_swap::go_and_come_back;
use crate::Request;
use crate::changes::{Action, Changes};
use crate::table_order::{has_above, reference};

/// Types whose values can be compared with each other's, so that one column may be first.
const COMPARABLE: [&[&str]; 2] =
    [&["smallint", "integer", "bigint"], &["text", "character varying", "character", "bpchar"]];

/// Lets such keys go and come back.
pub(crate) fn let_go(request: &Request<'_>, changes: &mut Changes) {
    let moves = sibling_rows::moves(request, changes);
    let keys: Vec<&Object> = request.from.objects().filter(|object| is_key(object)).collect();
    for key in keys.into_iter().filter(|key| (request.managed)(&key.id)) {
        // One that is altered in place stays as well.
        let stays = !changes.goes(&key.id) && request.to.contains(&key.id);
        let columns = key.needs.keys().filter(|id| id.kind() == Kind::Column);
        let retyped: Vec<&Id> = columns.filter(|id| is_retyped(request, changes, id)).collect();
        let tables: BTreeSet<&Id> = retyped.iter().map(|id| id.top()).collect();
        let period = |object: &Object| matches!(&object.spec, Spec::Constraint(key) if key.definition.contains("PERIOD"));
        let comparable = !period(key) && retyped.iter().all(|id| stays_comparable(request, id));
        if stays && tables.len() > 1 && !comparable {
            go_and_come_back(request, changes, key, retyped[0]);
        } else if stays && closes_a_circle(request, &key.id) {
            go_and_come_back(request, changes, key, key.id.top());
        } else if let Some(bound) = bound_below(request, changes, &moves, &key.id)
            && stays
        {
            go_and_come_back(request, changes, key, &bound);
        }
    }
}

/// Whether a key refers to a table that refers back, at any distance, where all of them become logged or unlogged: none could be the first.
fn closes_a_circle(request: &Request<'_>, key: &Id) -> bool {
    let unlogged = |model: &Model, table: &Id| match model.get(table).map(|object| &object.spec) {
        Some(Spec::Table(table)) => Some(table.unlogged),
        _ => None,
    };
    let changes = |table: &Id| {
        let (from, to) = (unlogged(request.from, table), unlogged(request.to, table));
        from.is_some() && to.is_some() && from != to
    };
    let (Some(table), Some(first)) = (key.parent(), reference(request.from, key)) else { return false };
    if !changes(table) || !changes(&first) || first == *table {
        return false;
    }
    let mut reached = vec![first];
    let mut next = 0;
    while let Some(other) = reached.get(next) {
        let keys = request.from.children_of_kind(other, Kind::Constraint).into_iter();
        let further = keys.filter_map(|key| reference(request.from, &key.id));
        let further: Vec<Id> = further.filter(|id| changes(id) && !reached.contains(id)).collect();
        reached.extend(further);
        next += 1;
    }
    reached.contains(table)
}

/// The place of a partition, at any depth below the table that a key refers to before and after, whose bound changes or whose rows are
/// moved to others.
fn bound_below(request: &Request<'_>, changes: &Changes, moves: &[Move], key: &Id) -> Option<Id> {
    let (from, to) = (reference(request.from, key)?, reference(request.to, key)?);
    let below = |table: &Id| has_above(request.from, table, &from) && has_above(request.to, table, &to);
    let replaced = |id: &&Id| matches!(changes.actions.get(id), Some(Action::Replace { .. }));
    let mut bounds = changes.actions.keys().filter(|id| id.kind() == Kind::Partition).filter(replaced);
    let bound = bounds.find(|bound| bound.parent().is_some_and(|table| !changes.goes(table) && below(table)));
    let moved = || moves.iter().find(|step| below(&step.parent)).map(|step| &step.place);
    bound.or_else(moved).cloned()
}

/// A foreign key of a table's own: those of partitions go with their parents'.
fn is_key(object: &Object) -> bool {
    matches!(&object.spec, Spec::Constraint(key) if key.references.is_some() && !key.inherited)
}

pub(super) fn data_type<'m>(model: &'m Model, id: &Id) -> Option<&'m str> {
    match &model.get(id)?.spec {
        Spec::Column(column) => Some(column.data_type.as_str()),
        _ => None,
    }
}

fn is_retyped(request: &Request<'_>, changes: &Changes, id: &Id) -> bool {
    matches!(changes.actions.get(id), Some(Action::Alter(_)))
        && data_type(request.from, id) != data_type(request.to, id)
}

fn stays_comparable(request: &Request<'_>, id: &Id) -> bool {
    let base = |model| data_type(model, id).map(|name| name.split('(').next().unwrap_or(name));
    match (base(request.from), base(request.to)) {
        (Some(from), Some(to)) => are_comparable(from, to),
        _ => false,
    }
}

fn are_comparable(one: &str, other: &str) -> bool {
    one == other || COMPARABLE.iter().any(|family| family.contains(&one) && family.contains(&other))
}
