//! One round of a plan.

use std::collections::BTreeSet;

use kinds::{Directives, Id, Model, Statement};
use serde::Serialize;

use crate::archive::{self, Archive, Kept};
use crate::{Error, changes, graph, merge, rules};

/// What a round is made of.
pub struct Request<'a> {
    /// The catalog before the first round: what a gain of access is measured by.
    pub start: &'a Model,
    /// The catalog reached so far.
    pub from: &'a Model,
    /// The catalog wanted.
    pub to: &'a Model,
    /// What the YAML says about the way.
    pub directives: &'a Directives,
    /// Which objects may be touched.
    pub managed: &'a dyn Fn(&Id) -> bool,
    /// The server's major version.
    pub version: u32,
    /// The role that will run the statements.
    pub user: &'a str,
    /// Whether it is the way forward.
    pub forward: bool,
    /// Whether what would be lost is kept.
    pub archive: Archive<'a>,
    /// Which indexes of tables that are there already are built while others write.
    pub concurrent: &'a dyn Fn(&Id) -> bool,
}

impl Request<'_> {
    pub(crate) fn context(&self) -> kinds::Context<'_> {
        kinds::Context { from: self.from, to: self.to, version: self.version, user: self.user }
    }
}

/// What a step does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Takes it away.
    Drop,
    /// Puts its rows aside, because it is made anew.
    Save,
    /// Changes it in place.
    Alter,
    /// Gives it another name.
    Rename,
    /// Makes it.
    Create,
    /// Puts its rows back.
    Fill,
}

/// One statement of a plan and what it is for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// What is done, and to which objects; more than one where statements were merged.
    pub objects: Vec<(Verb, String)>,
    /// The ids behind [`Step::objects`].
    #[serde(skip)]
    pub ids: Vec<(Verb, Id)>,
    /// The new name, where the step renames.
    #[serde(skip)]
    pub renamed_to: Option<Id>,
    /// The statement.
    pub statement: Statement,
    /// Why it is needed, where that is not plain: `goes and comes back around column users.role`.
    pub reason: Option<String>,
}

impl Step {
    /// A step of one object.
    pub fn new(verb: Verb, id: &Id, statement: Statement, reason: Option<String>) -> Step {
        Step {
            objects: vec![(verb, id.to_string())],
            ids: vec![(verb, id.clone())],
            renamed_to: None,
            statement,
            reason,
        }
    }

    /// A step that is SQL of people: it is of no object.
    pub fn hook(statement: Statement, reason: String) -> Step {
        Step { objects: Vec::new(), ids: Vec::new(), renamed_to: None, statement, reason: Some(reason) }
    }

    /// Whether it is SQL of people.
    pub fn is_hook(&self) -> bool {
        self.ids.is_empty()
    }

    /// A step that gives an object another name.
    pub fn rename(id: &Id, to: &Id, statement: Statement) -> Step {
        Step { renamed_to: Some(to.clone()), ..Step::new(Verb::Rename, id, statement, None) }
    }
}

/// Steps that run in their order, in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Round {
    /// The steps.
    pub steps: Vec<Step>,
    /// Whether it must be committed before the next one starts.
    pub commit_after: bool,
    /// What it keeps in the archive.
    #[serde(skip)]
    pub kept: Vec<Kept>,
}

impl Round {
    /// Whether it is a statement that cannot stand in a transaction.
    pub fn is_outside_of_transaction(&self) -> bool {
        self.steps.iter().any(|step| step.statement.outside_of_transaction)
    }

    /// A round that keeps nothing.
    pub fn new(steps: Vec<Step>, commit_after: bool) -> Round {
        Round { steps, commit_after, kept: Vec::new() }
    }
}

/// The renames that the directives state and that are still to be done: the first round where there are any.
pub fn stated_renames(request: &Request<'_>) -> Option<Round> {
    let steps = rules::rename::stated(request);
    (!steps.is_empty()).then_some(Round::new(steps, false))
}

/// The next thing to do, or `None` when the catalogs are equal.
pub fn next_round(request: &Request<'_>) -> Result<Option<Round>, Error> {
    if let Some(renames) = stated_renames(request) {
        return Ok(Some(renames));
    }
    let renames = rules::enum_change::renames(request)?;
    if !renames.is_empty() {
        return Ok(Some(Round::new(renames, false)));
    }
    let additions = rules::enum_change::additions(request);
    if !additions.is_empty() {
        return Ok(Some(Round::new(additions, true)));
    }
    let renames = rules::rename::same_but_for_name(request);
    if !renames.is_empty() {
        return Ok(Some(Round::new(renames, false)));
    }
    let renames = rules::view_columns::renames(request);
    if !renames.is_empty() {
        return Ok(Some(Round::new(renames, false)));
    }
    // What is altered in place where steps wait for each other then, and so is made anew.
    let mut anew: BTreeSet<Id> = BTreeSet::new();
    loop {
        match compared(request, &anew) {
            Err(Error::Cycle { altered, steps }) => {
                let known = anew.len();
                anew.extend(altered);
                if anew.len() == known {
                    return Err(Error::Cycle { altered: Vec::new(), steps });
                }
            }
            other => return other,
        }
    }
}

/// What is left to do after all that has a round of its own.
fn compared(request: &Request<'_>, anew: &BTreeSet<Id>) -> Result<Option<Round>, Error> {
    let mut changes = changes::Changes::between(request);
    changes.make_anew(anew);
    rules::using::say(request, &mut changes);
    archive::was_generated_meanwhile(request, &mut changes);
    rules::seed_rows::put_by_references(request, &mut changes);
    rules::rebuild::mark(request, &mut changes);
    rules::sibling_rows::postpone(request, &mut changes);
    rules::type_swap::changed_types(request, &mut changes)?;
    rules::overloads::part(request, &mut changes);
    rules::row_type::put_by(request, &mut changes);
    rules::own_keys::put_by(request, &mut changes);
    rules::own_keys::come_after(request, &mut changes);
    rules::own_keys::come_first(request, &mut changes);
    rules::inherited_check::renew(request, &mut changes);
    rules::inherited_not_null::renew(request, &mut changes);
    rules::foreign_key::let_go(request, &mut changes);
    rules::partition_in_place::let_go(request, &mut changes);
    rules::dependents::close(request, &mut changes)?;
    archive::look_up(request, &mut changes);
    rules::type_swap::reissue_functions(request, &mut changes);
    rules::privileges::defer(request, &mut changes);
    let emptied = rules::circle::empty(request, &changes);
    if !emptied.is_empty() {
        return Ok(Some(Round::new(emptied, false)));
    }
    let batches = rules::batches::postpone(request, &mut changes)?;
    let concurrent = rules::concurrent_index::postpone(request, &mut changes);
    let sorted = graph::sorted(request, &changes)?;
    let mut steps = merge::merge(request, sorted.nodes, &sorted.moved);
    archive::once(&mut steps);
    rules::forced::seen_by_keys(request, &mut steps);
    rules::access::judge(request, &mut steps);
    match steps.is_empty() {
        true if batches.is_some() => Ok(batches),
        true => Ok(rules::seed_rows::late(request)?.or(concurrent)),
        false => Ok(Some(Round { steps, commit_after: false, kept: sorted.kept })),
    }
}
