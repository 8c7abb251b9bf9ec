//! Drift as SARIF 2.1.0 (OASIS), which code scanning reads.

use apply::Drift;
use serde_json::{Value, json};

use super::{Comparison, Severity, diff, headline, place};
use crate::json::pretty;

const RULES: [(&str, &str); 4] = [
    ("missing", "The YAML declares an object that the database lacks."),
    ("extra", "The database has an object that the YAML does not declare."),
    ("renamed", "An object of the database is to be renamed to what the YAML calls it."),
    ("changed", "An object of the database is not as the YAML declares it."),
];

/// The log.
pub fn sarif(comparison: &Comparison<'_>) -> String {
    let rules = RULES.map(|(id, text)| json!({ "id": id, "shortDescription": { "text": text } }));
    let driver = json!({ "name": "endstate", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "columnKind": "unicodeCodePoints",
            "properties": { "unmanaged": comparison.unmanaged, "unread": comparison.unread },
            "results": comparison.drift.iter().map(result).collect::<Vec<_>>(),
        }],
    }))
}

fn result(drift: &Drift) -> Value {
    let level = match Severity::of(drift) {
        Severity::Access => "error",
        Severity::Structure => "warning",
        Severity::Description => "note",
    };
    let mut location =
        json!({ "logicalLocations": [{ "fullyQualifiedName": drift.object, "kind": drift.kind }] });
    if let Some(place) = place(drift) {
        location["physicalLocation"] = json!({
            "artifactLocation": { "uri": uri(place.file) },
            "region": { "startLine": place.line, "startColumn": place.column },
        });
    }
    json!({
        "ruleId": drift.state,
        "ruleIndex": RULES.iter().position(|(id, _)| *id == drift.state),
        "level": level,
        "message": { "text": format!("{}\n{}", headline(drift), diff(drift)).trim_end() },
        "locations": [location],
        "partialFingerprints": { "endstateObject/v1": format!("{} {}", drift.state, drift.object) },
    })
}

/// A path as a URI reference (RFC 3986): absolute ones with the scheme `file`.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.trim_start_matches("./").bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(byte.into());
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
