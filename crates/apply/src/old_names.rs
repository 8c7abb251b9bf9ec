//! Texts that still say an old name, with their places in the YAML: a plan that would leave a function broken is not made.

use std::collections::BTreeMap;
use std::fmt;

use kinds::{Declared, Directives, Id, Model};
use serde::Serialize;
use sql::Certainty;
use yaml::{Place, Problem};

use crate::Error;
use crate::propose::as_built;

/// A text that may still say what is renamed by its old name; nobody but its author can tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OldName {
    /// File, line and column, where the text is declared.
    pub place: Option<String>,
    /// What is said, and how surely.
    #[serde(flatten)]
    pub found: plan::OldName,
}

impl fmt::Display for OldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certainty = plan::certainty_word(self.found.certainty);
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{certainty}: {}", sentence(&self.found))
    }
}

/// `function is_admin() says iso_agents, which is table users now`
fn sentence(found: &plan::OldName) -> String {
    format!("{} says {}, which is {} now", found.function, sql::ident(found.was.name()), found.now)
}

/// Finds them. Those that are certain, in texts that the YAML declares as the database has them, are errors: once the rename is
/// done such a function fails whenever it is called.
pub(crate) fn find(
    before: &Model,
    desired: &Model,
    directives: &Directives,
    declared: &Declared,
) -> Result<Vec<OldName>, Error> {
    let bodies: BTreeMap<&Id, &Place> =
        declared.bodies.iter().map(|(id, place)| (as_built(id, desired), place)).collect();
    let (mut told, mut problems) = (Vec::new(), Vec::new());
    for found in plan::old_names(before, desired, directives) {
        let body = bodies.get(&found.function).copied();
        let place = match (body, found.offset) {
            (Some(body), Some(offset)) => Some(body.within(offset, found.len)),
            _ => declared.place(&found.function).cloned(),
        };
        let broken = found.certainty == Certainty::Certain && !found.changed;
        match &place {
            Some(place) if broken => problems.push(problem(&found, place)),
            _ => told.push(OldName { place: place.map(|place| place.to_string()), found }),
        }
    }
    if problems.is_empty() { Ok(told) } else { Err(Error::Yaml { problems }) }
}

fn problem(found: &plan::OldName, place: &Place) -> Problem {
    let new = sql::ident(found.now.name());
    let (new, label) = match found.now.schema().filter(|_| found.now.name() == found.was.name()) {
        Some(schema) => (found.now.sql(), format!("in schema {} now", sql::ident(schema))),
        None => (new.clone(), format!("renamed to {new}")),
    };
    let help = format!(
        "write {new} here: PostgreSQL renames nothing in the text of a function, which would fail when it is next called"
    );
    Problem { label: Some(label), ..Problem::new(sentence(found), place).with_help(help) }
}
