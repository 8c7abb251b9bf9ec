//! What differs between two witnesses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

/// Something that two databases do not have alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Such as `relation` or `column`.
    pub kind: String,
    /// The qualified, quoted name.
    pub identity: String,
    /// The column of the catalog, or what stands for it, when both databases have the object.
    pub attribute: Option<String>,
    /// What the left one has; `None` when it lacks the object or the attribute.
    pub left: Option<Value>,
    /// What the right one has; `None` when it lacks the object or the attribute.
    pub right: Option<Value>,
}

/// Such as `column public.users.email, attnotnull: true -> false` or `only left: index public.users_email_idx`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, identity, attribute, left, right } = self;
        match (attribute, left, right) {
            (None, Some(_), None) => write!(f, "only left: {kind} {identity}"),
            (None, None, Some(_)) => write!(f, "only right: {kind} {identity}"),
            (attribute, left, right) => {
                write!(f, "{kind} {identity}")?;
                if let Some(attribute) = attribute {
                    write!(f, ", {attribute}")?;
                }
                write!(f, ": {} -> {}", OrNothing(left), OrNothing(right))
            }
        }
    }
}

/// JSON, or the word for its absence.
struct OrNothing<'a>(&'a Option<Value>);

impl fmt::Display for OrNothing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => write!(f, "{value}"),
            None => f.write_str("nothing"),
        }
    }
}

/// By kind, identity and attribute.
pub(super) fn between(
    left: &BTreeMap<(String, String), Value>,
    right: &BTreeMap<(String, String), Value>,
) -> Vec<Difference> {
    let keys: BTreeSet<_> = left.keys().chain(right.keys()).collect();
    keys.into_iter().flat_map(|key| of_entry(key, left.get(key), right.get(key))).collect()
}

fn of_entry(key: &(String, String), left: Option<&Value>, right: Option<&Value>) -> Vec<Difference> {
    let difference = |attribute: Option<&String>, left: Option<&Value>, right: Option<&Value>| Difference {
        kind: key.0.clone(),
        identity: key.1.clone(),
        attribute: attribute.cloned(),
        left: left.cloned(),
        right: right.cloned(),
    };
    match (left, right) {
        (left, right) if left == right => Vec::new(),
        (Some(Value::Object(left)), Some(Value::Object(right))) => attributes(left, right)
            .into_iter()
            .map(|attribute| difference(Some(attribute), left.get(attribute), right.get(attribute)))
            .collect(),
        (left, right) => vec![difference(None, left, right)],
    }
}

/// Those that are not alike, in order.
fn attributes<'a>(left: &'a Map<String, Value>, right: &'a Map<String, Value>) -> BTreeSet<&'a String> {
    left.keys().chain(right.keys()).filter(|key| left.get(*key) != right.get(*key)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entries(value: Value) -> BTreeMap<(String, String), Value> {
        let object = value.as_object().unwrap().clone();
        object.into_iter().map(|(identity, value)| (("table".to_owned(), identity), value)).collect()
    }

    #[test]
    fn differences_are_told_by_attribute_and_in_order() {
        let left = entries(json!({
            "same": {"a": 1, "b": [2]}, "z": {"b": 1, "a": 1, "gone": null}, "left": {}, "c": "x", "m": "x"
        }));
        let right = entries(json!({
            "same": {"b": [2], "a": 1}, "z": {"a": 2, "b": null}, "right": {}, "c": "y", "m": {"a": 1}
        }));
        let told: Vec<String> = between(&left, &right).iter().map(ToString::to_string).collect();
        let expected = [
            r#"table c: "x" -> "y""#,
            "only left: table left",
            r#"table m: "x" -> {"a":1}"#,
            "only right: table right",
            "table z, a: 1 -> 2",
            "table z, b: 1 -> null",
            "table z, gone: null -> nothing",
        ];
        assert_eq!(told, expected);
        assert_eq!(between(&left, &left), []);
    }
}
