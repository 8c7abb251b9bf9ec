//! The tree that YAML is read into.

use serde_json::Number;

use crate::source::Place;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// A scalar's place is its text; that of a list or map is where it begins. An alias stands where its anchor does.
    pub place: Place,
    /// Where its key stands, if it is the value of one.
    pub key: Option<Place>,
}

/// What a node holds, typed as YAML 1.2's core schema does: `no`, `on`, `0123`, `1_000`, `1:30` and dates are strings.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~`, or nothing.
    Null,
    /// `true` or `false`; [`Node::text`] knows how it was written.
    Bool(bool),
    /// A number; [`Node::text`] knows how it was written (`0.00`).
    Number(Number),
    /// Text.
    String(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file, merge keys (`<<`) carried out, each name once.
    Map(Vec<(Key, Node)>),
}

/// The key of a map, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The name; a key that looks like a number or `null` keeps its spelling.
    pub name: String,
    /// Where the key stands.
    pub place: Place,
}

impl Node {
    /// Where it is named: its key, or where it has none, itself.
    pub fn name_place(&self) -> &Place {
        self.key.as_ref().unwrap_or(&self.place)
    }

    /// The value under a key of this map.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|(_, node)| node)
    }

    /// A key of this map with its value.
    pub fn entry(&self, name: &str) -> Option<&(Key, Node)> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(key, _)| key.name == name),
            _ => None,
        }
    }

    /// The value at the end of a path of keys; a number steps into a list, from 0.
    pub fn at<S: AsRef<str>>(&self, path: impl IntoIterator<Item = S>) -> Option<&Node> {
        path.into_iter().try_fold(self, |node, step| match &node.value {
            Value::List(items) => items.get(step.as_ref().parse::<usize>().ok()?),
            _ => node.get(step.as_ref()),
        })
    }

    /// The text of a scalar: a string's value, a number or a boolean as spelled in the file (`0.00`, `True`).
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            // `!!int "5"` is a number in quotes.
            Value::Bool(_) | Value::Number(_) => Some(self.place.text().trim_matches(['"', '\''])),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The value alone. For a schema's idea of what is a string, see [`crate::coerce`].
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(value) => value.clone().into(),
            Value::String(value) => value.as_str().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => {
                entries.iter().map(|(key, node)| (key.name.clone(), node.to_json())).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::tests::parsed;

    #[test]
    fn a_path_steps_through_maps_and_lists() {
        let node = parsed("a:\n  - x: 1\n  - y: [2, 3]\n");
        assert_eq!(node.at(["a", "1", "y", "0"]).unwrap().text(), Some("2"));
        assert!(node.at(["a", "2"]).is_none() && node.at(["b"]).is_none());
        assert_eq!(node.to_json(), serde_json::json!({"a": [{"x": 1}, {"y": [2, 3]}]}));
    }
}
