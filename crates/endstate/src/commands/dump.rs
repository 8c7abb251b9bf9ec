//! `endstate dump`

use std::time::Instant;

use apply::Live;
use kinds::{Document, Raise};
use serde_json::Value;

use crate::args::{Dump, Global};
use crate::{Outcome, folder, layout, output};

pub(super) fn run(global: &Global, arguments: &Dump) -> anyhow::Result<Outcome> {
    if let Some(out) = &arguments.out {
        folder::must_be_free(out)?;
    }
    let start = Instant::now();
    let live = Live::read(&super::conninfo(global)?)?;
    let document = document(&live)?;
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

/// The state of a live database; what it holds and no kind reads is told on stderr.
pub(super) fn document(live: &Live) -> anyhow::Result<Value> {
    live.model.unread.iter().for_each(|object| output::warning(&format!("not in the dump: {object}")));
    let raise = Raise { model: &live.model, default_owner: &live.facts.owner };
    Ok(serde_json::to_value(Document::raise(&raise))?)
}
