//! `endstate json-schema`

use apply::Settings;
use kinds::Document;

use crate::args::JsonSchema;
use crate::{Outcome, output};

pub(super) fn run(arguments: &JsonSchema) -> anyhow::Result<Outcome> {
    output::result(&if arguments.settings { settings()? } else { document()? })?;
    Ok(Outcome::Done)
}

/// The schema of the desired state.
fn document() -> serde_json::Result<String> {
    pretty(&Document::schema())
}

/// The schema of `endstate.yaml`.
fn settings() -> serde_json::Result<String> {
    pretty(&schemars::schema_for!(Settings))
}

fn pretty(schema: &schemars::Schema) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(schema)? + "\n")
}

#[cfg(test)]
mod tests {
    /// Editors read the copies that are checked in.
    #[test]
    fn the_copies_are_current() {
        let document = include_str!("../../json-schema/desired-state.json");
        let settings = include_str!("../../json-schema/settings.json");
        let help = "write it anew, in crates/endstate/json-schema:";
        assert!(super::document().unwrap() == document, "{help} endstate json-schema > desired-state.json");
        assert!(
            super::settings().unwrap() == settings,
            "{help} endstate json-schema --settings > settings.json"
        );
    }
}
