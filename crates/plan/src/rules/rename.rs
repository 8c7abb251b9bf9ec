//! Names are stated, not guessed: `renamed_from` in the YAML. What is the same but for its name, and holds no rows, is
//! brought in line by itself, so that the result is named as a schema built fresh.

use std::collections::BTreeMap;

use kinds::{Id, Kind, Model};

use crate::Request;
use crate::round::Step;

/// The renames that the YAML states and that are still to be done.
///
/// Where only the old name exists, it is renamed; where only the new one does, it is done; where neither does, the object is
/// simply created. That both exist is refused before the plan is made.
pub(crate) fn stated(request: &Request<'_>) -> Vec<Step> {
    let mut state = request.from.clone();
    let mut pending: Vec<(&Id, &String)> = request.directives.renames.iter().collect();
    pending.sort_by_key(|(id, _)| (id.depth(), (*id).clone()));
    let mut renames = Vec::new();
    for depth in 0..8 {
        let level: Vec<(Id, String)> = pending
            .iter()
            .filter(|(id, _)| id.depth() == depth && request.to.contains(id))
            .map(|(id, old)| (id.renamed(old.as_str()), id.name().to_owned()))
            .filter(|(old, _)| state.contains(old))
            .collect();
        renames.extend(ordered(&mut state, level));
    }
    renames
}

/// Orders renames so that no name is taken when it is given; a circle goes over a name of its own.
pub(crate) fn ordered(state: &mut Model, mut level: Vec<(Id, String)>) -> Vec<Step> {
    let mut steps = Vec::new();
    // A new name that is held by an object that stays is no rename to be done: it has been done already.
    let leaving: Vec<Id> = level.iter().map(|(old, _)| old.clone()).collect();
    level.retain(|(old, new)| !state.contains(&old.renamed(new)) || leaving.contains(&old.renamed(new)));
    while !level.is_empty() {
        let free = level.iter().position(|(old, new)| !state.contains(&old.renamed(new)));
        if let Some(index) = free {
            let (old, new) = level.remove(index);
            steps.extend(rename(state, &old, &new));
        } else {
            let (old, new) = level.remove(0);
            let temporary = format!("endstate_rename_{}", steps.len());
            steps.extend(rename(state, &old, &temporary));
            level.push((old.renamed(temporary), new));
        }
    }
    steps
}

/// The statement that renames, and the state with everything under the new name.
fn rename(state: &mut Model, old: &Id, new: &str) -> Option<Step> {
    let statement = state.get(old)?.spec.rename(old, new)?;
    let renamed = old.renamed(new);
    let moved: Vec<Id> = state.ids().filter(|id| *id == old || id.is_within(old)).cloned().collect();
    for id in moved {
        if let Some(mut object) = state.remove(&id) {
            object.id = id.rebased(old, &renamed);
            state.insert(object);
        }
    }
    Some(Step::rename(old, &renamed, statement))
}

/// Renames of objects without rows of their own (constraints, indexes, triggers, policies ...) whose definitions are equal:
/// to rename one is what dropping it and making the other would come to, without the work.
pub(crate) fn same_but_for_name(request: &Request<'_>) -> Vec<Step> {
    let gone = only_in(request.from, request.to, request);
    let mut come = only_in(request.to, request.from, request);
    let mut steps = Vec::new();
    for old in gone {
        let Some(from) = request.from.get(&old) else { continue };
        let twin = come.iter().position(|new| {
            old.kind() == new.kind()
                && old.parent() == new.parent()
                && request.to.get(new).is_some_and(|to| from.spec.same_but_for_name(&to.spec))
        });
        if let Some(index) = twin {
            let new = come.remove(index);
            steps.extend(from.spec.rename(&old, new.name()).map(|statement| Step::rename(&old, &new, statement)));
        }
    }
    steps
}

fn only_in(one: &Model, other: &Model, request: &Request<'_>) -> Vec<Id> {
    let candidates = one.ids().filter(|id| (request.managed)(id) && !other.contains(id));
    let mut ids: Vec<Id> = candidates.filter(|id| !id.kind().is_attached()).cloned().collect();
    // Columns and relations hold rows: that they are equal does not make them the same.
    ids.retain(|id| !matches!(id.kind(), Kind::Column | Kind::Table | Kind::Schema));
    let mut order: BTreeMap<Id, ()> = BTreeMap::new();
    order.extend(ids.drain(..).map(|id| (id, ())));
    order.into_keys().collect()
}
