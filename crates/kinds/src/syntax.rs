//! The syntax of what the YAML says in SQL, judged by PostgreSQL's grammar in the statements that it becomes: before any connection.

use yaml::{Node, Place, Problem, Value};

use crate::declared::Declared;
use crate::{Context, Kind, Model, Object, Spec};

/// The version whose grammar our parser has.
const GRAMMAR: u32 = 18;

/// Checks the objects from `first` on, which a document declares.
pub(crate) fn check(declared: &mut Declared, first: usize, document: &Node) {
    let objects = &declared.objects[first..];
    let model: Model = objects.iter().cloned().collect();
    let nothing = Model::default();
    let context = Context { from: &nothing, to: &model, version: GRAMMAR, user: "" };
    let problem = |object: &Object, (text, error): (String, sql::SyntaxError)| {
        let node = declared.places.get(&object.id).and_then(|place| named(document, place));
        let place = node.map(|node| place(node, &text, error.offset, error.len));
        Problem { message: error.message, place, ..Problem::default() }
    };
    let (mut problems, mut body_problems) = (Vec::new(), Vec::new());
    for object in objects {
        match refused(object, &context) {
            Some(refused) => problems.push(problem(object, refused)),
            None => body_problems.extend(refused_body(object).map(|refused| problem(object, refused))),
        }
    }
    declared.problems.extend(problems);
    declared.body_problems.extend(body_problems);
}

/// The text that the grammar refuses, and where.
fn refused(object: &Object, context: &Context<'_>) -> Option<(String, sql::SyntaxError)> {
    let texts = object.spec.create(&object.id, context).into_iter().map(|statement| statement.sql);
    // Who grants in one's own name does so between `SET ROLE` and `RESET ROLE`.
    let fragment = match object.id.kind() {
        Kind::Grant if object.id.signature().is_some() => sql::Fragment::Statements,
        _ => sql::Fragment::Statement,
    };
    texts.filter(|text| !text.is_empty()).find_map(|text| {
        let error = sql::check(fragment, &text).err()?;
        Some((text, error))
    })
}

/// The body of a function that the grammar refuses, and where.
fn refused_body(object: &Object) -> Option<(String, sql::SyntaxError)> {
    let Spec::Function(function) = &object.spec else { return None };
    let body = function.body.clone()?;
    let error = sql::check(sql::Fragment::FunctionBody { language: &function.language }, &body).err()?;
    Some((body, error))
}

/// The value whose key stands at a place.
pub(crate) fn named<'n>(node: &'n Node, place: &Place) -> Option<&'n Node> {
    if node.name_place() == place {
        return Some(node);
    }
    match &node.value {
        Value::Map(entries) => entries.iter().find_map(|(_, node)| named(node, place)),
        Value::List(items) => items.iter().find_map(|node| named(node, place)),
        _ => None,
    }
}

/// The place in the YAML of a part of a statement: in the longest value that the statement has there, else where the object is named.
pub(crate) fn place(node: &Node, statement: &str, offset: usize, len: usize) -> Place {
    let mut values = Vec::new();
    scalars(node, &mut values);
    let hits = values.into_iter().filter_map(|(text, node)| {
        let mut found = statement.match_indices(text).map(|(start, _)| start);
        let start = found.find(|start| (*start..=start + text.len()).contains(&offset))?;
        Some((text.len(), node.place.within(offset - start, len)))
    });
    hits.max_by_key(|(length, _)| *length).map_or_else(|| node.name_place().clone(), |(_, place)| place)
}

/// The place of a name in the values of a node, where it stands as a word of its own.
pub(crate) fn name(node: &Node, name: &str) -> Option<Place> {
    let mut values = Vec::new();
    scalars(node, &mut values);
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    values.into_iter().find_map(|(text, node)| {
        let mut found = text.match_indices(name).map(|(start, _)| start);
        let start = found.find(|start| {
            !text[..*start].ends_with(is_part) && !text[start + name.len()..].starts_with(is_part)
        })?;
        Some(node.place.within(start, name.len()))
    })
}

fn scalars<'n>(node: &'n Node, into: &mut Vec<(&'n str, &'n Node)>) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|(_, node)| scalars(node, into)),
        Value::List(items) => items.iter().for_each(|node| scalars(node, into)),
        _ => into.extend(node.text().filter(|text| !text.is_empty()).map(|text| (text, node))),
    }
}
