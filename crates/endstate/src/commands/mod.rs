//! The commands, one a file.

mod check;
mod completions;
mod dump;
mod finalize;
mod generate;
mod init;
mod json_schema;
mod man;
mod plan;
mod prove;
mod update;

use std::time::Instant;

use anyhow::bail;
use catalog::Conninfo;

use crate::args::{Allow, Arguments, Command, Floor, Global, Proving};
use crate::{Outcome, output};

/// Runs what the command line says.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Init(_) => init::run(global),
        Command::Dump(arguments) => dump::run(global, arguments),
        Command::Plan(arguments) => plan::run(global, arguments),
        Command::Check(arguments) => check::run(global, arguments),
        Command::Generate(arguments) => generate::run(global, arguments),
        Command::Prove(arguments) => prove::run(global, arguments),
        Command::Finalize(arguments) => finalize::run(global, arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
        Command::JsonSchema(arguments) => json_schema::run(arguments),
    }
}

/// Where the live database is; warnings go to stderr.
fn conninfo(global: &Global) -> anyhow::Result<Conninfo> {
    let conninfo = Conninfo::resolve(global.db.as_deref(), &|name| std::env::var(name).ok())?;
    conninfo.warnings.iter().for_each(|warning| output::warning(warning));
    Ok(conninfo)
}

fn options(global: &Global, sample: Option<usize>) -> anyhow::Result<apply::Options> {
    let schema = global.schema();
    if !schema.exists() {
        let path = schema.display();
        bail!("there is no `{path}`; name the desired state with --schema, or make one with `endstate init`");
    }
    Ok(apply::Options { conninfo: conninfo(global)?, schema: schema.to_owned(), sample })
}

/// A proven plan; notes and timings go to stderr.
fn prepare(global: &Global, proving: &Proving) -> anyhow::Result<apply::Plan> {
    let start = Instant::now();
    let options = options(global, proving.sample)?;
    let mut plan = apply::prepare(&options)?;
    if !proving.no_preflight {
        plan.ask_rows(&options.conninfo)?;
    }
    if global.verbose {
        plan.timings
            .iter()
            .for_each(|(what, milliseconds)| output::note(&format!("{milliseconds:>7} ms  {what}")));
        total(start);
    }
    Ok(plan)
}

/// Why a plan may not be run as it is, if it may not.
fn refusal(plan: &apply::Plan, allow: &Allow) -> Option<String> {
    let color = output::stderr_has_color();
    let unaccepted = plan.unaccepted(&allow.allow);
    if !unaccepted.is_empty() {
        return Some(report::refusal(&unaccepted, color));
    }
    let floor = allow.require_rollback?;
    report::falls_short(&plan.verdict(), floor == Floor::Exact, color)
}

/// Tells on stderr which rows would stop the plan.
fn tell_rows(plan: &apply::Plan) {
    report::rows_in_the_way(plan).iter().for_each(|line| output::note(line));
}

fn total(start: Instant) {
    output::note(&format!("{:>7} ms  all of it", start.elapsed().as_millis()));
}
