//! The order of what is done to tables that refer to others, or are made anew.

use std::collections::BTreeMap;

use kinds::kinds::constraint::ConstraintType;
use kinds::kinds::inheritance;
use kinds::{Id, Kind, Model, Spec};

use crate::graph::{Graph, Key, with_sources};
use crate::round::Verb;
use crate::rules::sibling_rows;

impl Graph<'_> {
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
                    (Verb::Drop, Verb::Drop) => {
                        self.before(Some(*other), Some(place));
                        // A key that goes with another column is there as long as that is.
                        let root = self.gone_with(&self.nodes[*other].id);
                        self.before(root.and_then(|root| self.at(&root, Verb::Drop)), Some(place));
                    }
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

    /// A check that calls a function reads whatever the function does, which no catalog tells: it comes when all that could be is there.
    pub(crate) fn order_checks(&mut self) {
        let calls = |id: &Id| {
            let Some(object) = self.request.to.get(id) else { return false };
            let is_check =
                matches!(&object.spec, Spec::Constraint(key) if key.constraint_type == ConstraintType::Check);
            is_check && object.needs.keys().any(|need| need.kind() == Kind::Function)
        };
        let stands_alone = |id: &Id| {
            let to = self.request.to;
            inheritance::parents(to, id.top()).is_empty() && !inheritance::has_children(to, Some(id.top()))
        };
        let has_rows =
            |id: &Id| self.request.from.contains(id.top()) || self.at(id.top(), Verb::Fill).is_some();
        let is_read = |id: &Id, verb: Verb| {
            let kinds = [Kind::Table, Kind::Column, Kind::View, Kind::MaterializedView, Kind::Function];
            kinds.contains(&id.kind()) && matches!(verb, Verb::Create | Verb::Alter | Verb::Fill)
        };
        let nodes = self.snapshot();
        let is_late = |(_, (id, verb)): &&(usize, Key)| {
            *verb == Verb::Create
                && id.parent().is_some_and(|table| table.kind() == Kind::Table)
                && calls(id)
                && has_rows(id)
                && stands_alone(id)
        };
        let late: Vec<&(usize, Key)> = nodes.iter().filter(is_late).collect();
        for (place, (id, _)) in late {
            for (other, _) in
                nodes.iter().filter(|(_, (other, verb))| other.top() != id.top() && is_read(other, *verb))
            {
                self.before(Some(*other), Some(*place));
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
                    // It is made with those of its parents.
                    (false, Verb::Create)
                        if id.kind() == Kind::Column && has_above(self.request.to, &table, id.top()) =>
                    {
                        self.before(Some(other), self.at(&table, Verb::Create));
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
