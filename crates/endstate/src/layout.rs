//! How a document is laid out in files: one a table, a view, a function; one for all types; one for each schema besides `public`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::folder::Files;

/// Sections whose objects are small: all of them stand in one file.
const TOGETHER: [&str; 4] = ["roles", "extensions", "types", "sequences"];

/// The files of a document. A change in one object changes one file.
pub(crate) fn files(document: &Value) -> Files {
    let mut files: BTreeMap<PathBuf, Value> = BTreeMap::new();
    for (section, objects) in document.as_object().into_iter().flatten() {
        let Some(objects) = objects.as_object() else { continue };
        for (name, object) in objects {
            let path = path(section, name);
            // Names may differ in what a file system does not tell apart: such objects share a file.
            let known = files.keys().find(|known| folded(known) == folded(&path)).cloned();
            let file = files.entry(known.unwrap_or(path)).or_insert_with(|| Value::Object(Map::new()));
            file[section][name] = object.clone();
        }
    }
    files.into_iter().map(|(path, value)| (path, yaml::write(&value))).collect()
}

fn path(section: &str, name: &str) -> PathBuf {
    if TOGETHER.contains(&section) {
        return format!("{section}.yaml").into();
    }
    // Functions of one name stand together, whatever their arguments.
    let name = if section == "functions" { name.split('(').next().unwrap_or(name) } else { name };
    Path::new(section).join(format!("{}.yaml", word(name)))
}

fn folded(path: &Path) -> String {
    path.to_string_lossy().to_lowercase()
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
            "types": { "a": { "enum": ["x"] }, "b": { "enum": ["y"] } },
            "functions": { "f(a integer)": { "body": "1" }, "f()": { "body": "2" } },
            "tables": { "Users": { "comment": "1" }, "users": { "comment": "2" }, "a/b": {}, "a b": {}, "..": {}, "größe": {} },
        });
        let files = files(&document);
        let names: Vec<&str> = files.keys().map(|path| path.to_str().unwrap()).collect();
        let expected = [
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
            "tables:\n  Users:\n    comment: \"1\"\n  users:\n    comment: \"2\"\n"
        );
    }
}
