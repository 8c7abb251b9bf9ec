//! A child table's part of a check can lose its validity only with its parent's: a child that is made anew has checked it of no row,
//! although its parent says `NOT VALID`.

use kinds::kinds::inheritance;
use kinds::{Id, Model, Spec};

use super::type_swap::go_and_come_back;
use crate::Request;
use crate::changes::Changes;

/// Replaces the checks of parents whose children shall not have checked them.
pub(crate) fn take_along(request: &Request<'_>, changes: &mut Changes) {
    let context = request.context();
    let unchecked = |model: &Model, id: &Id| match model.get(id).map(|object| &object.spec) {
        Some(Spec::Constraint(check)) if check.inherited && check.parent.is_none() => Some(check.not_valid),
        _ => None,
    };
    let loses =
        |id: &&Id| unchecked(request.from, id) == Some(false) && unchecked(request.to, id) == Some(true);
    for id in request.from.ids().filter(loses).filter(|id| inheritance::stays(id.top(), &context)) {
        let mut tables = inheritance::parents(request.from, id.top());
        while let Some(table) = tables.pop() {
            let own = table.child(id.kind(), id.name());
            if let Some(check) = request.from.get(&own).filter(|_| (request.managed)(&own)) {
                go_and_come_back(request, changes, check, id);
                tables.extend(inheritance::parents(request.from, &table));
            }
        }
    }
}
