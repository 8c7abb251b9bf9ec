//! The difference of two catalogs, object by object.

use std::collections::{BTreeMap, BTreeSet};

use kinds::{Change, Id, Kind, Object, Statement};

use crate::Request;

/// What happens to one object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Create,
    Drop,
    Alter(Vec<Statement>),
    /// Dropped and made again, because of `reason`.
    Replace {
        reason: String,
    },
    /// Old and new are there together until rows use the new one, and one of them has a name of its own meanwhile: the old one, put
    /// aside (see [`Changes::aside`]), or the new one (see [`Changes::ahead`]).
    Swap {
        rename: Vec<Statement>,
        drop: Vec<Statement>,
        reason: String,
    },
    /// Stays, but lets go of what it uses by `leave` before that goes, and takes hold of it again by `resume`.
    Suspend {
        leave: Vec<Statement>,
        resume: Vec<Statement>,
        reason: String,
    },
}

#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) actions: BTreeMap<Id, Action>,
    /// Objects that must stand alone while they are altered.
    pub(crate) alone: Vec<Id>,
    /// The names under which types are put aside.
    pub(crate) aside: BTreeMap<Id, Id>,
    /// The names under which types are made that take the place of old ones when these are gone.
    pub(crate) ahead: BTreeMap<Id, Id>,
    /// Objects that are altered only after another one has been made anew.
    pub(crate) later: Vec<(Id, Id)>,
    /// Columns that get back what is kept of them while their values are cast.
    pub(crate) looked_up: Vec<Id>,
    /// Functions of one name that must not be there together: one that goes, with all that calls it, and one that comes after.
    pub(crate) apart: Vec<(Id, Id)>,
}

impl Changes {
    pub(crate) fn between(request: &Request<'_>) -> Changes {
        let mut changes = Changes::default();
        let context = request.context();
        // Rows wait until all else is as it should be: see `rules/seed_rows.rs`.
        let managed = |object: &&Object| (request.managed)(&object.id) && object.id.kind() != Kind::SeedRows;
        for to in request.to.objects().filter(managed) {
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
        for from in request.from.objects().filter(managed) {
            if !request.to.contains(&from.id) {
                changes.actions.insert(from.id.clone(), Action::Drop);
            }
        }
        changes
    }

    /// Has what could be altered in place go before what it used, and come when what it uses is there.
    pub(crate) fn make_anew(&mut self, ids: &BTreeSet<Id>) {
        for id in ids {
            let reason = "what it used goes before what it uses can come".to_owned();
            self.actions.insert(id.clone(), Action::Replace { reason });
        }
    }

    /// Takes out what waits, and all that needs it or stands in it: where `waits` is true of what it needs, and it is not `spared`.
    pub(crate) fn postpone(
        &mut self,
        request: &Request<'_>,
        mut waiting: BTreeSet<Id>,
        waits: impl Fn(&Id) -> bool,
        spared: impl Fn(&Id) -> bool,
    ) {
        loop {
            let needs = |id: &&Id| {
                let needs = request.to.get(id).into_iter().flat_map(|object| object.needs.keys());
                let mut needs = needs.chain(id.ancestors());
                !waiting.contains(*id)
                    && !spared(id)
                    && needs.any(|need| waiting.contains(need) || waits(need))
            };
            let more: Vec<Id> = self.actions.keys().filter(needs).cloned().collect();
            if more.is_empty() {
                break;
            }
            waiting.extend(more);
        }
        self.actions.retain(|id, _| !waiting.contains(id));
    }

    /// Whether the old object is still there while the new one is made.
    pub(crate) fn swaps(&self, id: &Id) -> bool {
        matches!(self.actions.get(id), Some(Action::Swap { .. }))
    }

    /// Whether the object only lets go of something for a while.
    pub(crate) fn suspends(&self, id: &Id) -> bool {
        matches!(self.actions.get(id), Some(Action::Suspend { .. }))
    }

    /// Whether the object is gone at some time.
    pub(crate) fn goes(&self, id: &Id) -> bool {
        matches!(self.actions.get(id), Some(Action::Drop | Action::Replace { .. } | Action::Swap { .. }))
    }

    /// Whether the object is made at some time.
    pub(crate) fn comes(&self, id: &Id) -> bool {
        matches!(self.actions.get(id), Some(Action::Create | Action::Replace { .. } | Action::Swap { .. }))
    }
}
