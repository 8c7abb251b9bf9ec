//! Whether the live server's lock table has room for what a script locks: it holds all locks until it commits.

use std::collections::BTreeSet;

use kinds::{Id, Kind, Model, Spec};
use plan::Round;
use shadow::Facts;

use crate::Stage;
use crate::scripts::Scripts;

/// What people are told of scripts that lock more relations than surely fit: the server has some room beyond that, which other
/// sessions use too.
pub(crate) fn notes(facts: &Facts, before: &Model, stages: &[Stage], scripts: &Scripts) -> Vec<String> {
    let boundaries: Vec<&Model> =
        std::iter::once(before).chain(stages.iter().map(|stage| &stage.after)).collect();
    let forward = scripts.forward.iter().zip(stages).zip(boundaries.windows(2));
    let mut counts: Vec<(&str, usize)> = forward
        .map(|((script, stage), ends)| (script.file.as_str(), locked(&stage.forward, ends).len()))
        .collect();
    let back = stages.iter().zip(boundaries.windows(2)).flat_map(|(stage, ends)| locked(&stage.back, ends));
    counts.push((scripts.rollback.file.as_str(), back.collect::<BTreeSet<_>>().len()));
    counts.retain(|(_, count)| *count > facts.locks);
    counts.into_iter().map(|(script, count)| note(script, count, facts.locks)).collect()
}

fn note(script: &str, count: usize, room: usize) -> String {
    format!(
        "{script} locks {count} relations at once, and the server's lock table surely holds {room}: if it fails with \"out of shared \
         memory\", raise max_locks_per_transaction, or cut the plan into more scripts"
    )
}

/// The relations that some rounds lock, by their quoted names.
fn locked(rounds: &[Round], ends: &[&Model]) -> BTreeSet<String> {
    let steps = || rounds.iter().flat_map(|round| &round.steps);
    let stated = steps().flat_map(|step| step.statement.locks()).map(|(_, relation, _)| relation.to_owned());
    let touched = steps().flat_map(|step| &step.ids).filter(|(_, id)| is_relation(id, ends));
    stated.chain(touched.map(|(_, id)| name(id))).collect()
}

fn name(id: &Id) -> String {
    match id.kind() {
        Kind::Index | Kind::Constraint => sql::qualified(&[id.schema().unwrap_or_default(), id.name()]),
        _ => id.sql(),
    }
}

fn is_relation(id: &Id, ends: &[&Model]) -> bool {
    let has_index = |model: &&Model| match model.get(id).map(|object| &object.spec) {
        Some(Spec::Constraint(constraint)) => constraint.has_index(),
        _ => false,
    };
    match id.kind() {
        Kind::Index | Kind::View | Kind::MaterializedView | Kind::Sequence => true,
        Kind::Constraint => ends.iter().any(has_index),
        kind => kind.is_table(),
    }
}

#[cfg(test)]
mod tests {
    use kinds::Statement;
    use plan::{Step, Verb};

    use super::*;

    #[test]
    fn a_relation_counts_once() {
        let table = Id::root(Kind::Schema, "app").child(Kind::Table, "a");
        let step = |verb, id: &Id| {
            let statement = Statement::new("x".to_owned()).lock(kinds::Lock::AccessExclusive, "app.a");
            Step::new(verb, id, statement, None)
        };
        let steps = vec![
            step(Verb::Create, &table),
            step(Verb::Create, &table.child(Kind::Index, "i")),
            step(Verb::Create, &table.child(Kind::Column, "c")),
        ];
        let found = locked(&[Round::new(steps, false)], &[]);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["app.a", "app.i"]);
    }
}
