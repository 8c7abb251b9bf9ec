//! How a document is laid out in files: one a table, a view, a function; one for each schema besides `public`; one for all of each
//! smaller thing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::folder::Files;

/// Sections of which every object has a file of its own.
const APART: [&str; 5] = ["schemas", "functions", "tables", "views", "materialized_views"];

/// Files by their path in lower case.
type Contents = BTreeMap<String, (PathBuf, Value)>;

/// The files of a document. A change in one object changes one file.
pub(crate) fn files(document: &Value) -> Files {
    let mut contents = Contents::new();
    for (section, content) in document.as_object().into_iter().flatten() {
        match content.as_object().filter(|_| APART.contains(&section.as_str())) {
            Some(objects) => {
                for (name, object) in objects {
                    file(&mut contents, path(section, name))[section][name] = object.clone();
                }
            }
            None => file(&mut contents, format!("{section}.yaml").into())[section] = content.clone(),
        }
    }
    contents.into_values().map(|(path, value)| (path, yaml::write(&value))).collect()
}

/// The content of a file. Names may differ in what a file system does not tell apart: such objects share a file.
fn file(contents: &mut Contents, path: PathBuf) -> &mut Value {
    let folded = path.to_string_lossy().to_lowercase();
    &mut contents.entry(folded).or_insert_with(|| (path, Value::Object(Map::new()))).1
}

fn path(section: &str, name: &str) -> PathBuf {
    // Functions of one name stand together, whatever their arguments.
    let name = if section == "functions" { name.split('(').next().unwrap_or(name) } else { name };
    Path::new(section).join(format!("{}.yaml", word(name)))
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
            "schemas": { "auth": { "tables": { "t": {} } } },
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
            "schemas/auth.yaml",
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
    }
}
