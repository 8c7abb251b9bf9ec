//! Drift as a JSON document, as stable as that of a plan.

use apply::Drift;
use serde_json::{Value, json};

use super::{Comparison, Severity, diff, place};
use crate::json::{VERSION, pretty};

/// The document.
pub fn json(comparison: &Comparison<'_>) -> String {
    pretty(&json!({
        "version": VERSION,
        "database": { "name": comparison.database, "server_version": comparison.version },
        "in_sync": comparison.drift.is_empty(),
        "differences": comparison.drift.iter().map(difference).collect::<Vec<_>>(),
        "unmanaged": comparison.unmanaged,
        "unread": comparison.unread,
    }))
}

fn difference(drift: &Drift) -> Value {
    json!({
        "object": drift.object,
        "kind": drift.kind,
        "state": drift.state,
        "severity": Severity::of(drift).word(),
        "live": drift.live,
        "desired": drift.desired,
        "diff": diff(drift),
        "place": place(drift).map(|place| json!({ "file": place.file, "line": place.line, "column": place.column })),
    })
}
