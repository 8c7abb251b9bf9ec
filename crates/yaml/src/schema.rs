//! Reading a JSON Schema (2020-12, as schemars writes it) with a node in hand.

use serde_json::{Map, Value as Json};

use crate::{
    branch::{self, Miss},
    node::{Node, Value},
};

/// A schema that allows everything.
pub(crate) const ANYTHING: &Json = &Json::Bool(true);

/// `$ref` and `allOf` chains beyond this are taken for a circle.
const MAX_CHAIN: usize = 32;

/// The kinds of values that a schema takes, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shapes(u8);

impl Shapes {
    const NONE: Self = Self(0);
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOL: Self = Self(2);
    pub(crate) const INTEGER: Self = Self(4);
    pub(crate) const NUMBER: Self = Self(8 | 4);
    pub(crate) const STRING: Self = Self(16);
    pub(crate) const LIST: Self = Self(32);
    pub(crate) const MAP: Self = Self(64);
    const ALL: Self = Self(127);

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether a node fits as it is typed.
    pub(crate) fn fit_exactly(self, node: &Node) -> bool {
        let Self(own) = match &node.value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOL,
            Value::Number(number) if number.is_f64() => return self.0 & 8 != 0,
            Value::Number(_) => Self::INTEGER,
            Value::String(_) => Self::STRING,
            Value::List(_) => Self::LIST,
            Value::Map(_) => Self::MAP,
        };
        self.0 & own != 0
    }

    /// Whether a node fits, at need as the text that was written.
    pub(crate) fn fit(self, node: &Node) -> bool {
        self.fit_exactly(node) || (self.overlaps(Self::STRING) && node.text().is_some())
    }

    fn of_type(name: &str) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOL,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::LIST,
            "object" => Self::MAP,
            _ => Self::ALL,
        }
    }

    fn of_value(value: &Json) -> Self {
        match value {
            Json::Null => Self::NULL,
            Json::Bool(_) => Self::BOOL,
            Json::Number(_) => Self::NUMBER,
            Json::String(_) => Self::STRING,
            Json::Array(_) => Self::LIST,
            Json::Object(_) => Self::MAP,
        }
    }

    fn any(all: impl Iterator<Item = Self>) -> Self {
        Self(all.fold(0, |union, Self(shapes)| union | shapes))
    }

    fn all(all: impl Iterator<Item = Self>) -> Self {
        Self(all.fold(Self::ALL.0, |common, Self(shapes)| common & shapes))
    }

    /// What is expected, in the user's words: `text or a list`.
    pub(crate) fn words(self) -> String {
        let named = [
            (Self::STRING, "text"),
            (Self::BOOL, "true or false"),
            (Self(8), "a number"),
            (Self::INTEGER, "a whole number"),
            (Self::LIST, "a list"),
            (Self::MAP, "a map"),
        ];
        let is_named = |name: &str| !(name == "a whole number" && self.0 & 8 != 0);
        let words: Vec<_> = named
            .iter()
            .filter(|(shape, name)| self.overlaps(*shape) && is_named(name))
            .map(|(_, name)| *name)
            .collect();
        match words.as_slice() {
            [] => "nothing".to_owned(),
            [.., last] if words.len() > 1 => format!("{} or {last}", words[..words.len() - 1].join(", ")),
            _ => words.concat(),
        }
    }
}

/// A whole schema, which knows its `$defs`.
#[derive(Clone, Copy)]
pub(crate) struct Schema<'s> {
    root: &'s Json,
}

impl<'s> Schema<'s> {
    pub(crate) fn new(schema: &'s schemars::Schema) -> Self {
        Self { root: schema.as_value() }
    }

    pub(crate) fn root(self) -> &'s Json {
        self.root
    }

    fn target(self, reference: &str) -> &'s Json {
        reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)).unwrap_or(ANYTHING)
    }

    /// The kinds of values that a subschema takes.
    pub(crate) fn shapes(self, schema: &Json) -> Shapes {
        self.shapes_within(schema, MAX_CHAIN)
    }

    fn shapes_within(self, schema: &Json, chain: usize) -> Shapes {
        let (Json::Object(object), true) = (schema, chain > 0) else {
            return if *schema == Json::Bool(false) { Shapes::NONE } else { Shapes::ALL };
        };
        let inner = |schema: &Json| self.shapes_within(schema, chain - 1);
        let of_keyword = |(keyword, value): (&String, &Json)| match (keyword.as_str(), value) {
            ("type", Json::String(name)) => Shapes::of_type(name),
            ("type", Json::Array(names)) => {
                Shapes::any(names.iter().filter_map(Json::as_str).map(Shapes::of_type))
            }
            ("const", word) => Shapes::of_value(word),
            ("enum", Json::Array(words)) => Shapes::any(words.iter().map(Shapes::of_value)),
            ("anyOf" | "oneOf", Json::Array(branches)) => Shapes::any(branches.iter().map(inner)),
            ("allOf", Json::Array(parts)) => Shapes::all(parts.iter().map(inner)),
            ("$ref", Json::String(reference)) => inner(self.target(reference)),
            _ => Shapes::ALL,
        };
        Shapes::all(object.iter().map(of_keyword))
    }

    /// All parts of a schema that say something about a node: the schema itself, what it refers to, what it is made
    /// of, and the branches that the node takes; or why it takes none.
    pub(crate) fn parts(self, schema: &'s Json, node: &Node) -> Result<Parts<'s>, Miss<'s>> {
        let mut parts = Parts(Vec::new());
        self.collect(schema, node, MAX_CHAIN, &mut parts.0)?;
        Ok(parts)
    }

    fn collect(
        self,
        schema: &'s Json,
        node: &Node,
        chain: usize,
        parts: &mut Vec<&'s Map<String, Json>>,
    ) -> Result<(), Miss<'s>> {
        let (Json::Object(object), true) = (schema, chain > 0) else { return Ok(()) };
        parts.push(object);
        if let Some(reference) = object.get("$ref").and_then(Json::as_str) {
            self.collect(self.target(reference), node, chain - 1, parts)?;
        }
        for part in object.get("allOf").and_then(Json::as_array).into_iter().flatten() {
            self.collect(part, node, chain - 1, parts)?;
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(branches) = object.get(keyword).and_then(Json::as_array) {
                self.collect(branch::choose(self, branches, node)?, node, chain - 1, parts)?;
            }
        }
        Ok(())
    }
}

/// The objects of a schema that hold for one node.
pub(crate) struct Parts<'s>(pub(crate) Vec<&'s Map<String, Json>>);

impl<'s> Parts<'s> {
    /// All values of a keyword.
    pub(crate) fn keyword(&self, name: &str) -> impl Iterator<Item = &'s Json> {
        self.0.iter().filter_map(move |part| part.get(name))
    }

    /// The names of the keys that have a schema of their own.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &'s str> {
        self.keyword("properties").filter_map(Json::as_object).flat_map(|all| all.keys().map(String::as_str))
    }

    /// The schema of the value under a key; none where the key is not allowed.
    pub(crate) fn property(&self, name: &str) -> Option<&'s Json> {
        if let Some(own) = self.keyword("properties").find_map(|all| all.get(name)) {
            return Some(own);
        }
        let others: Vec<_> = ["additionalProperties", "unevaluatedProperties"]
            .map(|word| self.keyword(word))
            .into_iter()
            .flatten()
            .collect();
        match others.iter().find(|schema| schema.is_object()) {
            Some(schema) => Some(schema),
            None if others.contains(&&Json::Bool(false)) => None,
            None => Some(ANYTHING),
        }
    }

    /// The schema of an item of a list.
    pub(crate) fn item(&self, index: usize) -> &'s Json {
        let by_index = self.keyword("prefixItems").find_map(|items| items.get(index));
        by_index.or_else(|| self.keyword("items").next()).unwrap_or(ANYTHING)
    }

    /// The values that `const` and `enum` allow; none where there is no such keyword.
    pub(crate) fn words(&self) -> Option<Vec<&'s Json>> {
        let all = self.keyword("enum").filter_map(Json::as_array).flatten().chain(self.keyword("const"));
        let words: Vec<_> = all.collect();
        (!words.is_empty()).then_some(words)
    }
}

/// Whether a node is the value that a `const` or an `enum` names, at need by the text that was written.
pub(crate) fn is_word(node: &Node, word: &Json) -> bool {
    match word {
        Json::String(text) => node.text() == Some(text),
        other => node.to_json() == *other,
    }
}
