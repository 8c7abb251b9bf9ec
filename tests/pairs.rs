//! Pairs of schemas: `fixtures/pairs/<kind>/<case>/{before,after}.sql`, each on a database of its own.
//!
//! The desired state is what `dump` says of *after*. Forward must reach it, a second plan must be empty, and the rollback must
//! return to *before*: by our own catalog, by the witness, and by `pg_dump` as an outside observer. Rows that `before.sql` holds must
//! be there again. Each case goes the way of the command line: proven, with rows, by the scripts that `generate` writes, and back twice in
//! a row.
//! A file `gains` holds, line by line, what somebody gains on the way forward: an empty one says that nobody gains anything.
//! A file `mends` says that *before* is broken in a way that nobody wants back: then the rollback must end at *after*.
//! A file `loses` says that the verdict is `structure only`, so that rows may differ in the end; `moves`, that columns that come back stand
//! at the end of their table, where `pg_dump` sees them.
//! A file `logs` says that event triggers write rows down meanwhile, which stay.
//! A case with a file `refused` must have no plan, and the error must hold its text. In `replace.txt`, `\n` is a new line.
//! `-- since: 15` in a case leaves it out on older servers, `-- until: 16` on newer ones. Choose servers with `ENDSTATE_TEST_MAJORS=13,18`;
//! without it each case has its turn on one of the oldest, the newest and the newest of the system's. `ENDSTATE_TEST_SHOW=1` prints the YAML and the scripts.
#![allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test"
)]

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use catalog::{Conninfo, Database};
use kinds::Model;
use libtest_mimic::{Arguments, Failed, Trial};
use shadow::{Binaries, Cluster, ClusterOptions, Witness};

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
        self.connect(&name)
            .run(&fs::read_to_string(file)?)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(name)
    }

    fn witness(&self, database: &str) -> Result<Witness, catalog::Error> {
        let mut connection = self.connect(database);
        let mut snapshot = connection.snapshot()?;
        Witness::take(&mut snapshot, self.binaries.major)
    }

    /// Drops a database; its subscriptions keep it from going.
    fn drop(&self, database: &str) -> Result<(), Failed> {
        self.connect(database).run(
            "DO $$ DECLARE s text; BEGIN FOR s IN SELECT quote_ident(subname) FROM pg_subscription AS s \
             JOIN pg_database AS d ON d.oid = s.subdbid AND d.datname = current_database() LOOP \
             EXECUTE format('ALTER SUBSCRIPTION %s DISABLE', s); EXECUTE format('ALTER SUBSCRIPTION %s SET (slot_name = NONE)', s); \
             EXECUTE format('DROP SUBSCRIPTION %s', s); END LOOP; END $$",
        )?;
        self.connect("postgres").run(&format!("DROP DATABASE {database} WITH (FORCE)"))?;
        Ok(())
    }

    /// All rows of all tables, in no order.
    fn rows(&self, database: &str) -> Result<String, Failed> {
        let mut connection = self.connect(database);
        let tables = "SELECT format('SELECT %L, to_jsonb(t.*)::text FROM ONLY %I.%I AS t', c.oid::regclass, n.nspname, c.relname) FROM pg_class AS c \
             JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.oid >= 16384 \
             AND n.nspname <> 'endstate_archive' ORDER BY n.nspname, c.relname";
        let mut rows: Vec<String> = Vec::new();
        for query in connection.select(tables)?.into_iter().flatten().flatten() {
            rows.extend(connection.select(&query)?.into_iter().map(|row| format!("{row:?}")));
        }
        rows.sort();
        Ok(rows.join("\n"))
    }

    /// What `pg_dump` prints: the schema and the rows, without the lines that differ from run to run.
    fn dump(&self, database: &str) -> Result<String, Failed> {
        // Servers from a package registry come without pg_dump; a newer one of the system serves too.
        let system = Path::new("/usr/lib/postgresql/15/bin/pg_dump");
        let own = self.binaries.program("pg_dump");
        let program = if own.exists() || self.binaries.major > 15 { own.as_path() } else { system };
        let output = Command::new(program)
            .args([
                "--host",
                &self.cluster.socket_directory().display().to_string(),
                "--username",
                "postgres",
                "--inserts",
                "--exclude-schema=endstate_archive",
                database,
            ])
            .args(["--port", &self.cluster.port().to_string(), "--no-sync", "--quote-all-identifiers"])
            .output();
        let Ok(output) = output else { return Ok(String::new()) };
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text
            .lines()
            .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
            .collect::<Vec<_>>()
            .join("\n"))
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let servers: Vec<Arc<Server>> =
        testkit::majors().into_iter().map(|binaries| Arc::new(Server::start(binaries))).collect();
    let mut trials = Vec::new();
    // All cases on all servers take too long for every run: unless servers are named, each case has its turn on one of them.
    let everywhere = std::env::var_os("ENDSTATE_TEST_MAJORS").is_some();
    for (number, case) in cases().into_iter().enumerate() {
        let able: Vec<&Arc<Server>> =
            servers.iter().filter(|server| versions(&case).contains(&server.binaries.major)).collect();
        let own_turn = |place: usize| everywhere || place == number % able.len();
        for (_, server) in able.iter().enumerate().filter(|(place, _)| own_turn(*place)) {
            let name = format!("{}::pg{}", label(&case), server.binaries.major);
            let (server, case) = (Arc::clone(server), case.clone());
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
        let mut entries: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        entries.sort();
        entries
    };
    list(&root()).iter().flat_map(|kind| list(kind)).collect()
}

fn label(case: &Path) -> String {
    case.strip_prefix(root()).unwrap().display().to_string().replace('/', "::")
}

/// The major versions that a case is for.
fn versions(case: &Path) -> RangeInclusive<u32> {
    let read = |name: &str| fs::read_to_string(case.join(name)).unwrap_or_default();
    let text = read("before.sql") + &read("after.sql");
    let major = |mark: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(mark))?;
        Some(line.trim().parse().unwrap())
    };
    major("-- since: ").unwrap_or(0)..=major("-- until: ").unwrap_or(u32::MAX)
}

fn check(server: &Server, case: &Path) -> Result<(), Failed> {
    let before = server.load(&case.join("before.sql"))?;
    let after = server.load(&case.join("after.sql"))?;
    let folder = tempfile::tempdir()?;
    let yaml = folder.path().join("after.yaml");
    let wanted = apply::Live::read(&server.conninfo(&after))?;
    let start = State {
        model: apply::Live::read(&server.conninfo(&before))?.model,
        witness: server.witness(&before)?,
    };
    let mut unread = start.model.unread.clone();
    unread.extend(wanted.model.unread.clone());
    if !unread.is_empty() {
        return Err(format!("no kind reads: {unread:?}").into());
    }
    let text = dumped(&wanted, case)?;
    fs::write(&yaml, &text)?;
    let options = apply::Options { conninfo: server.conninfo(&before), schema: yaml.clone(), sample: None };
    if let Ok(expected) = fs::read_to_string(case.join("refused")) {
        return refused(apply::prepare(&options), expected.trim());
    }
    let plan = apply::prepare(&options)?;
    let is_bug = |note: &&String| {
        note.starts_with("the shadow is not quite like") || note.starts_with(apply::NOT_KEPT)
    };
    if let Some(note) = plan.notes.iter().find(is_bug) {
        return Err(note.clone().into());
    }
    let show = || {
        let scripts = plan.scripts.forward.iter().chain([&plan.scripts.rollback]);
        let scripts: Vec<String> =
            scripts.map(|script| format!("{}:\n{}", script.file, script.text)).collect();
        format!("YAML:\n{text}\n{}", scripts.join("\n"))
    };
    if std::env::var_os("ENDSTATE_TEST_SHOW").is_some() {
        eprintln!("{}", show());
    }
    let fail = |what: String| Failed::from(format!("{what}\n{}", show()));
    if let Ok(expected) = fs::read_to_string(case.join("gains")) {
        let gains = gains(&plan.stages);
        if gains.iter().ne(expected.lines()) {
            let gains: Vec<String> = gains.into_iter().collect();
            return Err(fail(format!("who gains what is not as expected:\n{}", gains.join("\n"))));
        }
    }
    let end = State { model: wanted.model, witness: server.witness(&after)? };
    // What was broken stays mended.
    let (returns_to, old) = if case.join("mends").exists() { (&end, &after) } else { (&start, &before) };
    let (old_dump, old_rows) = (server.dump(old)?, server.rows(&before)?);
    plan.scripts.forward.iter().try_for_each(|script| run(server, &before, script)).map_err(&fail)?;
    same(server, &before, &end)
        .map_err(|difference| fail(format!("forward does not reach after: {difference}")))?;
    let again = statements(server, &before, &yaml)?;
    if !again.is_empty() {
        return Err(fail(format!("a second plan is not empty:\n{}", again.join(";\n"))));
    }
    for time in ["the rollback", "the rollback, run twice,"] {
        run(server, &before, &plan.scripts.rollback).map_err(&fail)?;
        same(server, &before, returns_to)
            .map_err(|difference| fail(format!("{time} does not return: {difference}")))?;
    }
    let (new_dump, new_rows) = (server.dump(&before)?, server.rows(&before)?);
    let lossy = case.join("loses").exists();
    if lossy && !matches!(plan.verdict(), plan::Verdict::StructureOnly { .. }) {
        return Err(fail(format!("the verdict is {:?}", plan.verdict())));
    }
    let logs = case.join("logs").exists();
    if !lossy && !logs && old_rows != new_rows {
        let difference = testkit::diff(&old_rows, &new_rows);
        return Err(fail(format!("rows differ after the rollback:\n{difference}")));
    }
    // What refers to itself in a circle has no order but that of its OIDs.
    let lines = |dump: &str| dump.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let moves = case.join("moves").exists();
    if !lossy && !logs && !moves && lines(&old_dump) != lines(&new_dump) {
        let difference = testkit::diff(&old_dump, &new_dump);
        return Err(fail(format!("pg_dump sees a difference after the rollback:\n{difference}")));
    }
    for name in [before, after] {
        server.drop(&name)?;
    }
    Ok(())
}

/// The YAML of a database, with the directives that the dump cannot know: they stand in a file of their own, under the keys of the dump.
fn dumped(wanted: &apply::Live, case: &Path) -> Result<String, Failed> {
    let raise = kinds::Raise { model: &wanted.model, default_owner: &wanted.facts.owner };
    let mut text = yaml::write(&serde_json::to_value(kinds::Document::raise(&raise))?);
    let replaced = fs::read_to_string(case.join("replace.txt")).unwrap_or_default();
    for line in replaced.lines() {
        let line = line.replace("\\n", "\n");
        let (old, new) = line.split_once(" => ").unwrap();
        assert!(text.contains(old), "replace.txt: {old:?} is not in\n{text}");
        text = text.replacen(old, new, 1);
    }
    Ok(text)
}

/// Runs a script as `psql -f` does.
fn run(server: &Server, database: &str, script: &apply::Script) -> Result<(), String> {
    let failed = |error: catalog::Error| format!("{}: {error}", script.file);
    server.connect(database).run(&script.text).map(|_| ()).map_err(failed)
}

/// A case with a file `refused` has no plan, and is told so in these words.
fn refused(planned: Result<apply::Plan, apply::Error>, expected: &str) -> Result<(), Failed> {
    match planned {
        Ok(_) => Err("this should be refused".into()),
        Err(error) if error.to_string().contains(expected) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Who gains what on the way forward.
fn gains(stages: &[apply::Stage]) -> BTreeSet<String> {
    let steps = stages.iter().flat_map(|stage| &stage.forward).flat_map(|round| &round.steps);
    let hazards = steps.flat_map(|step| &step.statement.hazards);
    let gains = hazards.filter(|(hazard, _)| *hazard == kinds::Hazard::AccessGain);
    gains.map(|(_, why)| why.clone()).collect()
}

/// The statements that are still to be run.
fn statements(server: &Server, database: &str, yaml: &Path) -> Result<Vec<String>, Failed> {
    let live = apply::Live::read(&server.conninfo(database))?;
    let workspace = apply::Workspace::read(yaml, &live.facts.owner)?;
    let scope = apply::Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
    let mut bench = shadow::Workbench::start(&live.facts)?;
    let proposal = apply::propose(&mut bench, &live, &workspace, &scope)?;
    let steps = proposal.stages.iter().flat_map(|stage| &stage.forward).flat_map(|round| &round.steps);
    Ok(steps.map(|step| step.statement.sql.clone()).collect())
}

/// What a database holds, by our own reading and by the witness.
struct State {
    model: Model,
    witness: Witness,
}

/// Whether a database holds a catalog, by our own reading and by the witness.
fn same(server: &Server, database: &str, wanted: &State) -> Result<(), String> {
    let found = apply::Live::read(&server.conninfo(database)).map_err(|error| error.to_string())?.model;
    let mut differences = Vec::new();
    for id in found.ids().chain(wanted.model.ids()) {
        let (left, right) = (found.get(id).map(|o| &o.spec), wanted.model.get(id).map(|o| &o.spec));
        if left != right {
            differences.push(format!("{id}: {left:?} / {right:?}"));
        }
    }
    differences.dedup();
    if differences.is_empty() {
        // But for what depends on how a table came to its parents.
        let witnessed = server.witness(database).map_err(|error| error.to_string())?;
        let said = |difference: &&shadow::Difference| !apply::is_unsaid(difference, [&found, &wanted.model]);
        differences
            .extend(witnessed.differences(&wanted.witness).iter().filter(said).map(ToString::to_string));
    }
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
}
