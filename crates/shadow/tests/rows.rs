//! Rows made up, compared and copied on real servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers included"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use catalog::{Conninfo, Database};
use endstate_shadow::rows::{self, Held};
use endstate_shadow::{Cluster, ClusterOptions, binaries};

const NASTY: &str = include_str!("rows/nasty.sql");
const NASTY_14: &str = include_str!("rows/nasty_14.sql");
const NASTY_18: &str = include_str!("rows/nasty_18.sql");
const PLATFORM: &str = include_str!("../../../fixtures/000_platform.sql");
const CASE: &str = include_str!("../../../fixtures/001_initial_schema.sql");
const CASE_POLICIES: &str = include_str!("../../../fixtures/002_rls_policies.sql");

/// One server for all tests of this file.
static CLUSTER: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
static NUMBER: AtomicUsize = AtomicUsize::new(0);

struct Server {
    cluster: Arc<Cluster>,
}

impl Server {
    fn shared() -> Server {
        let mut shared = CLUSTER.lock().unwrap();
        let cluster = shared.upgrade().unwrap_or_else(|| {
            let servers = binaries::all();
            let binaries =
                servers.first().expect("these tests need a PostgreSQL server: run ./justw servers");
            Arc::new(Cluster::start(binaries, &ClusterOptions::default()).unwrap())
        });
        *shared = Arc::downgrade(&cluster);
        Server { cluster }
    }

    fn connect(&self, dbname: &str, user: &str) -> Database {
        let (directory, port) = (self.cluster.socket_directory(), self.cluster.port());
        Database::connect(&Conninfo::socket(directory, port, user, dbname)).unwrap()
    }

    /// A database with everything that the server knows.
    fn nasty(&self) -> (String, Database) {
        let newer = [(14, NASTY_14), (18, NASTY_18)];
        let newer =
            newer.iter().filter(|(major, _)| self.cluster.major() >= *major).map(|(_, script)| *script);
        self.database(&[NASTY].into_iter().chain(newer).collect::<Vec<_>>())
    }

    /// A database of one's own in which the scripts have been run.
    fn database(&self, scripts: &[&str]) -> (String, Database) {
        let name = format!("rows_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.connect("postgres", "postgres")
            .run(&format!("CREATE DATABASE {name} TEMPLATE template0"))
            .unwrap();
        let mut database = self.connect(&name, "postgres");
        for script in scripts {
            database.run(script).unwrap();
        }
        (name, database)
    }
}

fn one(database: &mut Database, sql: &str) -> String {
    database.select(sql).unwrap().remove(0).remove(0).unwrap_or_default()
}

/// Declares every foreign key once more, so that the server looks at all rows; and every deferrable key.
fn assert_keys_hold(database: &mut Database) {
    let keys = database
        .select(
            "SELECT format('ALTER TABLE %s ADD %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
             WHERE conparentid = 0 AND (contype = 'f' OR contype IN ('u', 'x') AND condeferrable)",
        )
        .unwrap();
    for key in keys.into_iter().flatten().flatten() {
        database.run(&key).unwrap_or_else(|error| panic!("{key}: {error}"));
    }
}

#[test]
fn every_table_of_a_nasty_schema_gets_rows() {
    let server = Server::shared();
    let (_, mut database) = server.nasty();
    let catalog = "SELECT count(*), max(t.xmin::text::int8), max(c.xmin::text::int8) FROM pg_trigger AS t, pg_constraint AS c";
    let before = database.select(catalog).unwrap();
    let start = Instant::now();
    let filled = rows::generate(&mut database, 10, "a").unwrap();
    println!("{filled:#?}\nin {:?}", start.elapsed());

    let none: Vec<&str> = filled.empty.keys().map(String::as_str).collect();
    assert_eq!(
        none,
        ["app.false_check", "app.impossible", "app.no_partitions", "app.of_the_impossible", "app.orphans"]
    );
    assert!(filled.empty["app.orphans"].contains("app.of_the_impossible"), "{:?}", filled.empty);
    assert!(filled.empty["app.false_check"].contains("false_check_v_check"), "{:?}", filled.empty);
    let few = ["app.deferred_unique", "app.deferred_bookings", "app.keys"];
    for (table, count) in filled.tables.iter().filter(|(table, _)| !few.contains(&table.as_str())) {
        assert!(*count >= 6, "{table} has {count} rows");
    }
    assert!(filled.tables["app.deferred_unique"] >= 3);
    assert_eq!(database.select(catalog).unwrap(), before, "the catalog was touched");
    assert_keys_hold(&mut database);
}

#[test]
fn values_show_what_a_type_can_hold() {
    let server = Server::shared();
    let (_, mut database) = server.nasty();
    rows::generate(&mut database, 10, "a").unwrap();
    let all_null = "SELECT count(*) FROM app.all_types AS t WHERE num_nonnulls(t_bool, t_text, t_state, t_address, t_int4s) = 0";
    let checks = [
        (all_null, "1"),
        ("SELECT count(DISTINCT t_state) FROM app.all_types", "13"),
        ("SELECT count(*) > 0 FROM app.all_types WHERE t_text LIKE '%''%\"%'", "t"),
        ("SELECT count(*) > 0 FROM app.all_types WHERE t_text LIKE E'%\\n%'", "t"),
        ("SELECT count(*) > 0 FROM app.all_types WHERE t_text LIKE '%\\\\%'", "t"),
        ("SELECT count(*) > 0 FROM app.all_types WHERE t_text = ''", "t"),
        ("SELECT count(*) > 0 FROM app.all_types WHERE t_text LIKE '%日本%'", "t"),
        ("SELECT count(*) > 3 FROM app.all_types WHERE t_numeric_10_2 <> trunc(t_numeric_10_2, 1)", "t"),
        ("SELECT max(length(t_varchar_5)) FROM app.all_types", "5"),
        // Everything but what nothing can hold has a value in some row.
        ("SELECT string_agg(key, ' ') FROM (SELECT key FROM app.all_types AS a, jsonb_each(to_jsonb(a.*)) GROUP BY key
          HAVING bool_and(value = 'null')) AS k", "t_nothing"),
        ("SELECT count(DISTINCT kind) FROM app.checks", "3"),
        ("SELECT count(DISTINCT tableoid) FROM app.events", "3"),
        ("SELECT count(DISTINCT tableoid) FROM app.hashed", "2"),
        ("SELECT count(*) > 0 FROM app.users WHERE boss IS NOT NULL", "t"),
        ("SELECT count(*) > 0 FROM app.documents WHERE reviewer IS NOT NULL", "t"),
        ("SELECT count(a) > 0 AND count(b) > 0 FROM app.arcs", "t"),
        ("SELECT count(*) > 0 FROM app.tree WHERE next IS NOT NULL", "t"),
        ("SELECT last_value >= 10 FROM app.keys_serial_seq", "t"),
        ("SELECT sum(count) = (SELECT count(*) FROM app.checks) FROM app.summary", "t"),
    ];
    for (query, expected) in checks {
        assert_eq!(one(&mut database, query), expected, "{query}");
    }
}

#[test]
fn the_case_is_filled_though_departures_must_lie_ahead() {
    let server = Server::shared();
    let (_, mut database) = server.database(&[PLATFORM, CASE, CASE_POLICIES]);
    let filled = rows::generate(&mut database, 10, "case").unwrap();
    assert!(filled.empty.is_empty(), "{filled:?}");
    assert_eq!(filled.tables.len(), 6);
    assert!(filled.tables.values().all(|count| *count >= 10), "{filled:?}");
    assert_eq!(one(&mut database, "SELECT count(DISTINCT status) FROM requests"), "12");
    assert_keys_hold(&mut database);
}

#[test]
fn the_same_salt_makes_the_same_rows_and_another_others() {
    let server = Server::shared();
    let fingerprint = |salt: &str| {
        let (_, mut database) = server.nasty();
        rows::generate(&mut database, 7, salt).unwrap();
        let first = rows::fingerprint(&mut database).unwrap();
        rows::more(&mut database, 5, "later").unwrap();
        (first, rows::fingerprint(&mut database).unwrap())
    };
    let ((first, second), again) = (fingerprint("a"), fingerprint("a"));
    // `recent` must lie within the last days, so its rows are those of today.
    assert_eq!((first.differences(&again.0), second.differences(&again.1)), (Vec::new(), Vec::new()));
    let other = fingerprint("b").0;
    assert!(first.differences(&other).len() > 20);
    assert!(first.differences(&second).len() > 20);
}

#[test]
fn a_fingerprint_sees_one_changed_value_and_no_order() {
    let server = Server::shared();
    let sql = "CREATE TABLE t (t int, b text, \"C\" json); INSERT INTO t VALUES (1, 'x', '{}'), (2, NULL, '[1, 2]'), (2, 'z', '\"\\u0000\"')";
    let other = "CREATE TABLE t (\"C\" json, dropped int, t int, b text); ALTER TABLE t DROP dropped;
                 INSERT INTO t VALUES ('\"\\u0000\"', 2, 'z'), ('[1, 2]', 2, NULL), ('{}', 1, 'x')";
    let (_, mut database) = server.database(&[sql]);
    let (_, mut reordered) = server.database(&[other]);
    let expected = rows::fingerprint(&mut database).unwrap();
    assert_eq!(rows::fingerprint(&mut reordered).unwrap(), expected);
    assert_eq!(
        rows::dump(&mut reordered, "public.t").unwrap(),
        rows::dump(&mut database, "public.t").unwrap()
    );
    assert_eq!(rows::dump(&mut database, "public.t").unwrap()[0], r#"{"C": "[1, 2]", "b": null, "t": "2"}"#);
    assert_eq!(expected.rows(), 3);

    for change in [
        "UPDATE t SET t = 3 WHERE b = 'z'",
        "UPDATE t SET b = '' WHERE b IS NULL",
        "UPDATE t SET \"C\" = '[1,2]' WHERE b IS NULL",
        "DELETE FROM t WHERE t = 1",
        "INSERT INTO t SELECT * FROM t LIMIT 1",
        "ALTER TABLE t RENAME b TO c",
    ] {
        reordered.run(&format!("BEGIN; {change}")).unwrap();
        let found = rows::fingerprint(&mut reordered).unwrap().differences(&expected);
        assert_eq!(found.len(), 1, "{change}");
        assert_eq!(found[0].relation, "public.t");
        reordered.run("ROLLBACK").unwrap();
    }
}

#[test]
fn a_fingerprint_sees_sequences_views_partitions_and_large_objects() {
    let server = Server::shared();
    let (_, mut database) = server.nasty();
    rows::generate(&mut database, 5, "a").unwrap();
    let before = rows::fingerprint(&mut database).unwrap();
    assert_eq!(before.relations["app.lonely"].hash, "last_value 7, is_called f");
    assert_eq!(before.relations["app.unpopulated"].hash, "not populated");
    assert!(before.relations.contains_key("\"Odd Names\".\"Select\""));
    assert!(!before.relations.contains_key("endstate_archive.not_ours"));
    for (change, relation) in [
        ("SELECT nextval('app.lonely')", "app.lonely"),
        ("REFRESH MATERIALIZED VIEW app.unpopulated", "app.unpopulated"),
        ("REFRESH MATERIALIZED VIEW app.summary WITH NO DATA", "app.summary"),
        ("SELECT lo_create(0)", "large objects"),
        ("DELETE FROM app.hashed_1 WHERE id = (SELECT min(id) FROM app.hashed_1)", "app.hashed_1"),
        ("DELETE FROM ONLY app.parent", "app.parent"),
    ] {
        let reference = rows::fingerprint(&mut database).unwrap();
        database
            .run(&format!("SET session_replication_role = replica; {change}; RESET session_replication_role"))
            .unwrap();
        let found = rows::fingerprint(&mut database).unwrap().differences(&reference);
        assert_eq!(found.iter().map(|found| found.relation.as_str()).collect::<Vec<_>>(), [relation]);
    }
    assert_eq!(before.relations["app.hashed_0"].held, Held::Table);
}

#[test]
fn later_writes_keep_the_keys() {
    let server = Server::shared();
    let (_, mut database) = server.nasty();
    rows::generate(&mut database, 10, "a").unwrap();
    let written = rows::more(&mut database, 6, "b").unwrap();
    println!("{written:#?}");
    let links = &written.tables["app.links"];
    assert!(links.inserted > 0 && links.deleted > 0, "{links:?}");
    let all_types = &written.tables["app.all_types"];
    assert!(all_types.inserted >= 6 && all_types.updated > 3 && all_types.deleted > 0, "{all_types:?}");
    assert!(written.tables["app.guarded"].updated > 0);
    assert_keys_hold(&mut database);
}

#[test]
fn a_hundred_tables_take_little_time() {
    let server = Server::shared();
    let table = |table: u32| {
        let reference = if table == 0 { String::new() } else { format!("REFERENCES t{}", table / 2) };
        format!(
            "CREATE TABLE t{table} (id uuid PRIMARY KEY, parent uuid {reference}, email text NOT NULL UNIQUE
               CHECK (email ~* '^[a-z0-9.]+@[a-z0-9.-]+\\.[a-z]{{2,}}$'), state state NOT NULL, name text NOT NULL,
             price numeric(10, 2) CHECK (price > 0), starts date NOT NULL, ends date CHECK (ends > starts), data jsonb,
             created_at timestamptz NOT NULL DEFAULT now());"
        )
    };
    let tables: Vec<_> = (0..100).map(table).collect();
    let sql = format!("CREATE TYPE state AS ENUM ('a', 'b', 'c'); {}", tables.concat());
    let (_, mut database) = server.database(&[&sql]);
    let start = Instant::now();
    let filled = rows::generate(&mut database, 10, "a").unwrap();
    let generated = start.elapsed();
    assert!(filled.empty.is_empty(), "{filled:?}");
    let rows = rows::fingerprint(&mut database).unwrap().rows();
    println!("{rows} rows in {generated:?}, with a fingerprint {:?}", start.elapsed());
    assert_eq!(rows, 1000);
    // It takes 0.8 s on a quiet machine; this is to notice when it becomes another order of magnitude.
    assert!(generated.as_secs() < 12, "{generated:?}");
}

#[test]
fn a_sample_holds_what_it_refers_to() {
    let server = Server::shared();
    let (_, mut live) = server.nasty();
    rows::generate(&mut live, 20, "a").unwrap();
    let (_, mut shadow) = server.nasty();
    let sampled = rows::sample(&mut live.snapshot().unwrap(), &mut shadow, 3).unwrap();
    println!("{sampled:#?}");
    assert_keys_hold(&mut shadow);
    assert_eq!(sampled.tables["app.all_types"].rows, 3);
    assert!(sampled.tables["app.tenants"].referenced > 0);
    assert_eq!(sampled.tables["app.checks"].rows, 3);
    let columns = "SELECT string_agg(c::text, ',' ORDER BY c::text) FROM app.checks AS c";
    let copied = one(&mut shadow, columns);
    assert!(!copied.is_empty());
    assert_eq!(one(&mut shadow, "SELECT count(*) FROM app.keys WHERE total = price * amount"), "3");
    assert_eq!(
        one(&mut shadow, "SELECT last_value FROM app.keys_serial_seq"),
        one(&mut live, "SELECT last_value FROM app.keys_serial_seq")
    );

    let (_, mut whole) = server.nasty();
    rows::sample(&mut live.snapshot().unwrap(), &mut whole, 1000).unwrap();
    whole.run("REFRESH MATERIALIZED VIEW app.summary").unwrap();
    let expected = rows::fingerprint(&mut live).unwrap();
    assert_eq!(rows::fingerprint(&mut whole).unwrap().differences(&expected), []);
}

#[test]
fn a_sample_refuses_rows_hidden_by_policies() {
    let server = Server::shared();
    let sql = "CREATE TABLE secret (id int); INSERT INTO secret VALUES (1); ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
        CREATE POLICY none ON secret USING (false);
        DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT SELECT ON secret TO reader";
    let (name, _owner) = server.database(&[sql]);
    let (_, mut shadow) = server.database(&["CREATE TABLE secret (id int)"]);
    let mut live = server.connect(&name, "reader");
    let error = rows::sample(&mut live.snapshot().unwrap(), &mut shadow, 10).unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
    assert_eq!(one(&mut shadow, "SELECT count(*) FROM secret"), "0");
}
