//! `endstate.yaml`: what is managed, and how scripts are cut and named.

use indexmap::IndexMap;
use kinds::{Hazard, Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::{Node, Problem};

use crate::pattern::Pattern;

/// The settings of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What endstate may change; everything where nothing is said.
    pub manage: Manage,
    /// How `generate` cuts the plan into scripts.
    pub scripts: Option<Scripts>,
    /// Hazards that need no `--allow` in this workspace.
    #[schemars(schema_with = "Hazard::list_schema")]
    pub allow: Vec<String>,
    /// Hazards that need `--allow` although they would not otherwise.
    #[schemars(schema_with = "Hazard::list_schema")]
    pub demand: Vec<String>,
    /// Whether what a plan takes away goes for good, and is not kept in the schema `endstate_archive` for the way back.
    pub without_archive: bool,
    /// Whether the bodies of new and changed functions (SQL, PL/pgSQL) go unchecked, as with `check_function_bodies = off`: for functions that
    /// use what comes to be only when they run, such as temporary tables.
    pub without_body_checks: bool,
}

/// What endstate may change. The rest is context: it is built on the shadow, named in plans, and never touched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Manage {
    /// The schemas; all where nothing is said.
    pub schemas: Option<Vec<String>>,
    /// The kinds; all where nothing is said. What stands in an object of such a kind is managed with it: a table's columns, policies
    /// and grants.
    #[schemars(schema_with = "Kind::list_schema")]
    pub kinds: Option<Vec<String>>,
    /// Objects that are left alone, by kind and name with `*`: `table legacy_*`, `policy *`.
    pub except: Vec<String>,
    /// Kinds of which nothing is dropped because the YAML does not name it: it stays as it is, with all that stands in it. What stands in
    /// something that is dropped goes with it.
    #[schemars(schema_with = "Kind::list_schema")]
    pub never_drop: Vec<String>,
}

/// How the plan is cut into scripts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scripts {
    /// The number of the first script.
    pub first: u32,
    /// The forward scripts in order: name, and what belongs to each, under its new name: `type user_role`,
    /// `column users.role`, `policy *`. An object goes with the nearest of itself, its kind, and what it stands in;
    /// what nothing names goes into the last.
    pub forward: IndexMap<String, Vec<String>>,
    /// The name of the rollback script.
    pub rollback: Option<String>,
}

impl Settings {
    /// What the JSON Schema cannot say: patterns that name a kind that does not exist.
    pub(crate) fn problems(&self, node: &Node) -> Vec<Problem> {
        let except = self.manage.except.iter().enumerate();
        let mut patterns: Vec<(&String, Option<&Node>)> =
            except.map(|(place, text)| (text, node.at(["manage", "except", &place.to_string()]))).collect();
        for (script, list) in self.scripts.iter().flat_map(|scripts| &scripts.forward) {
            let list = list.iter().enumerate();
            patterns.extend(
                list.map(|(place, text)| (text, node.at(["scripts", "forward", script, &place.to_string()]))),
            );
        }
        let problem = |(text, node): (&String, Option<&Node>)| {
            let (message, help) = Pattern::problem(text)?;
            let place = node.map(|node| node.place.clone());
            Some(Problem { message, place, help: Some(help), ..Problem::default() })
        };
        patterns.into_iter().filter_map(problem).collect()
    }
}
