//! Rows that a plan cannot be run over: `fixtures/rows_in_the_way/<case>/{before.sql, after.yaml}`. The preflight finds them in the live
//! database; the script says the same and stops before it has changed anything; once the rows are mended (`mend.sql`), it runs.
//! In `fixtures/rows_in_the_way_back` it is the way back that cannot be gone with rows, those that `between.sql` writes among them: it
//! stops with the text `told`, and the plan says before what is `lost`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::fs;
use std::path::PathBuf;

use apply::{Options, Plan};
use endstate_tests::{connect, conninfo, root};
use shadow::{Cluster, ClusterOptions, Witness};

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("fixtures").join(folder)).unwrap();
    let mut cases: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn witness(cluster: &Cluster, database: &str) -> Witness {
    let mut connection = connect(cluster, database).unwrap();
    Witness::take(&mut connection.snapshot().unwrap(), cluster.major()).unwrap()
}

#[test]
fn what_the_preflight_finds_stops_the_script_until_it_is_mended() {
    for binaries in testkit::majors() {
        let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
        for case in cases("rows_in_the_way") {
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            connect(&cluster, "postgres").unwrap().run(&format!("CREATE DATABASE {name}")).unwrap();
            let run = |sql: &str| connect(&cluster, &name).unwrap().run(sql).map(|_| ());
            run(&fs::read_to_string(case.join("before.sql")).unwrap()).unwrap();
            let options = Options {
                conninfo: conninfo(&cluster, &name),
                schema: case.join("after.yaml"),
                sample: None,
            };
            let mut plan = apply::prepare(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
            plan.ask_rows(&options.conninfo).unwrap();
            told(&plan, &case);
            let [script] = <[apply::Script; 1]>::try_from(plan.scripts.forward.clone()).expect("one script");
            plan.preflight.iter().for_each(|answer| can_be_run(answer, &run));
            let before = witness(&cluster, &name);
            let ran = run(&script.text);
            if let Ok(mend) = fs::read_to_string(case.join("mend.sql")) {
                let error = ran.expect_err(&name).to_string();
                assert!(error.contains("stopped before it changed anything"), "{error}");
                assert!(
                    before.differences(&witness(&cluster, &name)).is_empty(),
                    "{name}: nothing was changed"
                );
                run(&mend).unwrap();
                plan.ask_rows(&options.conninfo).unwrap();
                assert_eq!(report::rows_in_the_way(&plan.preflight), Vec::<String>::new(), "{name}: mended");
                run(&script.text).unwrap_or_else(|error| panic!("{name}: {error}"));
            } else {
                assert_eq!(report::rows_in_the_way(&plan.preflight), Vec::<String>::new(), "{name}");
                ran.unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }
}

#[test]
fn the_way_back_stops_before_it_changes_anything() {
    for binaries in testkit::majors() {
        let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
        for case in cases("rows_in_the_way_back") {
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            let read = |file: &str| fs::read_to_string(case.join(file)).unwrap();
            connect(&cluster, "postgres").unwrap().run(&format!("CREATE DATABASE {name}")).unwrap();
            let run = |sql: &str| connect(&cluster, &name).unwrap().run(sql).map(|_| ());
            run(&read("before.sql")).unwrap();
            let options = Options {
                conninfo: conninfo(&cluster, &name),
                schema: case.join("after.yaml"),
                sample: None,
            };
            let plan = apply::prepare(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(plan.verdict().lost().join("\n"), read("lost").trim_end(), "{name}");
            plan.scripts.forward.iter().for_each(|script| run(&script.text).unwrap());
            fs::read_to_string(case.join("between.sql")).into_iter().for_each(|sql| run(&sql).unwrap());
            let asks = plan.scripts.asks_back.last().unwrap();
            let answers = apply::ask_rows(&options.conninfo, asks).unwrap();
            let found = answers.iter().filter(|answer| answer.is_in_the_way());
            let found: Vec<String> =
                found.map(|it| format!("{} {}", it.rows.unwrap(), it.question.what)).collect();
            let found = found.join("\n");
            assert!(found.contains(read("told").trim_end()), "{name}: the preflight found\n{found}");
            for answer in &answers {
                can_be_run(answer, &run);
                let mend = &answer.question.mend;
                assert!(!mend.contains("backfill") && !mend.contains("with using"), "{name}: {mend}");
            }
            let before = witness(&cluster, &name);
            let error = run(&plan.scripts.rollback.text).expect_err(&name).to_string();
            assert!(error.contains("stopped, and nothing is changed"), "{name}: {error}");
            assert!(error.contains(read("told").trim_end()), "{name}: {error}");
            assert!(before.differences(&witness(&cluster, &name)).is_empty(), "{name}: nothing was changed");
        }
    }
}

/// A statement that is proposed can be run as soon as somebody has said what stands for `...`.
fn can_be_run(answer: &apply::Answer, run: &dyn Fn(&str) -> Result<(), catalog::Error>) {
    let mend = &answer.question.mend;
    if ["UPDATE ", "DELETE ", "WITH "].iter().any(|word| mend.starts_with(word)) {
        let (table, explain) = (&answer.question.relation, format!("EXPLAIN {mend}"));
        let filled =
            explain.replace("INSERT INTO ...", &format!("INSERT INTO {table}")).replace("...", "NULL");
        run(&filled).unwrap_or_else(|error| panic!("{filled}: {error}"));
    }
}

fn told(plan: &Plan, case: &std::path::Path) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(case);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let told: String =
        report::rows_in_the_way(&plan.preflight).iter().map(|line| line.clone() + "\n").collect();
    settings.bind(|| insta::assert_snapshot!("told", told));
}
