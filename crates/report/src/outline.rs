//! What a plan comes to when before and after are laid side by side: what is renamed, new, gone, changed.

use std::collections::{BTreeMap, BTreeSet};

use apply::{Plan, Stage};
use kinds::{Id, Kind, Model, Object};
use plan::{Step, Verb};

/// Before and after, object by object.
pub(crate) struct Outline<'a> {
    /// What has another name of its own: as it was called, as it is called.
    pub(crate) renamed: Vec<(Id, Id)>,
    /// What was not there before.
    pub(crate) new: Vec<&'a Object>,
    /// What is no longer there.
    pub(crate) gone: Vec<&'a Object>,
    /// What is there before and after and is changed or made anew: as it was, as it is.
    pub(crate) changed: Vec<(&'a Object, &'a Object)>,
    /// Every object that is there before and after, by the name that it has after.
    kept: BTreeMap<Id, &'a Object>,
    /// The names that these have after, by those that they have before.
    names: BTreeMap<&'a Id, Id>,
    /// The catalog after the last script.
    pub(crate) after: &'a Model,
}

impl<'a> Outline<'a> {
    pub(crate) fn of(plan: &'a Plan) -> Outline<'a> {
        let after = plan.stages.last().map_or(&plan.before, |stage| &stage.after);
        let mut way = Way {
            names: plan.before.objects().map(|object| (object.id.clone(), object)).collect(),
            touched: BTreeSet::new(),
            moved: BTreeSet::new(),
        };
        plan.stages.iter().for_each(|stage| way.walk(stage));
        let (kept, gone): (BTreeMap<_, _>, BTreeMap<_, _>) =
            way.names.into_iter().partition(|(id, _)| after.contains(id));
        let renamed =
            kept.iter().filter(|(id, object)| id.name() != object.id.name() || way.moved.contains(*id));
        let changed = way.touched.iter().filter_map(|id| Some((*kept.get(id)?, after.get(id)?)));
        Outline {
            renamed: renamed.map(|(id, object)| (object.id.clone(), id.clone())).collect(),
            new: after.objects().filter(|object| !kept.contains_key(&object.id)).collect(),
            gone: gone.into_values().collect(),
            changed: changed.collect(),
            names: kept.iter().map(|(after, before)| (&before.id, after.clone())).collect(),
            kept,
            after,
        }
    }

    /// What something is called before the plan, given what it is called after; `None` for what is new.
    pub(crate) fn before(&self, after: &Id) -> Option<&'a Object> {
        self.kept.get(after).copied()
    }

    /// What something is called after the plan, given what it is called before; `None` for what is gone.
    pub(crate) fn now(&self, before: &Id) -> Option<&Id> {
        self.names.get(before)
    }

    /// Whether the plan makes it, not counting what it makes anew; by the name that it has after.
    pub(crate) fn is_new(&self, after: &Id) -> bool {
        !self.kept.contains_key(after) && self.after.contains(after)
    }

    /// Objects of a kind that the plan makes, changes or renames, as they are after.
    pub(crate) fn touched(&self, kind: Kind) -> Vec<&'a Object> {
        let changed = self.changed.iter().map(|(_, after)| *after);
        let renamed = self.renamed.iter().filter_map(|(_, id)| self.after.get(id));
        let all =
            self.new.iter().copied().chain(changed).chain(renamed).filter(|object| object.id.kind() == kind);
        all.map(|object| (&object.id, object)).collect::<BTreeMap<_, _>>().into_values().collect()
    }
}

/// Follows names through the steps.
struct Way<'a> {
    names: BTreeMap<Id, &'a Object>,
    touched: BTreeSet<Id>,
    /// What has moved to another schema.
    moved: BTreeSet<Id>,
}

impl Way<'_> {
    fn walk(&mut self, stage: &Stage) {
        for step in stage.forward.iter().flat_map(|round| &round.steps) {
            if let Some((old, new)) = renamed(step) {
                self.names = std::mem::take(&mut self.names)
                    .into_iter()
                    .map(|(id, object)| (id.rebased(&old, &new), object))
                    .collect();
                for ids in [&mut self.touched, &mut self.moved] {
                    *ids = std::mem::take(ids).into_iter().map(|id| id.rebased(&old, &new)).collect();
                }
                if old.parent() != new.parent() {
                    self.moved.insert(new);
                }
            } else {
                self.touched.extend(step.ids.iter().map(|(_, id)| id.clone()));
            }
        }
    }
}

/// The old and the new id of what a step renames.
pub(crate) fn renamed(step: &Step) -> Option<(Id, Id)> {
    let [(Verb::Rename, old)] = step.ids.as_slice() else { return None };
    Some((old.clone(), step.renamed_to.clone()?))
}
