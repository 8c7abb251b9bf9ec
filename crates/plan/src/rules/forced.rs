//! Tables whose policies bind their owners as well, in the hands of an owner who may not bypass them.

use kinds::{Id, Kind, Model, Spec};

use crate::Request;
use crate::archive::{force, is_forced};
use crate::round::{Step, Verb};
use crate::table_order::reference;

/// PostgreSQL checks the rows that are there against a new foreign key by a query, which such policies would stop.
pub(crate) fn seen_by_keys(request: &Request<'_>, steps: &mut Vec<Step>) {
    if !is_bound(request.start, request.user) {
        return;
    }
    for place in (0..steps.len()).rev() {
        let Some((verb, key, tables)) = checked(request, &steps[place]) else { continue };
        let switched = |word: &str| -> Vec<Step> {
            let alter = |table: &Id| Step::new(verb, &key, force(&table.sql(), word), None);
            tables.iter().map(alter).collect()
        };
        steps.splice(place + 1..=place, switched("FORCE"));
        steps.splice(place..place, switched("NO FORCE"));
    }
}

/// The foreign key that a step makes, and those of its two tables whose policies bind their owners all the while.
fn checked(request: &Request<'_>, step: &Step) -> Option<(Verb, Id, Vec<Id>)> {
    step.ids.iter().find_map(|(verb, id)| {
        let makes = matches!(verb, Verb::Create | Verb::Alter) && id.kind() == Kind::Constraint;
        let other = makes.then(|| reference(request.to, id))??;
        let mut tables = vec![id.top().clone(), other];
        tables.dedup();
        tables.retain(|table| is_forced(request.from, table) && is_forced(request.to, table));
        (!tables.is_empty()).then(|| (*verb, id.clone(), tables))
    })
}

fn is_bound(model: &Model, user: &str) -> bool {
    let role = model.get(&Id::root(Kind::Role, user)).map(|object| &object.spec);
    matches!(role, Some(Spec::Role(role)) if !role.superuser && !role.bypassrls)
}
