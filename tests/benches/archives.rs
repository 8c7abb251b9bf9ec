//! `just bench`: what it costs to keep what a plan takes away, on a table of a million rows (`ENDSTATE_ROWS`): the way forward and back
//! with an archive, beside the same change without one.
//!
//! Reported, not asserted: the figures of a machine are no test of the program.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, reason = "a benchmark talks")]

use std::fs;
use std::time::Instant;

use endstate_tests::{connect, conninfo};
use shadow::{Cluster, ClusterOptions};

const BEFORE: &str = "CREATE TYPE role AS ENUM ('guest', 'member', 'admin');
CREATE TABLE t (id bigint PRIMARY KEY, phone text, at timestamptz, role role, more text, note text);
INSERT INTO t SELECT i, 'phone ' || i, now() + i * interval '1 minute', (ARRAY['guest', 'member', 'admin'])[i % 3 + 1]::role, repeat('x', 100), CASE WHEN i % 2 = 0 THEN 'n' END
FROM generate_series(1, ROWS) AS i;
CREATE TABLE plain AS SELECT id, phone, at, more FROM t;
ALTER TABLE plain ADD PRIMARY KEY (id);
CREATE INDEX plain_phone ON plain (phone);
VACUUM ANALYZE;";

/// What changes, and the YAML that says so.
const CHANGES: [(&str, &str, &str); 7] = [
    ("a dropped column", "[guest, member, admin]", "{ at: timestamptz, role: role, more: text, note: text }"),
    (
        "a narrowed type",
        "[guest, member, admin]",
        "{ phone: text, at: date, role: role, more: text, note: text }",
    ),
    (
        "merged enum values",
        "[member, admin]\n    map: { guest: member }",
        "{ phone: text, at: timestamptz, role: role, more: text, note: text }",
    ),
    (
        "values for NULL",
        "[guest, member, admin]",
        "{ phone: text, at: timestamptz, role: role, more: text, note: { type: text, not_null: true, backfill: \"'none'\" } }",
    ),
    (
        "the same, in batches",
        "[guest, member, admin]",
        "{ phone: text, at: timestamptz, role: role, more: text, note: { type: text, not_null: true, backfill: \"'none'\", backfill_batch: 10000 } }",
    ),
    (
        "a dropped table",
        "[guest, member, admin]",
        "{ phone: text, at: timestamptz, role: role, more: text, note: text }",
    ),
    ("the same, of own type", "[guest, member, admin]", ""),
];

fn main() {
    shadow::interrupt::install().unwrap();
    let rows = std::env::var("ENDSTATE_ROWS").unwrap_or_else(|_| "1000000".to_owned());
    let binaries =
        shadow::binaries::all().into_iter().next().expect("no PostgreSQL server found: run ./justw setup");
    let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
    let postgres = |sql: &str| connect(&cluster, "postgres").unwrap().run(sql).unwrap();
    postgres("CREATE DATABASE before");
    let before = BEFORE.replace("ROWS", &rows);
    for statement in before.split(";\n") {
        connect(&cluster, "before").unwrap().run(statement).unwrap();
    }
    println!("PostgreSQL {}, {rows} rows; seconds, and MB of the archive", binaries.version_text);
    println!("{:22} {:>22} {:>22} {:>8}", "", "forward (without)", "back (without)", "archive");
    for (change, values, columns) in CHANGES {
        let measured = [false, true].map(|keeps| {
            postgres("CREATE DATABASE work TEMPLATE before");
            let measured = measure(&cluster, values, columns, change != "a dropped table", keeps);
            postgres("DROP DATABASE work");
            measured
        });
        let [without, with] = measured;
        println!(
            "{change:22} {:10.1} ({:8.1}) {:10.1} ({:8.1}) {:8}",
            with.0, without.0, with.1, without.1, with.2
        );
    }
}

/// Seconds forward, seconds back, and the size of what is kept, in MB.
fn measure(cluster: &Cluster, values: &str, columns: &str, plain: bool, keeps: bool) -> (f64, f64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let id = "{ type: bigint, not_null: true }";
    let table = match columns.strip_prefix('{') {
        Some(columns) => {
            format!("tables:\n  t:\n    columns: {{ id: {id}, {columns}\n    primary_key: [id]\n")
        }
        None => String::new(),
    };
    let tables = if table.is_empty() { "tables:\n" } else { &table };
    let plain = match plain {
        true => format!(
            "  plain:\n    columns: {{ id: {id}, phone: text, at: timestamptz, more: text }}\n    primary_key: [id]\n    indexes: {{ plain_phone: {{ on: [phone] }} }}\n"
        ),
        false => String::new(),
    };
    let yaml = format!("types:\n  role:\n    enum: {values}\n{tables}{plain}");
    fs::write(folder.path().join("state.yaml"), yaml).unwrap();
    fs::write(folder.path().join("endstate.yaml"), format!("without_archive: {}\n", !keeps)).unwrap();
    let conninfo = conninfo(cluster, "work");
    let schema = folder.path().to_owned();
    let scripts =
        apply::prepare(&apply::Options { conninfo: conninfo.clone(), schema, sample: None }).unwrap().scripts;
    let run = |script: &apply::Script| {
        let clock = Instant::now();
        apply::run_script(&mut connect(cluster, "work").unwrap(), &script.text).unwrap();
        clock.elapsed().as_secs_f64()
    };
    let forward = scripts.forward.iter().map(run).sum();
    let bytes: u64 = apply::archives(&conninfo).unwrap().iter().map(|archive| archive.bytes).sum();
    (forward, run(&scripts.rollback), bytes / 1024 / 1024)
}
