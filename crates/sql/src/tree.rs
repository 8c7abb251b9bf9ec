//! Walking a parsed tree. `pg_query`'s own walk misses most places (defaults, casts, filters), and its tree
//! has 270 kinds of node, of which few matter here. So the tree is taken in its serialised form, where a node
//! is known by the fields it has: many nodes (the target of an INSERT, the type of a cast) carry no tag.

use pg_query::protobuf::ParseResult;
use serde_json::{Map, Value};

/// The fields of one node.
pub(crate) type Node = Map<String, Value>;

/// Calls `visit` for every node, parents first. Only on the parser's thread: trees may be deep.
pub(crate) fn each_node(tree: &ParseResult, visit: &mut impl FnMut(&Node)) {
    // Serialising plain structs into memory cannot fail.
    walk(&serde_json::to_value(tree).unwrap_or_default(), visit);
}

fn walk(value: &Value, visit: &mut impl FnMut(&Node)) {
    match value {
        Value::Object(node) => {
            visit(node);
            node.values().for_each(|field| walk(field, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

/// Whether the node is of the kind that alone has all these fields.
pub(crate) fn has(node: &Node, fields: &[&str]) -> bool {
    fields.iter().all(|field| node.contains_key(*field))
}

/// The names in a list of String nodes. A `*` ends it.
pub(crate) fn names(list: &Value) -> Vec<String> {
    let name = |item: &Value| Some(item.get("node")?.get("String")?.get("sval")?.as_str()?.to_owned());
    list.as_array().into_iter().flatten().map_while(name).collect()
}

/// A text field that is not empty.
pub(crate) fn text<'n>(node: &'n Node, field: &str) -> Option<&'n str> {
    node.get(field)?.as_str().filter(|text| !text.is_empty())
}

/// Where the node stands in the parsed text, in bytes. The grammar marks what it made up itself with -1.
pub(crate) fn location(node: &Node) -> Option<usize> {
    usize::try_from(node.get("location")?.as_i64()?).ok()
}
