//! One YAML text into a tree, through `serde_yaml` (which is serde-saphyr).

use std::{collections::BTreeMap, fmt, ops::Range, sync::Arc};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_yaml::{Location, MessageFormatter as _, Options, Spanned};

use crate::{
    node::{Key, Node, Value},
    problem::Problem,
    source::{Place, Source},
};

/// Reads one YAML document; an empty text is [`Value::Null`].
///
/// Gives the tree unless the syntax is wrong, and what is wrong: a syntax error, or each duplicate key (of which the
/// tree keeps the first).
pub fn parse(source: &Arc<Source>) -> (Option<Node>, Vec<Problem>) {
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(&source.text, options()) {
        Ok(raw) => {
            let mut reading = Reading { source, problems: Vec::new() };
            (Some(reading.node(raw)), reading.problems)
        }
        Err(error) => (None, vec![syntax_problem(source, error.without_snippet())]),
    }
}

/// Lists and maps in each other; the library needs 40 KiB of stack for each in a debug build.
const MAX_DEPTH: usize = 32;

/// YAML 1.2 typing, no limits of size for files of the user's own; depth and alias replay stay bounded.
fn options() -> Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            enforce_alias_anchor_ratio: false,
            max_depth: MAX_DEPTH,
            max_anchors: usize::MAX,
            max_aliases: usize::MAX,
            max_events: usize::MAX,
            max_merge_keys: usize::MAX,
            max_nodes: usize::MAX,
            max_total_comment_bytes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
        },
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::PassThrough,
        leading_zero_numbers_as_strings: true,
        non_finite_float_policy: serde_yaml::NonFiniteFloatPolicy::PassThrough,
        reject_unsupported_tags: true,
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

fn syntax_problem(source: &Arc<Source>, error: &serde_yaml::Error) -> Problem {
    let message = serde_yaml::DefaultMessageFormatter.format_message(error).into_owned();
    let (message, help) =
        explain(&message).map_or((message.as_str(), None), |(words, help)| (words, Some(help)));
    let place = error.location().map(|location| place_of(source, location));
    Problem { message: message.to_owned(), place, help: help.map(str::to_owned), ..Problem::default() }
}

/// Words and a way out for the slips that people make most.
fn explain(message: &str) -> Option<(&str, &'static str)> {
    let known = [
        (
            "multiple YAML documents",
            "a file holds one document",
            "move what follows `---` to a file of its own",
        ),
        ("tabs disallowed", "a tab in the indentation", "YAML is indented with spaces"),
        (
            "mapping values are not allowed",
            "a second `: ` in a plain value",
            "put the value in quotes, or check the indentation",
        ),
        (
            "illegal placement of ':'",
            "a key is not expected here",
            "does a list or map above lack its `]` or `}`?",
        ),
        ("multiline quoted scalar", message, "does a text above lack its closing quote?"),
        ("unexpected character", message, "a value that begins with this character must stand in quotes"),
        (
            "document start",
            "the indentation does not fit the lines above",
            "the keys of a map begin in the same column",
        ),
        (
            "expected key",
            "the indentation does not fit the lines above",
            "the keys of a map begin in the same column",
        ),
        (
            "unknown anchor",
            message,
            "an alias `*name` needs an anchor `&name` before it; a text that begins with `*` must stand in quotes",
        ),
    ];
    let (_, words, help) = known.into_iter().find(|(part, ..)| message.contains(part))?;
    Some((words, help))
}

/// A library's location: bytes where it has them, else line and column.
fn place_of(source: &Arc<Source>, location: Location) -> Place {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let span = location.span();
    let range = match span.byte_offset().zip(span.byte_len()) {
        Some((offset, len)) => number(offset)..number(offset.saturating_add(len)),
        None => byte_at(&source.text, number(location.line()), number(location.column())),
    };
    Place::new(Arc::clone(source), range)
}

/// The character in a line and column, both counted from 1.
fn byte_at(text: &str, line: usize, column: usize) -> Range<usize> {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let before = text[start..].chars().take(column.saturating_sub(1));
    let at = start + before.map(char::len_utf8).sum::<usize>();
    at..at + 1
}

/// A value as the library gives it.
enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    /// `.nan` and `.inf`, which JSON cannot hold: kept as spelled.
    NotFinite,
    String(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Number::from_f64(value).map_or(Raw::NotFinite, Raw::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<Raw>>()? {
            map.push((key, entries.next_value()?));
        }
        Ok(Raw::Map(map))
    }
}

/// Turns what the library gave into nodes, collecting duplicate keys.
struct Reading<'s> {
    source: &'s Arc<Source>,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let mut place = place_of(self.source, raw.defined);
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Bool(value) => Value::Bool(value),
            Raw::Number(value) => Value::Number(value),
            Raw::NotFinite => Value::String(place.text().to_owned()),
            Raw::String(value) => {
                place = Place::of_string(place.source, place.range, &value);
                Value::String(value)
            }
            Raw::List(items) => Value::List(items.into_iter().map(|item| self.node(item)).collect()),
            Raw::Map(entries) => Value::Map(self.entries(entries)),
        };
        if place.range.is_empty() {
            place = beginning(&place, &value);
        }
        Node { value, place, key: None }
    }

    fn entries(&mut self, raw: Vec<(Spanned<Raw>, Spanned<Raw>)>) -> Vec<(Key, Node)> {
        let mut entries = Vec::with_capacity(raw.len());
        let mut first = BTreeMap::new();
        for (key, value) in raw {
            let key = self.key(key);
            let node = Node { key: Some(key.place.clone()), ..self.node(value) };
            if let Some(earlier) = first.get(&key.name) {
                self.problems.push(duplicate(&key, earlier));
            } else {
                first.insert(key.name.clone(), key.place.clone());
                entries.push((key, node));
            }
        }
        entries
    }

    fn key(&mut self, raw: Spanned<Raw>) -> Key {
        let node = self.node(raw);
        if matches!(node.value, Value::List(_) | Value::Map(_)) {
            self.problems.push(Problem::new("a key must be text, not a list or a map", &node.place));
        }
        let name = node.text().unwrap_or(node.place.text()).to_owned();
        Key { name, place: node.place }
    }
}

fn duplicate(key: &Key, first: &Place) -> Problem {
    Problem {
        label: Some("again here".to_owned()),
        also: vec![(first.clone(), "first here".to_owned())],
        ..Problem::new(format!("duplicate key `{}`", key.name), &key.place)
    }
}

/// A block list or map has no text of its own: it stands where its first key or dash does.
fn beginning(place: &Place, value: &Value) -> Place {
    let start = place.range.start;
    let end = match value {
        Value::Map(entries) => entries.first().map_or(start, |(key, _)| key.place.range.end),
        Value::List(_) => start + 1,
        _ => start,
    };
    Place::new(Arc::clone(&place.source), start..end)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn source(text: &str) -> Arc<Source> {
        Arc::new(Source { path: "schema/users.yaml".into(), text: text.into() })
    }

    pub(crate) fn parsed(text: &str) -> Node {
        let (node, problems) = parse(&source(text));
        assert!(problems.is_empty(), "{}", crate::render(&problems, false));
        node.unwrap()
    }

    pub(crate) fn complaint(text: &str) -> String {
        crate::render(&parse(&source(text)).1, false)
    }

    #[test]
    fn scalars_keep_their_spelling() {
        let yaml =
            "0.00 no on 1.0 0123 1:30 2020-01-01 1_000 0x1F true True .inf 1e999 99999999999999999999.10";
        for word in yaml.split(' ') {
            assert_eq!(parsed(&format!("a: {word}\n")).get("a").unwrap().text(), Some(word));
            assert_eq!(
                parsed(&format!("- b: &x {word} # c\n  a: *x\n")).at(["0", "a"]).unwrap().text(),
                Some(word)
            );
            assert_eq!(parsed(&format!("{word}: 1\n")).to_json(), serde_json::json!({ word: 1 }));
        }
        assert_eq!(parsed("a: no\n").to_json(), serde_json::json!({"a": "no"}));
        assert_eq!(parsed("a: !!int \"5\"\n").get("a").unwrap().text(), Some("5"));
        assert_eq!(parsed("null: ~\n").to_json(), serde_json::json!({"null": null}));
    }

    #[test]
    fn merge_keys_give_way_to_what_is_written() {
        let node = parsed("x: &d {p: 1, q: 2}\ny:\n  <<: *d\n  q: 3\n");
        assert_eq!(node.get("y").unwrap().to_json(), serde_json::json!({"q": 3, "p": 1}));
        assert_eq!(node.at(["y", "p"]).unwrap().place.to_string(), "schema/users.yaml:1:11");
    }

    #[test]
    fn duplicate_keys_are_all_reported_with_both_places() {
        insta::assert_snapshot!(complaint("a:\n  b: 1\n  c: 2\n  \"b\": 3\na: {x: 1, x: 2}\n"));
    }

    #[test]
    fn syntax_errors_have_a_place_and_a_way_out() {
        let broken = [
            "a:\n\tb: 1\n",
            "a: b: c\n",
            "a: [1, 2\nb: 3\n",
            "é: 'abc\n",
            "a: @foo\n",
            "a: *nope\n",
            "a: 1\n---\nb: 2\n",
            "? [x]\n: 1\n",
            "a: !secret x\n",
            "  a: 1\n b: 2\n",
        ];
        insta::assert_snapshot!(broken.map(complaint).join("\n\n"));
    }

    #[test]
    fn depth_is_bounded_and_size_is_not() {
        assert!(complaint(&"[".repeat(5000)).contains("error"));
        assert!(complaint(&"- ".repeat(5000)).contains("error"));
        assert!(parse(&source(&"- ".repeat(MAX_DEPTH))).0.is_some());
        let Value::List(items) = parsed(&"- {a: 1}\n".repeat(100_000)).value else { panic!("not a list") };
        assert_eq!(items.len(), 100_000);
    }

    #[test]
    fn an_empty_text_is_an_empty_document() {
        assert_eq!(parsed("").value, Value::Null);
        assert_eq!(parsed("# nothing yet\n").value, Value::Null);
    }
}
