//! Drift as GitHub workflow commands, which become annotations of the changed files.

use apply::Drift;

use super::{Comparison, Severity, diff, headline, place, uncompared};
use crate::escape::{github as escaped, github_property};

/// One command a difference, and one for all that is not compared; nothing when there is none.
pub fn github(comparison: &Comparison<'_>) -> String {
    let notices = uncompared(comparison).into_iter().map(|(title, objects)| {
        format!("::notice title={}::{}\n", github_property(title), escaped(&objects.join("\n")))
    });
    comparison.drift.iter().map(command).chain(notices).collect()
}

fn command(drift: &Drift) -> String {
    let level = if Severity::of(drift) == Severity::Description { "warning" } else { "error" };
    let mut properties: Vec<String> = Vec::new();
    if let Some(place) = place(drift) {
        properties.push(format!("file={}", github_property(place.file)));
        properties.push(format!("line={}", place.line));
        properties.push(format!("col={}", place.column));
    }
    properties.push(format!("title={}", github_property(&headline(drift))));
    format!("::{level} {}::{}\n", properties.join(","), escaped(diff(drift).trim_end()))
}
