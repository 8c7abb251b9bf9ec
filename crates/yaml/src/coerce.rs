//! A checked tree as JSON, with text where the schema wants text.

use serde_json::Value as Json;

use crate::{
    check::empty_map,
    node::{Node, Value},
    schema::{Schema, Shapes},
};

/// The tree as JSON. As [`Node::to_json`], but a number or boolean becomes the text that was written where the schema
/// wants text: `default: 0.00` is `"0.00"`. An empty document is an empty map.
pub fn coerce(node: &Node, schema: &schemars::Schema) -> Json {
    let schema = Schema::new(schema);
    match empty_map(schema, node) {
        Some(empty) => empty.to_json(),
        None => value(schema, schema.root(), node),
    }
}

fn value<'s>(whole: Schema<'s>, schema: &'s Json, node: &Node) -> Json {
    let Ok(parts) = whole.parts(schema, node) else { return node.to_json() };
    match &node.value {
        Value::Map(entries) => {
            let entry = |name: &str, node| match parts.property(name) {
                Some(schema) => value(whole, schema, node),
                None => node.to_json(),
            };
            entries.iter().map(|(key, node)| (key.name.clone(), entry(&key.name, node))).collect()
        }
        Value::List(items) => {
            items.iter().enumerate().map(|(index, item)| value(whole, parts.item(index), item)).collect()
        }
        Value::Bool(_) | Value::Number(_) => {
            let shapes = whole.shapes(schema);
            let as_text = !shapes.fit_exactly(node) && shapes.overlaps(Shapes::STRING);
            node.text().filter(|_| as_text).map_or_else(|| node.to_json(), Json::from)
        }
        Value::Null | Value::String(_) => node.to_json(),
    }
}
