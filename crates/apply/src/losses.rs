//! Which relations do not get all of their values back, and so are not compared row by row.

use std::collections::{BTreeMap, BTreeSet};

use kinds::kinds::inheritance;
use kinds::{Hazard, Id, Kind, Model};
use plan::{Step, Verb};

use crate::Proposal;

/// The relations that lose values on the way forward, and what is made of their rows, under the names that they have before.
pub(crate) fn lossy(proposal: &Proposal) -> BTreeSet<String> {
    let mut old_names: BTreeMap<String, String> = BTreeMap::new();
    let mut lossy = BTreeSet::new();
    for step in forward(proposal) {
        let loses = step.statement.all_hazards().iter().any(|(hazard, _)| *hazard == Hazard::DataLoss);
        if let (true, Some((_, relation))) = (loses, &step.statement.lock) {
            lossy.insert(old_names.get(relation).unwrap_or(relation).clone());
        }
        if let (Some(to), Some((_, from))) = (&step.renamed_to, step.ids.first()) {
            let old = old_names.get(&from.sql()).cloned().unwrap_or_else(|| from.sql());
            old_names.insert(to.sql(), old);
        }
    }
    with_readers(&proposal.before, lossy)
}

/// The materialized views that are made anew: what they hold may depend on the time at which that is done.
pub(crate) fn refilled(proposal: &Proposal) -> BTreeSet<String> {
    let back = proposal.stages.iter().flat_map(|stage| &stage.back).flat_map(|round| &round.steps);
    let ids = forward(proposal).chain(back).flat_map(|step| &step.ids);
    ids.filter(|(verb, id)| *verb == Verb::Drop && id.kind() == Kind::MaterializedView)
        .map(|(_, id)| id.sql())
        .collect()
}

fn forward(proposal: &Proposal) -> impl Iterator<Item = &Step> {
    proposal.stages.iter().flat_map(|stage| &stage.forward).flat_map(|round| &round.steps)
}

/// Views and materialized views read others' rows, parents those of their partitions and children; a table's sequences go with it.
fn with_readers(before: &Model, mut lossy: BTreeSet<String>) -> BTreeSet<String> {
    loop {
        let more: Vec<String> = before
            .objects()
            .flat_map(|object| {
                let lost = |id: &Id| lossy.contains(&id.top().sql());
                match object.id.kind() {
                    Kind::View | Kind::MaterializedView if object.needs.keys().any(lost) => {
                        vec![object.id.sql()]
                    }
                    // A value of a row type or a composite type loses what that loses.
                    Kind::Column | Kind::SequenceOwner if object.needs.keys().any(lost) => {
                        vec![object.id.top().sql()]
                    }
                    // What a parent loses, its children lose, and the other way round.
                    Kind::Partition | Kind::Inheritance => {
                        let table = object.id.top();
                        let mut family = inheritance::parents(before, table);
                        family.push(table.clone());
                        let names = family.iter().map(Id::sql);
                        if family.iter().any(lost) { names.collect() } else { Vec::new() }
                    }
                    Kind::Identity if lost(&object.id) => object
                        .id
                        .schema()
                        .map(|schema| sql::qualified(&[schema, object.id.name()]))
                        .into_iter()
                        .collect(),
                    _ => Vec::new(),
                }
            })
            .filter(|name| !lossy.contains(name))
            .collect();
        if more.is_empty() {
            return lossy;
        }
        lossy.extend(more);
    }
}
