//! Files and folders of YAML.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{node::Node, parse::parse, problem::Problem, source::Source};

/// The workspace's settings, which lie beside the schema but are no part of it.
const SETTINGS: &str = "endstate.yaml";

/// Deeper folders are taken for a link that leads back to itself.
const MAX_FOLDER_DEPTH: usize = 32;

/// A file and what was read from it.
type Document = (Arc<Source>, Node);

/// Reads a YAML file, or all `*.yaml` and `*.yml` of a folder and the folders below, in the order of their paths.
/// Hidden files and the folder's `endstate.yaml` are left out. An empty file is a document with [`crate::Value::Null`].
///
/// # Errors
/// All problems of all files: a missing path, a folder without YAML, an unreadable file, wrong syntax, duplicate keys.
pub fn read(path: &Path) -> Result<Vec<Document>, Vec<Problem>> {
    let (documents, problems) = load(path);
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

/// As [`read`], but gives both what could be read and what is wrong, so that the schema can be checked in the same run.
pub fn load(path: &Path) -> (Vec<Document>, Vec<Problem>) {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    if path.is_dir() {
        list(path, 0, &mut files, &mut problems);
        files.retain(|file| file.strip_prefix(path) != Ok(Path::new(SETTINGS)));
        files.sort();
        if files.is_empty() && problems.is_empty() {
            problems.push(about(path, "holds no YAML file"));
        }
    } else {
        files.push(path.to_owned());
    }
    let mut documents = Vec::new();
    for file in files {
        match source(&file) {
            Err(unread) => problems.extend(unread),
            Ok(source) => {
                let (node, found) = parse(&source);
                problems.extend(found);
                documents.extend(node.map(|node| (source, node)));
            }
        }
    }
    (documents, problems)
}

/// Reads one file, whatever its name: the way to `endstate.yaml`.
///
/// # Errors
/// As [`read`].
pub fn read_file(path: &Path) -> Result<Document, Vec<Problem>> {
    let source = source(path)?;
    match parse(&source) {
        (Some(node), problems) if problems.is_empty() => Ok((source, node)),
        (_, problems) => Err(problems),
    }
}

fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>, problems: &mut Vec<Problem>) {
    if depth > MAX_FOLDER_DEPTH {
        problems.push(about(folder, "lies too deep; does a link lead back to a folder above it?"));
        return;
    }
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    match entries {
        Err(error) => problems.push(unreadable(folder, &error)),
        Ok(entries) => {
            let visible =
                entries.iter().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
            for path in visible.map(fs::DirEntry::path) {
                if path.is_dir() {
                    list(&path, depth + 1, files, problems);
                } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
                {
                    files.push(path);
                }
            }
        }
    }
}

fn source(path: &Path) -> Result<Arc<Source>, Vec<Problem>> {
    let bytes = fs::read(path).map_err(|error| vec![unreadable(path, &error)])?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].split(|byte| *byte == b'\n').count();
        vec![about(path, &format!("is not UTF-8 (line {line})"))]
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).into();
    Ok(Arc::new(Source { path: path.to_owned(), text }))
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::NotFound => about(path, "does not exist"),
        _ => about(path, &format!("cannot be read: {error}")),
    }
}

fn about(path: &Path, what: &str) -> Problem {
    Problem { message: format!("`{}` {what}", path.display()), ..Problem::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(problems: &[Problem]) -> Vec<&str> {
        problems.iter().map(|problem| problem.message.as_str()).collect()
    }

    #[test]
    fn a_folder_is_read_in_order_with_all_its_problems() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        file("b.yml", b"");
        file("a/z.yaml", "\u{feff}é: 1\n".as_bytes());
        file("endstate.yaml", b"a: [");
        file(".hidden.yaml", b"a: [");
        file("notes.md", b"a: [");
        let documents = read(folder.path()).unwrap();
        let names: Vec<_> =
            documents.iter().map(|(source, _)| source.path.strip_prefix(&folder).unwrap()).collect();
        assert_eq!(names, [Path::new("a/z.yaml"), Path::new("b.yml")]);
        assert_eq!(documents[0].1.entry("é").unwrap().0.place.column(), 1);
        assert!(read_file(&folder.path().join("endstate.yaml")).is_err());

        file("c.yaml", b"x: 1\nx: 2\n");
        file("d.yaml", b"x: \xff\n");
        file("e.yaml", b"x: [\n");
        let (documents, problems) = load(folder.path());
        assert_eq!(documents.len(), 3);
        assert_eq!(problems.len(), 3);
        assert_eq!(problems[0].message, "duplicate key `x`");
        assert!(problems[1].message.ends_with("d.yaml` is not UTF-8 (line 1)"));
        assert!(problems[2].place.is_some());
    }

    #[test]
    fn what_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("schema");
        assert_eq!(
            messages(&read(&missing).unwrap_err()),
            [format!("`{}` does not exist", missing.display())]
        );
        assert!(messages(&read(folder.path()).unwrap_err())[0].ends_with("holds no YAML file"));
        assert!(messages(&read_file(folder.path()).unwrap_err())[0].contains("cannot be read"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_itself_ends() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        fs::write(folder.path().join("a.yaml"), "a: 1").unwrap();
        assert!(read(folder.path()).unwrap_err()[0].message.contains("lies too deep"));
    }
}
