//! What a plan takes away comes back, whatever is written in between: `fixtures/archives/<case>/{before.sql, after.yaml, edits.sql}`;
//! where there are settings, a folder `schema` in place of `after.yaml`.
//!
//! Each trial goes forward, makes some of the edits at random (a line is a statement; `:key` is the key of a row, `:new` that of a new
//! one), goes back and forward again. Then these laws must hold:
//!
//! 1. A row that nobody touched is what it was before; no trigger has fired, and no stamp has moved.
//! 2. A row that was edited keeps the edit, in all columns that are there on both sides and alike.
//! 3. Going forward again leads to what was left.
//! 4. A row that was deleted stays so.
//! 5. A row that was inserted is there.
//! 6. What a rollback kept, and nobody gave back, stands in the way of no other way.
//!
//! `ENDSTATE_TRIALS` is the number of trials of a case on a server.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "this is a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use endstate_tests::{Rng, connect, conninfo, root};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use shadow::{Cluster, ClusterOptions};

/// Keys of the rows that `before.sql` makes.
const KEYS: usize = 40;

/// All rows by table and key.
type Rows = BTreeMap<String, BTreeMap<String, serde_json::Map<String, Value>>>;

fn main() {
    let arguments = Arguments::from_args();
    let start = |binaries| Arc::new(Cluster::start(&binaries, &ClusterOptions::default()).unwrap());
    let servers: Vec<Arc<Cluster>> = testkit::majors().into_iter().map(start).collect();
    let everywhere = std::env::var_os("ENDSTATE_TEST_MAJORS").is_some();
    let mut trials = Vec::new();
    for (number, case) in cases().into_iter().enumerate() {
        let own_turn = |place: usize| everywhere || place == number % servers.len();
        for (_, server) in servers.iter().enumerate().filter(|(place, _)| own_turn(*place)) {
            let label = case.file_name().unwrap().to_string_lossy();
            let (name, server, case) =
                (format!("{label}::pg{}", server.major()), Arc::clone(server), case.clone());
            trials.push(Trial::test(name, move || check(&server, &case)));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(servers);
    conclusion.exit();
}

fn cases() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("fixtures/archives")).unwrap();
    let mut cases: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn check(server: &Cluster, case: &Path) -> Result<(), Failed> {
    let name = case.file_name().unwrap().to_string_lossy().into_owned();
    let before = fs::read_to_string(case.join("before.sql"))?;
    connect(server, "postgres")?.run(&format!("CREATE DATABASE {name}"))?;
    connect(server, &name)?.run(&before)?;
    let conninfo = conninfo(server, &name);
    let file = case.join("after.yaml");
    let schema = if file.exists() { file } else { case.join("schema") };
    let plan = apply::prepare(&apply::Options { conninfo, schema, sample: None })?;
    let verdict = plan.verdict();
    if !matches!(verdict, plan::Verdict::Exact | plan::Verdict::ExactWithArchive { .. }) {
        return Err(format!("the verdict is {verdict:?}").into());
    }
    let trials = std::env::var("ENDSTATE_TRIALS").ok().and_then(|number| number.parse().ok()).unwrap_or(20);
    let edits = fs::read_to_string(case.join("edits.sql"))?;
    let edits: Vec<&str> = edits.lines().filter(|line| !line.is_empty()).collect();
    for seed in 0..trials {
        let copy = format!("{name}_{seed}");
        connect(server, "postgres")?.run(&format!("CREATE DATABASE {copy} TEMPLATE {name}"))?;
        let edits = chosen(&edits, seed);
        let outcome = trial(server, &copy, &plan.scripts, &edits);
        let outcome =
            outcome.and_then(|()| if seed < 3 { given_up(server, &copy, &plan.scripts) } else { Ok(()) });
        outcome.map_err(|reason| {
            let edits: Vec<&str> = edits.iter().map(|(_, edit)| edit.as_str()).collect();
            let texts = plan.scripts.forward.iter().chain([&plan.scripts.rollback]);
            let texts: String = texts.map(|script| script.text.as_str()).collect();
            format!("seed {seed}: {reason}\nedits:\n{}\n{texts}", edits.join("\n"))
        })?;
        connect(server, "postgres")?.run(&format!("DROP DATABASE {copy}"))?;
    }
    Ok(())
}

/// Some of the edits, each with the key that it touches.
fn chosen(edits: &[&str], seed: u64) -> Vec<(String, String)> {
    let mut rng = Rng::new(seed);
    let count = rng.below(6);
    let edit = |number: usize| {
        let key = (rng.below(KEYS) + 1).to_string();
        let new = (1000 + number).to_string();
        (key.clone(), rng.pick(edits).replace(":key", &key).replace(":new", &new))
    };
    (0..count).map(edit).collect()
}

fn trial(
    server: &Cluster,
    database: &str,
    scripts: &apply::Scripts,
    edits: &[(String, String)],
) -> Result<(), String> {
    let run = |what: &str, sql: &str| run(server, database, what, sql);
    let forward = || forward(server, database, scripts);
    let rows = || rows(server, database).map_err(|error| error.to_string());
    let original = rows()?;
    forward()?;
    is_private(server, database)?;
    let reached = rows()?;
    for (_, edit) in edits {
        run(edit, edit)?;
    }
    let left = rows()?;
    run("rollback", &scripts.rollback.text)?;
    is_private(server, database)?;
    let back = rows()?;
    for (table, old) in &original {
        let found = back.get(table).ok_or_else(|| format!("{table} is not back"))?;
        let Some(left) = left.get(table) else {
            if old != found {
                return Err(format!("{table} is not what it was:\n{}", differences(old, found)));
            }
            continue;
        };
        compare(table, (old, &reached[table], left, found))?;
    }
    forward()?;
    let again = rows()?;
    for (table, left) in &left {
        let found = &again[table];
        if left != found {
            return Err(format!(
                "forward again, {table} is not what was left:\n{}",
                differences(left, found)
            ));
        }
    }
    Ok(())
}

fn run(server: &Cluster, database: &str, what: &str, sql: &str) -> Result<(), String> {
    let mut connection = connect(server, database).map_err(|error| error.to_string())?;
    apply::run_script(&mut connection, sql).map(|_| ()).map_err(|error| format!("{what}: {error}"))
}

fn forward(server: &Cluster, database: &str, scripts: &apply::Scripts) -> Result<(), String> {
    scripts.forward.iter().try_for_each(|script| run(server, database, &script.file, &script.text))
}

/// What a rollback kept, and nobody gave back, stands in the way of no other way.
fn given_up(server: &Cluster, database: &str, scripts: &apply::Scripts) -> Result<(), String> {
    let run = |what: &str, sql: &str| run(server, database, what, sql);
    let forget = "DO $$ DECLARE p text; BEGIN \
         FOR p IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = to_regnamespace('endstate_archive') LOOP \
         EXECUTE 'DROP PROCEDURE ' || p; END LOOP; END $$";
    for _ in 0..2 {
        run("rollback, given up", &scripts.rollback.text)?;
        run("the procedures", forget)?;
        forward(server, database, scripts)?;
    }
    Ok(())
}

type Table = BTreeMap<String, serde_json::Map<String, Value>>;

/// Laws 1, 2, 4 and 5 for a table that is there on both sides.
fn compare(table: &str, (old, reached, left, back): (&Table, &Table, &Table, &Table)) -> Result<(), String> {
    // Rows that came with the plan, and that nobody touched, are gone.
    let is_of_plan = |key: &&String| !old.contains_key(*key) && reached.get(*key) == left.get(*key);
    let mut wanted: BTreeSet<&String> = left.keys().filter(|key| !is_of_plan(key)).collect();
    // Rows that went, or whose partition did, are back.
    wanted.extend(old.keys().filter(|key| !reached.contains_key(*key)));
    if !back.keys().eq(wanted) {
        return Err(format!("{table} has other rows than were left:\n{}", differences(left, back)));
    }
    // The columns whose values are the same on both sides of every row.
    let alike = |column: &String| {
        let is_same = |(key, row): (&String, &serde_json::Map<String, Value>)| {
            reached
                .get(key)
                .is_none_or(|reached| row.contains_key(column) && row.get(column) == reached.get(column))
        };
        old.iter().all(is_same)
    };
    for (key, row) in back {
        let untouched = left.get(key) == reached.get(key);
        match old.get(key) {
            Some(old) if untouched && old != row => {
                return Err(format!("{table} {key} was {old:?} and is {row:?}"));
            }
            _ => {}
        }
        for (column, value) in left.get(key).into_iter().flatten() {
            if alike(column) && row.get(column) != Some(value) {
                return Err(format!(
                    "{table} {key}: {column} was left as {value} and is {:?}",
                    row.get(column)
                ));
            }
        }
    }
    Ok(())
}

fn differences(one: &Table, other: &Table) -> String {
    let text = |table: &Table| format!("{table:#?}");
    testkit::diff(&text(one), &text(other))
}

/// Nobody but its owner has a privilege on an archive.
fn is_private(server: &Cluster, database: &str) -> Result<(), String> {
    let granted = "SELECT c.relname FROM pg_class AS c, aclexplode(c.relacl) AS a \
         WHERE c.relnamespace = to_regnamespace('endstate_archive') AND a.grantee <> c.relowner";
    let mut connection = connect(server, database).map_err(|error| error.to_string())?;
    let open = connection.select(granted).map_err(|error| error.to_string())?;
    if open.is_empty() { Ok(()) } else { Err(format!("archives are open to others: {open:?}")) }
}

/// All rows and the numbers of all sequences, but for the archives; those of a partition, whose place is PostgreSQL's matter, with its root's.
fn rows(server: &Cluster, database: &str) -> Result<Rows, Box<dyn std::error::Error>> {
    let mut connection = connect(server, database)?;
    let tables = "SELECT c.relname, CASE c.relkind WHEN 'S' THEN format('SELECT ''number'', to_jsonb(s)::text FROM \
         (SELECT last_value, is_called FROM %1$s) AS s', c.oid::regclass) \
         ELSE format('SELECT t.id::text, to_jsonb(t)::text FROM %1$s AS t', c.oid::regclass) END \
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'S') AND NOT c.relispartition AND n.nspname = 'public'";
    let mut rows = Rows::new();
    for table in connection.select(tables)? {
        let [Some(name), Some(query)] = table.as_slice() else { return Err("no name".into()) };
        let mut found = Table::new();
        for row in connection.select(query)? {
            let [Some(key), Some(row)] = row.as_slice() else { return Err("no key".into()) };
            found.insert(key.clone(), serde_json::from_str(row)?);
        }
        rows.insert(name.clone(), found);
    }
    Ok(rows)
}
