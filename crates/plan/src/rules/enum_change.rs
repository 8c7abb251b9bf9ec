//! How an enum type changes: by renaming and adding values where that is enough, otherwise by a new type that takes its place.

use std::collections::{BTreeMap, BTreeSet};

use kinds::kinds::enum_type::Enum;
use kinds::{EnumDirective, Id, Kind, Spec, Statement, Strategy};

use crate::round::{Round, Step, Verb};
use crate::{Error, Request};

/// Why renaming and adding values is not enough.
const NOT_IN_PLACE: &str = "values go, are merged, or change their order";

/// The same, where it would be enough if it could be committed in between.
const AT_ONCE: &str =
    "because this way is one transaction, in which a value that is added to a type cannot be used";

/// An enum type that differs.
struct Changed<'a> {
    id: &'a Id,
    from: &'a Enum,
    to: &'a Enum,
    directive: EnumDirective,
}

/// The enum types that differ, with what the YAML says about them.
fn changed<'a>(request: &'a Request<'_>) -> Vec<Changed<'a>> {
    let enums = request.to.objects().filter(|object| object.id.kind() == Kind::Enum);
    enums
        .filter(|object| (request.managed)(&object.id))
        .filter_map(|object| of(request, &object.id))
        .filter(|changed| changed.from != changed.to)
        .collect()
}

fn of<'a>(request: &'a Request<'_>, id: &Id) -> Option<Changed<'a>> {
    let to = request.to.get(id)?;
    match (&request.from.get(id)?.spec, &to.spec) {
        (Spec::Enum(from), Spec::Enum(to_enum)) => {
            let directive = request.directives.enums.get(id).cloned().unwrap_or_default();
            Some(Changed::new(&to.id, from, to_enum, directive))
        }
        _ => None,
    }
}

impl<'a> Changed<'a> {
    fn new(id: &'a Id, from: &'a Enum, to: &'a Enum, mut directive: EnumDirective) -> Changed<'a> {
        for (old, new) in &directive.implied {
            let was_one = to.values.contains(old) && !directive.map_back.contains_key(old);
            if !was_one {
                directive.map.entry(old.clone()).or_insert_with(|| new.clone());
            }
        }
        Changed { id, from, to, directive }
    }

    /// What a value becomes.
    fn becomes(&self, value: &str) -> String {
        let mapping = self.mapping();
        mapping.iter().find(|(old, _)| old == value).map_or_else(|| value.to_owned(), |(_, new)| new.clone())
    }

    /// Whether rows are still to be mapped. The mapping stays in the YAML when it is done: then every new value is there, and
    /// the values that are there are among those wanted, in their order.
    fn is_to_be_mapped(&self) -> bool {
        let mut own = self
            .directive
            .map
            .iter()
            .filter(|(old, new)| old != new && self.from.values.contains(old))
            .peekable();
        let any = own.peek().is_some();
        let there = own.all(|(_, new)| self.from.values.contains(new));
        any && !(there && self.from.additions(self.to, self.id).is_some())
    }

    /// The type with its values mapped, if no two values become one.
    fn mapped(&self) -> Option<Enum> {
        let mapped = |value: &String| self.directive.map.get(value).unwrap_or(value).clone();
        let values: Vec<String> = if self.is_to_be_mapped() {
            self.from.values.iter().map(mapped).collect()
        } else {
            self.from.values.clone()
        };
        let distinct: BTreeSet<&String> = values.iter().collect();
        (distinct.len() == values.len()).then_some(Enum { values })
    }

    /// The type after renaming values, if all that is left to do then is adding some.
    fn renamed(&self) -> Option<Enum> {
        let in_place = self.directive.strategy != Strategy::Swap && !self.directive.used_at_once;
        let mapped = self.mapped().filter(|_| in_place);
        mapped.filter(|mapped| mapped.additions(self.to, self.id).is_some())
    }

    /// Why a new type is needed.
    fn anew(&self) -> String {
        let chosen = match self.directive.strategy {
            Strategy::Swap => "as the YAML says".to_owned(),
            _ if self.directive.used_at_once => AT_ONCE.to_owned(),
            _ => format!("chosen by auto: {NOT_IN_PLACE}"),
        };
        format!("strategy swap, {chosen}")
    }

    /// Why no new type is needed.
    fn in_place(&self) -> String {
        let chosen = match self.directive.strategy {
            Strategy::RenameAndAdd => "as the YAML says",
            _ => "chosen by auto: values are only renamed and added, which writes no row anew",
        };
        format!("strategy rename-and-add, {chosen}")
    }

    /// Values of old rows and what they become.
    fn mapping(&self) -> Vec<(String, String)> {
        let own = |(old, new): &(&String, &String)| old != new && self.from.values.contains(old);
        if !self.is_to_be_mapped() {
            return Vec::new();
        }
        self.directive.map.iter().filter(own).map(|(old, new)| (old.clone(), new.clone())).collect()
    }

    /// New values that several old ones become, with these: nothing tells afterwards which one a row had.
    fn merged(&self) -> BTreeMap<String, Vec<String>> {
        let mut sources: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for value in &self.from.values {
            sources.entry(self.becomes(value)).or_default().push(value.clone());
        }
        sources.retain(|_, old| old.len() > 1);
        sources
    }

    /// Values that the new type does not have and that nobody mapped.
    fn lost(&self) -> Vec<String> {
        let is_lost = |value: &&String| !self.to.values.contains(&self.becomes(value));
        self.from.values.iter().filter(is_lost).cloned().collect()
    }
}

/// What becomes of the values of an enum type, where they do not stay as they are.
pub(crate) fn mapping(request: &Request<'_>, id: &Id) -> Vec<(String, String)> {
    of(request, id).map(|changed| changed.mapping()).unwrap_or_default()
}

/// Values of an enum type that are others once they have gone there and back, and what they are then.
pub(crate) fn there_and_back(request: &Request<'_>, id: &Id) -> Vec<(String, String)> {
    let Some(there) = of(request, id) else { return Vec::new() };
    let back = Changed::new(there.id, there.to, there.from, there.directive.inverted());
    let values = there.from.values.iter().map(|value| (value.clone(), back.becomes(&there.becomes(value))));
    values.filter(|(value, image)| value != image).collect()
}

/// The values of an enum type that no row may have when its new form takes its place.
pub(crate) fn lost(request: &Request<'_>, id: &Id) -> Vec<String> {
    of(request, id).map(|changed| changed.lost()).unwrap_or_default()
}

/// The values of an enum type that are merged, in words.
pub(crate) fn merged(request: &Request<'_>, id: &Id) -> Option<String> {
    let list = |values: Vec<String>| values.iter().map(|value| sql::literal(value)).collect::<Vec<_>>();
    let merged = of(request, id)?.merged();
    let words = merged
        .into_iter()
        .map(|(new, old)| format!("{} become {}", list(old).join(" and "), sql::literal(&new)));
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// The enum types that need a new type in their place.
pub(crate) fn swapped(request: &Request<'_>) -> Vec<(Id, String)> {
    let changed = changed(request).into_iter().filter(|changed| changed.renamed().is_none());
    changed.map(|changed| (changed.id.clone(), changed.anew())).collect()
}

/// `RENAME VALUE` for values that the YAML maps one to one, where what is left to do is adding values.
pub(crate) fn renames(request: &Request<'_>) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    for changed in changed(request) {
        let Some(renamed) = changed.renamed() else {
            let may_swap = changed.directive.used_at_once;
            if changed.directive.strategy == Strategy::RenameAndAdd && !may_swap {
                return Err(Error::Strategy { id: changed.id.clone(), reason: NOT_IN_PLACE.to_owned() });
            }
            continue;
        };
        let mut reason = Some(changed.in_place());
        for (old, new) in in_order(&changed.from.values, &renamed.values) {
            let sql = format!(
                "ALTER TYPE {} RENAME VALUE {} TO {}",
                changed.id.sql(),
                sql::literal(&old),
                sql::literal(&new)
            );
            let notice = format!("clients that write {} as {} fail", sql::literal(&old), changed.id.short());
            let statement = Statement::new(sql).clients(notice);
            steps.push(Step::new(Verb::Alter, changed.id, statement, reason.take()));
        }
    }
    Ok(steps)
}

/// Renames in an order in which no value is there twice; a circle goes over a value of its own.
fn in_order(old: &[String], new: &[String]) -> Vec<(String, String)> {
    let mut waiting: Vec<(String, String)> =
        old.iter().cloned().zip(new.iter().cloned()).filter(|(a, b)| a != b).collect();
    let mut steps = Vec::new();
    while !waiting.is_empty() {
        let free = waiting.iter().position(|(_, to)| waiting.iter().all(|(from, _)| from != to));
        if let Some(place) = free {
            steps.push(waiting.remove(place));
        } else {
            let (from, to) = waiting.remove(0);
            let meanwhile = format!("endstate value {}", steps.len());
            steps.push((from, meanwhile.clone()));
            waiting.push((meanwhile, to));
        }
    }
    steps
}

/// `ADD VALUE` for types that only gain values.
pub(crate) fn additions(request: &Request<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for changed in changed(request).into_iter().filter(|changed| changed.renamed().is_some()) {
        let mut reason = Some(changed.in_place());
        for statement in changed.from.additions(changed.to, changed.id).unwrap_or_default() {
            steps.push(Step::new(Verb::Alter, changed.id, statement, reason.take()));
        }
    }
    steps
}

/// The enum types that get a value which a later one of these rounds names: that needs a commit in between.
pub fn values_used_at_once(rounds: &[Round]) -> BTreeSet<Id> {
    let mut used = BTreeSet::new();
    for (number, round) in rounds.iter().enumerate().filter(|(_, round)| round.commit_after) {
        let later = || rounds[number + 1..].iter().flat_map(|round| &round.steps);
        for step in &round.steps {
            let (Some((_, id)), Some(value)) = (step.ids.first(), added_value(&step.statement.sql)) else {
                continue;
            };
            if later().any(|step| step.statement.sql.contains(value)) {
                used.insert(id.clone());
            }
        }
    }
    used
}

/// The quoted value in `ALTER TYPE ... ADD VALUE 'value' AFTER ...`.
fn added_value(statement: &str) -> Option<&str> {
    let (_, rest) = statement.split_once(" ADD VALUE ")?;
    let end = [" AFTER '", " AFTER E'", " BEFORE '", " BEFORE E'"].iter().find_map(|word| rest.rfind(word));
    Some(&rest[..end.unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renames(old: &[&str], new: &[&str]) -> Vec<String> {
        let list = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        in_order(&list(old), &list(new)).into_iter().map(|(from, to)| format!("{from}>{to}")).collect()
    }

    #[test]
    fn chains_and_circles_of_values() {
        assert_eq!(renames(&["a", "b", "c"], &["b", "c", "d"]), ["c>d", "b>c", "a>b"]);
        assert_eq!(renames(&["a", "b"], &["b", "a"]), ["a>endstate value 0", "b>a", "endstate value 0>b"]);
        assert!(renames(&["a"], &["a"]).is_empty());
    }
}
