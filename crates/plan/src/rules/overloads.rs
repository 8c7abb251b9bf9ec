//! Functions of one name that a call could mean at once. Where one of them goes and another one comes, both would be there for a
//! while, and PostgreSQL refuses a call that fits two: so the old one is gone, with what calls it, before the new one is there.

use kinds::kinds::function::Function;
use kinds::{Id, Spec};

use crate::Request;
use crate::changes::{Action, Changes};

/// Tells apart what could be meant by one call.
pub(crate) fn part(request: &Request<'_>, changes: &mut Changes) {
    let functions = |model: &'_ kinds::Model, wanted: &dyn Fn(&Id) -> bool| -> Vec<(Id, Function)> {
        let found = model.objects().filter(|object| wanted(&object.id));
        found
            .filter_map(|object| match &object.spec {
                Spec::Function(function) => Some((object.id.clone(), function.clone())),
                _ => None,
            })
            .collect()
    };
    let leaves = |id: &Id| matches!(changes.actions.get(id), Some(Action::Drop));
    let arrives = |id: &Id| changes.actions.contains_key(id) && !leaves(id);
    let going = functions(request.from, &leaves);
    let coming = functions(request.to, &arrives);
    for (old_id, old) in &going {
        let same_name =
            |new: &&(Id, Function)| new.0.name() == old_id.name() && new.0.parent() == old_id.parent();
        for (new_id, _) in coming.iter().filter(same_name).filter(|(_, new)| one_call_fits(old, new)) {
            changes.apart.push((old_id.clone(), new_id.clone()));
        }
    }
}

/// Whether a call with some number of arguments fits both, and leaves one of them to its defaults.
fn one_call_fits(one: &Function, other: &Function) -> bool {
    let (least, most) = arguments(one);
    let (other_least, other_most) = arguments(other);
    let full =
        |function: &Function, count: usize| count == function.input_names.len() && !is_variadic(function);
    (least.max(other_least)..=most.min(other_most)).any(|count| !full(one, count) || !full(other, count))
}

/// How many arguments a call may have, at least and at most.
fn arguments(function: &Function) -> (usize, usize) {
    const MOST_ARGUMENTS: usize = 100;
    let count = function.input_names.len();
    let defaults = usize::try_from(function.defaults).unwrap_or(0);
    let variadic = is_variadic(function);
    let least = count.saturating_sub(defaults).saturating_sub(usize::from(variadic));
    (least, if variadic { MOST_ARGUMENTS } else { count })
}

fn is_variadic(function: &Function) -> bool {
    sql::parameters(&function.arguments).iter().any(|parameter| parameter.starts_with("VARIADIC "))
}
