//! Schemas that nobody here wrote: `scripts/real_schemas.sh` fetches them to `target/real-schemas/<name>.sql`, `just real-schemas` runs
//! both. Each is loaded and dumped; a plan from that dump must have nothing to do; the scripts that build it on an empty database are proven
//! and run; and a dump of what they built must hold the same bytes. Without the files there is nothing to try.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use endstate_tests::{connect, conninfo, root};
use libtest_mimic::{Arguments, Failed, Trial};
use shadow::{Cluster, ClusterOptions};

fn main() {
    let arguments = Arguments::from_args();
    let folder = fs::read_dir(root().join("target/real-schemas")).into_iter().flatten();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
    let mut trials = Vec::new();
    for binaries in testkit::majors().into_iter().filter(|_| !files.is_empty()) {
        let cluster = Arc::new(Cluster::start(&binaries, &ClusterOptions::default()).unwrap());
        for file in &files {
            let (cluster, file) = (Arc::clone(&cluster), file.clone());
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let label = format!("{name}::pg{}", binaries.major);
            trials.push(Trial::test(label, move || there_and_back(&cluster, &name, &file)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn there_and_back(cluster: &Cluster, name: &str, file: &Path) -> Result<(), Failed> {
    let built = format!("{name}_built");
    for database in [name, &built] {
        connect(cluster, "postgres")?.run(&format!("CREATE DATABASE {database} TEMPLATE template0"))?;
    }
    connect(cluster, name)?.run(&fs::read_to_string(file)?)?;
    let folder = tempfile::tempdir()?;
    let schema = folder.path().join("schema.yaml");
    let dumped = dump(cluster, name)?;
    fs::write(&schema, &dumped)?;
    let plan = |database: &str| {
        let conninfo = conninfo(cluster, database);
        apply::prepare(&apply::Options { conninfo, schema: schema.clone(), sample: None })
    };
    let found = plan(name)?;
    if !found.is_empty() {
        let scripts: Vec<String> = found.scripts.forward.into_iter().map(|script| script.text).collect();
        return Err(format!("what was dumped is not what is there:\n{}", scripts.join("\n")).into());
    }
    for script in plan(&built)?.scripts.forward {
        connect(cluster, &built)?.run(&script.text)?;
    }
    let again = dump(cluster, &built)?;
    if again != dumped {
        return Err(
            format!("built from its dump it is another one:\n{}", testkit::diff(&dumped, &again)).into()
        );
    }
    Ok(())
}

/// The whole database as YAML; what no kind reads is an error.
fn dump(cluster: &Cluster, database: &str) -> Result<String, Failed> {
    let live = apply::Live::read(&conninfo(cluster, database))?;
    if !live.model.unread.is_empty() {
        return Err(format!("no kind reads: {:?}", live.model.unread).into());
    }
    let raise = kinds::Raise { model: &live.model, default_owner: &live.facts.owner };
    Ok(yaml::write(&serde_json::to_value(kinds::Document::raise(&raise))?))
}
