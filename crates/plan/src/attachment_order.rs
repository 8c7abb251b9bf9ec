//! The order of what is done to tables that stand in others: they are taken out of their places, put into them, and rows follow.

use std::collections::BTreeMap;

use kinds::kinds::constraint::twins_before;
use kinds::kinds::index::Index;
use kinds::kinds::inheritance;
use kinds::{Hazard, Id, Kind, Model, Spec};

use crate::changes::Action;
use crate::graph::{Graph, Key, with_sources};
use crate::round::Verb;
use crate::rules::own_keys;
use crate::rules::sibling_rows::{self, Move};
use crate::table_order::{has_above, reference};

impl Graph<'_> {
    /// A table is taken out of its place before anything else is done to it or to its parents, and put into its place when it
    /// has all that this takes; what its parents bring along comes after.
    pub(crate) fn order_attachments(&mut self) {
        self.order_places();
        self.order_partitions_with_columns();
        let is_step = |id: &Id, verb: Verb| is_attachment(id) && !matches!(verb, Verb::Save | Verb::Fill);
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
            let above = inheritance::above(model, &table);
            let relations = above.iter().chain([&table]);
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
                if other_verb == Verb::Create && !own && self.is_handed_down(id, &table) {
                    self.before(Some(place), Some(other));
                    continue;
                }
                let stays_apart = own && !own_keys::above(self.request.to, id).is_empty();
                match (verb, other_verb, self.nodes[other].statements.is_empty()) {
                    (Verb::Create, Verb::Create, false) if stays_apart => {
                        self.before(Some(place), Some(other));
                    }
                    (Verb::Drop, _, _) => self.before(Some(place), Some(other)),
                    (_, Verb::Create, _) if self.is_incomplete(id) || self.is_part_of_incomplete(id) => {}
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
        let returns: Vec<&Id> =
            steps.iter().filter(|step| step.is_return()).map(|step| &step.place).collect();
        for step in &steps {
            let table = step.place.top();
            let (save, fill) = (self.at(&step.place, Verb::Save), self.at(&step.place, Verb::Fill));
            self.before(save, self.at(table, Verb::Save));
            self.before(save, self.at(table, Verb::Drop));
            self.before(self.at(table, Verb::Drop), fill);
            let is_return = step.is_return();
            self.order_bounds(step, save, fill);
            // All that is put aside is so in one go, and so is all that is put back.
            let is_other =
                |other: &&Move| !is_return && other.parent == step.parent && !returns.contains(&&other.place);
            for other in steps.iter().filter(is_other) {
                self.before(save, self.at(other.place.top(), Verb::Drop));
                for taker in &other.takers {
                    for id in [taker.clone(), taker.child(Kind::Partition, "")] {
                        self.before(self.at(&id, Verb::Create), fill);
                        self.before(save, self.at(&id, Verb::Create));
                    }
                }
            }
            for (place, (id, verb)) in self.snapshot() {
                let of_family = is_within(&id, &step.parent);
                let stays = self.at(id.top(), Verb::Drop).is_none();
                let refers = || {
                    let models = [self.request.from, self.request.to].into_iter();
                    let mut others = models.filter_map(|model| reference(model, &id));
                    others.any(|other| is_within(&other, &step.parent) || is_within(&step.parent, &other))
                };
                match (id.kind(), verb) {
                    // Rows of a partition with partitions of its own are in these.
                    (Kind::Table, Verb::Drop) if is_within(&id, table) => self.before(save, Some(place)),
                    (Kind::Constraint, Verb::Drop) if stays && refers() => self.before(Some(place), save),
                    (Kind::Constraint, Verb::Create) if refers() => self.before(fill, Some(place)),
                    // What goes with its table goes when its rows are put aside.
                    (Kind::Trigger, Verb::Drop) if self.nodes[place].statements.is_empty() => {}
                    (Kind::Trigger, Verb::Drop) if of_family && !self.is_state_of_part(place) => {
                        self.before(Some(place), save);
                    }
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

    /// What gets another bound in the family is out of its place before, from the top downwards, and back when rows are put back; rows that go
    /// back into the default partition do so before.
    fn order_bounds(&mut self, step: &Move, save: Option<usize>, fill: Option<usize>) {
        for (other, is_later) in sibling_rows::bound_anew(self.request, self.changes, step) {
            let (out, back) = (self.at(&other, Verb::Drop), self.at(&other, Verb::Create));
            if step.is_return() {
                self.before(fill, out);
                continue;
            }
            match is_later {
                true => self.before(save, out),
                false => self.before(out, save),
            }
            self.before(save, back);
            self.before(back, fill);
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
        // What tables below have of the triggers above is gone while it is out of its place.
        for (other, (id, _)) in self.snapshot() {
            if self.is_state_of_part(other) && has_above(self.request.from, id.top(), table) {
                self.before(Some(place), Some(other));
            }
        }
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
    /// before, and is gone before. Of equal keys of a table the one comes first that foreign keys depend on.
    pub(crate) fn order_own_keys(&mut self) {
        for (place, (id, verb)) in self.snapshot() {
            if verb == Verb::Create {
                let twins = twins_before(self.request.to, &id);
                for key in own_keys::above(self.request.to, &id).into_iter().chain(twins) {
                    self.before(self.at(key, Verb::Create), Some(place));
                }
            }
            let model = if verb == Verb::Drop { self.request.from } else { self.request.to };
            if let Some(whole) = own_keys::whole(model, &id) {
                self.before(Some(place), self.at(&whole, verb));
            }
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

    /// Whether a node alters what a partition says itself of a trigger that it has from above.
    fn is_state_of_part(&self, place: usize) -> bool {
        let node = &self.nodes[place];
        let model = if node.verb == Verb::Drop { self.request.from } else { self.request.to };
        let is_part = matches!(model.get(&node.id).map(|object| &object.spec), Some(Spec::Trigger(trigger)) if trigger.inherited.is_some());
        is_part && !node.statements.is_empty()
    }

    /// Whether an index is made and becomes a part of one that only some partitions have a part of.
    fn is_part_of_incomplete(&self, id: &Id) -> bool {
        let Some(Spec::Index(Index { parent: Some(parent), .. })) =
            self.request.to.get(id).map(|object| &object.spec)
        else {
            return false;
        };
        self.request.to.relations(parent).any(|above| self.is_incomplete(&above.id))
    }

    fn is_incomplete(&self, id: &Id) -> bool {
        matches!(self.request.to.get(id).map(|object| &object.spec), Some(Spec::Index(index)) if index.partitioned && !index.valid)
    }
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
