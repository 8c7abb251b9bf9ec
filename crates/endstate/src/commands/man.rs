//! `endstate man`

use anyhow::Context;
use clap::CommandFactory;

use crate::args::{Arguments, Man};
use crate::{Outcome, output};

pub(super) fn run(arguments: &Man) -> anyhow::Result<Outcome> {
    let mut endstate = Arguments::command();
    // Gives the commands the global options.
    endstate.build();
    let command = match &arguments.command {
        None => endstate,
        Some(name) => endstate
            .find_subcommand(name)
            .with_context(|| format!("endstate has no command `{name}`"))?
            .clone(),
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    output::result(&String::from_utf8(page)?)?;
    Ok(Outcome::Done)
}
