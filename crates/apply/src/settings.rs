//! `endstate.yaml`: what is managed, and how scripts are cut and named.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The settings of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What endstate may change; everything where nothing is said.
    pub manage: Manage,
    /// How `generate` cuts the plan into scripts.
    pub scripts: Option<Scripts>,
    /// Hazards that need no `--allow` in this workspace.
    pub allow: Vec<String>,
    /// Hazards that need `--allow` although they would not otherwise.
    pub demand: Vec<String>,
}

/// What endstate may change. The rest is context: it is built on the shadow, named in plans, and never touched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Manage {
    /// The schemas; all where nothing is said.
    pub schemas: Option<Vec<String>>,
    /// Objects that are left alone, by kind and name with `*`: `table legacy_*`, `policy *`.
    pub except: Vec<String>,
    /// Kinds of which nothing is ever dropped.
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
