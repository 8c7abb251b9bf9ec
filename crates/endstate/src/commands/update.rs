//! `endstate dump --update`

use std::path::Path;

use anyhow::{Context, bail};
use apply::{Drift, Sides};
use kinds::kinds::role::RoleDoc;
use kinds::{Document, Kind, Model, Raise};
use serde_json::Value;

use crate::adopt::{self, Files};
use crate::args::Global;
use crate::{Outcome, folder, output};

pub(super) fn run(global: &Global) -> anyhow::Result<Outcome> {
    let sides = Sides::read(&super::options(global, None)?)?;
    let (documents, _) = yaml::load(global.schema());
    let before = Files::new(global.schema(), documents.into_iter().map(|(source, _)| source));
    let (old, new) = (document(&sides, &sides.desired())?, document(&sides, &sides.found())?);
    let edits = adopt::differences(&old, &new);
    if edits.is_empty() {
        output::note("the YAML says what the database is: nothing to update");
        return Ok(Outcome::Done);
    }
    // In place first; what is spelled in a way that this does not reach is written anew in whole.
    let mut left = Ok(Vec::new());
    for whole in [false, true] {
        let mut files = before.clone();
        edits.iter().try_for_each(|edit| files.apply(edit, &new, whole))?;
        left = sides.against(&files.nodes());
        if left.as_mut().is_ok_and(settled) {
            return write(&before, &files);
        }
    }
    let left: Vec<String> = left
        .context("nothing was written, because the YAML could not be brought to say what the database is")?
        .into_iter()
        .map(|drift| drift.object)
        .collect();
    bail!(
        "nothing was written, because the YAML would still not say what the database is: {}",
        left.join(", ")
    )
}

/// Whether nothing is left but renames that are still to come.
fn settled(left: &mut Vec<Drift>) -> bool {
    left.retain(|drift| drift.state != "renamed");
    left.is_empty()
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
                &changed.iter().map(|(path, _)| path.display().to_string() + "\n").collect::<String>(),
            )?;
        }
    }
    Ok(Outcome::Done)
}
