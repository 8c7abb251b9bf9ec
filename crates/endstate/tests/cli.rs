//! The program as people run it: `cases/<case>/` holds a `session`, the files that it begins with, and `before.sql` for its database.
//!
//! A session's lines: `$ plan --format sql` runs endstate in the case's folder (`{db}` is how to reach the database, and the default);
//! `sql: ...` runs a statement by hand; after a run, `exit 2` is its status, `out: ...` and `err: ...` must be in its output,
//! `not: ...` must not. Files in `expected/` must be what the folder `schema/` holds at the end, no more and no fewer. `env NAME=value`
//! and `as role` hold for all runs after it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use catalog::{Conninfo, Database};
use libtest_mimic::{Arguments, Failed, Trial};
use shadow::{Binaries, Cluster, ClusterOptions};

struct Server {
    cluster: Cluster,
}

impl Server {
    fn run(&self, database: &str, sql: &str) -> Result<(), Failed> {
        let (directory, port) = (self.cluster.socket_directory(), self.cluster.port());
        let mut connection = Database::connect(&Conninfo::socket(directory, port, "postgres", database))?;
        connection.run(sql).map(|_| ()).map_err(|error| format!("{error}\n{sql}").into())
    }

    fn db(&self, database: &str, role: &str) -> String {
        let directory = self.cluster.socket_directory().display();
        format!("host={directory} port={} user={role} dbname={database}", self.cluster.port())
    }
}

fn main() {
    let arguments = Arguments::from_args();
    // What is tested is the program, not the server: one version will do.
    let binaries: Option<Binaries> = testkit::majors().into_iter().next_back();
    let binaries = binaries.expect("these tests need a PostgreSQL server: run ./justw servers");
    let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
    let server = Arc::new(Server { cluster });
    let trials = cases().into_iter().map(|case| {
        let server = Arc::clone(&server);
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        Trial::test(name.clone(), move || run(&server, &case, &name))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    drop(server);
    conclusion.exit();
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// Files by their path below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(&next).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), text);
            }
        }
    }
    found
}

fn run(server: &Server, case: &Path, name: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for (path, text) in files(case) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap())?;
        fs::write(path, text)?;
    }
    server.run("postgres", &format!("CREATE DATABASE \"{name}\" TEMPLATE template0"))?;
    if let Ok(before) = fs::read_to_string(case.join("before.sql")) {
        server.run(name, &before)?;
    }
    let session = fs::read_to_string(case.join("session"))?;
    let mut environment = Vec::new();
    let mut role = "postgres";
    let mut last: Option<Output> = None;
    for (number, line) in session.lines().enumerate() {
        let fail = |what: &str| -> Failed {
            let text = last.as_ref().map_or(String::new(), shown);
            format!("{}:{}: {line}: {what}\n{text}", case.join("session").display(), number + 1).into()
        };
        let (stdout, stderr) = last.as_ref().map_or_else(Default::default, texts);
        match line.split_once(' ') {
            Some(("$", arguments)) => {
                last = Some(endstate(folder.path(), arguments, &server.db(name, role), &environment)?);
            }
            Some(("sql:", sql)) => server.run(name, sql)?,
            Some(("as", other)) => role = other,
            Some(("env", setting)) => environment.push(setting.split_once('=').unwrap()),
            Some(("exit", code)) => {
                let found = last.as_ref().and_then(|output| output.status.code());
                if found != Some(code.parse()?) {
                    return Err(fail(&format!("it was {found:?}")));
                }
            }
            Some(("out:", text)) if !stdout.contains(text) => return Err(fail("not in stdout")),
            Some(("err:", text)) if !stderr.contains(text) => return Err(fail("not in stderr")),
            Some(("not:", text)) if (stdout + &stderr).contains(text) => return Err(fail("in the output")),
            Some(("out:" | "err:" | "not:" | "#", _)) | None => {}
            Some(_) => return Err(fail("no such line in a session")),
        }
    }
    let (expected, found) = (files(&case.join("expected")), files(&folder.path().join("schema")));
    if !expected.is_empty() && expected != found {
        let text = |files: &BTreeMap<PathBuf, String>| -> String {
            files
                .iter()
                .map(|(path, text)| ["=== ", &path.display().to_string(), "\n", text].concat())
                .collect()
        };
        let diff = testkit::diff(&text(&expected), &text(&found));
        return Err(format!("schema/ is not what it should be:\n{diff}").into());
    }
    server.run("postgres", &format!("DROP DATABASE \"{name}\" WITH (FORCE)"))
}

fn endstate(
    folder: &Path,
    arguments: &str,
    db: &str,
    environment: &[(&str, &str)],
) -> Result<Output, Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_endstate"));
    command
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .env("PGDATABASE", "none")
        .envs(environment.iter().copied());
    command.args(arguments.split(' ').filter(|word| !word.is_empty()).map(|word| word.replace('~', " ")));
    if !arguments.contains("--db") {
        command.args(["--db", db]);
    }
    Ok(command.output()?)
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn shown(output: &Output) -> String {
    let (stdout, stderr) = texts(output);
    format!("--- stdout\n{stdout}\n--- stderr\n{stderr}")
}
