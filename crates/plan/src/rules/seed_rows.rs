//! Rows that the YAML declares: written when all else is as it should be, and where that cannot wait, before.

use std::collections::BTreeSet;

use kinds::kinds::seed_rows::SeedRows;
use kinds::{Id, Kind, Lock, Model, Spec, Statement};

use super::undisturbed::undisturbed;
use crate::archive::once;
use crate::changes::{Action, Changes};
use crate::round::Verb;
use crate::{Error, Request, Round, Step};

/// What can be done to rows before anything else is: rows that go, and, where the table has all columns already, those that come or
/// change. It is up to the server whether it takes them: where it does not, they wait.
pub fn early_rows(request: &Request<'_>) -> Result<Vec<Round>, Error> {
    rounds(request, |column| request.from.contains(column))
}

/// The rest, once nothing else differs.
pub(crate) fn late(request: &Request<'_>) -> Result<Option<Round>, Error> {
    let rounds = rounds(request, |_| true)?;
    let steps: Vec<Step> = rounds.into_iter().flat_map(|round| round.steps).collect();
    Ok((!steps.is_empty()).then_some(Round::new(steps, false)))
}

/// Foreign keys of tables that are there wait for the declared rows that they refer to: their own rows are held against them.
pub(crate) fn put_by_references(request: &Request<'_>, changes: &mut Changes) {
    let unwritten: BTreeSet<&Id> = (request.to.objects())
        .filter(|rows| rows.id.kind() == Kind::SeedRows && (request.managed)(&rows.id))
        .filter(|rows| request.from.get(&rows.id).is_none_or(|from| from.spec != rows.spec))
        .filter_map(|rows| rows.id.parent())
        .collect();
    let refers = |id: &&Id| match request.to.get(id).map(|object| (&object.spec, id.parent())) {
        Some((Spec::Constraint(key), Some(table))) if request.from.contains(table) => {
            let references = key.references.iter().flat_map(|name| request.to.relations(name));
            references.map(|object| &object.id).any(|other| other != table && unwritten.contains(other))
        }
        _ => false,
    };
    let waiting: BTreeSet<Id> = changes.actions.keys().filter(refers).cloned().collect();
    for id in waiting {
        let goes = matches!(changes.actions.get(&id), Some(Action::Replace { .. }));
        changes.postpone(request, [id.clone()].into(), |_| false, |_| false);
        changes.actions.extend(goes.then_some((id, Action::Drop)));
    }
}

/// First what goes, of tables that refer to others before those; then what comes or changes, the other way round.
fn rounds(request: &Request<'_>, is_there: impl Fn(&Id) -> bool) -> Result<Vec<Round>, Error> {
    let context = request.context();
    let mut changes = Vec::new();
    for object in request.to.objects().filter(|object| (request.managed)(&object.id)) {
        let from = request.from.get(&object.id).map(|object| &object.spec);
        let (Spec::SeedRows(to), Some(Spec::SeedRows(from)), Some(table)) =
            (&object.spec, from, object.id.parent())
        else {
            continue;
        };
        if from != to {
            let change = from.change(to, &object.id, &context);
            // What was written since the way forward stays.
            let gives_way = !request.forward && has_immediate_key(request.from, table);
            let change = if gives_way { change.giving_way(&to.key) } else { change };
            changes.push((&object.id, table, to, change));
        }
    }
    changes.sort_by_cached_key(|(_, table, ..)| depth(request.to, table, &mut BTreeSet::new()));
    let mut rounds = Vec::new();
    for (id, table, _, change) in changes.iter().rev() {
        rounds.extend(round(request, id, table, &change.deletes)?);
    }
    for (id, table, to, change) in &changes {
        if columns(table, to).all(|column| is_there(&column)) {
            let writes = [change.updates.as_slice(), &change.inserts].concat();
            rounds.extend(round(request, id, table, &writes)?);
        }
    }
    for (id, table, _, change) in changes.iter().rev() {
        rounds.extend(round(request, id, table, &change.late_deletes)?);
    }
    Ok(rounds)
}

/// Whether the primary key is checked row by row: `ON CONFLICT` takes no other.
fn has_immediate_key(model: &Model, table: &Id) -> bool {
    let keys = model.children_of_kind(table, Kind::Constraint).into_iter();
    let mut keys = keys.filter_map(|object| match &object.spec {
        Spec::Constraint(constraint) => constraint.primary_key().map(|_| constraint),
        _ => None,
    });
    keys.any(|key| !key.deferrable)
}

fn columns<'a>(table: &'a Id, rows: &'a SeedRows) -> impl Iterator<Item = Id> + use<'a> {
    rows.columns().into_iter().map(|column| table.child(Kind::Column, column.as_str()))
}

/// How many tables a table refers to by way of each other.
fn depth<'m>(model: &'m Model, table: &'m Id, seen: &mut BTreeSet<&'m Id>) -> usize {
    if !seen.insert(table) {
        return 0;
    }
    let references = model.children_of_kind(table, Kind::Constraint).into_iter();
    let references = references.filter_map(|object| match &object.spec {
        Spec::Constraint(constraint) => constraint.references.as_deref(),
        _ => None,
    });
    let referenced = references.flat_map(|name| model.relations(name)).map(|object| &object.id);
    let depths: Vec<usize> = referenced.map(|other| 1 + depth(model, other, seen)).collect();
    seen.remove(table);
    depths.into_iter().max().unwrap_or(0)
}

/// The statements, with the table's triggers off and its policies out of the way.
fn round(
    request: &Request<'_>,
    rows: &Id,
    table: &Id,
    statements: &[Statement],
) -> Result<Option<Round>, Error> {
    let mut steps = Vec::new();
    for statement in statements {
        let around = undisturbed(request.from, table, [statement.sql.clone()]);
        if around.is_empty() {
            return Err(Error::Impossible {
                id: rows.clone(),
                reason: "rules of the table would do something else".to_owned(),
            });
        }
        steps.extend(around.into_iter().map(|sql| {
            let statement = match sql == statement.sql {
                true => statement.clone(),
                false => Statement::new(sql).lock(Lock::ShareRowExclusive, table.sql()),
            };
            Step::new(Verb::Alter, rows, statement, None)
        }));
    }
    once(&mut steps);
    Ok((!steps.is_empty()).then_some(Round::new(steps, false)))
}
