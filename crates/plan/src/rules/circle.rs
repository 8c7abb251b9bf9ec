//! Functions with a body in standard SQL that refer, by way of what they need, to themselves. PostgreSQL looks such bodies up when
//! they are made, so they are made empty first, and emptied before they go.

use std::collections::{BTreeMap, BTreeSet};

use kinds::{Id, Model, Spec};

use crate::Request;
use crate::changes::Changes;
use crate::round::{Step, Verb};

/// The functions that need themselves, each with all that it needs at any remove.
pub(crate) fn functions(model: &Model) -> BTreeMap<Id, BTreeSet<Id>> {
    let mut found = BTreeMap::new();
    for object in model.objects() {
        let Spec::Function(function) = &object.spec else { continue };
        if function.sql_body.is_none() {
            continue;
        }
        let needed = all_needs(model, &object.id);
        if function.recursive || needed.contains(&object.id) {
            found.insert(object.id.clone(), needed);
        }
    }
    found
}

/// Whether one object needs the other, at any remove.
pub(crate) fn leads_to(model: &Model, id: &Id, other: &Id) -> bool {
    all_needs(model, id).contains(other)
}

fn all_needs(model: &Model, id: &Id) -> BTreeSet<Id> {
    let mut needed: BTreeSet<Id> = BTreeSet::new();
    let mut queue = vec![id.clone()];
    while let Some(id) = queue.pop() {
        for need in model.get(&id).into_iter().flat_map(|object| object.needs.keys()) {
            if needed.insert(need.clone()) {
                queue.push(need.clone());
            }
        }
    }
    needed
}

/// Takes the bodies of those that go; what they needed can go then.
pub(crate) fn empty(request: &Request<'_>, changes: &Changes) -> Vec<Step> {
    let going = functions(request.from).into_keys().filter(|id| changes.goes(id));
    going
        .filter_map(|id| match &request.from.get(&id)?.spec {
            Spec::Function(function) if leads_to(request.from, &id, &id) => {
                let reason = "it and what it calls need each other".to_owned();
                Some(Step::new(Verb::Alter, &id, function.stub(&id, "OR REPLACE "), Some(reason)))
            }
            _ => None,
        })
        .collect()
}
