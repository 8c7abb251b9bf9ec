//! Changes to a YAML text that leave everything else as a person wrote it: comments, key order, spelling.

use std::{ops::Range, sync::Arc};

use serde_json::{Map, Value as Json};

use crate::{
    node::{Key, Node, Value},
    parse::parse,
    scalar,
    source::Source,
    write,
};

/// The text with a value put at the end of a path of keys; maps on the way are made where they are missing. A new key goes behind the
/// nearest of those that stand before it in `siblings`, else to the end of its map.
///
/// `None` where that cannot be done without touching more: below a value that is no map, in what an alias or a merge key shares, or
/// for several lines of text between braces.
pub fn set(source: &Arc<Source>, path: &[&str], value: &Json, siblings: &[&str]) -> Option<String> {
    let root = document(source)?;
    let (parents, rest) = walk(&root, path)?;
    let text = if rest.is_empty() {
        let (key, node) = entry(&parents, path)?;
        let flow = is_flow(parents[path.len() - 1]);
        replace(source, key, node, value, flow)?
    } else {
        let map = parents.last()?;
        let wrapped = rest[1..]
            .iter()
            .rev()
            .fold(value.clone(), |inner, key| Json::Object(Map::from_iter([((*key).to_owned(), inner)])));
        insert(source, &parents, map, rest[0], &wrapped, siblings)?
    };
    sound(source, text, path, Some(value))
}

/// The text without the key at the end of a path, and without the maps that hold nothing else. The comment right above a key that is
/// not the first of its map goes with it.
///
/// `None` as for [`set`], and where there is no such key.
pub fn remove(source: &Arc<Source>, path: &[&str]) -> Option<String> {
    let root = document(source)?;
    let (parents, rest) = walk(&root, path)?;
    if !rest.is_empty() {
        return None;
    }
    // A map must not be left empty.
    let mut depth = path.len();
    while depth > 1 && matches!(&parents[depth - 1].value, Value::Map(entries) if entries.len() == 1) {
        depth -= 1;
    }
    let (key, node) = entry(&parents[..=depth], &path[..depth])?;
    let map = parents[depth - 1];
    let range = if is_flow(map) {
        flow_range(&source.text, map, key)?
    } else {
        with_comment(source, map, key, node)?
    };
    let mut text = source.text.to_string();
    text.replace_range(range, "");
    sound(source, text, path, None)
}

fn document(source: &Arc<Source>) -> Option<Node> {
    match parse(source) {
        (Some(node), problems) if problems.is_empty() => Some(node),
        _ => None,
    }
}

/// The nodes along a path as far as there are any, the root first, and the keys that lead on. `None` where the path leads through what
/// an alias or a merge key shares.
fn walk<'n, 'p>(root: &'n Node, path: &'p [&'p str]) -> Option<(Vec<&'n Node>, &'p [&'p str])> {
    let mut nodes = vec![root];
    for (depth, name) in path.iter().enumerate() {
        match nodes[depth].entry(name) {
            Some((key, node)) if is_own(nodes[depth], key, node) => nodes.push(node),
            Some(_) => return None,
            None => return Some((nodes, &path[depth..])),
        }
    }
    Some((nodes, &[]))
}

/// Whether a key and its value stand in their map's text, one after the other and before the next key.
fn is_own(map: &Node, key: &Key, node: &Node) -> bool {
    let Value::Map(entries) = &map.value else { return false };
    let starts = entries.iter().map(|(key, _)| key.place.range.start);
    let next = starts.filter(|start| *start > key.place.range.start).min();
    key.place.range.start >= map.place.range.start
        && node.place.range.start >= key.place.range.end
        && next.is_none_or(|next| node.place.range.start < next)
}

/// The last key of a path and its value.
fn entry<'n>(parents: &[&'n Node], path: &[&str]) -> Option<(&'n Key, &'n Node)> {
    let (key, node) = parents.get(path.len().checked_sub(1)?)?.entry(path.last()?)?;
    Some((key, node))
}

fn is_flow(map: &Node) -> bool {
    map.place.text().starts_with('{')
}

fn replace(source: &Arc<Source>, key: &Key, node: &Node, value: &Json, flow: bool) -> Option<String> {
    let mut text = source.text.to_string();
    let between = text.get(key.place.range.end..node.place.range.start)?;
    let old = node.place.text();
    let is_line = node.text().is_some() && !old.contains('\n') && !between.contains(['|', '>', '\n']);
    if let (true, Some(new)) = (is_line, write::inline(value, flow))
        && !new.contains('\n')
        && !(value.is_object() || value.is_array() || (!flow && is_long_text(value)))
    {
        text.replace_range(node.place.range.clone(), &new);
        return Some(text);
    }
    if flow {
        // Only lists and maps: where they end is found by their brackets.
        let end = flow_end(&text, node.place.range.start)?;
        text.replace_range(node.place.range.start..end, &write::inline(value, true)?);
        return Some(text);
    }
    let range = block_range(source, key, node)?;
    let indent = indent(&text, key)?;
    let lines = write::entries(&Map::from_iter([(key.name.clone(), value.clone())]), indent);
    text.replace_range(range, &lines);
    Some(text)
}

fn is_long_text(value: &Json) -> bool {
    value.as_str().is_some_and(|text| scalar::literal(text).is_some())
}

fn insert(
    source: &Arc<Source>,
    parents: &[&Node],
    map: &Node,
    key: &str,
    value: &Json,
    siblings: &[&str],
) -> Option<String> {
    let mut text = source.text.to_string();
    let new = Map::from_iter([(key.to_owned(), value.clone())]);
    let entries = match &map.value {
        Value::Map(entries) => entries.as_slice(),
        Value::Null if parents.len() == 1 => &[],
        _ => return None,
    };
    if is_flow(map) {
        let end = flow_end(&text, map.place.range.start)? - 1;
        let start = text[..end].trim_end().len();
        let comma = if entries.is_empty() { " " } else { ", " };
        let entry = format!("{comma}{}: {} ", scalar::key(key, true), write::inline(value, true)?);
        text.replace_range(start..end, &entry);
        return Some(text);
    }
    let before: Vec<&str> = siblings.iter().copied().take_while(|sibling| *sibling != key).collect();
    let near = before.iter().rev().find_map(|name| entries.iter().find(|(key, _)| key.name == *name));
    let (at, indent) = match near.or(entries.last()) {
        Some((key, node)) => (block_range(source, key, node)?.end, indent(&text, key)?),
        None => (text.len(), 0),
    };
    let newline = if text[..at].is_empty() || text[..at].ends_with('\n') { "" } else { "\n" };
    text.insert_str(at, &format!("{newline}{}", write::entries(&new, indent)));
    Some(text)
}

/// How far a key of a block map is indented; `None` where something stands before it.
fn indent(text: &str, key: &Key) -> Option<usize> {
    let start = key.place.range.start;
    let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    text[line..start].bytes().all(|byte| byte == b' ').then_some(start - line)
}

/// The lines of a key and its value in a block map.
fn block_range(source: &Arc<Source>, key: &Key, node: &Node) -> Option<Range<usize>> {
    let text = &source.text;
    let indent = indent(text, key)?;
    let start = key.place.range.start - indent;
    let value_end = if node.place.text().starts_with(['{', '['])
        && matches!(node.value, Value::Map(_) | Value::List(_))
    {
        flow_end(text, node.place.range.start)?
    } else {
        node.place.range.end
    };
    let mut end = start;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let bare = line.trim();
        let depth = line.len() - line.trim_start_matches(' ').len();
        let is_item = depth == indent
            && matches!(node.value, Value::List(_))
            && (bare == "-" || bare.starts_with("- "));
        if at > start && at >= value_end && !bare.is_empty() && depth <= indent && !is_item {
            break;
        }
        at += line.len();
        if !bare.is_empty() {
            end = at;
        }
    }
    Some(start..end)
}

/// The lines of a key and its value, and of the comment right above where the key is not the first.
fn with_comment(source: &Arc<Source>, map: &Node, key: &Key, node: &Node) -> Option<Range<usize>> {
    let range = block_range(source, key, node)?;
    let is_first =
        matches!(&map.value, Value::Map(entries) if entries.first().is_some_and(|(first, _)| first == key));
    let mut start = range.start;
    if !is_first {
        let indent = indent(&source.text, key)?;
        for line in source.text[..range.start].split_inclusive('\n').rev() {
            let depth = line.len() - line.trim_start_matches(' ').len();
            if depth != indent || !line.trim().starts_with('#') {
                break;
            }
            start -= line.len();
        }
    }
    Some(start..range.end)
}

/// A key and its value between braces, with the comma that goes with them.
fn flow_range(text: &str, map: &Node, key: &Key) -> Option<Range<usize>> {
    let Value::Map(entries) = &map.value else { return None };
    let place = entries.iter().position(|(other, _)| other == key)?;
    if let Some((next, _)) = entries.get(place + 1) {
        return Some(key.place.range.start..next.place.range.start);
    }
    let end = flow_end(text, map.place.range.start)? - 1;
    let comma = text[..key.place.range.start].rfind(',')?;
    Some(comma..text[..end].trim_end().len())
}

/// Where a list or map in brackets that begins at `start` ends.
fn flow_end(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    let mut characters = text[start..].char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '{' | '[' => depth += 1,
            '}' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(start + at + 1);
                }
            }
            '"' | '\'' if "{[,:".contains(before) => {
                while let Some((_, inner)) = characters.next() {
                    match inner {
                        '\\' if character == '"' => drop(characters.next()),
                        _ if inner == character => break,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        if !character.is_whitespace() {
            before = character;
        }
    }
    None
}

/// The text, if it reads back as what it should be.
fn sound(source: &Arc<Source>, text: String, path: &[&str], value: Option<&Json>) -> Option<String> {
    let new = Arc::new(Source { path: source.path.clone(), text: text.as_str().into() });
    let node = document(&new)?;
    let found = node.at(path).map(Node::to_json);
    (found.as_ref() == value).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::parse::tests::source;

    const TEXT: &str = "# of all\ntables:\n  # people\n  users:\n    # who\n    comment: People # short\n    columns:\n      id: uuid # key\n      role: { type: text, default: \"'a, b'\" } # what\n      # how old\n      age: int\n    primary_key:\n    - id\n\n  # things\n  orders:\n    comment: |\n      One\n      # no comment\n\n# the end\n";

    fn set(path: &str, value: Json, siblings: &[&str]) -> String {
        let path: Vec<&str> = path.split('.').collect();
        super::set(&source(TEXT), &path, &value, siblings).unwrap_or_else(|| "nothing".to_owned())
    }

    fn remove(path: &str) -> String {
        let path: Vec<&str> = path.split('.').collect();
        super::remove(&source(TEXT), &path).unwrap_or_else(|| "nothing".to_owned())
    }

    #[test]
    fn a_scalar_is_put_in_place() {
        assert_eq!(set("tables.users.comment", json!("Folk"), &[]), TEXT.replace("People #", "Folk #"));
        assert_eq!(set("tables.users.columns.id", json!("text"), &[]), TEXT.replace("id: uuid", "id: text"));
        let role = set("tables.users.columns.role.default", json!("'x'"), &[]);
        assert_eq!(role, TEXT.replace("\"'a, b'\"", "\"'x'\""));
    }

    #[test]
    fn a_key_is_put_among_others() {
        let role = set("tables.users.columns.role.not_null", json!(true), &[]);
        assert_eq!(role, TEXT.replace("b'\" }", "b'\", not_null: true }"));
        let column = set("tables.users.columns.name", json!("text"), &["id", "name", "role"]);
        assert_eq!(column, TEXT.replace("# key\n", "# key\n      name: text\n"));
        let rls = set("tables.users.rls", json!("enabled"), &["columns", "primary_key", "rls"]);
        assert_eq!(rls, TEXT.replace("    - id\n", "    - id\n    rls: enabled\n"));
        let policy = set("tables.users.policies.p", json!({ "for": "select" }), &[]);
        assert_eq!(policy, TEXT.replace("    - id\n", "    - id\n    policies:\n      p: { for: select }\n"));
        let table = set("tables.new", json!({ "columns": { "a": "int" } }), &[]);
        assert_eq!(table, TEXT.replace("no comment\n", "no comment\n  new:\n    columns: { a: int }\n"));
        let view = set("views.v.query", json!("SELECT 1"), &[]);
        assert!(view.contains("no comment\nviews:\n  v: { query: SELECT 1 }\n\n# the end\n"), "{view}");
    }

    #[test]
    fn what_is_longer_is_written_anew() {
        let column = set("tables.users.columns.age", json!({ "type": "int", "not_null": true }), &[]);
        assert_eq!(column, TEXT.replace("age: int\n", "age: { type: int, not_null: true }\n"));
        assert_eq!(
            set("tables.orders.comment", json!("Two\nlines"), &[])
                .matches("      Two\n      lines\n")
                .count(),
            1
        );
        assert_eq!(
            set("tables.users.primary_key", json!(["id", "age"]), &[])
                .matches("    primary_key: [id, age]\n\n  # things")
                .count(),
            1
        );
        assert_eq!(set("tables.users.columns.id.not_null", json!(true), &[]), "nothing");
    }

    #[test]
    fn a_key_is_taken_out() {
        assert_eq!(remove("tables.users.columns.age"), TEXT.replace("      # how old\n      age: int\n", ""));
        assert_eq!(remove("tables.users.columns.id"), TEXT.replace("      id: uuid # key\n", ""));
        assert_eq!(remove("tables.users.columns.role.default"), TEXT.replace(", default: \"'a, b'\"", ""));
        assert_eq!(remove("tables.users.columns.role.type"), TEXT.replace("type: text, ", ""));
        let orders = "  # things\n  orders:\n    comment: |\n      One\n      # no comment\n";
        assert_eq!(remove("tables.orders.comment"), TEXT.replace(orders, ""));
        assert_eq!(remove("tables.nobody"), "nothing");
    }

    #[test]
    fn what_is_shared_is_left_alone() {
        let text = "a: &x { p: 1 }\nb: *x\nc:\n  <<: *x\n  q: 2\n";
        for path in [["b", "p"], ["c", "p"]] {
            assert_eq!(super::set(&source(text), &path, &json!(3), &[]), None);
            assert_eq!(super::remove(&source(text), &path), None);
        }
        assert_eq!(super::set(&source(""), &["a"], &json!(1), &[]).unwrap(), "a: 1\n");
        assert_eq!(super::remove(&source("a: 1\n"), &["a"]).unwrap(), "");
    }
}
