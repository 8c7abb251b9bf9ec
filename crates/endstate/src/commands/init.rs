//! `endstate init`

use apply::Live;
use kinds::Kind;
use serde_json::json;

use crate::args::Global;
use crate::{Outcome, folder, layout, output};

const SETTINGS: &str = include_str!("endstate.yaml");

pub(super) fn run(global: &Global) -> anyhow::Result<Outcome> {
    let out = global.schema();
    folder::must_be_free(out)?;
    let live = Live::read(&super::conninfo(global)?)?;
    let mut files = layout::files(&super::dump::document(&live, None)?);
    files.insert("endstate.yaml".into(), settings(&live));
    folder::write(out, &files)?;
    output::result(&format!(
        "wrote {} files to {}\nNext: read {}, change a table, and see `endstate plan`.\n",
        files.len(),
        out.display(),
        out.join("endstate.yaml").display()
    ))?;
    Ok(Outcome::Done)
}

/// The settings with the schemas that there are.
fn settings(live: &Live) -> String {
    let schemas: Vec<&str> =
        live.model.ids().filter(|id| id.kind() == Kind::Schema).map(kinds::Id::name).collect();
    let manage = yaml::write(&json!({ "manage": { "schemas": schemas } }));
    SETTINGS.replace("{manage}\n", &manage)
}

#[cfg(test)]
mod tests {
    use super::SETTINGS;

    #[test]
    fn every_setting_that_is_explained_is_one() {
        // Uncommented, the template is a settings file.
        let example = SETTINGS.lines().filter_map(|line| line.strip_prefix("#   "));
        let example = example.collect::<Vec<_>>().join("\n");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("endstate.yaml"), example).unwrap();
        std::fs::write(folder.path().join("a.yaml"), "tables: {}\n").unwrap();
        let workspace = apply::Workspace::load(folder.path()).unwrap();
        assert!(workspace.settings.scripts.is_some() && !workspace.settings.demand.is_empty());
    }
}
