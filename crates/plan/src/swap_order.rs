//! The order around types that are swapped: old and new are there together for a while.

use kinds::{Id, Kind, Model, Statement};

use crate::changes::{Action, Changes};
use crate::graph::Graph;
use crate::round::Verb;

impl Graph<'_> {
    pub(crate) fn add_swap(
        &mut self,
        id: &Id,
        rename: &[Statement],
        drop: &[Statement],
        action: &Action,
        changes: &Changes,
    ) {
        self.push(Verb::Rename, id, rename.to_vec(), action);
        if let Some(to) = self.request.to.get(id) {
            let statements = match changes.ahead.get(id) {
                Some(ahead) => to.spec.create(ahead, &self.request.context()),
                None => self.creation(to, changes),
            };
            self.push(Verb::Create, id, statements, action);
        }
        self.push(Verb::Drop, id, drop.to_vec(), action);
    }

    /// Where an object is there under its own name.
    pub(crate) fn there(&self, id: &Id) -> Option<usize> {
        self.at(id, if self.changes.ahead.contains_key(id) { Verb::Rename } else { Verb::Create })
    }

    /// The same for what uses it: a column that moves over uses the new type under whatever name it has.
    pub(crate) fn there_for(&self, used: &Id, user: &Id, verb: Verb) -> Option<usize> {
        let moves =
            verb == Verb::Alter && user.kind() == Kind::Column && self.changes.ahead.contains_key(used);
        let held = || self.request.from.get(user).is_some_and(|column| column.needs.contains_key(used));
        if moves && held() { self.at(used, Verb::Create) } else { self.there(used) }
    }

    /// What names a type in the statement that drops it goes before the type has another name; what is to come after a swap does;
    /// and a typed table is let go of its type while its columns and the type's attributes change.
    pub(crate) fn order_swaps(&mut self) {
        let changes = self.changes;
        let put_aside = |id: &&Id| changes.swaps(id) && !changes.ahead.contains_key(*id);
        for object in self.request.from.objects() {
            let root = self.gone_with(&object.id);
            let needs = object.needs.keys().filter(put_aside);
            for need in needs.filter(|need| root.as_ref() != Some(*need)) {
                let verb = if object.id.top().kind().is_type() { Verb::Rename } else { Verb::Drop };
                self.before(self.at(&object.id, verb), self.at(need, Verb::Rename));
            }
        }
        for id in changes.actions.keys().filter(put_aside) {
            self.before(self.at(id, Verb::Rename), self.at(id, Verb::Drop));
        }
        for (id, type_id) in &self.changes.later {
            self.before(self.at(type_id, Verb::Drop), self.at(id, Verb::Alter));
            self.before(self.there(type_id), self.at(id, Verb::Alter));
        }
        for id in self.changes.ahead.keys() {
            self.before(self.at(id, Verb::Create), self.at(id, Verb::Drop));
            self.before(self.at(id, Verb::Drop), self.at(id, Verb::Rename));
        }
        let suspended: Vec<&Id> =
            self.changes.actions.keys().filter(|table| self.changes.suspends(table)).collect();
        if suspended.is_empty() {
            return;
        }
        for (place, (id, _)) in self.snapshot() {
            let Some(parent) = id.parent().filter(|_| matches!(id.kind(), Kind::Column | Kind::Attribute))
            else {
                continue;
            };
            for table in suspended.iter().copied() {
                let typed =
                    |model: &Model| model.get(table).is_some_and(|object| object.needs.contains_key(parent));
                if table == parent || typed(self.request.from) || typed(self.request.to) {
                    self.before(self.at(table, Verb::Drop), Some(place));
                    self.before(Some(place), self.at(table, Verb::Create));
                }
            }
        }
    }

    /// Of two functions that one call could mean, one goes before the other comes.
    pub(crate) fn order_overloads(&mut self) {
        for (going, coming) in &self.changes.apart {
            for verb in [Verb::Create, Verb::Alter] {
                self.before(self.at(going, Verb::Drop), self.at(coming, verb));
            }
        }
    }
}
