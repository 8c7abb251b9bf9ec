//! endstate: a declarative schema tool for PostgreSQL whose plans are proven both ways before they are shown.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the command line")]

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(1)
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    shadow::interrupt::install()?;
    let arguments: Vec<String> = std::env::args().collect();
    let environment = |name: &str| std::env::var(name).ok();
    let conninfo = catalog::Conninfo::resolve(arguments.get(2).map(String::as_str), &environment)?;
    let live = apply::Live::read(&conninfo)?;
    match arguments[1].as_str() {
        "dump" => {
            let raise = kinds::Raise { model: &live.model, default_owner: &live.facts.owner };
            print!("{}", yaml::write(&serde_json::to_value(kinds::Document::raise(&raise))?));
        }
        _ => {
            let workspace = apply::Workspace::read(Path::new(&arguments[3]), &live.facts.owner)?;
            let scope = apply::Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
            let mut bench = shadow::Workbench::start(&live.facts)?;
            let proposal = apply::propose(&mut bench, &live, &workspace, &scope)?;
            for line in &proposal.self_check {
                eprintln!("self-check: {line}");
            }
            let stages = proposal.stages.iter().map(|s| (&s.name, &s.forward)).chain(proposal.stages.iter().rev().map(|s| (&s.name, &s.back)));
            for (name, rounds) in stages {
                println!("-- ======== {name:?}");
                for (n, round) in rounds.iter().enumerate() {
                    println!("-- round {n}");
                    round.steps.iter().for_each(|step| println!("{};", step.statement.sql));
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
