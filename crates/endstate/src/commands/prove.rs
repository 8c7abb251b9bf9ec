//! `endstate prove`

use crate::args::{Global, Prove};
use crate::{Outcome, output};

pub(super) fn run(global: &Global, arguments: &Prove) -> anyhow::Result<Outcome> {
    let plan = super::prepare(global, &arguments.proving)?;
    output::result(&report::evidence(&plan, output::stdout_has_color()))?;
    if let Some(refusal) = super::falls_short(&plan, &arguments.demand) {
        output::error(&refusal);
        return Ok(Outcome::Refused);
    }
    Ok(Outcome::Done)
}
