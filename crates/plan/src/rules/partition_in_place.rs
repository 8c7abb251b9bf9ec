//! Partitions that take the place of others: these must be gone by then, and so must all that uses them.

use std::collections::BTreeSet;

use kinds::{Id, Kind, Model, Spec};

use crate::Request;
use crate::changes::{Action, Changes};

/// What would be altered from using a partition that goes to using one that comes is made anew.
pub(crate) fn let_go(request: &Request<'_>, changes: &mut Changes) {
    let of = |model: &Model, table: &Id| match model.get(&table.child(Kind::Partition, "")) {
        Some(object) => match &object.spec {
            Spec::Partition(partition) => Some(partition.of.clone()),
            _ => None,
        },
        None => None,
    };
    let among = |model: &Model, chosen: &dyn Fn(&Id) -> bool| -> Vec<(Id, String)> {
        let tables = changes.actions.keys().filter(|id| id.kind().is_table() && chosen(id));
        tables.filter_map(|table| Some((table.clone(), of(model, table)?))).collect()
    };
    let going = among(request.from, &|id| changes.goes(id));
    let coming = among(request.to, &|id| changes.comes(id));
    let parents: BTreeSet<&String> =
        going.iter().map(|(_, of)| of).filter(|of| coming.iter().any(|(_, other)| other == *of)).collect();
    if parents.is_empty() {
        return;
    }
    let uses = |model: &Model, id: &Id, tables: &[(Id, String)]| {
        let needs = model.get(id).into_iter().flat_map(|object| object.needs.keys());
        needs.map(Id::top).any(|top| tables.iter().any(|(table, of)| table == top && parents.contains(of)))
    };
    let altered = changes.actions.iter().filter(|(_, action)| matches!(action, Action::Alter(_)));
    let turning = altered.map(|(id, _)| id).filter(|id| !id.top().kind().is_table());
    let turning: Vec<Id> = turning
        .filter(|id| uses(request.from, id, &going) && uses(request.to, id, &coming))
        .cloned()
        .collect();
    for id in turning {
        let reason = "lets go of a partition before another takes its place".to_owned();
        changes.actions.insert(id, Action::Replace { reason });
    }
}
