//! The commands, one a file.

mod apply;
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
mod rollback;
mod update;
mod verify;

use std::time::Instant;

use anyhow::bail;
use catalog::Conninfo;

use crate::args::{Allow, Arguments, Command, Demand, Floor, Global, Proving};
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
        Command::Apply(arguments) => apply::run(global, arguments),
        Command::Rollback(arguments) => rollback::run(global, arguments),
        Command::Verify(arguments) => verify::run(global, arguments),
        Command::Finalize(arguments) => finalize::run(global, arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
        Command::JsonSchema(arguments) => json_schema::run(arguments),
    }
}

/// The boundary at which the database stands, in the scripts of a folder.
fn boundary(generated: &::apply::Generated, standing: ::apply::Standing) -> anyhow::Result<usize> {
    match standing {
        ::apply::Standing::After(boundary) => Ok(boundary),
        ::apply::Standing::Astray(objects) => bail!(
            "the database stands at none of the boundaries of {}; it has changed since the scripts were made, or they are those of another one:\n  {}",
            generated.manifest.rollback.file,
            objects.join("\n  ")
        ),
    }
}

/// Tells on stderr what the server said meanwhile.
fn tell(notices: &[catalog::Notice]) {
    notices.iter().for_each(|notice| output::note(&format!("{}: {}", notice.severity, notice.message)));
}

/// Where the live database is; warnings go to stderr.
fn conninfo(global: &Global) -> anyhow::Result<Conninfo> {
    let conninfo = Conninfo::resolve(global.db.as_deref(), &|name| std::env::var(name).ok())?;
    conninfo.warnings.iter().for_each(|warning| output::warning(warning));
    Ok(conninfo)
}

fn options(global: &Global, sample: Option<usize>) -> anyhow::Result<::apply::Options> {
    let schema = global.schema();
    if !schema.exists() {
        let path = schema.display();
        bail!("there is no `{path}`; name the desired state with --schema, or make one with `endstate init`");
    }
    Ok(::apply::Options { conninfo: conninfo(global)?, schema: schema.to_owned(), sample })
}

/// A proven plan; notes and timings go to stderr.
fn prepare(global: &Global, proving: &Proving) -> anyhow::Result<::apply::Plan> {
    let start = Instant::now();
    let options = options(global, proving.sample)?;
    let mut plan = ::apply::prepare(&options)?;
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
fn refusal(plan: &::apply::Plan, allow: &Allow) -> Option<String> {
    let color = output::stderr_has_color();
    let unaccepted = plan.unaccepted(&allow.allow);
    if !unaccepted.is_empty() {
        return Some(report::refusal(&unaccepted, color));
    }
    falls_short(plan, &allow.demand)
}

/// That the way back brings back less than is demanded, if it does.
fn falls_short(plan: &::apply::Plan, demand: &Demand) -> Option<String> {
    let floor = demand.require_rollback?;
    report::falls_short(&plan.verdict(), floor == Floor::Exact, output::stderr_has_color())
}

/// Tells on stderr which rows would stop the plan.
fn tell_rows(plan: &::apply::Plan) {
    report::rows_in_the_way(&plan.preflight).iter().for_each(|line| output::note(line));
}

fn total(start: Instant) {
    output::note(&format!("{:>7} ms  all of it", start.elapsed().as_millis()));
}
