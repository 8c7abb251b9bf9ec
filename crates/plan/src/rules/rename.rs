//! Names are stated, not guessed: `renamed_from` in the YAML. What is the same but for its name, and holds no rows, is
//! brought in line by itself, so that the result is named as a schema built fresh.

use std::collections::{BTreeMap, BTreeSet};

use kinds::kinds::constraint::ConstraintType;
use kinds::kinds::inheritance;
use kinds::{Former, Id, Kind, Model, Spec, Statement};

use crate::Request;
use crate::graph::name_space;
use crate::round::Step;
use crate::rules::set_schema::{self, schemas_to_move_to};

/// The renames that the YAML states and that are still to be done.
///
/// Where only the old name exists, it is renamed; where only the new one does, it is done; where neither does, the object is
/// simply created. That both exist is refused before the plan is made.
pub(crate) fn stated(request: &Request<'_>) -> Vec<Step> {
    // The outermost of those to be done is seen under its old name.
    let is_there = |(id, old): (&Id, &Former)| {
        let id = wanted(request, id);
        id.is_some_and(|id| {
            request.from.contains(&old.of(&id)) || request.from.contains(&now(request, &id, old))
        })
    };
    if !request.directives.renames.iter().any(is_there) {
        return Vec::new();
    }
    let mut state = request.from.clone();
    let mut pending: Vec<(&Id, &Former)> = request.directives.renames.iter().collect();
    pending.sort_by_key(|(id, _)| (id.depth(), (*id).clone()));
    let mut renames = Vec::new();
    for depth in 0..8 {
        let level = pending.iter().filter(|(id, _)| id.depth() == depth);
        let level: Vec<(Id, Id)> = level
            .filter_map(|(id, old)| wanted(request, id).map(|id| (now(request, &id, old), id)))
            .filter(|(old, _)| state.contains(old))
            .collect();
        let level = without_circles_done(request, &state, level);
        renames.extend(schemas_to_move_to(request, &mut state, &level));
        renames.extend(make_way(request, &mut state, &level));
        let (own, carried) = set_schema::carried(&state, level);
        renames.extend(ordered(&mut state, own));
        renames.extend(ordered(&mut state, carried));
    }
    renames
}

/// What is wanted under an id. The arguments of a function are called otherwise where their types are renamed as well.
fn wanted(request: &Request<'_>, id: &Id) -> Option<Id> {
    if request.to.contains(id) {
        return Some(id.clone());
    }
    let namesakes = request.to.of_kind_in(id.parent(), id.kind()).map(|object| &object.id);
    let is_it = |other: &&Id| {
        id.signature().is_some()
            && other.name() == id.name()
            && !request.directives.renames.contains_key(*other)
    };
    let mut found = namesakes.filter(is_it);
    found.next().filter(|_| found.next().is_none()).cloned()
}

/// The old id of something while it is not renamed, when what it stands in is.
fn now(request: &Request<'_>, id: &Id, old: &Former) -> Id {
    let old = old.of(id);
    match old.parent() {
        Some(parent) if id.parent() != Some(parent) => {
            let parent = request.directives.after(parent);
            old.moved_to(Some(parent))
        }
        _ => old,
    }
}

/// What the name begins with that an object has until it goes, because its own is given to another one.
pub(crate) const ASIDE: &str = "endstate_old_";

/// What holds a name that is given to something else, and goes, has a name of its own until then: a view that stood in for a renamed
/// table.
fn make_way(request: &Request<'_>, state: &mut Model, level: &[(Id, Id)]) -> Vec<Step> {
    let mut taken = Taken::of(state);
    let wanted: BTreeSet<Name> = level.iter().flat_map(|(old, new)| names_wanted(state, old, new)).collect();
    let holds = |id: &&Id| names(state, id, id).iter().any(|name| wanted.contains(name));
    let moves = |id: &Id| level.iter().any(|(old, _)| old == id || id.is_within(old));
    let changes_schema = level.iter().any(|(old, new)| old.parent() != new.parent());
    // Of two that are both there, that with the old name goes where it is not wanted: what has the new name is another one.
    let gives_way = |id: &Id| {
        let takes = |(old, new): &(Id, Id)| (new == id || id.is_within(new)) && !request.to.contains(old);
        !request.to.contains(id) || level.iter().any(takes)
    };
    let goes = |id: &&Id| {
        let is_renamed = matches!(
            id.kind(),
            Kind::Table
                | Kind::ForeignTable
                | Kind::View
                | Kind::MaterializedView
                | Kind::Sequence
                | Kind::Column
        ) || (changes_schema && matches!(id.kind(), Kind::Index | Kind::Constraint));
        is_renamed && !moves(id) && gives_way(id) && (request.managed)(id)
    };
    let holders: Vec<Id> = state.ids().filter(goes).filter(holds).cloned().collect();
    let aside = |id: &Id| format!("{ASIDE}{}", kinds::kinds::range_type::clipped(id.name(), 45));
    // What stands in a table has another id as soon as that has: it is first.
    let inwards = holders.iter().rev();
    inwards.flat_map(|id| rename(state, &mut taken, id, &id.renamed(aside(id)))).collect()
}

/// The names that something takes where it is called `new`, and those that its parts take in another schema.
fn names_wanted(state: &Model, old: &Id, new: &Id) -> Vec<Name> {
    let mut wanted = names(state, old, new);
    if old.parent() != new.parent() {
        let parts = state.with_parts(old).into_iter().map(|part| (&part.id, part.id.rebased(old, new)));
        wanted.extend(parts.flat_map(|(part, moved)| names(state, part, &moved)));
    }
    wanted
}

/// Takes out circles (a becomes b, b becomes a) that have been gone round already: names cannot tell, so that what stands
/// under the names must. If it is more like what is wanted as it stands, nothing is left to do.
fn without_circles_done(request: &Request<'_>, state: &Model, mut level: Vec<(Id, Id)>) -> Vec<(Id, Id)> {
    let targets: BTreeMap<Id, Id> = level.iter().cloned().collect();
    let mut done: BTreeSet<&Id> = BTreeSet::new();
    for start in targets.keys() {
        let circle: Vec<&Id> =
            std::iter::successors(targets.get(start), |id| targets.get(*id).filter(|_| *id != start))
                .take(targets.len() + 1)
                .collect();
        if circle.last() != Some(&start) {
            continue;
        }
        let stands: usize = circle.iter().map(|id| likeness(state, id, request.to, id)).sum();
        let moved: usize = circle
            .iter()
            .map(|id| targets.get(*id).map_or(0, |new| likeness(state, id, request.to, new)))
            .sum();
        if stands >= moved {
            done.extend(circle);
        }
    }
    level.retain(|(old, _)| !done.contains(old));
    level
}

/// How much of `new` there is already under the name `old`, but for what is named after it.
fn likeness(from: &Model, old: &Id, to: &Model, new: &Id) -> usize {
    let named_after = [Kind::Constraint, Kind::Index, Kind::NotNull, Kind::Identity];
    let chain =
        |id: &Id| std::iter::once(id).chain(id.ancestors()).any(|id| named_after.contains(&id.kind()));
    let parts = from.with_parts(old).into_iter().filter(|object| object.id == *old || !chain(&object.id));
    parts
        .filter(|object| to.get(&object.id.rebased(old, new)).is_some_and(|other| other.spec == object.spec))
        .count()
}

/// Orders renames so that no name is taken when it is given; a circle goes over a name of its own.
pub(crate) fn ordered(state: &mut Model, mut level: Vec<(Id, Id)>) -> Vec<Step> {
    let mut steps = Vec::new();
    // A new name that is held by an object that stays is no rename to be done: it has been done already.
    let leaving: Vec<Id> = level.iter().map(|(old, _)| old.clone()).collect();
    level.retain(|(_, new)| !state.contains(new) || leaving.contains(new));
    let renames = level.clone();
    level.retain(|(old, new)| !renames.iter().any(|above| goes_with(state, (old, new), above)));
    if level.is_empty() {
        return steps;
    }
    let mut taken = Taken::of(state);
    while !level.is_empty() {
        let is_free = |old: &Id, new: &Id| names(state, old, new).iter().all(|name| taken.is_free(name));
        let free = level.iter().position(|(old, new)| is_free(old, new));
        let (old, new) = level.remove(free.unwrap_or(0));
        if free.is_some() {
            steps.extend(rename(state, &mut taken, &old, &new));
            continue;
        }
        let wanted = names(state, &old, &new);
        let waits =
            |(other, _): &(Id, Id)| names(state, other, other).iter().any(|name| wanted.contains(name));
        // What is not renamed itself and holds the name goes later: there is nothing to do before.
        if level.iter().any(waits) {
            let temporary = old.renamed(format!("endstate_rename_{}", steps.len()));
            steps.extend(rename(state, &mut taken, &old, &temporary));
            level.push((temporary, new));
        }
    }
    steps
}

/// Whether PostgreSQL renames the `NOT NULL` or the check that a table has from one above together with that one.
fn goes_with(state: &Model, (old, new): (&Id, &Id), (above, other): &(Id, Id)) -> bool {
    let spec = |id: &Id| state.get(id).map(|object| &object.spec);
    let inherited = match (spec(old), spec(above)) {
        (Some(Spec::NotNull(not_null)), _) => not_null.inherited,
        (Some(Spec::Constraint(own)), Some(Spec::Constraint(above))) => {
            own.constraint_type == ConstraintType::Check && above.is_handed_down()
        }
        _ => false,
    };
    inherited
        && above.kind() == old.kind()
        && (above.name(), other.name()) == (old.name(), new.name())
        && (old.kind() == Kind::Constraint || above.parent().map(Id::name) == old.parent().map(Id::name))
        && is_below(state, old.top(), above.top())
}

type Name = (Option<Id>, String);

/// The names that are taken, each with how many objects have it.
#[derive(Default)]
struct Taken(BTreeMap<Name, usize>);

impl Taken {
    fn of(state: &Model) -> Taken {
        let mut taken = Taken::default();
        state.ids().for_each(|id| taken.take(names(state, id, id)));
        taken
    }

    fn take(&mut self, names: Vec<Name>) {
        names.into_iter().for_each(|name| *self.0.entry(name).or_default() += 1);
    }

    fn leave(&mut self, names: &[Name]) {
        for name in names {
            if let Some(count) = self.0.get_mut(name) {
                *count -= 1;
            }
        }
    }

    fn is_free(&self, name: &Name) -> bool {
        self.0.get(name).is_none_or(|count| *count == 0)
    }
}

/// The names that an object takes, if it is called `new`: a constraint's stands in its table, and that of its index in the schema.
fn names(state: &Model, id: &Id, new: &Id) -> Vec<Name> {
    let schema = name_space(new);
    match state.get(id).map(|object| &object.spec) {
        Some(Spec::Constraint(constraint)) => {
            let own = (new.parent().cloned(), format!("constraint {}", new.name()));
            if constraint.has_index() { vec![own, schema] } else { vec![own] }
        }
        Some(Spec::NotNull(_)) => {
            vec![(new.parent().and_then(Id::parent).cloned(), format!("constraint {}", new.name()))]
        }
        _ if id.kind().is_attached() && id.kind() != Kind::Identity => Vec::new(),
        _ => vec![schema],
    }
}

/// The statements that rename, and the state with everything under the new name.
fn rename(state: &mut Model, taken: &mut Taken, old: &Id, new: &Id) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut stands = old.clone();
    for next in way(state, taken, old, new) {
        let Some(object) = state.get(&stands) else { return steps };
        let statements = match next.parent().filter(|schema| stands.parent() != Some(schema)) {
            Some(schema) => object.spec.set_schema(&stands, schema.name()),
            None if is_held_below(state, &stands, &next) => Vec::new(),
            None => match object.spec.rename(&stands, next.name()) {
                Some(statement) => around_partitions(state, &stands, statement),
                None => renamed_in_partition(state, &stands, next.name()),
            },
        };
        if statements.is_empty() {
            return steps;
        }
        let statements = without_type(state, &stands, statements);
        follow(state, taken, &stands, &next);
        steps.extend(statements.into_iter().map(|statement| Step::rename(&stands, &next, statement)));
        stands = next;
    }
    steps
}

/// The names that an object has one after the other on its way to another name in another schema: PostgreSQL has a statement for either,
/// and what it is called in between must be free.
fn way(state: &Model, taken: &Taken, old: &Id, new: &Id) -> Vec<Id> {
    if old.parent() == new.parent() || old.name() == new.name() {
        return vec![new.clone()];
    }
    let is_free = |id: &Id| names(state, old, id).iter().all(|name| taken.is_free(name));
    let between = [new.renamed(old.name()), old.renamed(new.name())].into_iter().find(is_free);
    if let Some(between) = between {
        return vec![between, new.clone()];
    }
    let temporary = format!("{ASIDE}{}", kinds::kinds::range_type::clipped(new.name(), 45));
    vec![old.renamed(temporary.as_str()), new.renamed(temporary), new.clone()]
}

/// The state with an object, its parts and what it takes along under new names.
fn follow(state: &mut Model, taken: &mut Taken, old: &Id, new: &Id) {
    let moves = old.parent() != new.parent();
    let along = if moves { set_schema::sequences(state, old) } else { Vec::new() };
    let along = along.into_iter().map(|id| (id.clone(), id.moved_to(new.parent().cloned())));
    let all: Vec<(Id, Id)> = std::iter::once((old.clone(), new.clone())).chain(along).collect();
    for (old, new) in &all {
        let parts: Vec<Id> = state.with_parts(old).into_iter().map(|object| object.id.clone()).collect();
        for id in parts {
            taken.leave(&names(state, &id, &id));
            if let Some(mut object) = state.remove(&id) {
                object.id = id.rebased(old, new);
                let needs = std::mem::take(&mut object.needs).into_iter();
                object.needs = needs
                    .map(|(need, how)| {
                        (all.iter().fold(need, |need, (old, new)| need.rebased(old, new)), how)
                    })
                    .collect();
                let id = object.id.clone();
                state.insert(object);
                taken.take(names(state, &id, &id));
            }
        }
    }
}

/// PostgreSQL renames no constraint of a typed table, which is let go of its type meanwhile.
fn without_type(state: &Model, old: &Id, statements: Vec<Statement>) -> Vec<Statement> {
    let table = state.get(old.top()).filter(|_| matches!(old.kind(), Kind::Constraint | Kind::NotNull));
    let typed = table.filter(|table| matches!(&table.spec, Spec::Table(table) if table.of_type.is_some()));
    let composite = typed.and_then(|table| table.needs.keys().find(|need| need.kind() == Kind::Composite));
    let Some(composite) = composite else { return statements };
    let name = old.top().sql();
    let alter = |action: String| {
        Statement::new(format!("ALTER TABLE {name} {action}")).lock(kinds::Lock::AccessExclusive, &name)
    };
    let (leave, back) = (alter("NOT OF".to_owned()), alter(format!("OF {}", composite.sql())));
    [vec![leave], statements, vec![back]].concat()
}

/// `NOT NULL` is renamed in all partitions by its name: those that have it under another one stand apart meanwhile.
fn around_partitions(state: &Model, old: &Id, rename: Statement) -> Vec<Statement> {
    let Some(column) = old.parent().filter(|_| old.kind() == Kind::NotNull) else { return vec![rename] };
    let named_otherwise = |table: &Id| {
        let column = table.child(Kind::Column, column.name());
        let own = state.children_of_kind(&column, Kind::NotNull);
        is_below(state, table, old.top()) && own.iter().any(|object| object.id.name() != old.name())
    };
    let apart = state.objects().filter_map(|object| match &object.spec {
        Spec::Partition(place) if named_otherwise(object.id.top()) => {
            Some((place.around(&object.id.top().sql()), place.of.clone()))
        }
        _ => None,
    });
    let (mut statements, mut attached) = (Vec::new(), Vec::new());
    for ((detach, attach), parent) in apart {
        let around = |sql: String| Statement::new(sql).lock(kinds::Lock::AccessExclusive, parent.clone());
        statements.push(around(detach));
        attached.push(around(attach));
    }
    statements.push(rename);
    statements.extend(attached);
    statements
}

/// Whether a child table has a `NOT NULL` under another name or a check under the new one, or has it from a parent outside of the family as
/// well: PostgreSQL renames in the whole family or not at all.
fn is_held_below(state: &Model, old: &Id, new: &Id) -> bool {
    let column = old.parent().filter(|_| old.kind() == Kind::NotNull);
    if column.is_none() && old.kind() != Kind::Constraint {
        return false;
    }
    let top = old.top();
    let names = |table: &Id| -> Vec<String> {
        let parent = column.map_or_else(|| table.clone(), |column| table.child(Kind::Column, column.name()));
        let parts = state.children_of_kind(&parent, old.kind()).into_iter();
        let names = parts.map(|part| part.id.name().to_owned());
        names.filter(|name| column.is_some() || name == old.name() || name == new.name()).collect()
    };
    let is_held = |table: &Id| {
        let parents = inheritance::parents(state, table).into_iter();
        let mut others = parents.filter(|parent| parent != top && !is_below(state, parent, top));
        let own = names(table);
        own.iter().any(|name| name != old.name())
            || !own.is_empty() && others.any(|parent| !names(&parent).is_empty())
    };
    let mut tables = state.ids().filter(|id| state.contains(&id.child(Kind::Inheritance, "")));
    tables.any(|table| is_below(state, table, top) && is_held(table))
}

/// Whether a table stands in another one, at any depth.
fn is_below(state: &Model, table: &Id, above: &Id) -> bool {
    let parents = kinds::kinds::inheritance::parents(state, table);
    parents.iter().any(|parent| parent == above || is_below(state, parent, above))
}

/// A partition's `NOT NULL` that its parent demands can be renamed only while it is no partition.
fn renamed_in_partition(state: &Model, old: &Id, new: &str) -> Vec<Statement> {
    let place = state.get(&old.top().child(Kind::Partition, "")).map(|object| &object.spec);
    match (state.get(old).map(|object| &object.spec), place) {
        (Some(Spec::NotNull(not_null)), Some(Spec::Partition(place))) if !old.name().is_empty() => {
            let (detach, attach) = place.around(&old.top().sql());
            let own = Spec::NotNull(kinds::kinds::not_null::NotNull { inherited: false, ..not_null.clone() });
            let rename =
                own.rename(old, new).into_iter().flat_map(|rename| around_partitions(state, old, rename));
            let around =
                |sql: String| Statement::new(sql).lock(kinds::Lock::AccessExclusive, place.of.clone());
            std::iter::once(around(detach)).chain(rename).chain(std::iter::once(around(attach))).collect()
        }
        _ => Vec::new(),
    }
}

/// Renames of objects without rows of their own (constraints, indexes, triggers, policies ...) whose definitions are equal:
/// to rename one is what dropping it and making the other would come to, without the work.
pub(crate) fn same_but_for_name(request: &Request<'_>) -> Vec<Step> {
    let parts = same_parts(request);
    let mut come: BTreeMap<(Kind, Option<Id>), Vec<Id>> = BTreeMap::new();
    let is_part = |id: &Id| parts.iter().any(|(old, new)| old == id || new == id);
    for new in only_in(request.to, request.from, request).into_iter().filter(|id| !is_part(id)) {
        come.entry((new.kind(), new.parent().cloned())).or_default().push(new);
    }
    let renamed = parts.iter().filter(|(old, new)| old != new);
    let mut pairs: Vec<(Id, Id)> = renamed.cloned().collect();
    for old in only_in(request.from, request.to, request).into_iter().filter(|id| !is_part(id)) {
        let Some(from) = request.from.get(&old) else { continue };
        let Some(come) = come.get_mut(&(old.kind(), old.parent().cloned())) else { continue };
        let twin = come.iter().position(|new| {
            let same = request.to.get(new).is_some_and(|to| from.spec.same_but_for_name(&to.spec));
            same || serves_same_column(request, &old, new)
        });
        if let Some(index) = twin {
            pairs.push((old, come.remove(index)));
        }
    }
    if pairs.is_empty() { Vec::new() } else { ordered(&mut request.from.clone(), pairs) }
}

/// A partition has one part of each key and index of the partitioned table, whatever it is called before and after.
fn same_parts(request: &Request<'_>) -> Vec<(Id, Id)> {
    let part_of = |spec: &Spec| match spec {
        Spec::Index(index) => index.parent.clone(),
        Spec::Constraint(key) if key.has_index() => key.parent.clone(),
        _ => None,
    };
    let context = request.context();
    let mut parts: BTreeMap<(Kind, Option<Id>, String), Id> = BTreeMap::new();
    for object in request.from.objects().filter(|object| (request.managed)(&object.id)) {
        let above = part_of(&object.spec).filter(|_| inheritance::stays(object.id.top(), &context));
        let place = above.map(|above| (object.id.kind(), object.id.parent().cloned(), above));
        parts.extend(place.map(|place| (place, object.id.clone())));
    }
    let wanted = request.to.objects().filter_map(|object| {
        let place = (object.id.kind(), object.id.parent().cloned(), part_of(&object.spec)?);
        Some((parts.remove(&place)?, object.id.clone()))
    });
    wanted.collect()
}

/// Two sequences that belong to one column are one: its value is kept.
fn serves_same_column(request: &Request<'_>, old: &Id, new: &Id) -> bool {
    let owner = |model: &Model, id: &Id| match &model.get(&id.child(Kind::SequenceOwner, ""))?.spec {
        Spec::SequenceOwner(owner) => Some(owner.column.clone()),
        _ => None,
    };
    old.kind() == Kind::Sequence
        && owner(request.from, old).is_some_and(|column| owner(request.to, new) == Some(column))
}

fn only_in(one: &Model, other: &Model, request: &Request<'_>) -> Vec<Id> {
    let candidates = one.ids().filter(|id| (request.managed)(id) && !other.contains(id));
    let named = |id: &&Id| !id.kind().is_attached() || matches!(id.kind(), Kind::NotNull | Kind::Identity);
    let mut ids: Vec<Id> = candidates.filter(named).cloned().collect();
    // Columns and relations hold rows: that they are equal does not make them the same.
    ids.retain(|id| !id.kind().is_table() && !matches!(id.kind(), Kind::Column | Kind::Schema));
    ids.sort();
    ids
}
