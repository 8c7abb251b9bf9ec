//! The difference of two catalogs, object by object.

use std::collections::BTreeMap;

use kinds::{Change, Id, Statement};

use crate::Request;

/// What happens to one object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Create,
    Drop,
    Alter(Vec<Statement>),
    /// Dropped and made again, because of `reason`.
    Replace { reason: String },
}

#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) actions: BTreeMap<Id, Action>,
    /// Objects that must stand alone while they are altered.
    pub(crate) alone: Vec<Id>,
}

impl Changes {
    pub(crate) fn between(request: &Request<'_>) -> Changes {
        let mut changes = Changes::default();
        let context = request.context();
        for to in request.to.objects().filter(|object| (request.managed)(&object.id)) {
            match request.from.get(&to.id) {
                None => {
                    changes.actions.insert(to.id.clone(), Action::Create);
                }
                Some(from) if from.spec == to.spec => {}
                Some(from) => {
                    let action = match from.spec.alter(&to.spec, &to.id, &context) {
                        Change::Alter(statements) => Action::Alter(statements),
                        Change::AlterAlone(statements) => {
                            changes.alone.push(to.id.clone());
                            Action::Alter(statements)
                        }
                        Change::Replace(reason) => Action::Replace { reason },
                    };
                    changes.actions.insert(to.id.clone(), action);
                }
            }
        }
        for from in request.from.objects().filter(|object| (request.managed)(&object.id)) {
            if !request.to.contains(&from.id) {
                changes.actions.insert(from.id.clone(), Action::Drop);
            }
        }
        changes
    }

    /// Whether the object is gone at some time.
    pub(crate) fn goes(&self, id: &Id) -> bool {
        matches!(self.actions.get(id), Some(Action::Drop | Action::Replace { .. }))
    }

    /// Whether the object is made at some time.
    pub(crate) fn comes(&self, id: &Id) -> bool {
        matches!(self.actions.get(id), Some(Action::Create | Action::Replace { .. }))
    }
}
