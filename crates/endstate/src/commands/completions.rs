//! `endstate completions`

use clap::CommandFactory;

use crate::args::{Arguments, Completions};
use crate::{Outcome, output};

pub(super) fn run(arguments: &Completions) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "endstate", &mut script);
    output::result(&String::from_utf8(script)?)?;
    Ok(Outcome::Done)
}
