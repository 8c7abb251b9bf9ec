//! Checks that a child table has from its parents alone. PostgreSQL lets a table join a parent only if it has its checks, which are then its
//! own as well: so the parents give them up meanwhile, and hand them down when the table has joined; so they do where the table had one of
//! its own. Where one that holds for all rows comes beside one that does not, that one comes again after it.

use std::collections::BTreeSet;

use kinds::kinds::constraint::{Constraint, ConstraintType};
use kinds::kinds::inheritance;
use kinds::{Id, Kind, Model, Spec};

use crate::Request;
use crate::changes::{Action, Changes};
use crate::graph::Graph;
use crate::round::Verb;

/// Makes anew what must be handed down, and what must come after another.
pub(crate) fn renew(request: &Request<'_>, changes: &mut Changes) {
    let mut anew: BTreeSet<Id> = BTreeSet::new();
    for id in request.to.ids().filter(|id| inherited(request.to, id).is_some()) {
        let above = inheritance::above(request.to, id.top()).into_iter();
        let checks = above.map(|table| table.child(Kind::Constraint, id.name()));
        let (come, stay): (Vec<Id>, Vec<Id>) =
            checks.filter(|check| request.to.contains(check)).partition(|check| changes.comes(check));
        let holds = |check: &Id| !is_unchecked(request.to, check);
        if joins(request, changes, id) || was_own(request, id) {
            anew.extend(stay);
            anew.extend(request.from.contains(id).then(|| id.clone()));
        } else if request.from.contains(id) && come.iter().any(holds) && !stay.iter().any(holds) {
            anew.extend(stay);
        }
    }
    for id in anew.into_iter().filter(|id| (request.managed)(id)) {
        let reason = "child tables have it from here alone".to_owned();
        changes.actions.insert(id, Action::Replace { reason });
    }
}

/// Whether a table gets a check from parents that it joins, and does not have it as it is from any before.
fn joins(request: &Request<'_>, changes: &Changes, check: &Id) -> bool {
    let table = check.top();
    inherited(request.to, check).is_some()
        && (inherited(request.from, check).is_none() || changes.comes(check))
        && request.from.contains(table)
        && !changes.comes(table)
        && !inheritance::stays(table, &request.context())
}

/// Whether a table that stays below its parents has a check of its own that it shall have from them alone.
fn was_own(request: &Request<'_>, check: &Id) -> bool {
    let own = matches!(request.from.get(check).map(|object| &object.spec), Some(Spec::Constraint(own)) if !own.inherited);
    own && inherited(request.to, check).is_some() && inheritance::stays(check.top(), &request.context())
}

/// A check that a child table has from its parents alone.
fn inherited<'m>(model: &'m Model, id: &Id) -> Option<&'m Constraint> {
    let Spec::Constraint(check) = &model.get(id)?.spec else { return None };
    let is_inherited = check.inherited && check.constraint_type == ConstraintType::Check;
    Some(check).filter(|_| is_inherited && model.contains(&id.top().child(Kind::Inheritance, "")))
}

fn is_unchecked(model: &Model, id: &Id) -> bool {
    matches!(model.get(id).map(|object| &object.spec), Some(Spec::Constraint(check)) if check.not_valid)
}

impl Graph<'_> {
    /// Whether a check comes to a table that joins its own when that has joined.
    pub(crate) fn is_handed_down(&self, check: &Id, table: &Id) -> bool {
        joins(self.request, self.changes, &table.child(Kind::Constraint, check.name()))
    }

    /// What a child has from several parents is one check: all give it up before one gets another of its name, and what holds for all rows
    /// comes before what does not.
    pub(crate) fn order_inherited_checks(&mut self) {
        let of_parents = |model: &Model, child: &Id| -> Vec<Id> {
            let above = inheritance::above(model, child.top()).into_iter();
            above.map(|table| table.child(Kind::Constraint, child.name())).collect()
        };
        let (from, to) = (self.request.from, self.request.to);
        let children: BTreeSet<&Id> = from
            .ids()
            .filter(|id| inherited(from, id).is_some())
            .chain(to.ids().filter(|id| inherited(to, id).is_some()))
            .collect();
        for child in children {
            let (gone, new) = (of_parents(from, child), of_parents(to, child));
            if was_own(self.request, child) {
                let own = self.at(child, Verb::Drop);
                gone.iter().for_each(|other| self.before(self.at(other, Verb::Drop), own));
                new.iter().for_each(|other| self.before(own, self.at(other, Verb::Create)));
            }
            for check in &new {
                let create = self.at(check, Verb::Create);
                gone.iter().for_each(|other| self.before(self.at(other, Verb::Drop), create));
                let earlier = new.iter().filter(|other| !is_unchecked(to, other) && is_unchecked(to, check));
                earlier.for_each(|other| self.before(self.at(other, Verb::Create), create));
            }
        }
    }
}
