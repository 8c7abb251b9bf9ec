//! `endstate verify`

use apply::Generated;

use crate::args::{Global, Verify};
use crate::{Outcome, output};

pub(super) fn run(global: &Global, arguments: &Verify) -> anyhow::Result<Outcome> {
    let (generated, conninfo) = (Generated::open(&arguments.scripts)?, super::conninfo(global)?);
    let stands = super::boundary(&generated, generated.standing(&conninfo)?)?;
    let (all, rollback) = (&generated.manifest.forward, &generated.manifest.rollback.file);
    let mut text =
        format!("The database stands {}: {stands} of {} scripts.\n", generated.place(stands), all.len());
    if let Some(next) = all.get(stands) {
        text.push_str(&format!("Forward: {}\n", next.file));
    }
    if stands > 0 {
        text.push_str(&format!("Back:    {rollback}\n"));
    }
    output::result(&text)?;
    Ok(if stands == all.len() { Outcome::Done } else { Outcome::Differences })
}
