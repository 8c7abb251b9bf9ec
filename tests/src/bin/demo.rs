//! `just demo`: the main job on the real case, from nothing but this repository and server binaries.
#![allow(clippy::print_stdout, reason = "a demonstration talks")]

use std::process::{Command, ExitCode};

use endstate_tests::{Error, FIXTURES, root, start};

fn main() -> Result<ExitCode, Error> {
    shadow::interrupt::install()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endstate, out] = arguments.as_slice() else {
        return Err("usage: demo ENDSTATE OUT: the program to run, and the folder for the scripts".into());
    };
    let binaries =
        shadow::binaries::all().into_iter().next().ok_or("no PostgreSQL server found: run ./justw setup")?;
    println!(
        "# A throwaway PostgreSQL {}, and on it the database before: {}",
        binaries.major,
        FIXTURES.join(", ")
    );
    let cluster = start(&binaries)?;
    let url = format!(
        "host={} port={} user={} dbname=before",
        cluster.socket_directory().display(),
        cluster.port(),
        cluster.superuser()
    );
    let run = |arguments: &[&str]| -> Result<bool, Error> {
        println!("\n$ endstate --db \"$BEFORE\" --schema schema {}\n", arguments.join(" "));
        let mut command = Command::new(endstate);
        command.args(["--db", &url, "--schema", "schema"]).args(arguments).current_dir(root());
        Ok(command.status()?.success())
    };
    let fine = run(&["plan"])? && run(&["generate", "--out", out])?;
    if fine {
        println!("\n# The scripts and their runbook are in {out}:");
        let mut files: Vec<_> =
            std::fs::read_dir(out)?.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
        files.sort();
        files.iter().for_each(|file| println!("#   {}", file.to_string_lossy()));
    }
    drop(cluster);
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
