//! Which branch of an `anyOf` or `oneOf` the user meant, so that its problems are reported and not "no variant matches".

use std::cmp::Reverse;

use serde_json::Value as Json;

use crate::{
    check,
    node::{Node, Value},
    problem::Problem,
    schema::{Schema, Shapes, is_word},
    source::Place,
    suggest,
};

/// Why a node takes no branch.
#[derive(Debug)]
pub(crate) enum Miss<'s> {
    /// The branches are told apart by a key, and it is none of these.
    Key(Vec<&'s str>),
    /// The branches are words, and it is none of these.
    Word(Vec<&'s Json>),
}

/// The branch that a node takes: of those that fit its shape the one without problems, else the nearest.
pub(crate) fn choose<'s>(
    schema: Schema<'s>,
    branches: &'s [Json],
    node: &Node,
) -> Result<&'s Json, Miss<'s>> {
    let fit = |exactly: bool| {
        let shapes = |branch: &&Json| schema.shapes(branch);
        let fits = |shapes: Shapes| if exactly { shapes.fit_exactly(node) } else { shapes.fit(node) };
        branches.iter().filter(move |branch| fits(shapes(branch))).collect::<Vec<_>>()
    };
    let mut fitting = fit(true);
    if let [only] = fitting.as_slice() {
        return Ok(only);
    }
    if fitting.iter().all(|branch| check::count(schema, branch, node) > 0) {
        fitting = fit(false);
    }
    if let [only] = fitting.as_slice() {
        return Ok(only);
    }
    if let Some(perfect) = fitting.iter().find(|branch| check::count(schema, branch, node) == 0) {
        return Ok(perfect);
    }
    nearest(schema, &fitting, node)
}

fn nearest<'s>(schema: Schema<'s>, fitting: &[&'s Json], node: &Node) -> Result<&'s Json, Miss<'s>> {
    let words: Vec<_> = fitting.iter().map_while(|branch| words_of(schema, branch, node)).collect();
    if words.len() == fitting.len() {
        return Err(Miss::Word(words.concat()));
    }
    let keys: Vec<_> = fitting.iter().map(|branch| keys_of(schema, branch, node)).collect();
    if let Value::Map(entries) = &node.value
        && keys.iter().all(|keys| !keys.is_empty())
        && !entries.iter().any(|(key, _)| keys.iter().flatten().any(|known| *known == key.name))
    {
        return Err(Miss::Key(keys.concat()));
    }
    let near = |branch: &&&Json| {
        let known = keys_of(schema, branch, node);
        let matching = known.iter().filter(|known| node.get(known).is_some()).count();
        (wrong_tags(schema, branch, node), Reverse(matching), check::count(schema, branch, node))
    };
    Ok(fitting.iter().min_by_key(near).copied().unwrap_or(crate::schema::ANYTHING))
}

fn words_of<'s>(schema: Schema<'s>, branch: &'s Json, node: &Node) -> Option<Vec<&'s Json>> {
    match schema.parts(branch, node) {
        Ok(parts) => parts.words(),
        Err(Miss::Word(words)) => Some(words),
        Err(Miss::Key(_)) => None,
    }
}

fn keys_of<'s>(schema: Schema<'s>, branch: &'s Json, node: &Node) -> Vec<&'s str> {
    match schema.parts(branch, node) {
        Ok(parts) => parts.properties().collect(),
        Err(Miss::Key(keys)) => keys,
        Err(Miss::Word(_)) => Vec::new(),
    }
}

/// How many keys that tell branches apart (`kind: table`) say another branch.
fn wrong_tags(schema: Schema<'_>, branch: &Json, node: &Node) -> usize {
    let Ok(parts) = schema.parts(branch, node) else { return 0 };
    let says_other = |name: &&str| {
        let tag = parts.property(name).and_then(|property| property.get("const"));
        tag.zip(node.get(name)).is_some_and(|(tag, value)| !is_word(value, tag))
    };
    parts.properties().filter(says_other).count()
}

impl Miss<'_> {
    /// The miss as a problem. `owner`: where a map or list is named.
    pub(crate) fn problem(&self, node: &Node, owner: &Place) -> Problem {
        match self {
            Self::Word(words) => unknown_word(node, words),
            Self::Key(keys) => match &node.value {
                Value::Map(entries) if !entries.is_empty() => check::unknown_key(&entries[0].0, keys),
                _ => {
                    Problem::new("a key is missing", owner).with_help(format!("one of: {}", keys.join(", ")))
                }
            },
        }
    }
}

/// A value that is none of those that an `enum` or a `const` allows.
pub(crate) fn unknown_word(node: &Node, words: &[&Json]) -> Problem {
    let known: Vec<_> =
        words.iter().map(|word| word.as_str().map_or(word.to_string(), str::to_owned)).collect();
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let written = node.text().unwrap_or_else(|| node.place.text());
    Problem::new(format!("unknown value `{written}`"), &node.place)
        .with_help(suggest::help(written, &known, "one of"))
}
