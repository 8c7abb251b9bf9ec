//! What `check` found, for people and for CI systems.

mod github;
mod json;
mod junit;
mod sarif;
mod text;

use apply::Drift;
use kinds::Kind;
use similar::TextDiff;

use crate::wording::{UNMANAGED, UNREAD};

pub use github::github;
pub use json::json;
pub use junit::junit;
pub use sarif::sarif;
pub use text::text;

/// What was compared, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// The live database.
    pub database: &'a str,
    /// The version of its server.
    pub version: &'a str,
    /// Every difference.
    pub drift: &'a [Drift],
    /// What is there and not managed.
    pub unmanaged: &'a [String],
    /// What is there and no kind reads.
    pub unread: &'a [String],
}

/// How much a difference matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    /// It decides who can see or do what.
    Access,
    /// It decides what can be stored, and how it behaves.
    Structure,
    /// It only describes.
    Description,
}

impl Severity {
    fn of(drift: &Drift) -> Severity {
        match Kind::parse(drift.kind) {
            Some(
                Kind::Role
                | Kind::Membership
                | Kind::Function
                | Kind::View
                | Kind::Policy
                | Kind::RowLevelSecurity
                | Kind::Owner
                | Kind::Grant
                | Kind::DefaultPrivilege
                | Kind::SecurityLabel
                | Kind::UserMapping,
            ) => Severity::Access,
            Some(Kind::Comment) => Severity::Description,
            _ => Severity::Structure,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Severity::Access => "access",
            Severity::Structure => "structure",
            Severity::Description => "description",
        }
    }
}

/// `policy "own rows" on users is changed`
fn headline(drift: &Drift) -> String {
    let state = match drift.state {
        "missing" => "is missing in the database",
        "extra" => "is in the database and not in the YAML",
        "renamed" => "has its old name in the database",
        _ => "is not as in the YAML",
    };
    format!("{} {state}", drift.object)
}

/// What is not compared, under the words that say why.
fn uncompared<'a>(comparison: &Comparison<'a>) -> Vec<(&'static str, &'a [String])> {
    let lists = [(UNMANAGED, comparison.unmanaged), (UNREAD, comparison.unread)];
    lists.into_iter().filter(|(_, objects)| !objects.is_empty()).collect()
}

/// A unified diff from the live definition to the desired one.
fn diff(drift: &Drift) -> String {
    let (live, desired) =
        (drift.live.as_deref().unwrap_or_default(), drift.desired.as_deref().unwrap_or_default());
    TextDiff::from_lines(live, desired).unified_diff().context_radius(3).header("live", "desired").to_string()
}

/// A place in a file; lines and columns are counted from 1.
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

/// Reads `schema/users.yaml:7:13`; the file's name may hold colons.
fn place(drift: &Drift) -> Option<Place<'_>> {
    let mut parts = drift.place.as_deref()?.rsplitn(3, ':');
    let (column, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Place { file, line: line.parse().ok()?, column: column.parse().ok()? })
}

#[cfg(test)]
mod tests;
