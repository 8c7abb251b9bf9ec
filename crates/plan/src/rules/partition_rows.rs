//! Rows that a partition must have, or must not, when it comes to its place, and that cannot be moved (see `sibling_rows.rs`).

use kinds::kinds::inheritance;
use kinds::{Demand, Id, Kind, Mend, Rows, Spec};

use super::sibling_rows;
use crate::Request;
use crate::changes::Changes;

/// What the place of a table demands of the rows that are there.
pub(crate) fn demands(request: &Request<'_>, changes: &Changes, table: &Id) -> Vec<Demand> {
    let Some(Spec::Partition(place)) =
        request.to.get(&table.child(Kind::Partition, "")).map(|object| &object.spec)
    else {
        return Vec::new();
    };
    let Some(condition) = &place.condition else { return Vec::new() };
    // Rows of a table that is made anew go where they belong.
    if inheritance::parents(request.to, table).iter().any(|parent| changes.comes(parent)) {
        return Vec::new();
    }
    let (parent, bound) = (&place.of, &place.bound);
    let moves = sibling_rows::moves(request, changes);
    let from = |id: &Id| moves.iter().find(|step| step.place.top() == id);
    let is_taken = |default: &&Id| from(default).is_some_and(|step| step.takers.contains(table));
    let elsewhere = default_of(request, parent).filter(|default| !is_taken(default)).and_then(|default| {
        let note = format!("and insert them into {parent} again when {} is there", table.sql());
        let what = format!("that belong to {} {bound}, and that nobody moves there", table.sql());
        demand(request, changes, default, condition, condition.clone(), what, note)
    });
    let parents = inheritance::parents(request.to, table);
    let within: String =
        parents.iter().map(|parent| sibling_rows::within_parent(request, changes, parent)).collect();
    let (untaken, what) = match from(table) {
        Some(step) => (
            step.untaken.clone(),
            format!("that neither belong to {parent} {bound} nor to another partition"),
        ),
        None => {
            (Some(format!("{within}NOT ({condition})")), format!("that do not belong to {parent} {bound}"))
        }
    };
    let note = "or choose a bound that they are within".to_owned();
    let own =
        untaken.and_then(|untaken| demand(request, changes, table, &untaken.clone(), untaken, what, note));
    elsewhere.into_iter().chain(own).collect()
}

/// The default partition of a table, before and after.
fn default_of<'a>(request: &'a Request<'_>, parent: &str) -> Option<&'a Id> {
    let is_default = |spec: &Spec| matches!(spec, Spec::Partition(place) if place.of == parent && place.bound == "DEFAULT");
    let mut places = request.to.attached_to(parent).filter(|object| is_default(&object.spec));
    let before = |id: &Id| request.from.get(id).is_some_and(|object| is_default(&object.spec));
    places.find(|object| before(&object.id)).and_then(|object| object.id.parent())
}

/// Nothing where the condition could not be asked yet: where columns that it names come, or get another type.
fn demand(
    request: &Request<'_>,
    changes: &Changes,
    table: &Id,
    names: &str,
    condition: String,
    what: String,
    note: String,
) -> Option<Demand> {
    if changes.goes(table) || table.kind() != Kind::Table {
        return None;
    }
    let words = sql::words(names);
    let named = request.to.children_of_kind(table, Kind::Column).into_iter();
    let columns: Vec<Id> = named
        .filter(|column| words.iter().any(|word| word.text == column.id.name()))
        .map(|column| column.id.clone())
        .collect();
    let data_type = |model: &kinds::Model, id: &Id| match model.get(id).map(|object| &object.spec) {
        Some(Spec::Column(column)) => Some(column.data_type.clone()),
        _ => None,
    };
    let stay = columns.iter().all(|id| data_type(request.from, id) == data_type(request.to, id));
    let rows = Rows::Where { condition, what, mend: Mend::Move { note } };
    stay.then(|| Demand { relation: table.clone(), columns, only: false, rows })
}
