//! Which relations do not get all of their values back, and so are not compared row by row.

use std::collections::{BTreeMap, BTreeSet};

use kinds::kinds::column_default::ColumnDefault;
use kinds::kinds::inheritance;
use kinds::{Hazard, Id, Kind, Model, Spec};
use plan::{Step, Verb};

use crate::{Proposal, hooks};

/// The relations that lose values on the way forward, and what is made of their rows, under the names that they have before.
pub(crate) fn lossy(proposal: &Proposal) -> BTreeSet<String> {
    // Who knows what a hook does to which rows that nothing takes back.
    if forward(proposal).any(|step| step.statement.no_way_back.is_some()) {
        return relations(&proposal.before);
    }
    with_readers(&proposal.before, losing(forward(proposal), &|_| false))
}

/// Everything that has rows.
fn relations(model: &Model) -> BTreeSet<String> {
    let has_rows = |id: &&Id| matches!(id.kind(), Kind::Table | Kind::MaterializedView);
    model.ids().filter(has_rows).map(Id::sql).collect()
}

/// The relations that lose values on the way back, where the way forward again does not restore them, or on the way forward, under
/// the names that they have at its end.
pub(crate) fn lossy_both_ways(proposal: &Proposal) -> BTreeSet<String> {
    if hooks::are_in(&proposal.stages) {
        return relations(&proposal.desired);
    }
    let back = || proposal.stages.iter().rev().flat_map(|stage| &stage.back);
    let gone: BTreeSet<&Id> = back()
        .flat_map(|round| &round.kept)
        .filter(|kept| kept.again.is_empty())
        .map(|kept| kept.of.top())
        .collect();
    let not_restored = |step: &Step| step.ids.iter().any(|(_, id)| gone.contains(id.top()));
    let mut lossy = losing(back().flat_map(|round| &round.steps), &not_restored);
    // Rows that get a value again may get another one.
    let filled = proposal.stages.iter().flat_map(|stage| &stage.forward).flat_map(|round| &round.kept);
    let filled = filled.filter(|kept| matches!(kept.what, plan::archive::What::Nulls { .. }));
    lossy.extend(filled.map(|kept| kept.of.sql()));
    // Rows that are inserted again get new values in the columns that nobody declares.
    lossy.extend(drawing(proposal).map(|(table, _)| table.sql()));
    // What is made anew holds what was written meanwhile.
    let made = forward(proposal).flat_map(|step| &step.ids);
    lossy.extend(
        made.filter(|(verb, id)| *verb == Verb::Create && id.kind() == Kind::MaterializedView)
            .map(|(_, id)| id.sql()),
    );
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for step in forward(proposal) {
        if let (Some(to), Some((_, from))) = (&step.renamed_to, step.ids.first()) {
            let first = names.iter().find(|(_, new)| **new == from.sql()).map(|(old, _)| old.clone());
            names.insert(first.unwrap_or_else(|| from.sql()), to.sql());
        }
    }
    lossy.extend(
        losing(forward(proposal), &|_| false)
            .into_iter()
            .map(|relation| names.get(&relation).cloned().unwrap_or(relation)),
    );
    with_readers(&proposal.desired, lossy)
}

/// The relations that steps lose values of, under the names that these have before.
fn losing<'a>(steps: impl Iterator<Item = &'a Step>, also: &dyn Fn(&Step) -> bool) -> BTreeSet<String> {
    let mut old_names: BTreeMap<String, String> = BTreeMap::new();
    let mut lossy = BTreeSet::new();
    for step in steps {
        let loses = step.statement.all_hazards().iter().any(|(hazard, _)| *hazard == Hazard::DataLoss);
        if let (true, Some((_, relation))) = (loses || also(step), &step.statement.lock) {
            lossy.insert(old_names.get(relation).unwrap_or(relation).clone());
        }
        // Rows hold values of the type: nothing is locked.
        let attributes = step.ids.iter().filter(|(_, id)| loses && id.kind() == Kind::Attribute);
        lossy.extend(attributes.map(|(_, id)| id.top().sql()));
        if let (Some(to), Some((_, from))) = (&step.renamed_to, step.ids.first()) {
            let old = old_names.get(&from.sql()).cloned().unwrap_or_else(|| from.sql());
            old_names.insert(to.sql(), old);
        }
    }
    lossy
}

/// Tables into which rows are inserted, and their columns that get what follows from the moment: a time, or a number.
fn drawing(proposal: &Proposal) -> impl Iterator<Item = (&Id, &Id)> {
    let desired = &proposal.desired;
    let seeded = desired.objects().filter_map(|object| match &object.spec {
        Spec::SeedRows(rows) => Some((object.id.parent()?, rows)),
        _ => None,
    });
    let is_written = |table: &Id| {
        let mut ids = forward(proposal).flat_map(|step| &step.ids);
        ids.any(|(_, id)| id.kind() == Kind::SeedRows && id.parent() == Some(table))
    };
    seeded.filter(move |(table, _)| is_written(table)).flat_map(|(table, rows)| {
        let columns = desired.children_of_kind(table, Kind::Column).into_iter().map(|object| &object.id);
        let undeclared = columns.filter(|id| !rows.rows.values().all(|row| row.contains_key(id.name())));
        undeclared.filter(|id| draws(desired, id)).map(move |column| (table, column))
    })
}

fn draws(model: &Model, column: &Id) -> bool {
    let default = model.get(&column.child(Kind::ColumnDefault, "")).map(|object| &object.spec);
    let is_known = |default: &ColumnDefault| sql::columns_computed_from(&default.expression).is_some();
    !model.children_of_kind(column, Kind::Identity).is_empty()
        || matches!(default, Some(Spec::ColumnDefault(default)) if !is_known(default))
}

/// The sequences that rows draw numbers from which are inserted: a rollback does not take a number back.
fn drawn(proposal: &Proposal) -> BTreeSet<String> {
    let desired = &proposal.desired;
    let of = |column: &Id| -> Vec<String> {
        let own = desired.children_of_kind(column, Kind::Identity).into_iter().map(|object| &object.id);
        let default = desired.get(&column.child(Kind::ColumnDefault, ""));
        let needed = default.into_iter().flat_map(|default| default.needs.keys());
        let sequences = own.chain(needed.filter(|id| id.kind() == Kind::Sequence));
        sequences.filter_map(|id| Some(sql::qualified(&[id.schema()?, id.name()]))).collect()
    };
    drawing(proposal).flat_map(|(_, column)| of(column)).collect()
}

/// The materialized views that are made anew: what they hold may depend on the time at which that is done; and sequences that give numbers
/// meanwhile.
pub(crate) fn refilled(proposal: &Proposal) -> BTreeSet<String> {
    let back = proposal.stages.iter().flat_map(|stage| &stage.back).flat_map(|round| &round.steps);
    let ids = forward(proposal).chain(back).flat_map(|step| &step.ids);
    ids.filter(|(verb, id)| *verb == Verb::Drop && id.kind() == Kind::MaterializedView)
        .map(|(_, id)| id.sql())
        .chain(drawn(proposal))
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
                    // A value of a row type or a composite type loses what that loses, at any depth.
                    Kind::Column | Kind::SequenceOwner | Kind::Attribute | Kind::Domain | Kind::Range
                        if object.needs.keys().any(lost) =>
                    {
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
