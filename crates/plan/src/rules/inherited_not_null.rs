//! `NOT NULL` that a child table has from several parents, under the name that the first of them gives it (18): PostgreSQL renames it with
//! none of them, so that all give it up, and get it anew.

use kinds::kinds::column::sources;
use kinds::{Id, Kind, Model};

use crate::Request;
use crate::changes::{Action, Changes};
use crate::graph::Graph;
use crate::round::Verb;

/// Makes that of the parents anew where a child has it under the name of another one from now on.
pub(crate) fn renew(request: &Request<'_>, changes: &mut Changes) {
    let renamed: Vec<Id> = request.to.ids().filter(|id| is_renamed(request, changes, id)).cloned().collect();
    for child in renamed {
        let staying = |id: &Id| request.from.contains(id) && (request.managed)(id) && !changes.comes(id);
        let parents: Vec<Id> = parents(request.to, &child).into_iter().filter(staying).collect();
        let reason = format!("it has another name in {} from now on", child.top());
        for id in parents {
            changes.actions.insert(id, Action::Replace { reason: reason.clone() });
        }
    }
}

fn is_renamed(request: &Request<'_>, changes: &Changes, id: &Id) -> bool {
    let own = |model: &Model, id: &Id| parents(model, id).iter().any(|parent| parent.name() == id.name());
    let Some(column) = id.parent().filter(|_| id.kind() == Kind::NotNull && changes.comes(id)) else {
        return false;
    };
    let before = request.from.children_of_kind(column, Kind::NotNull);
    request.to.contains(&id.top().child(Kind::Inheritance, ""))
        && !changes.comes(id.top())
        && own(request.to, id)
        && before.iter().any(|object| own(request.from, &object.id))
}

/// Those that a column's `NOT NULL` comes from.
fn parents(model: &Model, id: &Id) -> Vec<Id> {
    let columns = id.parent().map(|column| sources(model, column)).unwrap_or_default();
    let all = columns.iter().flat_map(|column| model.children_of_kind(column, Kind::NotNull));
    all.map(|object| object.id.clone()).collect()
}

impl Graph<'_> {
    /// All parents give it up before one gets it anew, and a child has the name of the one that does so first.
    pub(crate) fn order_inherited_not_null(&mut self) {
        let (request, changes) = (self.request, self.changes);
        for child in request.to.ids().filter(|id| is_renamed(request, changes, id)) {
            let (before, after) = (parents(request.from, child), parents(request.to, child));
            for id in &after {
                let create = self.at(id, Verb::Create);
                before.iter().for_each(|other| self.before(self.at(other, Verb::Drop), create));
                let first =
                    after.iter().filter(|other| other.name() == child.name() && id.name() != child.name());
                first.for_each(|first| self.before(self.at(first, Verb::Create), create));
            }
        }
    }
}
