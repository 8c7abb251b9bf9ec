//! The order of what is done to tables that stand in others, refer to others, or are made anew.

use std::collections::BTreeMap;

use kinds::kinds::inheritance;
use kinds::{Hazard, Id, Kind, Model, Spec};

use crate::changes::Action;
use crate::graph::{Graph, Key, with_sources};
use crate::round::Verb;
use crate::rules::own_keys;
use crate::rules::sibling_rows::{self, Move};

impl Graph<'_> {
    /// A table is taken out of its place before anything else is done to it or to its parents, and put into its place when it
    /// has all that this takes; what its parents bring along comes after.
    pub(crate) fn order_attachments(&mut self) {
        self.order_places();
        let is_step = |id: &Id, verb: Verb| is_attachment(id) && !matches!(verb, Verb::Save | Verb::Fill);
        self.order_partitions_with_columns();
        let places: Vec<(usize, Key)> =
            self.snapshot().into_iter().filter(|(_, (id, verb))| is_step(id, *verb)).collect();
        let mut shapes: BTreeMap<Id, Vec<usize>> = BTreeMap::new();
        for (place, (id, _)) in self.snapshot().into_iter().filter(|(_, (id, _))| belongs_to_shape(id)) {
            shapes.entry(id.top().clone()).or_default().push(place);
        }
        for (place, (attachment, verb)) in places {
            let Some(table) = attachment.parent().cloned() else { continue };
            if self.nodes[place].statements.is_empty() || self.at(&table, Verb::Create).is_some() {
                continue;
            }
            if self.gets_another_bound(&attachment) {
                self.order_another_bound(&attachment, place, &shapes);
                continue;
            }
            let model = if verb == Verb::Drop { self.request.from } else { self.request.to };
            let parents = inheritance::parents(model, &table);
            let relations = parents.iter().chain([&table]);
            let parts: Vec<usize> =
                relations.filter_map(|relation| shapes.get(relation)).flatten().copied().collect();
            for other in parts {
                let (id, other_verb) = (&self.nodes[other].id, self.nodes[other].verb);
                let own = id.is_within(&table);
                // A key of a parent that gets its rows again comes after these, and they may belong into this partition.
                let refers = matches!(self.request.to.get(id).map(|object| &object.spec), Some(Spec::Constraint(key)) if key.references.is_some());
                if refers && !own && self.at(id.top(), Verb::Fill).is_some() {
                    self.before(Some(place), Some(other));
                    continue;
                }
                let stays_apart = own && !own_keys::above(self.request.to, id).is_empty();
                match (verb, other_verb, self.nodes[other].statements.is_empty()) {
                    (Verb::Create, Verb::Create, false) if stays_apart => {
                        self.before(Some(place), Some(other));
                    }
                    (Verb::Drop, _, _) => self.before(Some(place), Some(other)),
                    (_, Verb::Create, _) if self.is_incomplete(id) => {}
                    (_, Verb::Create, true) if own => self.before(Some(place), Some(other)),
                    (_, _, false) => self.before(Some(other), Some(place)),
                    _ => {}
                }
            }
        }
    }

    /// What leaves a partitioned table does so before anything takes a place in it: it may be the same place.
    fn order_places(&mut self) {
        let mut leaving: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut coming: Vec<(String, usize)> = Vec::new();
        for (place, (id, verb)) in self.snapshot() {
            let model = if verb == Verb::Drop { self.request.from } else { self.request.to };
            let attachment = if id.kind().is_table() { id.child(Kind::Partition, "") } else { id };
            let Some(Spec::Partition(partition)) = model.get(&attachment).map(|object| &object.spec) else {
                continue;
            };
            if self.nodes[place].statements.is_empty() {
                continue;
            }
            match verb {
                Verb::Drop => leaving.entry(partition.of.clone()).or_default().push(place),
                Verb::Create => coming.push((partition.of.clone(), place)),
                _ => {}
            }
        }
        for (parent, place) in coming {
            for earlier in leaving.get(&parent).into_iter().flatten() {
                self.before(Some(*earlier), Some(place));
            }
        }
    }

    /// A partition with partitions of its own that goes does so before its parents' columns change, which would change in it too: its
    /// partitions may hang on them. A partition is made when its parents' columns are what they shall be.
    fn order_partitions_with_columns(&mut self) {
        let from = self.request.from;
        for (place, (id, verb)) in self.snapshot() {
            if verb == Verb::Create && self.request.to.contains(&id.child(Kind::Partition, "")) {
                for column in self.request.to.children_of_kind(&id, Kind::Column) {
                    for source in with_sources(self.request.to, &column.id).iter().skip(1) {
                        self.before(self.at(source, Verb::Alter), Some(place));
                    }
                }
            }
            let spec = from.get(&id).map(|object| &object.spec);
            let partitioned = matches!(spec, Some(Spec::Table(table)) if table.partition_by.is_some());
            if verb != Verb::Drop || !partitioned {
                continue;
            }
            for column in from.children_of_kind(&id, Kind::Column) {
                for source in with_sources(from, &column.id).iter().skip(1) {
                    self.before(Some(place), self.at(source, Verb::Alter));
                }
            }
        }
    }

    /// Whether a partition is taken out of its place only to get another bound there.
    pub(crate) fn gets_another_bound(&self, attachment: &Id) -> bool {
        let stays =
            attachment.parent().is_some_and(|table| inheritance::stays(table, &self.request.context()));
        attachment.kind() == Kind::Partition && stays && self.at(attachment, Verb::Create).is_some()
    }

    /// Rows that other partitions take from now on.
    pub(crate) fn add_sibling_rows(&mut self) {
        for step in sibling_rows::moves(self.request, self.changes) {
            let reason = format!("rows of {} that other partitions take from now on", step.place.top().sql());
            let action = Action::Replace { reason };
            let (save, fill) = sibling_rows::statements(self.request, self.changes, &step);
            self.push(Verb::Save, &step.place, save, &action);
            self.push(Verb::Fill, &step.place, fill, &action);
            let drop = self.at(step.place.top(), Verb::Drop).filter(|_| step.is_of_all());
            let Some(drop) = drop else { continue };
            for statement in &mut self.nodes[drop].statements {
                statement.hazards.retain(|(hazard, _)| *hazard != Hazard::DataLoss);
            }
        }
    }

    /// They leave their partition when it is out of its place, or before it goes, and come to theirs when all partitions are there. No
    /// foreign key refers to them meanwhile.
    pub(crate) fn order_sibling_rows(&mut self) {
        let steps = sibling_rows::moves(self.request, self.changes);
        let is_within = |id: &Id, above: &Id| {
            [self.request.from, self.request.to].into_iter().any(|model| has_above(model, id.top(), above))
        };
        let returns: Vec<&Id> = steps
            .iter()
            .filter(|step| step.takers.is_empty() && step.is_of_all())
            .map(|step| &step.place)
            .collect();
        for step in &steps {
            let table = step.place.top();
            let (save, fill) = (self.at(&step.place, Verb::Save), self.at(&step.place, Verb::Fill));
            let (leaves, comes) = (self.at(&step.place, Verb::Drop), self.at(&step.place, Verb::Create));
            self.before(leaves.filter(|_| comes.is_some()), save);
            self.before(save, comes);
            self.before(comes, fill);
            self.before(save, self.at(table, Verb::Save));
            self.before(save, self.at(table, Verb::Drop));
            self.before(self.at(table, Verb::Drop), fill);
            // All that is put aside is so in one go, and so is all that is put back.
            let is_other = |other: &&Move| other.parent == step.parent && !returns.contains(&&other.place);
            for other in steps.iter().filter(is_other).filter(|_| !returns.contains(&&step.place)) {
                let comes = self.at(&other.place, Verb::Create);
                self.before(self.at(&other.place, Verb::Drop).filter(|_| comes.is_some()), save);
                self.before(save, self.at(other.place.top(), Verb::Drop));
                self.before(comes, fill);
                for taker in &other.takers {
                    for id in [taker.clone(), taker.child(Kind::Partition, "")] {
                        self.before(self.at(&id, Verb::Create), fill);
                        self.before(save, self.at(&id, Verb::Create));
                    }
                }
            }
            let is_return = returns.contains(&&step.place);
            for (place, (id, verb)) in self.snapshot() {
                let of_family = is_within(&id, &step.parent);
                let stays = self.at(id.top(), Verb::Drop).is_none();
                let refers = || {
                    let models = [self.request.from, self.request.to].into_iter();
                    let mut others = models.filter_map(|model| reference(model, &id));
                    others.any(|other| is_within(&other, &step.parent) || is_within(&step.parent, &other))
                };
                match (id.kind(), verb) {
                    (Kind::Constraint, Verb::Drop) if stays && refers() => self.before(Some(place), save),
                    (Kind::Constraint, Verb::Create) if refers() => self.before(fill, Some(place)),
                    (Kind::Trigger, Verb::Drop) if of_family => self.before(Some(place), save),
                    (Kind::Trigger, _) if of_family => self.before(fill, Some(place)),
                    (Kind::RowLevelSecurity, _)
                        if id.top() == &step.parent
                            || id.top() == table && self.at(table, Verb::Drop).is_none() =>
                    {
                        self.before(fill, Some(place));
                    }
                    // Those of a partition leave it after those of the one that it stands in.
                    (Kind::Partition, Verb::Save) if id.top() != table && is_within(&id, table) => {
                        self.before(save, Some(place));
                    }
                    // They are back before anything else happens to the tables.
                    (Kind::Partition, Verb::Save) if is_return && of_family && !returns.contains(&&id) => {
                        self.before(fill, Some(place));
                    }
                    (Kind::Column | Kind::NotNull | Kind::Identity, _)
                        if is_return && stays && of_family && id.top() != table =>
                    {
                        self.before(fill, Some(place));
                    }
                    _ => {}
                }
            }
        }
    }

    /// It is back before its shape changes, with its parents'. Foreign keys that refer to its rows are away meanwhile. The room that it
    /// gets may be another partition's that goes, and the room that it leaves that of one that comes.
    fn order_another_bound(&mut self, attachment: &Id, place: usize, shapes: &BTreeMap<Id, Vec<usize>>) {
        let (Some(table), verb) = (attachment.parent(), self.nodes[place].verb) else { return };
        let mut relations = vec![table.clone()];
        let mut next = 0;
        while let Some(relation) = relations.get(next).cloned() {
            relations.extend(inheritance::parents(self.request.from, &relation));
            next += 1;
        }
        let refers =
            |id: &Id| reference(self.request.from, id).is_some_and(|above| relations.contains(&above));
        let parts = relations.iter().filter_map(|relation| shapes.get(relation)).flatten().copied();
        let parts: Vec<usize> = parts.filter(|other| !refers(&self.nodes[*other].id)).collect();
        parts.into_iter().for_each(|other| self.before(Some(place), Some(other)));
        let keys: Vec<Id> = self.changes.actions.keys().filter(|id| refers(id)).cloned().collect();
        for key in keys {
            match verb {
                Verb::Drop => self.before(self.at(&key, Verb::Drop), Some(place)),
                _ => self.before(Some(place), self.at(&key, Verb::Create)),
            }
        }
        let parents = inheritance::parents(self.request.from, table);
        let others: Vec<Id> = self.changes.actions.keys().filter(|id| is_attachment(id)).cloned().collect();
        for other in others.iter().filter(|other| other != &attachment) {
            let Some(sibling) = other.parent() else { continue };
            let is_below = |model: &Model| inheritance::parents(model, sibling) == parents;
            match verb {
                Verb::Drop if is_below(self.request.to) => {
                    self.before(Some(place), self.at(other, Verb::Create));
                    self.before(Some(place), self.at(sibling, Verb::Create));
                }
                Verb::Create if is_below(self.request.from) => {
                    self.before(self.at(other, Verb::Drop), Some(place));
                    self.before(self.at(sibling, Verb::Drop), Some(place));
                }
                _ => {}
            }
        }
    }

    /// An index that only some partitions have a part of is made when they all are there: one that comes would get a part by itself.
    pub(crate) fn order_incomplete_indexes(&mut self) {
        let indexes: Vec<(usize, Key)> =
            self.snapshot().into_iter().filter(|(_, (id, _))| self.is_incomplete(id)).collect();
        for (index, (id, _)) in indexes.into_iter().filter(|(_, (_, verb))| *verb == Verb::Create) {
            for (place, (attachment, verb)) in self.snapshot() {
                let Some(table) = attachment.parent().filter(|_| is_attachment(&attachment)) else {
                    continue;
                };
                if verb == Verb::Create && table != id.top() && has_above(self.request.to, table, id.top()) {
                    self.before(Some(place), Some(index));
                    self.before(self.at(table, Verb::Create), Some(index));
                }
            }
        }
    }

    /// What a partition has for itself comes after what PostgreSQL would take it for a part of; a key whose index is to be a part comes
    /// before, and is gone before.
    pub(crate) fn order_own_keys(&mut self) {
        for (place, (id, verb)) in self.snapshot() {
            if verb == Verb::Create {
                for key in own_keys::above(self.request.to, &id) {
                    self.before(self.at(key, Verb::Create), Some(place));
                }
            }
            let model = if verb == Verb::Drop { self.request.from } else { self.request.to };
            let index_parent = match model.get(&id).map(|object| &object.spec) {
                Some(Spec::Constraint(key)) => key.index_parent.as_ref(),
                _ => None,
            };
            let above: Vec<Id> = index_parent
                .into_iter()
                .flat_map(|name| model.relations(name))
                .map(|index| index.id.clone())
                .collect();
            above.iter().for_each(|index| self.before(Some(place), self.at(index, verb)));
        }
    }

    fn is_incomplete(&self, id: &Id) -> bool {
        matches!(self.request.to.get(id).map(|object| &object.spec), Some(Spec::Index(index)) if index.partitioned && !index.valid)
    }

    /// `NOT NULL` goes after the keys and identities that demand it, and comes before them.
    pub(crate) fn order_not_null(&mut self) {
        let mut demanding: BTreeMap<Id, Vec<(usize, Verb)>> = BTreeMap::new();
        for (place, (id, verb)) in self.snapshot() {
            if matches!(id.kind(), Kind::Constraint | Kind::Identity | Kind::ReplicaIdentity) {
                demanding.entry(id.top().clone()).or_default().push((place, verb));
            }
        }
        for (place, (id, verb)) in self.snapshot() {
            // What is said with its column is no step of its own.
            let is_step = id.kind() == Kind::NotNull && !self.nodes[place].statements.is_empty();
            // A column has one: where it was the parent's under another name, that goes first, and before what a child says itself.
            if let (Verb::Create | Verb::Drop, true, Some(column)) = (verb, is_step, id.parent()) {
                for source in with_sources(self.request.from, column) {
                    for other in self.request.from.children_of_kind(&source, Kind::NotNull) {
                        self.before(self.at(&other.id, Verb::Drop), Some(place));
                    }
                }
            }
            let others = demanding.get(id.top()).filter(|_| is_step);
            for (other, other_verb) in others.into_iter().flatten() {
                let is_identity = self.nodes[*other].id.kind() == Kind::ReplicaIdentity;
                match (verb, other_verb) {
                    (Verb::Drop, Verb::Drop) => self.before(Some(*other), Some(place)),
                    (Verb::Drop, Verb::Alter) if is_identity => self.before(Some(*other), Some(place)),
                    (Verb::Create, Verb::Alter) if is_identity => self.before(Some(place), Some(*other)),
                    (Verb::Create, Verb::Create) => self.before(Some(place), Some(*other)),
                    _ => {}
                }
            }
        }
    }

    /// A permanent table refers to permanent ones only: what is referred to becomes permanent first, and unlogged last. A key that
    /// comes waits for that, and one that goes is gone before.
    pub(crate) fn order_persistence(&mut self) {
        let unlogged = |model: &Model, id: &Id| matches!(model.get(id).map(|object| &object.spec), Some(Spec::Table(table)) if table.unlogged);
        let is_unlogged =
            |object: &kinds::Object| matches!(&object.spec, Spec::Table(table) if table.unlogged);
        if ![self.request.from, self.request.to].into_iter().flat_map(Model::objects).any(is_unlogged) {
            return;
        }
        for (key, table, referenced) in references(self.request.from) {
            let (one, other) = (self.at(&table, Verb::Alter), self.at(&referenced, Verb::Alter));
            let gone = self.at(&key, Verb::Drop);
            if gone.is_some() {
                self.before(gone, one);
                self.before(gone, other);
            } else if unlogged(self.request.to, &referenced) {
                self.before(one, other);
            } else if unlogged(self.request.from, &referenced) {
                self.before(other, one);
            }
        }
        for (key, table, referenced) in references(self.request.to) {
            let comes = self.at(&key, Verb::Create);
            self.before(self.at(&table, Verb::Alter), comes);
            self.before(self.at(&referenced, Verb::Alter), comes);
        }
    }

    /// A foreign key takes hold of whatever key of the other table fits when it is made: of one that stays, if others are gone.
    pub(crate) fn order_references(&mut self) {
        let constraint = |model: &Model, id: &Id| match model.get(id).map(|object| &object.spec) {
            Some(Spec::Constraint(constraint)) => {
                Some((constraint.has_index(), constraint.references.clone()))
            }
            _ => None,
        };
        let mut going: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, (id, verb)) in self.snapshot() {
            if verb == Verb::Drop && matches!(constraint(self.request.from, &id), Some((true, _))) {
                going.entry(id.relation_sql()).or_default().push(place);
            }
        }
        for (place, (id, verb)) in self.snapshot() {
            let Some((_, Some(references))) =
                constraint(self.request.to, &id).filter(|_| verb == Verb::Create)
            else {
                continue;
            };
            for other in going.get(&references).into_iter().flatten() {
                self.before(Some(*other), Some(place));
            }
        }
    }

    /// Rows are put aside before anything else happens to their table and its partitions, and put back when these are there
    /// again, before keys refer to them and triggers fire.
    pub(crate) fn order_rows(&mut self) {
        let rows = |graph: &Self, verb: Verb| -> Vec<(usize, Id)> {
            let all = graph.snapshot().into_iter().filter(|(_, (_, other))| *other == verb);
            all.map(|(place, (id, _))| (place, id)).collect()
        };
        // A partition's part of a key that goes is gone with the whole.
        let is_part = |graph: &Self, place: usize| {
            let node = &graph.nodes[place];
            (node.id.kind(), node.verb) == (Kind::Constraint, Verb::Drop) && node.statements.is_empty()
        };
        for (place, table) in rows(self, Verb::Save) {
            for (other, (id, verb)) in self.snapshot() {
                let detaches = (id.kind(), verb) == (Kind::Partition, Verb::Drop)
                    && !self.nodes[other].statements.is_empty()
                    && !self.gets_another_bound(&id);
                let family = has_above(self.request.from, id.top(), &table);
                if detaches && family && self.at(id.top(), Verb::Drop).is_none() {
                    self.before(Some(other), Some(place));
                } else if verb != Verb::Save && family && id.top().kind().is_table() && !is_part(self, other)
                {
                    self.before(Some(place), Some(other));
                }
            }
        }
        let gets_values =
            |table: &Id| self.returns.iter().any(|back| back.id == *table && !back.columns.is_empty());
        let filled: Vec<(usize, Id)> =
            rows(self, Verb::Fill).into_iter().filter(|(_, table)| !gets_values(table)).collect();
        for (place, table) in filled {
            let into = sibling_rows::destination(self.request, self.changes, &table);
            for (other, (id, verb)) in self.snapshot().into_iter().filter(|(other, _)| *other != place) {
                let family = has_above(self.request.to, id.top(), &into);
                let refers = matches!(self.request.to.get(&id).map(|object| &object.spec), Some(Spec::Constraint(key)) if key.references.is_some());
                // Those of partitions that stay are needed where they get their place.
                let later = refers && self.at(id.top(), Verb::Create).is_some()
                    || matches!(
                        id.kind(),
                        Kind::Trigger | Kind::Rule | Kind::Policy | Kind::RowLevelSecurity
                    );
                match (family, verb) {
                    (true, Verb::Create) if later => self.before(Some(place), Some(other)),
                    (true, Verb::Create)
                        if matches!(
                            id.kind(),
                            Kind::Table
                                | Kind::ForeignTable
                                | Kind::Column
                                | Kind::Identity
                                | Kind::Partition
                        ) =>
                    {
                        self.before(Some(other), Some(place));
                    }
                    (false, Verb::Create) if refers => self.before(Some(place), Some(other)),
                    _ => {}
                }
            }
        }
    }
}

/// Whether a table is `above`, or stands in it at any depth.
pub(crate) fn has_above(model: &Model, table: &Id, above: &Id) -> bool {
    table == above || inheritance::parents(model, table).iter().any(|parent| has_above(model, parent, above))
}

fn is_attachment(id: &Id) -> bool {
    matches!(id.kind(), Kind::Partition | Kind::Inheritance)
}

/// What a table must have in common with its parents.
fn belongs_to_shape(id: &Id) -> bool {
    matches!(
        id.kind(),
        Kind::Column | Kind::NotNull | Kind::Constraint | Kind::Index | Kind::Trigger | Kind::Identity
    )
}

/// Foreign keys, each with its table and the one that it refers to.
fn references(model: &Model) -> Vec<(Id, Id, Id)> {
    let ids = model.ids().filter(|id| id.kind() == Kind::Constraint);
    ids.filter_map(|id| Some((id.clone(), id.parent()?.clone(), reference(model, id)?))).collect()
}

/// The table that a foreign key refers to.
pub(crate) fn reference(model: &Model, key: &Id) -> Option<Id> {
    let Spec::Constraint(constraint) = &model.get(key)?.spec else { return None };
    let mut referenced = model.relations(constraint.references.as_ref()?);
    referenced.find(|object| object.id.kind() == Kind::Table).map(|object| object.id.clone())
}
