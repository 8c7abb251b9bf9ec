//! Keys and indexes that a partition has for itself beside equal ones of the partitioned table: PostgreSQL takes what is there for a part of
//! what comes, so that what is to stay apart comes after.

use kinds::kinds::index::passes_for_part;
use kinds::kinds::inheritance;
use kinds::{Id, Kind, Model, Spec};

use crate::Request;
use crate::changes::{Action, Changes};

/// The keys and indexes of tables above that PostgreSQL would take one of a partition for a part of, although it is none.
pub(crate) fn above<'m>(model: &'m Model, own: &Id) -> Vec<&'m Id> {
    let is_own = |spec: &&Spec| match spec {
        Spec::Index(index) => index.parent.is_none(),
        Spec::Constraint(key) => key.has_index() && key.parent.is_none() && key.index_parent.is_none(),
        _ => false,
    };
    let Some(spec) = model.get(own).map(|object| &object.spec).filter(is_own) else { return Vec::new() };
    let mut tables = match model.contains(&own.top().child(Kind::Partition, "")) {
        true => inheritance::parents(model, own.top()),
        false => Vec::new(),
    };
    let mut found = Vec::new();
    while let Some(table) = tables.pop() {
        tables.extend(inheritance::parents(model, &table));
        for kind in [Kind::Constraint, Kind::Index] {
            let keys = model.of_kind_in(Some(&table), kind);
            found.extend(keys.filter(|key| passes_for_part(spec, &key.spec)).map(|key| &key.id));
        }
    }
    found
}

/// What stays is made anew where it would be taken for a part of what comes.
pub(crate) fn put_by(request: &Request<'_>, changes: &mut Changes) {
    let stays = |id: &&Id| {
        matches!(id.kind(), Kind::Constraint | Kind::Index)
            && request.from.contains(id)
            && !changes.comes(id)
            && (request.managed)(id)
    };
    let taken: Vec<Id> = request
        .to
        .ids()
        .filter(stays)
        .filter(|id| above(request.to, id).into_iter().any(|key| changes.comes(key)))
        .cloned()
        .collect();
    for id in taken {
        let reason = "PostgreSQL would take it for a part of what the partitioned table gets".to_owned();
        changes.actions.insert(id, Action::Replace { reason });
    }
}
