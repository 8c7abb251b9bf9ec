//! `endstate dump`

use std::time::Instant;

use apply::{Live, Scope, Workspace};
use kinds::{Document, Raise};
use serde_json::Value;

use crate::args::{Dump, Global};
use crate::{Outcome, folder, layout, output};

pub(super) fn run(global: &Global, arguments: &Dump) -> anyhow::Result<Outcome> {
    if arguments.update {
        return super::update::run(global);
    }
    if let Some(out) = &arguments.out {
        folder::must_be_free(out)?;
    }
    let start = Instant::now();
    let workspace = match &global.schema {
        Some(path) => Some(Workspace::load(path)?),
        None => None,
    };
    let live = Live::read(&super::conninfo(global)?)?;
    let document = document(&live, workspace.as_ref())?;
    match &arguments.out {
        None => output::result(&yaml::write(&document))?,
        Some(out) => {
            let files = layout::files(&document);
            folder::write(out, &files)?;
            output::note(&format!("wrote {} files to {}", files.len(), out.display()));
        }
    }
    if global.verbose {
        super::total(start);
    }
    Ok(Outcome::Done)
}

/// The state of a live database, or what a workspace manages of it; what is left out is told on stderr.
pub(super) fn document(live: &Live, workspace: Option<&Workspace>) -> anyhow::Result<Value> {
    let mut model = live.model.clone();
    if let Some(workspace) = workspace {
        let scope = Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
        let unmanaged = scope.unmanaged(&live.model).into_iter();
        unmanaged.for_each(|object| {
            output::warning(&format!("not in the dump, because it is not managed: {object}"));
        });
        model = scope.of(&live.model);
    }
    let unread = model.unread.iter();
    unread
        .for_each(|object| output::warning(&format!("not in the dump, because no kind reads it: {object}")));
    let raise = Raise { model: &model, default_owner: &live.facts.owner };
    Ok(serde_json::to_value(Document::raise(&raise))?)
}
