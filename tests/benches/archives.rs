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
CREATE TYPE contact AS (phone text, at timestamptz);
CREATE TABLE t (id bigint PRIMARY KEY, phone text, at timestamptz, role role, more text, note text);
INSERT INTO t SELECT i, 'phone ' || i, now() + i * interval '1 minute', (ARRAY['guest', 'member', 'admin'])[i % 3 + 1]::role, repeat('x', 100), CASE WHEN i % 2 = 0 THEN 'n' END
FROM generate_series(1, ROWS) AS i;
CREATE TABLE plain AS SELECT id, phone, at, more FROM t;
ALTER TABLE plain ADD PRIMARY KEY (id);
CREATE INDEX plain_phone ON plain (phone);
CREATE TABLE parent (id bigint PRIMARY KEY, phone text, at timestamptz, more text);
CREATE TABLE child () INHERITS (parent);
ALTER TABLE child ADD PRIMARY KEY (id);
INSERT INTO child SELECT id, phone, at, more FROM t;
CREATE TABLE composite (id bigint PRIMARY KEY, contact contact, more text);
INSERT INTO composite SELECT id, ROW(phone, at)::contact, more FROM t;
VACUUM ANALYZE;";

/// What `BEFORE` makes, as YAML, an object a line.
const STATE: &str = "types:
  role: { enum: [guest, member, admin] }
  contact: { composite: { phone: text, at: timestamptz } }
tables:
  t: { columns: { id: { type: bigint, not_null: true }, phone: text, at: timestamptz, role: role, more: text, note: text }, primary_key: [id] }
  plain: { columns: { id: { type: bigint, not_null: true }, phone: text, at: timestamptz, more: text }, primary_key: [id], indexes: { plain_phone: { on: [phone] } } }
  parent: { columns: { id: { type: bigint, not_null: true }, phone: text, at: timestamptz, more: text }, primary_key: [id] }
  child: { inherits: [parent], primary_key: [id] }
  composite: { columns: { id: { type: bigint, not_null: true }, contact: contact, more: text }, primary_key: [id] }
";

/// What changes, and how: a part of the line of an object, and what stands in its place; without one, the object goes.
const CHANGES: [(&str, &str, &str, &str); 9] = [
    ("a dropped column", "t", "phone: text, ", ""),
    ("a narrowed type", "t", "timestamptz", "date"),
    ("merged enum values", "role", "[guest, member, admin]", "[member, admin], map: { guest: member }"),
    ("values for NULL", "t", "note: text", "note: { type: text, not_null: true, backfill: \"'none'\" }"),
    (
        "the same, in batches",
        "t",
        "note: text",
        "note: { type: text, not_null: true, backfill: \"'none'\", backfill_batch: 10000 }",
    ),
    ("a dropped table", "plain", "", ""),
    ("the same, of own type", "t", "", ""),
    ("a column of a child", "parent", "phone: text, ", ""),
    ("an attribute", "contact", "phone: text, ", ""),
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
    for (change, object, part, with) in CHANGES {
        let state = changed(object, part, with);
        let measured = [false, true].map(|keeps| {
            postgres("CREATE DATABASE work TEMPLATE before");
            let measured = measure(&cluster, &state, keeps);
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

/// `STATE` after a change.
fn changed(object: &str, part: &str, with: &str) -> String {
    let head = format!("  {object}: ");
    STATE
        .lines()
        .filter_map(|line| match (line.starts_with(&head), part) {
            (false, _) => Some(format!("{line}\n")),
            (true, "") => None,
            (true, part) => Some(format!("{}\n", line.replacen(part, with, 1))),
        })
        .collect()
}

/// Seconds forward, seconds back, and the size of what is kept, in MB.
fn measure(cluster: &Cluster, state: &str, keeps: bool) -> (f64, f64, u64) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("state.yaml"), state).unwrap();
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
