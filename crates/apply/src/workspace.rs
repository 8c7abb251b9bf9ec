//! A workspace: the YAML of the desired state, and its settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kinds::Declared;

use crate::{Error, Settings, lock};

/// The desired state as written.
#[derive(Debug)]
pub struct Workspace {
    /// The file or folder.
    pub path: PathBuf,
    /// The settings.
    pub settings: Settings,
    /// What the YAML declares.
    pub declared: Declared,
    /// The sum of all files, for the lock file.
    pub sum: String,
    /// Where the hooks are.
    pub(crate) hooks: BTreeMap<String, yaml::Place>,
}

impl Workspace {
    /// Reads and checks all files, without any connection; every problem of all of them is in the error.
    pub fn load(path: &Path) -> Result<Workspace, Error> {
        let (documents, mut problems) = yaml::load(path);
        let (settings, hooks) = match settings(path) {
            Ok(settings) => settings,
            Err(found) => {
                problems.extend(found);
                Default::default()
            }
        };
        let sum = sum(path, &documents);
        let nodes: Vec<yaml::Node> = documents.into_iter().map(|(_, node)| node).collect();
        let mut declared = kinds::declare(&nodes);
        problems.append(&mut declared.problems);
        if problems.is_empty() {
            // Bodies that are new or changed PostgreSQL itself judges, when all that they use is there.
            Ok(Workspace { path: path.to_owned(), settings, declared, sum, hooks })
        } else {
            problems.append(&mut declared.body_problems);
            Err(Error::Yaml { problems })
        }
    }

    /// The same workspace with other documents.
    pub(crate) fn with(&self, documents: &[yaml::Node]) -> Result<Workspace, Error> {
        let mut declared = kinds::declare(documents);
        let problems = std::mem::take(&mut declared.problems);
        match problems.is_empty() {
            // No file holds them yet.
            true => Ok(Workspace {
                path: self.path.clone(),
                settings: self.settings.clone(),
                declared,
                sum: String::new(),
                hooks: self.hooks.clone(),
            }),
            false => Err(Error::Yaml { problems }),
        }
    }

    /// As [`Workspace::load`], and names the owner of what says nothing about its owner.
    pub fn read(path: &Path, default_owner: &str) -> Result<Workspace, Error> {
        let mut workspace = Workspace::load(path)?;
        workspace.declared.own(default_owner);
        Ok(workspace)
    }
}

/// The sum of all that is declared, with the settings and the version of endstate, which decides what they mean.
fn sum(path: &Path, documents: &[(Arc<yaml::Source>, yaml::Node)]) -> String {
    let settings = std::fs::read_to_string(path.join("endstate.yaml")).unwrap_or_default();
    let texts = documents.iter().map(|(source, _)| &*source.text);
    lock::sum([env!("CARGO_PKG_VERSION"), settings.as_str()].into_iter().chain(texts))
}

/// The settings, and where their hooks are.
type Found = (Settings, BTreeMap<String, yaml::Place>);

fn settings(path: &Path) -> Result<Found, Vec<yaml::Problem>> {
    let file = path.join("endstate.yaml");
    if !file.is_file() {
        return Ok(Found::default());
    }
    let (_, node) = yaml::read_file(&file)?;
    let schema = schemars::schema_for!(Settings);
    let problems = yaml::check(&node, &schema, &mut |_, _, _| {});
    if !problems.is_empty() {
        return Err(problems);
    }
    let settings: Settings = serde_json::from_value(yaml::coerce(&node, &schema))
        .map_err(|error| vec![yaml::Problem::new(error.to_string(), &node.place)])?;
    let problems = settings.problems(&node);
    let place = |name: &String| Some((name.clone(), node.at(["hooks", name])?.name_place().clone()));
    let hooks = settings.hooks.keys().filter_map(place).collect();
    if problems.is_empty() { Ok((settings, hooks)) } else { Err(problems) }
}
