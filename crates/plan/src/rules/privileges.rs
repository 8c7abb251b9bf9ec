//! Privileges that PostgreSQL gives and takes by itself are waited for, not guessed.
//!
//! `ALTER ... OWNER TO` rewrites the privileges on an object, and what a role makes may get privileges from the start. Where either is
//! about to happen, grants on that object wait for the next round, which sees what came of it: so there is no grant of what is
//! there, and no grant that is revoked at once.

use kinds::{Id, Kind, Spec};

use crate::Request;
use crate::changes::{Action, Changes};

/// Takes out of a round the grants that the rest of the round may change.
pub(crate) fn defer(request: &Request<'_>, changes: &mut Changes) {
    let opened = opened(request);
    let waits = |id: &Id| {
        let targets =
            || id.ancestors().filter(|target| target.kind() != Kind::Schema || Some(*target) == id.parent());
        let changes_hands = |target: &Id| {
            matches!(changes.actions.get(&target.child(Kind::Owner, "")), Some(Action::Alter(_)))
        };
        id.kind() == Kind::Grant
            && (targets().any(changes_hands) || (opened && targets().any(|target| changes.comes(target))))
    };
    let waiting: Vec<Id> = changes.actions.keys().filter(|id| waits(id)).cloned().collect();
    if waiting.is_empty() {
        return;
    }
    for id in waiting {
        changes.actions.remove(&id);
    }
    // A role that grants still name cannot go yet.
    changes.actions.retain(|id, action| !(id.kind() == Kind::Role && matches!(action, Action::Drop)));
}

/// Whether what the user makes is open to others from the start.
fn opened(request: &Request<'_>) -> bool {
    request.from.objects().any(|object| match &object.spec {
        Spec::DefaultPrivilege(default) => default.role == request.user,
        _ => false,
    })
}
