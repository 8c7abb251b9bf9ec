//! endstate: a declarative schema tool for PostgreSQL whose plans are proven both ways before they are shown.

mod adopt;
mod args;
mod commands;
mod failure;
mod folder;
mod layout;
mod output;

use std::process::ExitCode;

use clap::Parser;

use args::Arguments;

/// How a command ended, other than by an error (which is 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Done, or in sync.
    Done,
    /// There are differences, and the caller asked to be told.
    Differences,
    /// A hazard has not been accepted.
    Refused,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(match outcome {
            Outcome::Done => 0,
            Outcome::Differences => 2,
            Outcome::Refused => 3,
        })
    }
}

/// What clap would exit with is 2, which means differences here.
const USAGE: u8 = 1;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    arguments.global.color.write_global();
    let run = || {
        shadow::interrupt::install()?;
        commands::run(&arguments)
    };
    match run() {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            output::error(&failure::render(&error, output::stderr_has_color()));
            ExitCode::from(1)
        }
    }
}
