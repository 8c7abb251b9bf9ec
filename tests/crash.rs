//! The session is killed behind each statement of each script, the client hangs up there, and the server crashes in the middle:
//! afterwards the database is exactly at the boundary where it was, catalog, rows and archives; and in the end both ways are still gone to
//! their ends from there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::fs;
use std::path::{Path, PathBuf};

use endstate_tests::{connect, conninfo, root};
use shadow::{Cluster, ClusterOptions, Witness};

/// What kills the session that runs it.
const KILL: &str = "pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())";

#[test]
fn a_script_of_the_case_that_is_killed_has_done_nothing() {
    let binaries = testkit::majors().pop().unwrap();
    let cluster = endstate_tests::start(&binaries).unwrap();
    killed_everywhere(&cluster, "before", &root().join("schema"), None);
}

#[test]
fn a_script_that_keeps_what_it_takes_away_and_is_killed_has_done_nothing() {
    let binaries = testkit::majors().remove(0);
    let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
    for case in ["added_values", "backfills", "columns", "enum_values", "tables"] {
        let folder: PathBuf = root().join("fixtures/archives").join(case);
        connect(&cluster, "postgres").unwrap().run(&format!("CREATE DATABASE {case}")).unwrap();
        let before = fs::read_to_string(folder.join("before.sql")).unwrap();
        connect(&cluster, case).unwrap().run(&before).unwrap();
        let edits = fs::read_to_string(folder.join("edits.sql")).unwrap();
        let edit = edits.lines().next().unwrap().replace(":key", "1");
        killed_everywhere(&cluster, case, &folder.join("after.yaml"), Some(&edit));
    }
}

/// Scripts that are no transactions: where the session ends between their statements, while an index is built, or between batches, the
/// database is at the boundary before or after, and from there both ways are gone to their ends.
#[test]
fn a_script_that_is_no_transaction_may_be_interrupted() {
    // The oldest and the newest.
    let majors = testkit::majors();
    for binaries in [majors.first().unwrap(), majors.last().unwrap()] {
        let cluster = Cluster::start(binaries, &ClusterOptions::default()).unwrap();
        let folder = root().join("fixtures/outside_of_transaction");
        connect(&cluster, "postgres").unwrap().run("CREATE DATABASE work").unwrap();
        let before = fs::read_to_string(folder.join("before.sql")).unwrap();
        connect(&cluster, "work").unwrap().run(&before).unwrap();
        let schema = folder.join("schema");
        let options = apply::Options { conninfo: conninfo(&cluster, "work"), schema, sample: None };
        let scripts = apply::prepare(&options).unwrap_or_else(|error| panic!("{error}")).scripts;
        Interrupted::new(&cluster, scripts).everywhere();
    }
}

/// Scripts, run on a database `work` that stands where they have led so far.
struct Interrupted<'a> {
    cluster: &'a Cluster,
    scripts: apply::Scripts,
    start: State,
    end: State,
}

impl Interrupted<'_> {
    fn new(cluster: &Cluster, scripts: apply::Scripts) -> Interrupted<'_> {
        let start = State::of(cluster, "work");
        copied(cluster, "work", "at_the_end");
        scripts.forward.iter().for_each(|script| run(cluster, "at_the_end", &script.text));
        let end = State::of(cluster, "at_the_end");
        Interrupted { cluster, scripts, start, end }
    }

    fn everywhere(&self) {
        let mut interrupted = Vec::new();
        for (number, script) in self.scripts.forward.iter().enumerate() {
            let statements: Vec<&str> =
                sql::split(&script.text).unwrap().into_iter().map(|range| &script.text[range]).collect();
            let waits =
                |statement: &&str| statement.contains(" CONCURRENTLY ") || statement.contains("COMMIT;");
            if let Some(waits) = statements.iter().position(waits) {
                let is_filled = |name: &&str| statements[waits].contains(&format!(" SET {name} = "));
                let fills = ["name", "phone"].into_iter().find(is_filled);
                interrupted.push(fills);
                // The last statement of a change is followed by a block that looks whether it was reached.
                let change =
                    statements.iter().rposition(|statement| statement.starts_with("DO ")).unwrap() - 1;
                // Between two settings it stands as behind them.
                let is_setting =
                    |statement: &&str| statement.starts_with("SET ") || statement.starts_with("RESET ");
                let is_within_settings = |count: &usize| {
                    statements[count - 1..].iter().take(2).filter(|statement| is_setting(statement)).count()
                        == 2
                };
                for count in (1..=statements.len()).filter(|count| !is_within_settings(count)) {
                    self.ended_behind(&statements[..count], number + usize::from(count > change));
                }
                self.unfinished(&statements[..=waits], number, fills, &|cluster, process| {
                    let kill = format!("SELECT pg_catalog.pg_terminate_backend({process})");
                    connect(cluster, "postgres").unwrap().run(&kill).unwrap();
                });
                self.unfinished(&statements[..=waits], number, fills, &|_, process| {
                    let status = std::process::Command::new("kill").args(["-9", process]).status().unwrap();
                    assert!(status.success());
                });
            }
            run(self.cluster, "work", &script.text);
        }
        assert_eq!(interrupted, [Some("name"), Some("phone"), None, None]);
    }

    /// The session ends behind some statements.
    fn ended_behind(&self, statements: &[&str], boundary: usize) {
        copied(self.cluster, "work", "broken");
        let mut connection = connect(self.cluster, "broken").unwrap();
        statements.iter().for_each(|statement| drop(connection.run(statement).unwrap()));
        connection.run(&format!("SELECT {KILL}")).map(|_| ()).unwrap_err();
        nobody_else_is_there(self.cluster, "broken");
        self.is_recognised(boundary, statements[statements.len() - 1]);
    }

    /// The session, or the server, ends while the last statement waits for somebody who writes: one that builds an index, or fills a
    /// column.
    fn unfinished(
        &self,
        statements: &[&str],
        boundary: usize,
        fills: Option<&str>,
        end: &dyn Fn(&Cluster, &str),
    ) {
        let cluster = self.cluster;
        copied(cluster, "work", "broken");
        let mut writer = connect(cluster, "broken").unwrap();
        writer.run("BEGIN; UPDATE public.orders SET placed = placed WHERE id > 20").unwrap();
        std::thread::scope(|scope| {
            let builder = scope.spawn(|| {
                let mut connection = connect(cluster, "broken").unwrap();
                statements.iter().try_for_each(|statement| connection.run(statement).map(|_| ())).is_err()
            });
            let waits = "SELECT pid::text FROM pg_stat_activity WHERE datname = 'broken' AND wait_event_type = 'Lock'";
            let mut watch = connect(cluster, "postgres").unwrap();
            let process = soon(|| watch.select(waits).unwrap().into_iter().flatten().flatten().next());
            watch.run("CHECKPOINT").unwrap();
            end(cluster, &process);
            assert!(builder.join().unwrap());
        });
        drop(writer);
        nobody_else_is_there(cluster, "broken");
        let left = match fills {
            None => "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid".to_owned(),
            // The first batch ends before the rows that somebody holds.
            Some(column) => format!(
                "SELECT count(*)::text FROM public.orders HAVING bool_and({column} IS NOT NULL) FILTER (WHERE id <= 15) AND NOT bool_and({column} IS NOT NULL)"
            ),
        };
        let left = connect(cluster, "broken").unwrap().select(&left).unwrap();
        assert_eq!(left.len(), 1, "nothing is left of what was interrupted");
        self.is_recognised(boundary, "while it waits");
    }

    /// Both ways lead from where the database `broken` stands to their ends.
    fn is_recognised(&self, boundary: usize, place: &str) {
        let cluster = self.cluster;
        let mut connection = connect(cluster, "broken").unwrap();
        let stands = connection.snapshot().unwrap().text_rows(&self.scripts.boundary).unwrap();
        drop(connection);
        assert_eq!(stands, [[Some(boundary.to_string())]], "{place}");
        copied(cluster, "broken", "back");
        run(cluster, "back", &self.scripts.rollback.text);
        self.start.is_but_for_archives(&State::of(cluster, "back"), &format!("back from {place}"));
        self.scripts.forward[boundary..].iter().for_each(|script| run(cluster, "broken", &script.text));
        self.end.is_but_for_archives(&State::of(cluster, "broken"), &format!("forward from {place}"));
    }
}

fn copied(cluster: &Cluster, from: &str, to: &str) {
    nobody_else_is_there(cluster, from);
    let mut connection = connect(cluster, "postgres").unwrap();
    connection.run(&format!("DROP DATABASE IF EXISTS {to}")).unwrap();
    connection.run(&format!("CREATE DATABASE {to} TEMPLATE {from}")).unwrap();
}

fn run(cluster: &Cluster, database: &str, script: &str) {
    let ran = apply::run_script(&mut connect(cluster, database).unwrap(), script);
    ran.unwrap_or_else(|error| panic!("{error}\n{script}"));
    nobody_else_is_there(cluster, database);
}

fn killed_everywhere(cluster: &Cluster, database: &str, schema: &Path, edit: Option<&str>) {
    let options =
        apply::Options { conninfo: conninfo(cluster, database), schema: schema.to_owned(), sample: None };
    let scripts = apply::prepare(&options).unwrap_or_else(|error| panic!("{error}")).scripts;
    let run = |script: &apply::Script| {
        let ran = connect(cluster, database).unwrap().run(&script.text);
        ran.unwrap_or_else(|error| panic!("{}: {error}", script.file));
    };
    let state = || State::of(cluster, database);
    let start = state();
    for script in &scripts.forward {
        for transaction in transactions(&script.text) {
            let here = state();
            let texts = killed_between_statements(&transaction);
            for (line, text) in &texts {
                killed(cluster, database, text);
                here.is(&state(), &format!("{} killed behind {line}", script.file));
                left(cluster, database, text);
                here.is(&state(), &format!("{} left behind {line}", script.file));
            }
            let (line, text) = &texts[texts.len() / 2];
            crashed(cluster, database, text);
            here.is(&state(), &format!("the server crashed behind {line} of {}", script.file));
            connect(cluster, database)
                .unwrap()
                .run(&transaction)
                .unwrap_or_else(|error| panic!("{}: {error}", script.file));
        }
    }
    let end = state();
    let texts = killed_inside(&scripts.rollback.text);
    for (line, text) in &texts {
        killed(cluster, database, text);
        end.is(&state(), &format!("{} killed behind {line}", scripts.rollback.file));
    }
    let (line, text) = &texts[texts.len() / 2];
    crashed(cluster, database, text);
    end.is(&state(), &format!("the server crashed behind {line} of {}", scripts.rollback.file));
    run(&scripts.rollback);
    start.is_but_for_archives(&state(), "back");
    scripts.forward.iter().for_each(run);
    end.is_but_for_archives(&state(), "forward again");
    // With a row that was written in between.
    edit.into_iter().for_each(|edit| drop(connect(cluster, database).unwrap().run(edit).unwrap()));
    let left = state();
    run(&scripts.rollback);
    for script in &scripts.forward {
        interrupted_between_transactions(cluster, database, script, &scripts.rollback);
        run(script);
    }
    left.is_but_for_archives(&state(), "forward once more");
}

/// A script that ends after any of its transactions but the last: from there the rollback goes to the same place as from its end, and
/// keeps the same.
fn interrupted_between_transactions(
    cluster: &Cluster,
    database: &str,
    script: &apply::Script,
    rollback: &apply::Script,
) {
    let run = |text: &str| {
        connect(cluster, database).unwrap().run(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    };
    let transactions = transactions(&script.text);
    for count in 1..transactions.len() {
        let here = State::of(cluster, database);
        run(&transactions[..count].concat());
        let again =
            connect(cluster, database).unwrap().run(&script.text).map(|_| ()).unwrap_err().to_string();
        assert!(again.contains("but for its last transaction"), "{again}");
        run(&rollback.text);
        here.is(
            &State::of(cluster, database),
            &format!("back from after transaction {count} of {}", script.file),
        );
    }
}

/// The transactions of a script, each with its `COMMIT`.
fn transactions(text: &str) -> Vec<String> {
    let ends = text.match_indices("\nCOMMIT;\n").map(|(place, end)| place + end.len());
    let mut start = 0;
    let transactions = ends.map(|end| text[std::mem::replace(&mut start, end)..end].to_owned()).collect();
    assert_eq!(start, text.len(), "{text}");
    transactions
}

/// Runs a text that kills its own session, and waits until that is gone.
fn killed(cluster: &Cluster, database: &str, text: &str) {
    let error = connect(cluster, database).unwrap().run(text);
    let error = error.map(|_| ()).expect_err(text);
    assert!(error.to_string().contains("terminat") || error.server().is_none(), "{error}\n{text}");
    nobody_else_is_there(cluster, database);
}

/// Runs a text up to where it would kill its session, and hangs up.
fn left(cluster: &Cluster, database: &str, text: &str) {
    let (before, _) = text.split_once(&format!("SELECT {KILL}")).unwrap();
    drop(connect(cluster, database).unwrap().run(before).unwrap());
    nobody_else_is_there(cluster, database);
}

/// Kills the process that runs a text where that would kill its session: the server starts anew then, and recovers.
fn crashed(cluster: &Cluster, database: &str, text: &str) {
    let text = text.replace(KILL, "pg_catalog.pg_sleep(600)");
    let asleep = format!(
        "SELECT pid::text FROM pg_stat_activity WHERE datname = '{database}' AND wait_event = 'PgSleep'"
    );
    std::thread::scope(|scope| {
        let client = scope.spawn(|| connect(cluster, database).unwrap().run(&text).is_err());
        let mut watch = connect(cluster, "postgres").unwrap();
        let process = soon(|| watch.select(&asleep).unwrap().into_iter().flatten().flatten().next());
        // What earlier transactions have committed is on disk: throwaway servers do not wait for that.
        watch.run("CHECKPOINT").unwrap();
        let status = std::process::Command::new("kill").args(["-9", &process]).status().unwrap();
        assert!(status.success() && client.join().unwrap());
        // The server notices a little later, and ends all sessions.
        soon(|| watch.select("SELECT 1").err());
    });
    soon(|| connect(cluster, database).ok());
}

/// What becomes true soon.
fn soon<T>(mut what: impl FnMut() -> Option<T>) -> T {
    for _ in 0..3000 {
        if let Some(found) = what() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it does not come true");
}

/// A server whose process was killed still takes connections until it notices, and then recovers: one that fails is tried again. Its
/// own list of processes has the killed one until then.
fn nobody_else_is_there(cluster: &Cluster, database: &str) {
    let others = format!(
        "SELECT count(*)::text FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()"
    );
    let nobody = [[Some("0".to_owned())]];
    soon(|| {
        let found = connect(cluster, "postgres").and_then(|mut watch| watch.select(&others));
        (found.ok()? == nobody).then_some(())
    });
}

/// The text with the kill behind each of its statements, until it commits.
fn killed_between_statements(text: &str) -> Vec<(String, String)> {
    let statements: Vec<&str> = sql::split(text).unwrap().into_iter().map(|range| &text[range]).collect();
    let until = statements.iter().position(|statement| *statement == "COMMIT").unwrap();
    let upto = |count: usize| {
        let done = statements[..count].join(";\n");
        (statements[count - 1].to_owned(), format!("{done};\nSELECT {KILL};\nSELECT 1;\nCOMMIT"))
    };
    (1..=until).map(upto).collect()
}

/// The text with the kill behind each statement of the block that goes back.
fn killed_inside(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let goes_back = lines.iter().position(|line| line.contains("IF endstate_stands > ")).unwrap();
    let verifies = lines.iter().position(|line| line.contains("-- Was it reached?")).unwrap();
    // What stands deeper may not be run.
    let is_outermost = |line: &str| line.starts_with("        ") && !line.starts_with("         ");
    let ends = |line: &str| line.ends_with(';') && !line.contains("END IF");
    // Inside of a statement that is executed as text there are other blocks.
    let (mut depth, mut outermost) = (0, false);
    let mut found = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        if depth % 2 == 0 {
            outermost = is_outermost(line);
        }
        depth += line.matches("$do$").count();
        if place > goes_back && place < verifies && depth % 2 == 0 && outermost && ends(line) {
            let (before, after) = lines.split_at(place + 1);
            let text = format!("{}\n        PERFORM {KILL};\n{}", before.join("\n"), after.join("\n"));
            found.push(((*line).to_owned(), text));
        }
    }
    assert!(found.len() > 3, "{text}");
    found
}

/// All that must not be half changed.
struct State {
    witness: Witness,
    rows: Vec<String>,
    archives: Vec<String>,
}

impl State {
    fn of(cluster: &Cluster, database: &str) -> State {
        let mut connection = connect(cluster, database).unwrap();
        let witness = Witness::take(&mut connection.snapshot().unwrap(), cluster.major()).unwrap();
        let mut rows = |condition: &str| {
            let tables = format!(
                "SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'S') AND {condition} ORDER BY 1"
            );
            let mut all = Vec::new();
            for table in connection.select(&tables).unwrap().into_iter().flatten().flatten() {
                let rows = format!(
                    "SELECT (to_jsonb(t) - 'log_cnt' - 'endstate_kept_at')::text FROM (SELECT * FROM {table}) AS t ORDER BY 1"
                );
                let rows = connection.select(&rows).unwrap().into_iter().flatten().flatten();
                all.extend(rows.map(|row| format!("{table}: {row}")));
            }
            all
        };
        let (own, archives) = (rows("n.nspname = 'public'"), rows("n.nspname = 'endstate_archive'"));
        State { witness, rows: own, archives }
    }

    fn is(&self, found: &State, what: &str) {
        self.is_but_for_archives(found, what);
        assert_eq!(self.archives, found.archives, "{what}");
    }

    fn is_but_for_archives(&self, found: &State, what: &str) {
        let differences: Vec<String> =
            self.witness.differences(&found.witness).iter().map(ToString::to_string).collect();
        assert!(differences.is_empty(), "{what}:\n{}", differences.join("\n"));
        let text = |rows: &[String]| rows.join("\n");
        assert!(self.rows == found.rows, "{what}:\n{}", testkit::diff(&text(&self.rows), &text(&found.rows)));
    }
}
