//! Rows that belong to another partition from now on: PostgreSQL moves none when bounds change. They are put aside where they are, and
//! inserted through the partitioned table when all partitions are in their places.

use std::collections::BTreeSet;

use kinds::kinds::inheritance;
use kinds::kinds::partition::Partition;
use kinds::{Bound, Id, Kind, Lock, Model, Object, Spec, Statement, Work};

use super::rebuild;
use super::undisturbed::{Triggers, around, family, has_rules, identified, inserted, root};
use crate::Request;
use crate::archive::{Archive, What, has_rows_elsewhere, locked};
use crate::changes::{Action, Changes};
use crate::table_order::has_above;

/// Rows of one partition that others take from now on.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    /// The place of the partition that they are in.
    pub(crate) place: Id,
    /// The partitioned table.
    pub(crate) parent: Id,
    /// Those that come, or get another bound, and may take some of the rows.
    pub(crate) takers: Vec<Id>,
    /// Which rows they are; none where they all are, and their partition goes.
    condition: Option<String>,
    /// Which rows of a partition that stays no other takes.
    pub(crate) untaken: Option<String>,
}

impl Move {
    /// The partition that they are in.
    fn table(&self) -> &Id {
        self.place.top()
    }

    /// Whether they go back into the default partition.
    pub(crate) fn is_return(&self) -> bool {
        self.takers.is_empty() && self.is_of_all()
    }

    /// Whether nothing is left behind in a partition that goes.
    pub(crate) fn is_of_all(&self) -> bool {
        self.condition.is_none()
    }
}

/// All such moves.
pub(crate) fn moves(request: &Request<'_>, changes: &Changes) -> Vec<Move> {
    let places = request.from.objects().filter(|object| (request.managed)(&object.id));
    let places = places.filter_map(|object| match &object.spec {
        Spec::Partition(place) => Some((&object.id, place)),
        _ => None,
    });
    places.filter_map(|(id, place)| of_partition(request, changes, id, place)).collect()
}

fn of_partition(request: &Request<'_>, changes: &Changes, id: &Id, place: &Partition) -> Option<Move> {
    let table = id.parent()?;
    let parent = inheritance::parents(request.from, table).into_iter().next()?;
    let goes = matches!(changes.actions.get(table), Some(Action::Drop));
    let then = partition(request.to, id).filter(|then| then.of == place.of);
    let is_bound_anew = !goes && matches!(changes.actions.get(id), Some(Action::Replace { .. }));
    let is_default = place.bound == "DEFAULT" && then.is_some() && !changes.actions.contains_key(id);
    if !(goes || is_bound_anew || is_default)
        || table.kind() != Kind::Table
        || changes.goes(&parent)
        || !request.to.contains(&parent)
        || !goes && (changes.goes(table) || then.is_none())
        // Rows of foreign tables are not ours to move.
        || [request.from, request.to].iter().any(|model| has_rows_elsewhere(model, &root(model, &parent)))
        || [table, &parent].into_iter().any(|written| has_rules(request.from, written))
    {
        return None;
    }
    let bound = Bound::parse(&place.bound)?;
    let mut takers = takers(request, changes, id, &place.of);
    takers.retain(|(_, taker)| Bound::parse(&taker.bound).is_none_or(|taker| !taker.is_apart_from(&bound)));
    let (mut condition, mut untaken) = (None, None);
    if goes {
        let bounds: Vec<Bound> = takers.iter().filter_map(|(_, taker)| Bound::parse(&taker.bound)).collect();
        // Rows that were in the default partition are there again when the partition goes that they were moved to.
        let returns = !request.forward && default_stays(request, changes, id, place);
        if !bound.is_within(&bounds) && !returns {
            condition = Some(taken(&takers)?);
        }
    } else if is_default {
        takers
            .retain(|(taker, place)| is_room_of_default(request, place) && !comes_with_rows(request, taker));
        condition = Some(taken(&takers)?);
    } else {
        let then = then?;
        let has_default = default_place(request.to, &place.of).is_some_and(|default| default.id != *id);
        let stay = bound != Bound::Default && bound.is_within(&[Bound::parse(&then.bound)?]);
        if stay || takers.is_empty() && !has_default {
            return None;
        }
        let own = format!("NOT ({})", then.condition.as_ref()?);
        if !has_default {
            let here = format!("{}{own}", within_parent(request, changes, &parent));
            untaken = Some(match taken(&takers) {
                Some(others) => format!("{here} AND NOT ({others})"),
                None => here,
            });
        }
        condition = Some(own);
    }
    let takers = takers.into_iter().map(|(id, _)| id).collect();
    Some(Move { place: id.clone(), parent, takers, condition, untaken })
}

/// The condition of the rows that any of some partitions takes; none where there are none, or PostgreSQL does not tell.
fn taken(takers: &[(Id, &Partition)]) -> Option<String> {
    let conditions: Option<Vec<String>> =
        takers.iter().map(|(_, taker)| Some(format!("({})", taker.condition.as_ref()?))).collect();
    conditions.filter(|conditions| !conditions.is_empty()).map(|conditions| conditions.join(" OR "))
}

/// Whether a bound takes more than others did before: what was theirs is not in the default partition.
fn is_room_of_default(request: &Request<'_>, taker: &Partition) -> bool {
    let places = request.from.attached_to(&taker.of).filter_map(|object| partition(request.from, &object.id));
    let before: Vec<Bound> = places
        .filter_map(|other| Bound::parse(&other.bound))
        .filter(|other| *other != Bound::Default)
        .collect();
    Bound::parse(&taker.bound).is_none_or(|bound| !bound.is_within(&before))
}

/// The condition of the rows that stay in a partitioned table which gets another bound itself: the others are moved with its own.
pub(crate) fn within_parent(request: &Request<'_>, changes: &Changes, parent: &Id) -> String {
    let place = parent.child(Kind::Partition, "");
    let condition = partition(request.to, &place).and_then(|partition| partition.condition.as_ref());
    let condition = condition.filter(|_| changes.comes(&place));
    condition.map(|condition| format!("({condition}) AND ")).unwrap_or_default()
}

fn partition<'m>(model: &'m Model, place: &Id) -> Option<&'m Partition> {
    match &model.get(place)?.spec {
        Spec::Partition(partition) => Some(partition),
        _ => None,
    }
}

/// Where rows of a table that is made anew belong from then on: into the partitioned table, where its place there stays and its bound changes.
pub(crate) fn destination(request: &Request<'_>, changes: &Changes, table: &Id) -> Id {
    let place = table.child(Kind::Partition, "");
    let (Some(from), Some(to)) = (partition(request.from, &place), partition(request.to, &place)) else {
        return table.clone();
    };
    let parent = inheritance::parents(request.to, table).into_iter().next();
    let parent = parent.filter(|parent| from.of == to.of && from.bound != to.bound && !changes.goes(parent));
    parent.unwrap_or_else(|| table.clone())
}

/// The other partitions of a table that come, or get another bound.
fn takers<'r>(request: &Request<'r>, changes: &Changes, of: &Id, parent: &str) -> Vec<(Id, &'r Partition)> {
    let places = request.to.attached_to(parent).filter(|object| object.id != *of);
    let takers = places.filter_map(|object| {
        let table = object.id.parent()?;
        let place = partition(request.to, &object.id)?;
        let is_made = matches!(changes.actions.get(table), Some(Action::Create));
        let is_bound_anew = partition(request.from, &object.id).is_some_and(|before| before != place);
        (is_made || is_bound_anew).then(|| (table.clone(), place))
    });
    takers.collect()
}

fn default_place<'m>(model: &'m Model, parent: &str) -> Option<&'m Object> {
    let is_default =
        |object: &&Object| matches!(&object.spec, Spec::Partition(place) if place.bound == "DEFAULT");
    model.attached_to(parent).find(is_default)
}

/// Whether a partition leaves room to a default partition that is there before and after.
fn default_stays(request: &Request<'_>, changes: &Changes, id: &Id, place: &Partition) -> bool {
    let [before, after] = [request.from, request.to].map(|model| default_place(model, &place.of));
    let (Some(before), Some(after)) = (before, after) else { return false };
    before.id == after.id && before.id != *id && before.id.parent().is_some_and(|table| !changes.goes(table))
}

/// Whether a table comes back with rows that were kept of it.
fn comes_with_rows(request: &Request<'_>, table: &Id) -> bool {
    let Archive::Back { kept, .. } = request.archive else { return false };
    let is_it = |of: &Id| request.directives.before(table) == *of;
    kept.iter().any(|kept| matches!(kept.what, What::Rows { .. }) && is_it(&kept.of))
}

/// Whether what a family of tables looks like changes in the same round: rows that are put aside would miss it.
fn changes_shape(request: &Request<'_>, changes: &Changes, parent: &Id) -> bool {
    let root = root(request.from, parent);
    changes.actions.keys().any(|id| {
        matches!(id.kind(), Kind::Column | Kind::NotNull | Kind::Identity)
            && request.from.contains(id.top())
            && request.to.contains(id.top())
            && has_above(request.from, id.top(), &root)
    })
}

/// Bounds change, and partitions come that take rows of others, when tables have the shape that they shall have.
pub(crate) fn postpone(request: &Request<'_>, changes: &mut Changes) {
    let mut waiting: BTreeSet<Id> = BTreeSet::new();
    for step in moves(request, changes) {
        // Rows that go back into the default partition do so before anything else.
        if !step.takers.is_empty() && changes_shape(request, changes, &step.parent) {
            let bound = changes.comes(&step.place).then(|| step.place.clone());
            waiting.extend(changes.goes(step.table()).then(|| step.table().clone()));
            let takers = step.takers.iter().map(|table| match changes.comes(table) {
                true => table.clone(),
                false => table.child(Kind::Partition, ""),
            });
            waiting.extend(bound.into_iter().chain(takers));
        }
    }
    if waiting.is_empty() {
        return;
    }
    let before = changes.actions.clone();
    changes.postpone(request, waiting, |_| false, |_| false);
    if changes.actions.is_empty() {
        changes.actions = before;
    }
}

/// The statements of a move: those that put rows aside, and those that insert them where they belong.
pub(crate) fn statements(
    request: &Request<'_>,
    changes: &Changes,
    step: &Move,
) -> (Vec<Statement>, Vec<Statement>) {
    let (table, parent) = (step.table().sql(), step.parent.sql());
    let (made, aside) = rebuild::aside(step.table());
    let columns = request.from.children_of_kind(step.table(), Kind::Column).into_iter();
    let columns = columns.filter_map(|object| {
        match (&object.spec, request.to.get(&step.parent.child(Kind::Column, object.id.name()))) {
            (Spec::Column(column), Some(_)) if column.generated.is_none() => {
                Some(sql::ident(object.id.name()))
            }
            _ => None,
        }
    });
    let columns: Vec<String> = columns.collect();
    let columns = columns.join(", ");
    let condition =
        step.condition.as_ref().map(|condition| format!("\nWHERE {condition}")).unwrap_or_default();
    let put_aside = Statement::new(format!(
        "CREATE TEMPORARY TABLE {made} AS\nSELECT {columns}\nFROM {table}{condition}"
    ))
    .lock(Lock::AccessExclusive, &table)
    .work(Work::Scan);
    let delete = (!step.is_of_all()).then(|| {
        Statement::new(format!("DELETE FROM {table}{condition}"))
            .lock(Lock::AccessExclusive, &table)
            .work(Work::Scan)
    });
    let delete =
        delete.map(|delete| identified(request.from, step.table(), vec![delete])).unwrap_or_default();
    let save = [vec![locked(step.table()), put_aside], delete].concat();
    let insert = Statement::new(format!(
        "INSERT INTO {parent} ({columns}) OVERRIDING SYSTEM VALUE\nSELECT {columns}\nFROM {aside}"
    ))
    .lock(Lock::AccessExclusive, &parent);
    let drop = Statement::new(format!("DROP TABLE {aside}"));
    // Those of a partition that goes are there until then; out of its place, one has no part of the triggers above.
    let are_there = |trigger: &Id| !changes.goes(trigger) || changes.goes(trigger.top());
    let out: Vec<Id> = bound_anew(request, changes, step)
        .into_iter()
        .filter_map(|(place, is_later)| if is_later { None } else { place.parent().cloned() })
        .collect();
    let have_parts = |trigger: &Id| {
        let whole = whole(request.from, trigger);
        let is_between = |table: &&Id| {
            *table != whole.top()
                && has_above(request.from, table, whole.top())
                && has_above(request.from, trigger.top(), table)
        };
        !out.iter().any(|table| is_between(&table))
    };
    let triggers = Triggers { are_there: &are_there, have_parts: &have_parts };
    let (off, on) = around(request.from, step.table(), &triggers);
    let save = [off, save, on].concat();
    (save, inserted(request, changes, &step.parent, vec![insert, drop]))
}

/// The places of the partitions of a family that get other bounds, and whether they leave them only after rows of one are put aside, as those do
/// that stand deeper.
pub(crate) fn bound_anew(request: &Request<'_>, changes: &Changes, step: &Move) -> Vec<(Id, bool)> {
    let level = |table: &Id| inheritance::generation(request.from, table);
    let tables = family(request.from, &root(request.from, step.table())).into_iter();
    let is_later = |table: &Id| step.is_return() || level(table) > level(step.table());
    let places = tables.map(|table| (table.child(Kind::Partition, ""), is_later(&table)));
    places.filter(|(place, _)| changes.comes(place) && !changes.goes(place.top())).collect()
}

/// The trigger that a partition's is a part of.
fn whole<'m>(model: &'m Model, trigger: &'m Id) -> &'m Id {
    let mut needs = model.get(trigger).into_iter().flat_map(|part| part.needs.keys());
    needs.find(|need| need.kind() == Kind::Trigger).map_or(trigger, |above| whole(model, above))
}
