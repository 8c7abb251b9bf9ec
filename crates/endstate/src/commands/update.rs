//! `endstate dump --update`

use std::path::Path;

use anyhow::{Context, bail};
use apply::Sides;
use kinds::kinds::role::RoleDoc;
use kinds::{Document, Kind, Model, Raise};
use serde_json::Value;

use crate::adopt::{self, Files};
use crate::args::Global;
use crate::{Outcome, folder, output};

pub(super) fn run(global: &Global) -> anyhow::Result<Outcome> {
    let mut sides = Sides::read(&super::options(global, None)?)?;
    let (documents, _) = yaml::load(global.schema());
    let before = Files::new(global.schema(), documents.into_iter().map(|(source, _)| source));
    let mut files = before.clone();
    // In place first; what is spelled in a way that this does not reach is written anew in whole.
    for whole in [false, true] {
        let (old, new) = (document(&sides, &sides.desired())?, document(&sides, &sides.found())?);
        let edits = adopt::differences(&old, &new);
        if edits.is_empty() {
            break;
        }
        edits.iter().try_for_each(|edit| files.apply(edit, &new, whole))?;
        sides = sides
            .with(&files.nodes())
            .context("the YAML could not be brought to say what the database is")?;
    }
    let left: Vec<String> = sides
        .drift()
        .into_iter()
        .filter(|drift| drift.state != "renamed")
        .map(|drift| drift.object)
        .collect();
    if !left.is_empty() {
        bail!(
            "nothing was written, because the YAML would still not say what the database is: {}",
            left.join(", ")
        );
    }
    write(&before, &files)
}

fn document(sides: &Sides, model: &Model) -> anyhow::Result<Value> {
    let raise = Raise { model, default_owner: &sides.live.facts.owner };
    let declared = &sides.workspace.declared.objects;
    let is_role =
        |name: &str| declared.iter().any(|object| object.id.kind() == Kind::Role && object.id.name() == name);
    let roles = RoleDoc::raise_all(&raise, &is_role);
    Ok(serde_json::to_value(Document { roles, ..Document::raise(&raise) })?)
}

/// Each file is replaced whole, or not at all.
fn write(before: &Files, files: &Files) -> anyhow::Result<Outcome> {
    let changed: Vec<(&Path, &str)> = files.changed(before).collect();
    for (path, text) in &changed {
        let written =
            if text.trim().is_empty() { std::fs::remove_file(path) } else { folder::replace(path, text) };
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    match changed.as_slice() {
        [] => output::note("the YAML says what the database is: nothing to update"),
        changed => {
            output::result(
                &changed.iter().map(|(path, _)| format!("{}\n", path.display())).collect::<String>(),
            )?;
        }
    }
    Ok(Outcome::Done)
}
