//! Migrations that nobody here wrote: `scripts/real_migrations.sh` fetches them to `target/real-migrations/<name>/<number>.sql`, `just
//! real-migrations` runs both. A database is kept after every sixteenth migration. From each to the next, from the next back, and from
//! the first to the last, a plan must be proven with what it keeps, its scripts must reach the other one, a second plan must be empty, and
//! the rollback must lead back. Without the files there is nothing to try.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use endstate_tests::{connect, conninfo, root};
use kinds::Model;
use libtest_mimic::{Arguments, Failed, Trial};
use shadow::{Cluster, ClusterOptions};

/// How many migrations lie between two databases.
const STEP: usize = 16;

fn main() {
    let arguments = Arguments::from_args();
    let projects = sorted(&root().join("target/real-migrations"));
    let mut trials = Vec::new();
    for binaries in testkit::majors().into_iter().filter(|_| !projects.is_empty()) {
        let cluster = Arc::new(Cluster::start(&binaries, &ClusterOptions::default()).unwrap());
        for project in &projects {
            let name = project.file_name().unwrap().to_string_lossy().into_owned();
            for (from, to) in ways(&migrated(&cluster, &name, &sorted(project))) {
                let cluster = Arc::clone(&cluster);
                let label = format!("{from}_to_{to}::pg{}", binaries.major);
                trials.push(Trial::test(label, move || there_and_back(&cluster, &from, &to)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// The databases that are kept; the migrations end at the first that this server does not take.
fn migrated(cluster: &Cluster, name: &str, files: &[PathBuf]) -> Vec<String> {
    let admin = |sql: String| connect(cluster, "postgres").unwrap().run(&sql).unwrap();
    admin(format!("CREATE DATABASE {name} TEMPLATE template0"));
    let mut kept = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let sql = fs::read_to_string(file).unwrap();
        if connect(cluster, name).unwrap().run(&sql).is_err() {
            break;
        }
        if (number + 1) % STEP == 0 || number + 1 == files.len() {
            let copy = format!("{name}_{}", number + 1);
            admin(format!("CREATE DATABASE {copy} TEMPLATE {name}"));
            kept.push(copy);
        }
    }
    kept
}

/// From each to the next and back, and from the first to the last.
fn ways(kept: &[String]) -> Vec<(String, String)> {
    let mut ways: Vec<(String, String)> = Vec::new();
    for pair in kept.windows(2) {
        ways.push((pair[0].clone(), pair[1].clone()));
        ways.push((pair[1].clone(), pair[0].clone()));
    }
    if let [first, _, .., last] = kept {
        ways.push((first.clone(), last.clone()));
    }
    ways
}

fn there_and_back(cluster: &Cluster, from: &str, to: &str) -> Result<(), Failed> {
    let database = format!("{from}_to_{to}");
    connect(cluster, "postgres")?.run(&format!("CREATE DATABASE {database} TEMPLATE {from}"))?;
    let read = |database: &str| apply::Live::read(&conninfo(cluster, database));
    let (start, wanted) = (read(&database)?.model, read(to)?);
    let folder = tempfile::tempdir()?;
    let schema = folder.path().join("schema.yaml");
    let raise = kinds::Raise { model: &wanted.model, default_owner: &wanted.facts.owner };
    fs::write(&schema, yaml::write(&serde_json::to_value(kinds::Document::raise(&raise))?))?;
    let plan = || {
        let conninfo = conninfo(cluster, &database);
        apply::prepare(&apply::Options { conninfo, schema: schema.clone(), sample: None })
    };
    let planned = plan()?;
    if let Some(note) = planned.notes.iter().find(|note| note.starts_with(apply::NOT_KEPT)) {
        return Err(note.clone().into());
    }
    for script in &planned.scripts.forward {
        connect(cluster, &database)?.run(&script.text)?;
    }
    same(&read(&database)?.model, &wanted.model)?;
    if !plan()?.is_empty() {
        return Err("a second plan is not empty".into());
    }
    connect(cluster, &database)?.run(&planned.scripts.rollback.text)?;
    same(&read(&database)?.model, &start)?;
    connect(cluster, "postgres")?.run(&format!("DROP DATABASE {database} WITH (FORCE)"))?;
    Ok(())
}

fn same(found: &Model, wanted: &Model) -> Result<(), String> {
    let spec = |model: &Model, id| model.get(id).map(|object| object.spec.clone());
    let mut ids = found.ids().chain(wanted.ids());
    match ids.find(|id| spec(found, id) != spec(wanted, id)) {
        Some(id) => Err(format!("{id}: {:?} / {:?}", spec(found, id), spec(wanted, id))),
        None => Ok(()),
    }
}
