//! Who gains access by a plan, told from who merely gets back what they had.
//!
//! A plan takes access away and gives it back wherever it makes an object anew: that is no gain. So nothing is judged by a statement alone.
//! What somebody may do with an object **at the end** is compared with what they might do with it **at the start** (under the
//! name that it had then), and a statement that touches the object carries the hazard where there is more of it:
//!
//! - A privilege that the grantee did not have on an object that was there, neither itself, nor by the relation that a column is part of,
//!   nor as PUBLIC. What is granted on an object that the plan makes is no gain: there was nothing to be kept from.
//! - Another owner of an object that was there, unless it is a superuser, who may do everything anyway.
//! - A membership, or an option of one; an attribute of a role that widens what it may do; more default privileges.
//! - On a table whose rows were filtered: row-level security switched off, no longer forced, or a policy that lets more rows through: a
//!   permissive one that is new, or is for more roles or more commands, or has a wider condition; a restrictive one that goes, or is for
//!   fewer, or has a wider condition. A condition is called wider where its text alone shows it: it is gone or `true`, or it is the
//!   old one and `OR` something. Which rows any other change lets through is a question to the rows: `endstate access` asks them.
//! - A function that was there and now runs with its owner's rights; a view that was there and now reads with its owner's rights.

use std::collections::BTreeSet;

use kinds::privileges::{Privileges, plain};
use kinds::{Hazard, Id, Kind, Model, Spec};

use crate::Request;
use crate::round::{Step, Verb};

/// Adds the hazard to every step that is part of a gain.
pub(crate) fn judge(request: &Request<'_>, steps: &mut [Step]) {
    for step in steps {
        let mut gains: Vec<String> =
            step.ids.iter().filter_map(|(verb, id)| gain(request, *verb, id)).collect();
        gains.dedup();
        step.statement.hazards.extend(gains.into_iter().map(|gain| (Hazard::AccessGain, gain)));
    }
}

/// What is gained where an object is touched, in words.
fn gain(request: &Request<'_>, verb: Verb, id: &Id) -> Option<String> {
    let old = called_before(request, id);
    let (before, after) = (spec(request.start, &old), spec(request.to, id));
    if verb == Verb::Drop && after.is_some() {
        return None;
    }
    match id.kind() {
        Kind::Grant => privileges(request, id, &old),
        Kind::DefaultPrivilege => default_privileges(id, before, after),
        Kind::Owner => owner(request, id, before, after),
        Kind::Membership => membership(id, before, after),
        Kind::Role => role(id, before, after),
        Kind::RowLevelSecurity => row_level_security(id, before, after),
        Kind::Policy => policy(request, id, &old, before, after),
        _ => definer(id, before?, after?),
    }
}

/// The id at the start: the object, or the role that it is for, may have had another name.
fn called_before(request: &Request<'_>, id: &Id) -> Id {
    let old = request.directives.before(id);
    match id.kind() {
        Kind::Grant | Kind::DefaultPrivilege | Kind::Membership => {
            let role = request.directives.before(&Id::root(Kind::Role, id.name()));
            old.renamed(role.name())
        }
        _ => old,
    }
}

fn spec<'a>(model: &'a Model, id: &Id) -> Option<&'a Spec> {
    model.get(id).map(|object| &object.spec)
}

fn privileges(request: &Request<'_>, id: &Id, old: &Id) -> Option<String> {
    let (target, old_target) = (id.parent()?, old.parent()?);
    if !request.start.contains(old_target) {
        return None;
    }
    let (before, after) = (granted(request.start, old), granted(request.to, id));
    // A superuser may do everything, and so may an owner who was never kept from anything; a new owner is a gain of its own.
    let owned = |model: &Model, target: &Id| owner_of(model, target) == Some(id.name().to_owned());
    if is_superuser(request.start, old.name()) || (owned(request.start, old_target) && before.is_none()) {
        return None;
    }
    if owned(request.to, target) && owner_of(request.start, old_target) != owner_of(request.to, target) {
        return None;
    }
    let default = || {
        [before, after].into_iter().flatten().map(|grant| grant.default.clone()).next().unwrap_or_default()
    };
    let has = after.map_or_else(default, |grant| grant.privileges.clone());
    let mut had = before.map_or_else(default, |grant| grant.privileges.clone());
    // What everybody may, and what one may do with all columns, one may.
    let everybody = old_target.child(Kind::Grant, "public");
    had.extend(
        granted(request.start, &everybody)
            .map_or_else(|| by_default(old_target), |grant| grant.privileges.clone()),
    );
    if let Some(relation) = old_target.parent().filter(|_| old_target.kind() == Kind::Column) {
        let grants = request.start.children_of_kind(relation, Kind::Grant);
        let own = grants.iter().filter(|object| [id.name(), "public"].contains(&object.id.name()));
        had.extend(
            own.filter_map(|object| granted(request.start, &object.id))
                .flat_map(|grant| grant.privileges.clone()),
        );
    }
    let other_grantors = request.start.children_of_kind(old_target, Kind::Grant).into_iter();
    let other_grantors = other_grantors.filter(|object| object.id.name() == id.name() && object.id != *old);
    had.extend(
        other_grantors
            .filter_map(|object| granted(request.start, &object.id))
            .flat_map(|grant| grant.privileges.clone()),
    );
    more(&had, &has).map(|more| format!("{} gains {more} on {target}", grantee(id)))
}

/// What everybody may do with an object where nobody ever said otherwise.
fn by_default(target: &Id) -> Privileges {
    match target.kind().keyword() {
        "FUNCTION" | "PROCEDURE" | "AGGREGATE" => ["execute".to_owned()].into(),
        "TYPE" | "DOMAIN" | "LANGUAGE" => ["usage".to_owned()].into(),
        _ => Privileges::new(),
    }
}

fn owner_of(model: &Model, id: &Id) -> Option<String> {
    match spec(model, &id.child(Kind::Owner, ""))? {
        Spec::Owner(owner) => Some(owner.role.clone()),
        _ => None,
    }
}

fn is_superuser(model: &Model, role: &str) -> bool {
    matches!(spec(model, &Id::root(Kind::Role, role)), Some(Spec::Role(role)) if role.superuser)
}

fn granted<'a>(model: &'a Model, id: &Id) -> Option<&'a kinds::kinds::grant::Grant> {
    match spec(model, id)? {
        Spec::Grant(grant) => Some(grant),
        _ => None,
    }
}

/// The privileges of one set that are not in the other; with the grant option they are more than without.
fn more(had: &Privileges, has: &Privileges) -> Option<String> {
    let (plainly, mut gained) = (plain(had), BTreeSet::new());
    for privilege in has.difference(had) {
        let with_option = !plain(&[privilege.clone()].into()).contains(privilege);
        if with_option || !plainly.contains(privilege) {
            gained.insert(privilege.clone());
        }
    }
    (!gained.is_empty()).then(|| gained.into_iter().collect::<Vec<_>>().join(", "))
}

fn grantee(id: &Id) -> String {
    if id.name() == "public" { "everybody".to_owned() } else { sql::ident(id.name()) }
}

fn default_privileges(id: &Id, before: Option<&Spec>, after: Option<&Spec>) -> Option<String> {
    let of = |spec: Option<&Spec>| match spec {
        Some(Spec::DefaultPrivilege(default)) => Some(default.clone()),
        _ => None,
    };
    let (before, after) = (of(before), of(after));
    let known = before.as_ref().or(after.as_ref())?.clone();
    let had = before.map_or_else(|| known.default.clone(), |default| default.privileges);
    let has = after.map_or_else(|| known.default.clone(), |default| default.privileges);
    more(&had, &has).map(|more| {
        format!(
            "{} gets {more} on {} that {} makes from then on",
            grantee(id),
            known.on,
            sql::ident(&known.role)
        )
    })
}

fn owner(request: &Request<'_>, id: &Id, before: Option<&Spec>, after: Option<&Spec>) -> Option<String> {
    let (Some(Spec::Owner(before)), Some(Spec::Owner(after))) = (before, after) else { return None };
    let everything = is_superuser(request.start, &after.role);
    // A role that is renamed is the same role.
    let same = request.directives.before(&Id::root(Kind::Role, after.role.as_str())).name() == before.role;
    (!same && !everything)
        .then(|| format!("{} becomes the owner of {}", sql::ident(&after.role), id.parent().unwrap_or(id)))
}

fn membership(id: &Id, before: Option<&Spec>, after: Option<&Spec>) -> Option<String> {
    let Some(Spec::Membership(after)) = after else { return None };
    let options = |membership: &kinds::kinds::membership::Membership| {
        [membership.admin, membership.inherit == Some(true), membership.set == Some(true)]
    };
    let had = match before {
        Some(Spec::Membership(before)) => options(before),
        _ => return Some(format!("{} becomes a member of {}", id.relation_sql(), sql::ident(id.name()))),
    };
    let gains = options(after).iter().zip(had).any(|(has, had)| *has && !had);
    gains.then(|| format!("{} may do more as a member of {}", id.relation_sql(), sql::ident(id.name())))
}

fn role(id: &Id, before: Option<&Spec>, after: Option<&Spec>) -> Option<String> {
    let Some(Spec::Role(after)) = after else { return None };
    let had: Vec<&str> = match before {
        Some(Spec::Role(before)) => {
            before.flags().into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect()
        }
        // A new role may log in and inherit, which does nothing without privileges.
        _ => vec!["LOGIN", "INHERIT"],
    };
    let gained = after.flags().into_iter().filter(|(on, word)| *on && !had.contains(word));
    let gained: Vec<&str> = gained.map(|(_, word)| word).collect();
    (!gained.is_empty()).then(|| format!("{} gains {}", id.sql(), gained.join(", ")))
}

fn row_level_security(id: &Id, before: Option<&Spec>, after: Option<&Spec>) -> Option<String> {
    let Some(Spec::RowLevelSecurity(before)) = before else { return None };
    let (enabled, forced) = match after {
        Some(Spec::RowLevelSecurity(after)) => (after.enabled, after.forced),
        _ => (false, false),
    };
    match before.enabled {
        false => None,
        true if !enabled => Some(format!("the policies of {} no longer apply", id.relation_sql())),
        true => {
            (before.forced && !forced).then(|| format!("the owner of {} sees every row", id.relation_sql()))
        }
    }
}

fn definer(id: &Id, before: &Spec, after: &Spec) -> Option<String> {
    let invoker = |view: &kinds::kinds::view::View| {
        view.options.get("security_invoker").is_some_and(|on| on != "false")
    };
    let gains = match (before, after) {
        (Spec::Function(before), Spec::Function(after)) => after.security_definer && !before.security_definer,
        (Spec::View(before), Spec::View(after)) => invoker(before) && !invoker(after),
        _ => false,
    };
    gains.then(|| format!("whoever uses {id} does so with its owner's rights"))
}

fn policy(
    request: &Request<'_>,
    id: &Id,
    old: &Id,
    before: Option<&Spec>,
    after: Option<&Spec>,
) -> Option<String> {
    let switch = old.parent()?.child(Kind::RowLevelSecurity, "");
    if !matches!(spec(request.start, &switch), Some(Spec::RowLevelSecurity(switch)) if switch.enabled) {
        return None;
    }
    let of = |spec: Option<&Spec>| match spec {
        Some(Spec::Policy(policy)) => Some(policy.clone()),
        _ => None,
    };
    // A policy that merely has another name now.
    let twin = request
        .start
        .children_of_kind(old.parent()?, Kind::Policy)
        .into_iter()
        .find(|object| Some(&object.spec) == after);
    let before = of(before).or_else(|| of(twin.map(|object| &object.spec)));
    policy::gain(before.as_ref(), of(after).as_ref()).map(|gain| format!("{id} {gain}"))
}

/// What a change of one policy lets through.
mod policy {
    use kinds::kinds::policy::Policy;

    pub(super) fn gain(before: Option<&Policy>, after: Option<&Policy>) -> Option<&'static str> {
        match (before, after) {
            (Some(before), None) => before.restrictive.then_some("no longer restricts"),
            (None, Some(after)) => {
                (!after.restrictive && lets_through(after)).then_some("lets more rows through")
            }
            (Some(before), Some(after)) if before.restrictive && !after.restrictive => {
                Some("no longer restricts")
            }
            (Some(before), Some(after)) if !before.restrictive && after.restrictive => None,
            (Some(before), Some(after)) if after.restrictive => restricts_less(before, after),
            (Some(before), Some(after)) => lets_more(before, after),
            (None, None) => None,
        }
    }

    /// A permissive policy without any condition lets nothing through, and so does `false`.
    fn lets_through(policy: &Policy) -> bool {
        [&policy.using, &policy.check].into_iter().flatten().any(|condition| condition != "false")
    }

    fn lets_more(before: &Policy, after: &Policy) -> Option<&'static str> {
        if !covers_roles(before, after) {
            return Some("is for more roles");
        }
        if before.command != "all" && before.command != after.command {
            return Some("is for other commands");
        }
        let wider = wider(before.using.as_deref(), after.using.as_deref(), false);
        let check = |policy: &Policy| policy.check.clone().or_else(|| policy.using.clone());
        let writes = wider_check(check(before).as_deref(), check(after).as_deref());
        (wider || writes).then_some("lets more rows through")
    }

    fn restricts_less(before: &Policy, after: &Policy) -> Option<&'static str> {
        if !covers_roles(after, before) {
            return Some("restricts fewer roles");
        }
        if after.command != "all" && before.command != after.command {
            return Some("restricts other commands");
        }
        let wider = wider(before.using.as_deref(), after.using.as_deref(), true)
            || wider(before.check.as_deref(), after.check.as_deref(), true);
        wider.then_some("restricts less")
    }

    fn wider_check(before: Option<&str>, after: Option<&str>) -> bool {
        wider(before, after, false)
    }

    /// Whether one is for all roles that the other is for.
    fn covers_roles(one: &Policy, other: &Policy) -> bool {
        one.to.is_empty() || (!other.to.is_empty() && other.to.iter().all(|role| one.to.contains(role)))
    }

    /// Whether the text of a condition alone shows that it holds for more rows; where there is none, nothing is let through by a
    /// permissive policy and everything by a restrictive one.
    fn wider(before: Option<&str>, after: Option<&str>, none_is_all: bool) -> bool {
        match (before, after) {
            (Some(before), None) => none_is_all && before != "true",
            (None, Some(after)) => !none_is_all && after != "false",
            (Some(before), Some(after)) if before == after => false,
            (Some(before), Some(after)) => before == "false" || after == "true" || is_disjunct(before, after),
            (None, None) => false,
        }
    }

    /// `((a = 1) OR b)` has the disjunct `(a = 1)`: the deparser puts brackets around every operation.
    fn is_disjunct(part: &str, whole: &str) -> bool {
        whole.starts_with(&format!("({part} OR ")) || whole.ends_with(&format!(" OR {part})"))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn policy(command: &str, to: &[&str], using: Option<&str>) -> Policy {
            let to = to.iter().map(|role| (*role).to_owned()).collect();
            Policy {
                command: command.to_owned(),
                restrictive: false,
                to,
                using: using.map(str::to_owned),
                check: None,
            }
        }

        #[test]
        fn permissive_policies() {
            let own = policy("select", &["a", "b"], Some("(owner = 1)"));
            let cases = [
                (policy("select", &["a"], Some("(owner = 1)")), None),
                (policy("select", &["a", "c"], Some("(owner = 1)")), Some("is for more roles")),
                (policy("select", &[], Some("(owner = 1)")), Some("is for more roles")),
                (policy("all", &["a"], Some("(owner = 1)")), Some("is for other commands")),
                (policy("select", &["a"], Some("true")), Some("lets more rows through")),
                (
                    policy("select", &["a"], Some("((owner = 1) OR is_admin())")),
                    Some("lets more rows through"),
                ),
                (policy("select", &["a"], Some("(user_id = 1)")), None),
            ];
            for (after, expected) in cases {
                assert_eq!(gain(Some(&own), Some(&after)), expected, "{after:?}");
            }
            assert_eq!(gain(Some(&own), None), None);
            assert_eq!(gain(None, Some(&own)), Some("lets more rows through"));
            assert_eq!(gain(None, Some(&policy("insert", &[], Some("false")))), None);
            assert_eq!(gain(None, Some(&policy("select", &[], None))), None);
        }

        #[test]
        fn restrictive_policies() {
            let restrictive = |policy: Policy| Policy { restrictive: true, ..policy };
            let all = restrictive(policy("all", &[], Some("(tenant = 1)")));
            assert_eq!(gain(Some(&all), None), Some("no longer restricts"));
            assert_eq!(gain(None, Some(&all)), None);
            assert_eq!(
                gain(Some(&all), Some(&policy("all", &[], Some("(tenant = 1)")))),
                Some("no longer restricts")
            );
            let narrowed = restrictive(policy("select", &[], Some("(tenant = 1)")));
            assert_eq!(gain(Some(&all), Some(&narrowed)), Some("restricts other commands"));
            assert_eq!(gain(Some(&narrowed), Some(&all)), None);
            let one = restrictive(policy("all", &["a"], Some("(tenant = 1)")));
            assert_eq!(gain(Some(&all), Some(&one)), Some("restricts fewer roles"));
            assert_eq!(
                gain(Some(&all), Some(&restrictive(policy("all", &[], None)))),
                Some("restricts less")
            );
        }
    }
}
