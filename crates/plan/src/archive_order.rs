//! The order around what an archive keeps.

use std::collections::{BTreeMap, BTreeSet};

use kinds::{Dependency, Hazard, Id, Kind, Object};

use crate::archive::{self, Archive, Return, What};
use crate::changes::Action;
use crate::graph::{Graph, Node, needs};
use crate::round::Verb;
use crate::rules::undisturbed::root;
use crate::table_order::{has_above, reference};

impl Graph<'_> {
    /// What is kept is not lost.
    pub(crate) fn add_archives(&mut self) {
        let none = Action::Alter(Vec::new());
        let savings = std::mem::take(&mut self.savings);
        for column in self.request.directives.backfills.keys() {
            let kept = savings.iter().map(|saving| &saving.kept).find(|kept| kept.saved() == *column);
            let statements = archive::fill(self.request, self.changes, column, kept);
            if !statements.is_empty() {
                self.push(Verb::Fill, column, statements, &none);
            }
        }
        let mut notes: BTreeMap<(Verb, Id), Vec<String>> = BTreeMap::new();
        for saving in &savings {
            match self.at(&saving.kept.saved(), Verb::Save) {
                // The rows of a table that is made anew are put aside then, too.
                Some(place) => {
                    self.nodes[place].statements.splice(0..0, saving.statements.iter().cloned());
                }
                None => self.push(Verb::Save, &saving.kept.saved(), saving.statements.clone(), &none),
            }
            for step in &saving.saves {
                notes.entry(step.clone()).or_default().push(saving.kept.note());
            }
        }
        for ((verb, id), notes) in notes {
            let Some(place) = self.at(&id, verb) else { continue };
            for statement in &mut self.nodes[place].statements {
                let before = statement.hazards.len();
                statement.hazards.retain(|(hazard, _)| *hazard != Hazard::DataLoss);
                if statement.hazards.len() < before {
                    statement.kept.extend(notes.clone());
                }
            }
        }
        self.savings = savings;
        let returns = std::mem::take(&mut self.returns);
        for back in &returns {
            self.push(Verb::Fill, &back.id, back.statements.clone(), &none);
        }
        self.returns = returns;
    }

    /// Values are kept before they go and come back before anything needs them; a sequence's number while the sequence is there.
    pub(crate) fn order_archives(&mut self) {
        let numbers = self.savings.iter().filter(|saving| saving.kept.what == What::Number);
        let numbers: Vec<Id> = numbers.map(|saving| saving.kept.of.clone()).collect();
        for of in &numbers {
            let save = self.at(of, Verb::Save);
            self.before(save, self.at(of, Verb::Alter));
            let holders: Vec<Id> = of.ancestors().cloned().chain(self.gone_with(of)).collect();
            for id in std::iter::once(of).chain(&holders) {
                self.before(save, self.at(id, Verb::Drop));
            }
        }
        // What values become is written down with them: the type is there, or the extension that brings it.
        let kept = self.savings.iter().filter(|saving| matches!(saving.kept.what, What::Values { .. }));
        let kept: Vec<(Id, Id)> = kept
            .flat_map(|saving| &saving.saves)
            .flat_map(|(_, column)| {
                needs(self.request.to, column).into_iter().map(|(need, _)| (column.clone(), need))
            })
            .filter(|(_, need)| {
                need.kind() == Kind::Extension || need.kind().is_type() && !self.changes.goes(need)
            })
            .collect();
        for (column, need) in kept {
            self.before(self.at(&need, Verb::Create), self.at(column.top(), Verb::Save));
        }
        self.order_shared_columns();
        // Columns of a partition go with those of its parent.
        let rows = self.savings.iter().filter(|saving| matches!(saving.kept.what, What::Rows { .. }));
        let rows: Vec<Id> = rows.map(|saving| saving.kept.of.clone()).collect();
        for (place, (id, verb)) in self.snapshot() {
            let above = |table: &&Id| *table != id.top() && has_above(self.request.from, table, id.top());
            if id.kind() == Kind::Column && matches!(verb, Verb::Drop | Verb::Alter) {
                for table in rows.iter().filter(above) {
                    self.before(self.at(table, Verb::Save), Some(place));
                }
            }
        }
        self.order_returns();
    }

    /// What a table has from elsewhere changes there.
    fn order_shared_columns(&mut self) {
        let in_place = self.savings.iter().filter(|saving| saving.kept.is_in_place());
        let origins = in_place.map(|saving| (saving.kept.of.clone(), saving.kept.origins(self.request.from)));
        for (table, origins) in origins.collect::<Vec<_>>() {
            let save = self.at(&table, Verb::Save);
            for origin in origins {
                self.before(save, self.at(&origin, Verb::Drop));
                self.before(save, self.at(&origin, Verb::Alter));
            }
        }
    }

    /// What is kept comes back when there is all that it needs, before anything uses it.
    fn order_returns(&mut self) {
        let returns = std::mem::take(&mut self.returns);
        self.order_rows_of_partitions(&returns);
        for back in &returns {
            let Some(fill) = self.at(&back.id, Verb::Fill) else { continue };
            // A column that is added draws numbers.
            let draws =
                |user: &&Object| user.id.kind() == Kind::ColumnDefault && back.id.kind() == Kind::Sequence;
            for default in self.request.to.dependents(&back.id).filter(draws) {
                self.before(default.id.parent().and_then(|column| self.at(column, Verb::Create)), Some(fill));
                self.before(self.at(default.id.top(), Verb::Fill), Some(fill));
            }
            self.before(self.at(&back.id, Verb::Create), Some(fill));
            // A sequence that comes to a column goes on behind its values, and where it stood is what counts.
            self.before(self.at(&back.id.child(Kind::SequenceOwner, ""), Verb::Create), Some(fill));
            if matches!(back.id.kind(), Kind::Sequence | Kind::Identity) {
                self.before(self.at(&back.id, Verb::Alter), Some(fill));
            }
            for ancestor in back.id.ancestors() {
                self.before(self.at(ancestor, Verb::Create), Some(fill));
            }
            let settled = archive::deferred_keys(self.request, &back.id).filter(|_| back.columns.is_empty());
            settled.for_each(|key| self.before(self.at(&key.id, Verb::Create), Some(fill)));
            for made in back.columns.iter().chain(&back.after) {
                self.before(self.at(made, Verb::Create), Some(fill));
                self.before(self.at(made, Verb::Alter), Some(fill));
            }
            for column in &back.columns {
                // What looks its values up calls its type by the name that it has in the end.
                for (need, _) in needs(self.request.to, column) {
                    if self.changes.ahead.contains_key(&need) {
                        self.before(self.there(&need), Some(fill));
                    }
                }
            }
            // Rows are read under the policies that there were, and told by values as they shall be.
            if let Some(columns) = &back.read {
                let security = back.id.top().child(Kind::RowLevelSecurity, "");
                for verb in [Verb::Create, Verb::Alter, Verb::Drop] {
                    self.before(Some(fill), self.at(&security, verb));
                }
                for column in columns {
                    self.before(self.at(column, Verb::Alter), Some(fill));
                }
            }
            // Triggers that are there are switched off meanwhile.
            for (place, (id, verb)) in self.snapshot() {
                if back.in_place && id.kind() == Kind::Trigger && id.parent() == Some(&back.id) {
                    let (first, then) = if verb == Verb::Drop { (place, fill) } else { (fill, place) };
                    self.before(Some(first), Some(then));
                }
            }
            for (place, (id, verb)) in self.snapshot() {
                let comes_with_it = self.nodes[place].statements.is_empty()
                    || back.columns.contains(&id)
                    || matches!(id.kind(), Kind::ColumnDefault | Kind::Identity);
                // A column's own sequence is there before it.
                let is_own = |how: &Dependency| *how == Dependency::Auto && id.kind() == Kind::Sequence;
                let needs = needs(self.request.to, &id);
                let uses = || needs.iter().any(|(need, how)| back.columns.contains(need) && !is_own(how));
                let of_it = || id.ancestors().any(|ancestor| back.columns.contains(ancestor));
                if place != fill
                    && matches!(verb, Verb::Create | Verb::Alter)
                    && !comes_with_it
                    && (uses() || of_it())
                {
                    self.before(Some(fill), Some(place));
                }
            }
        }
        self.returns = returns;
    }

    /// A partition has the foreign keys of its parent from the beginning: its rows come after those that they refer to.
    fn order_rows_of_partitions(&mut self, returns: &[Return]) {
        let to = self.request.to;
        for back in returns.iter().filter(|back| to.contains(&back.id.child(Kind::Partition, ""))) {
            let root = root(to, &back.id);
            let keys = to.children_of_kind(&root, Kind::Constraint).into_iter();
            let referenced: Vec<Id> = keys.filter_map(|key| reference(to, &key.id)).collect();
            let is_first = |other: &Id| {
                !has_above(to, other, &root) && referenced.iter().any(|table| has_above(to, other, table))
            };
            for other in returns.iter().filter(|other| is_first(&other.id)) {
                self.before(self.at(&other.id, Verb::Fill), self.at(&back.id, Verb::Fill));
            }
        }
    }

    /// A table that is moved goes from where it was when nothing holds it, and comes when the names of all its parts are free.
    pub(crate) fn order_moves(&mut self) {
        let away: Vec<Id> = self
            .savings
            .iter()
            .filter(|saving| saving.kept.is_moved())
            .map(|saving| saving.kept.of.clone())
            .collect();
        for table in &away {
            let Some(save) = self.at(table, Verb::Save) else { continue };
            // With all that goes with it.
            let goes = |node: &Node| {
                node.verb == Verb::Drop
                    && (node.id == *table || self.gone_with(&node.id).as_ref() == Some(table))
            };
            let own: BTreeSet<usize> =
                (0..self.nodes.len()).filter(|place| goes(&self.nodes[*place])).collect();
            let before: BTreeSet<usize> =
                own.iter().flat_map(|place| &self.nodes[*place].after).copied().collect();
            for earlier in before.difference(&own) {
                self.before(Some(*earlier), Some(save));
            }
        }
        let moved = std::mem::take(&mut self.moved);
        for back in &moved {
            let Some(table) = self.at(&back.table, Verb::Create) else { continue };
            let parts: BTreeSet<usize> =
                back.parts.iter().filter_map(|part| self.at(part, Verb::Create)).collect();
            let before: BTreeSet<usize> =
                parts.iter().flat_map(|part| &self.nodes[*part].after).copied().collect();
            for earlier in before.difference(&parts) {
                self.before(Some(*earlier), Some(table));
            }
        }
        self.moved = moved;
    }

    /// Rows that have NULL in a column are kept before anything else is done to their table. They get a value once the column has its
    /// type, before it refuses NULL and anything is made that might not take them as they were; on the way back the other way round.
    pub(crate) fn order_fills(&mut self) {
        let is_back = matches!(self.request.archive, Archive::Back { .. });
        let all = self.snapshot();
        let columns = all.iter().filter(|(_, (id, verb))| *verb == Verb::Fill && id.kind() == Kind::Column);
        for (fill, (column, _)) in columns {
            let save = self.at(column, Verb::Save);
            self.before(save, Some(*fill));
            for (place, (id, verb)) in all.iter().filter(|(_, (id, _))| id.top() == column.top()) {
                if matches!(verb, Verb::Save | Verb::Fill) {
                    continue;
                }
                self.before(save, Some(*place));
                let is_of_column = id.parent() == Some(column) || id == column;
                let fill_is_first = match (id.kind(), verb) {
                    (Kind::NotNull, Verb::Drop) if is_of_column => false,
                    (Kind::Column, Verb::Alter) if is_of_column => is_back,
                    (Kind::Column, verb) => *verb == Verb::Drop,
                    (Kind::Constraint | Kind::Index, Verb::Drop) => false,
                    (Kind::NotNull, Verb::Create)
                    | (Kind::Trigger | Kind::RowLevelSecurity | Kind::Constraint | Kind::Index, _) => true,
                    _ => continue,
                };
                let (first, then) = if fill_is_first { (*fill, *place) } else { (*place, *fill) };
                self.before(Some(first), Some(then));
            }
        }
    }

    /// A value of a new column may be made of columns that go; and a column has either an identity or a default.
    pub(crate) fn order_values(&mut self) {
        let all = self.snapshot();
        for (place, (id, verb)) in &all {
            if *verb == Verb::Create && self.request.directives.backfills.contains_key(id) {
                let siblings = all
                    .iter()
                    .filter(|(_, (other, _))| other.kind() == Kind::Column && other.top() == id.top());
                for (other, _) in siblings.filter(|(_, (_, verb))| *verb == Verb::Drop) {
                    self.before(Some(*place), Some(*other));
                }
            }
            if matches!(id.kind(), Kind::Identity | Kind::ColumnDefault) && *verb != Verb::Drop {
                let other = |(_, (other, verb)): &&(usize, (Id, Verb))| {
                    *verb == Verb::Drop
                        && other.parent() == id.parent()
                        && other.kind() != id.kind()
                        && matches!(other.kind(), Kind::Identity | Kind::ColumnDefault)
                };
                for (other, _) in all.iter().filter(other) {
                    self.before(Some(*other), Some(*place));
                }
            }
        }
    }
}
