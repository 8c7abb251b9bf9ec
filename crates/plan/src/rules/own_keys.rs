//! Keys and indexes that a partition has for itself beside equal ones of the partitioned table: PostgreSQL takes what is there for a part of
//! what comes, so that what is to stay apart comes after.

use std::collections::BTreeSet;

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

/// The key that a partition's key is part of, although it has another form: the part is there before, and is taken as it is.
pub(crate) fn whole(model: &Model, part: &Id) -> Option<Id> {
    match &model.get(part)?.spec {
        Spec::Constraint(key) if key.differs_from_whole(part, model) => key.whole(part, model),
        _ => None,
    }
}

/// A key comes after a part of it that has another form, and goes with it.
pub(crate) fn come_after(request: &Request<'_>, changes: &mut Changes) {
    let parts = changes.actions.keys().filter(|id| id.kind() == Kind::Constraint && !changes.goes(id.top()));
    let coming = parts.clone().filter(|id| changes.comes(id)).filter_map(|id| whole(request.to, id));
    let going = parts.filter(|id| changes.goes(id)).filter_map(|id| whole(request.from, id));
    let stays = |id: &Id| request.from.contains(id) && request.to.contains(id) && (request.managed)(id);
    let wholes: BTreeSet<Id> = coming.chain(going).filter(stays).collect();
    for id in wholes {
        let reason = "a partition's key, which is part of it, has another form".to_owned();
        changes.actions.insert(id, Action::Replace { reason });
    }
}

/// A part that sorts otherwise than the index above it is there before that one, which takes it as it is.
pub(crate) fn come_first(request: &Request<'_>, changes: &mut Changes) {
    let is_new = |id: &Id| matches!(changes.actions.get(id), Some(Action::Create));
    let above = |index: &Spec| match index {
        Spec::Index(index) => request.to.relations(index.parent.as_deref()?).find(|above| is_new(&above.id)),
        _ => None,
    };
    let (mut parts, mut waiting) = (BTreeSet::new(), BTreeSet::new());
    for object in request.to.objects().filter(|object| is_new(&object.id)) {
        let (Spec::Index(part), Some(first)) = (&object.spec, above(&object.spec)) else { continue };
        if part.sorts_otherwise(&first.spec) && request.from.contains(object.id.top()) {
            parts.insert(object.id.clone());
            let all = std::iter::successors(Some(first), |index| above(&index.spec));
            waiting.extend(all.map(|index| index.id.clone()));
        }
    }
    changes.postpone(request, waiting, |_| false, |id| parts.contains(id));
}
