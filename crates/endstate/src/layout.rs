//! How a document is laid out in files: one a table, a view, a function; one for all of each smaller thing; and the same for each schema
//! besides `public`, in a folder of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::folder::Files;

/// Sections of which every object has a file of its own.
const APART: [&str; 4] = ["functions", "tables", "views", "materialized_views"];

/// What is said of a schema itself.
const OF_THE_SCHEMA: [&str; 5] = ["renamed_from", "absent", "comment", "owner", "grants"];

/// Files by their path in lower case.
type Contents = BTreeMap<String, (PathBuf, Value)>;

/// The files of a document. A change in one object changes one file.
pub(crate) fn files(document: &Value) -> Files {
    let mut contents = Contents::new();
    for (section, content) in document.as_object().into_iter().flatten() {
        match content.as_object() {
            Some(schemas) if section == "schemas" => {
                schemas.iter().for_each(|(name, schema)| self::schema(&mut contents, name, schema));
            }
            _ => lay(&mut contents, None, section, content),
        }
    }
    contents.into_values().map(|(path, value)| (path, yaml::write(&value))).collect()
}

/// A schema other than `public`: a folder that looks as that of `public` does, and a file of what is said of the schema itself.
fn schema(contents: &mut Contents, name: &str, content: &Value) {
    let sections = content.as_object().into_iter().flatten();
    if content.as_object().is_none_or(Map::is_empty) {
        file(contents, of_schema(Some(name), "schema.yaml"))["schemas"][name] = content.clone();
    }
    sections.for_each(|(section, content)| lay(contents, Some(name), section, content));
}

fn lay(contents: &mut Contents, schema: Option<&str>, section: &str, content: &Value) {
    let mut put = |path: PathBuf, name: Option<&str>, value: &Value| {
        let document = file(contents, path);
        let sections = match schema {
            Some(schema) => &mut document["schemas"][schema],
            None => document,
        };
        match name {
            Some(name) => sections[section][name] = value.clone(),
            None => sections[section] = value.clone(),
        }
    };
    match content.as_object().filter(|_| APART.contains(&section)) {
        Some(objects) => objects
            .iter()
            .for_each(|(name, object)| put(path(schema, section, Some(name)), Some(name), object)),
        None => put(path(schema, section, None), None, content),
    }
}

/// The file of a section, or of an object of one.
pub(crate) fn path(schema: Option<&str>, section: &str, name: Option<&str>) -> PathBuf {
    match name.filter(|_| APART.contains(&section)) {
        // Functions of one name stand together, whatever their arguments.
        Some(name) if section == "functions" => {
            let name = name.split('(').next().unwrap_or(name);
            of_schema(schema, &format!("{section}/{}.yaml", word(name)))
        }
        Some(name) => of_schema(schema, &format!("{section}/{}.yaml", word(name))),
        None if schema.is_some() && is_of_the_schema(section) => of_schema(schema, "schema.yaml"),
        None => of_schema(schema, &format!("{section}.yaml")),
    }
}

/// Whether something under a schema is said of the schema itself.
pub(crate) fn is_of_the_schema(key: &str) -> bool {
    OF_THE_SCHEMA.contains(&key)
}

/// Whether objects at this path of a document have files of their own.
pub(crate) fn is_apart(path: &[&str]) -> bool {
    match path {
        ["schemas", _, section, ..] | [section, ..] => APART.contains(section),
        [] => false,
    }
}

fn of_schema(schema: Option<&str>, file: &str) -> PathBuf {
    match schema {
        Some(schema) => Path::new("schemas").join(word(schema)).join(file),
        None => file.into(),
    }
}

/// The content of a file. Names may differ in what a file system does not tell apart: such objects share a file.
fn file(contents: &mut Contents, path: PathBuf) -> &mut Value {
    let folded = path.to_string_lossy().to_lowercase();
    &mut contents.entry(folded).or_insert_with(|| (path, Value::Object(Map::new()))).1
}

/// A name that every file system takes, and that is not hidden.
fn word(name: &str) -> String {
    let word: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' })
        .take(100)
        .collect();
    if word.is_empty() { "_".to_owned() } else { word }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_an_object() {
        let document = json!({
            "schemas": {
                "auth": { "comment": "x", "grants": { "a": ["usage"] }, "tables": { "t": {}, "u": {} }, "types": { "e": {} } },
                "empty": {},
            },
            "casts": ["a"],
            "types": { "a": { "enum": ["x"] }, "b": { "enum": ["y"] } },
            "functions": { "f(a integer)": { "body": "1" }, "f()": { "body": "2" } },
            "tables": { "Users": { "comment": "1" }, "users": { "comment": "2" }, "a/b": {}, "a b": {}, "..": {}, "größe": {} },
        });
        let files = files(&document);
        let names: Vec<&str> = files.keys().map(|path| path.to_str().unwrap()).collect();
        let expected = [
            "casts.yaml",
            "functions/f.yaml",
            "schemas/auth/schema.yaml",
            "schemas/auth/tables/t.yaml",
            "schemas/auth/tables/u.yaml",
            "schemas/auth/types.yaml",
            "schemas/empty/schema.yaml",
            "tables/Users.yaml",
            "tables/__.yaml",
            "tables/a_b.yaml",
            "tables/größe.yaml",
            "types.yaml",
        ];
        assert_eq!(names, expected);
        assert_eq!(
            files[Path::new("tables/Users.yaml")],
            "tables:\n  Users: { comment: \"1\" }\n  users: { comment: \"2\" }\n"
        );
        assert_eq!(
            files[Path::new("schemas/auth/schema.yaml")],
            "schemas:\n  auth:\n    comment: x\n    grants:\n      a: [usage]\n"
        );
        assert_eq!(
            files[Path::new("schemas/auth/tables/u.yaml")],
            "schemas:\n  auth:\n    tables:\n      u: {}\n"
        );
    }
}
