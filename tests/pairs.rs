//! Pairs of schemas: `fixtures/pairs/<kind>/<case>/{before,after}.sql`, each on a database of its own.
//!
//! The desired state is what `dump` says of *after*. Forward must reach it, a second plan must be empty, and the rollback must
//! return to *before*: by our own catalog, and by `pg_dump` as an outside observer. Rows that `before.sql` holds must be there again.
//! `-- since: 15` in a case's first lines leaves it out on older servers. Choose servers with `ENDSTATE_TEST_MAJORS=13,18`;
//! without it the oldest, the newest and the newest of the system's run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use catalog::{Conninfo, Database};
use libtest_mimic::{Arguments, Failed, Trial};
use shadow::{Binaries, Cluster, ClusterOptions};

/// Roles that cases may name.
const ROLES: &str = "CREATE ROLE alice; CREATE ROLE bob; CREATE ROLE app_reader; CREATE ROLE app_writer LOGIN; \
     CREATE ROLE \"Odd Role\" NOLOGIN; GRANT alice TO bob";

struct Server {
    binaries: Binaries,
    cluster: Cluster,
    next: AtomicUsize,
}

impl Server {
    fn start(binaries: Binaries) -> Server {
        let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
        let server = Server { binaries, cluster, next: AtomicUsize::new(0) };
        server.connect("postgres").run(ROLES).unwrap();
        server
    }

    fn conninfo(&self, database: &str) -> Conninfo {
        Conninfo::socket(self.cluster.socket_directory(), self.cluster.port(), "postgres", database)
    }

    fn connect(&self, database: &str) -> Database {
        Database::connect(&self.conninfo(database)).unwrap()
    }

    fn load(&self, file: &Path) -> Result<String, Failed> {
        let name = format!("case_{}", self.next.fetch_add(1, Ordering::Relaxed));
        self.connect("postgres").run(&format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        self.connect(&name).run(&fs::read_to_string(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(name)
    }

    /// What `pg_dump` prints: the schema and the rows, without the lines that differ from run to run.
    fn dump(&self, database: &str) -> Result<String, Failed> {
        let output = Command::new(self.binaries.program("pg_dump"))
            .args(["--host", &self.cluster.socket_directory().display().to_string(), "--username", "postgres", "--inserts", database])
            .args(["--port", &self.cluster.port().to_string(), "--no-sync", "--quote-all-identifiers"])
            .output();
        // Servers from a package registry come without pg_dump.
        let Ok(output) = output else { return Ok(String::new()) };
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")).collect::<Vec<_>>().join("\n"))
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let servers: Vec<Arc<Server>> = testkit::majors().into_iter().map(|binaries| Arc::new(Server::start(binaries))).collect();
    let mut trials = Vec::new();
    for case in cases() {
        for server in &servers {
            if since(&case) > server.binaries.major {
                continue;
            }
            let name = format!("{}::pg{}", label(&case), server.binaries.major);
            let (server, case) = (server.clone(), case.clone());
            trials.push(Trial::test(name, move || check(&server, &case)));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(servers);
    conclusion.exit();
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("fixtures/pairs")
}

fn cases() -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
        entries.sort();
        entries
    };
    list(&root()).iter().flat_map(|kind| list(kind)).collect()
}

fn label(case: &Path) -> String {
    case.strip_prefix(root()).unwrap().display().to_string().replace('/', "::")
}

fn since(case: &Path) -> u32 {
    let read = |name: &str| fs::read_to_string(case.join(name)).unwrap_or_default();
    let text = read("before.sql") + &read("after.sql");
    text.lines().find_map(|line| line.strip_prefix("-- since: ")).map_or(0, |major| major.trim().parse().unwrap())
}

fn check(server: &Server, case: &Path) -> Result<(), Failed> {
    let before = server.load(&case.join("before.sql"))?;
    let after = server.load(&case.join("after.sql"))?;
    let folder = tempfile::tempdir()?;
    let yaml = folder.path().join("after.yaml");
    let wanted = apply::Live::read(&server.conninfo(&after))?;
    let mut unread = apply::Live::read(&server.conninfo(&before))?.model.unread;
    unread.extend(wanted.model.unread.clone());
    if !unread.is_empty() {
        return Err(format!("no kind reads: {unread:?}").into());
    }
    let raise = kinds::Raise { model: &wanted.model, default_owner: &wanted.facts.owner };
    let mut text = yaml::write(&serde_json::to_value(kinds::Document::raise(&raise))?);
    // Directives that the dump cannot know stand in a file of their own, under the keys of the dump.
    if let Ok(more) = fs::read_to_string(case.join("replace.txt")) {
        for line in more.lines() {
            let line = line.replace("\\n", "\n");
            let (old, new) = line.split_once(" => ").unwrap();
            assert!(text.contains(old), "replace.txt: {old:?} is not in\n{text}");
            text = text.replacen(old, new, 1);
        }
    }
    fs::write(&yaml, &text)?;
    let old_dump = server.dump(&before)?;
    let (forward, back) = plan(server, &before, &yaml)?;
    let show = || format!("YAML:\n{text}\nforward:\n{}\nback:\n{}", forward.join(";\n"), back.join(";\n"));
    let fail = |what: String| Failed::from(format!("{what}\n{}", show()));
    run(server, &before, &forward).map_err(&fail)?;
    same(server, &before, &after).map_err(|difference| fail(format!("forward does not reach after: {difference}")))?;
    let (again, _) = plan(server, &before, &yaml)?;
    if !again.is_empty() {
        return Err(fail(format!("a second plan is not empty:\n{}", again.join(";\n"))));
    }
    run(server, &before, &back).map_err(&fail)?;
    let fresh = server.load(&case.join("before.sql"))?;
    same(server, &before, &fresh).map_err(|difference| fail(format!("the rollback does not return: {difference}")))?;
    let new_dump = server.dump(&before)?;
    let lossy = case.join("loses").exists();
    if !lossy && old_dump != new_dump {
        return Err(fail(format!("pg_dump sees a difference after the rollback:\n{}", testkit::diff(&old_dump, &new_dump))));
    }
    for name in [before, after, fresh] {
        server.connect("postgres").run(&format!("DROP DATABASE {name} WITH (FORCE)"))?;
    }
    Ok(())
}

/// Statements forward and back, a transaction each where they must be committed first.
fn plan(server: &Server, database: &str, yaml: &Path) -> Result<(Vec<String>, Vec<String>), Failed> {
    let live = apply::Live::read(&server.conninfo(database))?;
    let workspace = apply::Workspace::read(yaml, &live.facts.owner)?;
    let scope = apply::Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
    let mut bench = shadow::Workbench::start(&live.facts)?;
    let proposal = apply::propose(&mut bench, &live, &workspace, &scope)?;
    if !proposal.self_check.is_empty() {
        return Err(format!("the rebuild differs: {:?}", proposal.self_check).into());
    }
    let statements = |rounds: &[plan::Round]| -> Vec<String> {
        rounds.iter().flat_map(|round| &round.steps).map(|step| step.statement.sql.clone()).collect()
    };
    let forward = proposal.stages.iter().flat_map(|stage| statements(&stage.forward)).collect();
    let back = proposal.stages.iter().rev().flat_map(|stage| statements(&stage.back)).collect();
    Ok((forward, back))
}

fn run(server: &Server, database: &str, statements: &[String]) -> Result<(), String> {
    let mut connection = server.connect(database);
    connection.run("SET search_path = ''; SET check_function_bodies = off").map_err(|error| error.to_string())?;
    for statement in statements {
        connection.run(statement).map_err(|error| format!("{error}\n{statement}"))?;
    }
    Ok(())
}

/// Whether two databases hold the same catalog, by our own reading.
fn same(server: &Server, one: &str, other: &str) -> Result<(), String> {
    let read = |name: &str| apply::Live::read(&server.conninfo(name)).map(|live| live.model).map_err(|error| error.to_string());
    let (one, other) = (read(one)?, read(other)?);
    let mut found = Vec::new();
    for id in one.ids().chain(other.ids()) {
        let (left, right) = (one.get(id).map(|o| &o.spec), other.get(id).map(|o| &o.spec));
        if left != right {
            found.push(format!("{id}: {left:?} / {right:?}"));
        }
    }
    found.dedup();
    if found.is_empty() { Ok(()) } else { Err(found.join("\n")) }
}
