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
    /// SQL of your own that runs with a change, by a name for it.
    pub hooks: IndexMap<String, Hook>,
    /// New indexes of tables that are there already which are built by `CREATE INDEX CONCURRENTLY`, so that others may write meanwhile, by kind
    /// and name with `*`: `index *`, `table orders`. Each has a script of its own that is no transaction, after all that can be done before.
    pub concurrently: Vec<String>,
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

/// SQL of your own that runs when the plan changes something. It runs with an empty `search_path`, in the transaction of the script, and
/// leaves the catalog as it is: what it does to rows is proven with the rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hook {
    /// What the plan must change for the hook to run: kind and name with `*`, as in `scripts`: `column users.role`. What stands in it
    /// counts, too.
    pub when: String,
    /// Statements that run before the first script that changes it changes anything.
    pub before: Option<String>,
    /// Statements that run at the end of the last script that changes it.
    pub after: Option<String>,
    /// What takes that back; `{}` where there is nothing to take back. Without it nobody knows a way back, and the plan's verdict is
    /// `impossible`.
    pub back: Option<HookBack>,
}

/// What the rollback runs to take a hook back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HookBack {
    /// Statements that run before the rollback takes the change back.
    pub before: Option<String>,
    /// Statements that run when it has.
    pub after: Option<String>,
}

impl Settings {
    /// What the JSON Schema cannot say: patterns that name a kind that does not exist, and SQL that cannot stand in a script.
    pub(crate) fn problems(&self, node: &Node) -> Vec<Problem> {
        let except = self.manage.except.iter().enumerate();
        let except = except.map(|(place, text)| (text, node.at(["manage", "except", &place.to_string()])));
        let concurrently = self.concurrently.iter().enumerate();
        let concurrently =
            concurrently.map(|(place, text)| (text, node.at(["concurrently", &place.to_string()])));
        let mut patterns: Vec<(&String, Option<&Node>)> = except.chain(concurrently).collect();
        for (script, list) in self.scripts.iter().flat_map(|scripts| &scripts.forward) {
            let list = list.iter().enumerate();
            patterns.extend(
                list.map(|(place, text)| (text, node.at(["scripts", "forward", script, &place.to_string()]))),
            );
        }
        patterns.extend(self.hooks.iter().map(|(name, hook)| (&hook.when, node.at(["hooks", name, "when"]))));
        let problem = |(text, node): (&String, Option<&Node>)| {
            let (message, help) = Pattern::problem(text)?;
            let place = node.map(|node| node.place.clone());
            Some(Problem { message, place, help: Some(help), ..Problem::default() })
        };
        let hooks = self.hooks.iter();
        let hooks = hooks.filter_map(|(name, hook)| Some((name, hook, node.at(["hooks", name])?)));
        let hooks = hooks.flat_map(|(name, hook, node)| hook.problems(name, node));
        patterns.into_iter().filter_map(problem).chain(hooks).collect()
    }
}

impl Hook {
    fn problems(&self, name: &str, node: &Node) -> Vec<Problem> {
        let place = |path: &[&str]| node.at(path).map(|node| node.place.clone());
        let back = self.back.as_ref();
        let texts = [
            (&["before"] as &[&str], self.before.as_ref()),
            (&["after"], self.after.as_ref()),
            (&["back", "before"], back.and_then(|back| back.before.as_ref())),
            (&["back", "after"], back.and_then(|back| back.after.as_ref())),
        ];
        let mut problems: Vec<Problem> = texts
            .into_iter()
            .filter_map(|(path, text)| {
                let message = format!("hook {name}: {}", refused(text?)?);
                Some(Problem { message, place: place(path), ..Problem::default() })
            })
            .collect();
        if self.when.is_empty() || self.before.is_none() && self.after.is_none() {
            problems.push(Problem {
                message: format!("hook {name} says not what it runs, or when"),
                place: Some(node.place.clone()),
                help: Some("`when: column users.role` and `before` or `after` with SQL".to_owned()),
                ..Problem::default()
            });
        }
        problems
    }
}

/// Why a text cannot be part of a script.
fn refused(text: &str) -> Option<String> {
    const OF_TRANSACTIONS: [&str; 8] =
        ["begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"];
    let statements = match sql::split(text) {
        Ok(statements) => statements,
        Err(error) => return Some(error.to_string()),
    };
    let first = |range: &std::ops::Range<usize>| {
        text[range.clone()].split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase()
    };
    let word = statements.iter().map(first).find(|word| OF_TRANSACTIONS.contains(&word.as_str()))?;
    Some(format!("`{word}` would end the transaction that the script is"))
}
