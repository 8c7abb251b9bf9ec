//! The order around columns whose values are made of the rows of tables.

use std::collections::BTreeSet;

use kinds::kinds::inheritance;
use kinds::{Id, Kind, Model};

use crate::graph::Graph;
use crate::round::Verb;
use crate::rules::conversion::{attributes, element};

impl Graph<'_> {
    /// Columns are put by, or gone, before what their values are made of changes, and come back after.
    pub(crate) fn order_row_types(&mut self) {
        self.order_coming_row_types();
        let changes = self.changes;
        let away = |id: &&Id| id.kind() == Kind::Column && (changes.suspends(id) || changes.goes(id));
        let columns: Vec<Id> = changes.actions.keys().filter(away).cloned().collect();
        for column in columns {
            let held = if changes.goes(column.top()) { column.top() } else { &column };
            let mut made = made_of(self.request.from, &column, &|_| true);
            // A child table changes with those above it.
            let above = |table: &Id| {
                let both = [self.request.from, self.request.to];
                both.into_iter().flat_map(|model| inheritance::above(model, table)).collect::<Vec<Id>>()
            };
            let tables: Vec<Id> = made.iter().filter(|id| id.kind().is_table()).flat_map(above).collect();
            made.extend(tables);
            for (place, (id, _)) in self.snapshot() {
                let other = id.top() != column.top() && !self.is_swapped(&id);
                if is_shape(&id) && made.contains(id.top()) && other {
                    self.before(self.at(held, Verb::Drop), Some(place));
                    self.before(Some(place), self.at(held, Verb::Create));
                }
                // Its default goes before, and is there again when it has its type.
                if id.is_within(&column) {
                    self.before(self.at(&id, Verb::Drop), self.at(&column, Verb::Drop));
                    self.before(self.at(&column, Verb::Create), self.at(&id, Verb::Create));
                }
            }
            self.order_parts(&column);
        }
    }

    /// What the values of a column have parts of is there when it comes back; what those of a column that is put by have parts of
    /// meanwhile is there until then.
    fn order_parts(&mut self, column: &Id) {
        let (from, to) = (self.request.from, self.request.to);
        let is_put_by = self.changes.suspends(column);
        let is_own = |used: &Id| to.get(column).is_some_and(|column| column.needs.contains_key(used));
        for used in made_of(to, column, &|_| true) {
            let there = if is_put_by { self.at(&used, Verb::Create) } else { self.there(&used) };
            self.before(there.filter(|_| is_put_by || !is_own(&used)), self.at(column, Verb::Create));
        }
        for used in made_of(from, column, &|part| to.contains(part)) {
            if is_put_by {
                self.before(self.at(column, Verb::Drop), self.at(&used, Verb::Rename));
                self.before(
                    self.at(column, Verb::Create),
                    self.at(&used, Verb::Drop).filter(|_| used.kind().is_type()),
                );
            }
        }
    }

    /// A column gets values that are made of the rows of tables when these have their shape, and gives such up while they still do.
    fn order_coming_row_types(&mut self) {
        for (place, (id, verb)) in self.snapshot() {
            let comes = verb == Verb::Create && !self.changes.suspends(&id);
            if id.kind() != Kind::Column || !comes && verb != Verb::Alter {
                continue;
            }
            let tables = |model: &Model| {
                let mut made = made_of(model, &id, &|_| true);
                made.retain(|of| of.kind().is_table() && of != id.top());
                made
            };
            let after = tables(self.request.to);
            let before = if comes { BTreeSet::new() } else { tables(self.request.from) };
            let changed =
                |tables: &BTreeSet<Id>, part: &Id| part.kind() == Kind::Column && tables.contains(part.top());
            for (other, (part, _)) in self.snapshot() {
                if changed(&after, &part) && !before.contains(part.top()) {
                    self.before(Some(other), Some(place));
                }
                if changed(&before, &part) && !after.contains(part.top()) {
                    self.before(Some(place), Some(other));
                }
            }
        }
    }
}

/// Whether an object is the shape of a row, or a part of it.
fn is_shape(id: &Id) -> bool {
    let kinds = [Kind::Table, Kind::ForeignTable, Kind::Column, Kind::Composite, Kind::Attribute];
    kinds.contains(&id.kind())
}

/// What the values of a column are made of, at any depth, by parts that count.
fn made_of(model: &Model, column: &Id, counts: &dyn Fn(&Id) -> bool) -> BTreeSet<Id> {
    let mut made = BTreeSet::new();
    let mut queue = vec![column];
    while let Some(object) = queue.pop().and_then(|id| model.get(id)) {
        let is_of = |need: &&Id| element(object).is_some_and(|name| need.sql() == name);
        let types = object.needs.keys().filter(is_of);
        for id in types.filter(|id| id.kind().is_type() || id.kind().is_table()) {
            if made.insert(id.clone()) {
                queue.push(id);
                queue.extend(
                    attributes(model, id).into_iter().map(|(part, _)| part).filter(|part| counts(part)),
                );
            }
        }
    }
    made
}
