//! Brings what a database has become into YAML that people wrote: only what differs is edited.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use serde_json::Value;
use yaml::{Node, Source, edit};

use crate::layout;

/// Keys that tell how to get somewhere: a dump never has them, and they stay.
const DIRECTIVES: [&str; 10] = [
    "renamed_from",
    "constraints_renamed_from",
    "map",
    "map_back",
    "strategy",
    "backfill",
    "backfill_where",
    "backfill_batch",
    "using",
    "using_back",
];

/// One difference of two documents.
#[derive(Debug)]
pub(crate) struct Edit<'v> {
    path: Vec<&'v str>,
    /// None where it is gone.
    value: Option<&'v Value>,
    /// The keys of the map that it stands in, in their order.
    siblings: Vec<&'v str>,
}

/// What must change so that one document says what another says.
pub(crate) fn differences<'v>(old: &'v Value, new: &'v Value) -> Vec<Edit<'v>> {
    let mut edits = Vec::new();
    differ(old, new, &mut Vec::new(), &mut edits);
    edits
}

fn differ<'v>(old: &'v Value, new: &'v Value, path: &mut Vec<&'v str>, edits: &mut Vec<Edit<'v>>) {
    let keys = |value: &'v Value| value.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    let mut all: Vec<&str> = keys(old).filter(|key| new.get(key).is_none()).collect();
    all.extend(keys(new));
    for key in all {
        path.push(key);
        let (was, is) = (old.get(key), new.get(key));
        let both = was.is_some_and(Value::is_object) && is.is_some_and(Value::is_object);
        // What is there on one side only comes and goes object by object: each may have a file of its own.
        let holds_objects = path.len() < object_depth(path)
            && was.or(is).and_then(Value::as_object).is_some_and(|map| !map.is_empty());
        if was == is {
        } else if both || holds_objects {
            differ(was.unwrap_or(&Value::Null), is.unwrap_or(&Value::Null), path, edits);
        } else {
            edits.push(Edit { path: path.clone(), value: is, siblings: keys(new).collect() });
        }
        path.pop();
    }
}

/// How many keys name an object: section and name, in a schema or not; what is said of a schema itself has three.
fn object_depth(path: &[&str]) -> usize {
    match path {
        ["schemas", _, fact, ..] if layout::is_of_the_schema(fact) => 3,
        ["schemas", ..] => 4,
        _ => 2,
    }
}

/// The files of a workspace, as texts.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// The folder; none where the workspace is one file.
    folder: Option<PathBuf>,
    texts: BTreeMap<PathBuf, Arc<Source>>,
}

impl Files {
    pub(crate) fn new(path: &Path, sources: impl IntoIterator<Item = Arc<Source>>) -> Files {
        let texts = sources.into_iter().map(|source| (source.path.clone(), source)).collect();
        Files { folder: path.is_dir().then(|| path.to_owned()), texts }
    }

    /// What the texts say.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        self.texts.values().filter_map(|source| yaml::parse(source).0).collect()
    }

    /// The texts that are no longer what they were, by path.
    pub(crate) fn changed<'f>(&'f self, before: &'f Files) -> impl Iterator<Item = (&'f Path, &'f str)> {
        let is_new = |(path, source): &(&PathBuf, &Arc<Source>)| {
            before.texts.get(*path).is_none_or(|old| old.text != source.text)
        };
        self.texts.iter().filter(is_new).map(|(path, source)| (path.as_path(), &*source.text))
    }

    /// Carries out a difference: in place, or where that cannot be, by writing what is around it anew. `whole` writes whole objects anew.
    pub(crate) fn apply(&mut self, edit: &Edit<'_>, document: &Value, whole: bool) -> anyhow::Result<()> {
        let depth = object_depth(&edit.path).min(edit.path.len());
        let (file, written, found) = self.find(&edit.path);
        let at: Vec<&str> = written.iter().map(String::as_str).collect();
        match (file, edit.value) {
            (Some(file), _) if whole && found >= depth && depth < edit.path.len() => {
                self.rewrite(&file, &edit.path, depth, document, whole)
            }
            (_, None) if found < edit.path.len() => Ok(()),
            (Some(file), _) if found >= depth => {
                let source = &self.texts[&file];
                let text = match edit.value {
                    None => edit::remove(source, &at),
                    Some(value) => {
                        let old = yaml::parse(source).0.and_then(|node| node.at(&at).cloned());
                        let value = old.map_or_else(|| value.clone(), |old| with_directives(&old, value));
                        edit::set(source, &at, &value, &edit.siblings)
                    }
                };
                match text {
                    Some(text) => self.put(file, text),
                    None => self.rewrite(&file, &edit.path, depth, document, whole)?,
                }
                Ok(())
            }
            (_, Some(value)) => self.create(edit, depth, value),
            (_, None) => Ok(()),
        }
    }

    /// Writes the nearest value around a difference anew, with the directives that it has.
    fn rewrite(
        &mut self,
        file: &Path,
        path: &[&str],
        object: usize,
        document: &Value,
        whole: bool,
    ) -> anyhow::Result<()> {
        let depths: Vec<usize> = if whole { vec![object] } else { (object..path.len()).rev().collect() };
        for depth in depths {
            let (_, written, found) = self.find(&path[..depth]);
            let value: Option<&Value> = path[..depth].iter().try_fold(document, |value, key| value.get(key));
            let Some(value) = value.filter(|_| found == depth) else { continue };
            let at: Vec<&str> = written.iter().map(String::as_str).collect();
            let source = &self.texts[file];
            let old = yaml::parse(source).0.and_then(|node| node.at(&at).cloned());
            let value = old.map_or_else(|| value.clone(), |old| with_directives(&old, value));
            if let Some(text) = edit::set(source, &at, &value, &[]) {
                self.put(file.to_owned(), text);
                return Ok(());
            }
        }
        bail!("{} cannot be edited: change `{}` there by hand", file.display(), path.join("."))
    }

    /// Puts a new object where its section stands, into a file of its own, or into the only file there is.
    fn create(&mut self, edit: &Edit<'_>, depth: usize, value: &Value) -> anyhow::Result<()> {
        let own = match edit.path.as_slice() {
            ["schemas", schema, section, name, ..] => layout::path(Some(schema), section, Some(name)),
            ["schemas", schema, section] => layout::path(Some(schema), section, None),
            ["schemas", schema] => layout::path(Some(schema), "comment", None),
            [section, name, ..] => layout::path(None, section, Some(name)),
            path => layout::path(None, path.first().copied().unwrap_or_default(), None),
        };
        let (section, _, found) = self.find(&edit.path[..depth - 1]);
        let grows = found + 1 == depth && depth > 1 && !layout::is_apart(&edit.path);
        let path = match (&self.folder, section) {
            (None, _) => self.texts.keys().next().cloned().unwrap_or_default(),
            (Some(_), Some(section)) if grows => section,
            (Some(folder), _) => folder.join(own),
        };
        let empty = || Arc::new(Source { path: path.clone(), text: "".into() });
        let source = self.texts.get(&path).cloned().unwrap_or_else(empty);
        match edit::set(&source, &edit.path, value, &edit.siblings) {
            Some(text) => self.put(path, text),
            None => bail!("{} cannot be edited: add `{}` there by hand", path.display(), edit.path.join(".")),
        }
        Ok(())
    }

    fn put(&mut self, path: PathBuf, text: String) {
        let source = Source { path: path.clone(), text: text.into() };
        self.texts.insert(path, Arc::new(source));
    }

    /// The file that has the most of a path, the path as written there, and how many of its keys are there.
    fn find(&self, path: &[&str]) -> (Option<PathBuf>, Vec<String>, usize) {
        let in_public: Vec<&str> = ["schemas", "public"].into_iter().chain(path.iter().copied()).collect();
        let mut best: (Option<PathBuf>, Vec<String>, usize) = (None, Vec::new(), 0);
        for (file, source) in &self.texts {
            let Some(node) = yaml::parse(source).0 else { continue };
            for (keys, around) in [(path, 0), (&in_public, 2)] {
                let (written, found) = as_written(&node, keys);
                let found = found.saturating_sub(around);
                if found > best.2 {
                    best = (Some(file.clone()), written, found);
                }
            }
        }
        best
    }
}

/// A path with its keys as they are written, and how many of them are there.
fn as_written(node: &Node, path: &[&str]) -> (Vec<String>, usize) {
    let mut node = Some(node);
    let mut found = 0;
    let mut written = Vec::new();
    for key in path {
        let here = node.and_then(|node| key_of(node, key));
        found += usize::from(here.is_some());
        node = here.and_then(|here| node?.get(here));
        written.push(here.unwrap_or(key).to_owned());
    }
    (written, found)
}

/// The key of a map that means the same; the arguments of functions may be spelled in another way.
fn key_of<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    let yaml::Value::Map(entries) = &node.value else { return None };
    let keys = || entries.iter().map(|(key, _)| key.name.as_str());
    let bare = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    let name = |key: &str| key.split('(').next().unwrap_or_default().trim().to_owned();
    let exact = keys().find(|other| *other == key);
    let close = || keys().find(|other| key.contains('(') && bare(other) == bare(key));
    let alone = || {
        let mut of_that_name = keys().filter(|other| key.contains('(') && name(other) == name(key));
        of_that_name.next().filter(|_| of_that_name.next().is_none())
    };
    exact.or_else(close).or_else(alone)
}

/// A value with the directives that stand in what it takes the place of.
fn with_directives(old: &Node, new: &Value) -> Value {
    let yaml::Value::Map(entries) = &old.value else { return new.clone() };
    let mut new = match new {
        Value::Object(map) => map.clone(),
        // `id: uuid` for `id: { type: uuid }`
        short => serde_json::Map::from_iter([("type".to_owned(), short.clone())]),
    };
    for (key, node) in entries {
        match new.get_mut(&key.name) {
            Some(value) if value.is_object() || DIRECTIVES.iter().any(|word| node.get(word).is_some()) => {
                *value = with_directives(node, value);
            }
            None if DIRECTIVES.contains(&key.name.as_str()) => {
                new.insert(key.name.clone(), node.text().map_or_else(|| node.to_json(), Value::from));
            }
            _ => {}
        }
    }
    Value::Object(new)
}
