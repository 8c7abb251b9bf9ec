//! Batches, snapshots, streams and cancelling on a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail by panicking")]

mod support;

use std::io::Read;
use std::time::{Duration, Instant};

use endstate_catalog::{Database, Error, ServerError};
use serde_json::json;
use support::Server;

fn queries(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn refusal(error: &Error) -> &ServerError {
    error.server().unwrap_or_else(|| panic!("not the server's: {error:?}"))
}

fn answer(database: &mut Database, sql: &str) -> String {
    database.select(sql).unwrap()[0][0].clone().unwrap_or_default()
}

#[test]
fn a_batch_returns_its_notices_in_order() {
    let server = Server::shared();
    let mut database = server.database();
    let ran = database
        .run(
            "DO $$ BEGIN RAISE NOTICE 'one' USING HINT = 'h', DETAIL = 'd'; RAISE WARNING 'two'; END $$;
             DROP TABLE IF EXISTS gone",
        )
        .unwrap();
    let messages: Vec<_> = ran.notices.iter().map(|notice| (&*notice.severity, &*notice.message)).collect();
    assert_eq!(messages[..2], [("NOTICE", "one"), ("WARNING", "two")]);
    assert!(messages[2].1.contains("\"gone\" does not exist"), "{messages:?}");
    assert_eq!((ran.notices[0].hint.as_deref(), ran.notices[0].detail.as_deref()), (Some("h"), Some("d")));
    assert_eq!(database.run("SELECT 1").unwrap().notices, []);
}

#[test]
fn an_error_has_its_place_in_bytes_and_leaves_the_session_usable() {
    let server = Server::shared();
    let mut database = server.database();
    let sql = "BEGIN; CREATE TABLE left_over (); SELECT 'ä€', nonsense";
    let error = database.run(sql).unwrap_err();
    let refused = refusal(&error);
    assert_eq!((refused.code.as_str(), refused.position), ("42703", sql.find("nonsense")));
    assert!(error.to_string().contains("column \"nonsense\" does not exist"), "{error}");
    assert_eq!(answer(&mut database, "SELECT to_regclass('left_over') IS NULL"), "t");
    assert!(database.run("CREATE TEMP TABLE here ()").is_ok());
}

#[test]
fn an_error_carries_the_servers_fields() {
    let server = Server::shared();
    let mut database = server.database();
    database.run("CREATE TEMP TABLE t (a int CONSTRAINT positive CHECK (a > 0), b int NOT NULL)").unwrap();
    let error = database.run("INSERT INTO t VALUES (0, 1)").unwrap_err();
    let refused = refusal(&error);
    assert_eq!((refused.constraint.as_deref(), refused.table.as_deref()), (Some("positive"), Some("t")));
    assert!(refused.detail.as_deref().is_some_and(|detail| detail.contains("(0, 1)")), "{refused:?}");
    let error = database.run("INSERT INTO t VALUES (1, NULL)").unwrap_err();
    assert_eq!(refusal(&error).column.as_deref(), Some("b"));
    let error = database.run("DO $$ BEGIN PERFORM 1 FROM gone; END $$").unwrap_err();
    let refused = refusal(&error);
    let internal = refused.internal.as_ref().unwrap();
    assert_eq!(internal.position, internal.query.find("gone"));
    assert!(refused.context.is_some() && error.to_string().contains("CONTEXT: "), "{error}");
}

#[test]
fn copy_in_a_batch_is_an_error_that_does_not_hang() {
    let server = Server::shared();
    let mut database = server.database();
    database.run("CREATE TABLE batch (a int)").unwrap();
    for sql in
        ["COPY batch FROM STDIN", "BEGIN; COPY batch FROM STDIN; COMMIT", "COPY batch TO STDOUT; SELECT 1"]
    {
        assert!(matches!(database.run(sql).unwrap_err(), Error::CopyInBatch {}), "{sql}");
        assert_eq!(answer(&mut database, "SELECT count(*) FROM batch"), "0", "{sql}");
    }
    database.run("DROP TABLE batch").unwrap();
}

#[test]
fn each_statement_by_itself() {
    let server = Server::shared();
    let mut database = server.database();
    let error = database
        .run_each(&queries(&[
            "CREATE TABLE each (a int)",
            "CREATE INDEX CONCURRENTLY ON each (a)",
            "SELECT gone",
        ]))
        .unwrap_err();
    assert!(matches!(&error, Error::Query { index: 2, .. }), "{error:?}");
    assert_eq!(answer(&mut database, "SELECT count(*) FROM pg_index WHERE indrelid = 'each'::regclass"), "1");
    database.run("DROP TABLE each").unwrap();
}

#[test]
fn a_lost_connection_says_so() {
    let server = Server::shared();
    let mut database = server.database();
    assert!(database.run("SELECT pg_terminate_backend(pg_backend_pid())").is_err());
    let after = database.run("SELECT 1").unwrap_err();
    assert!(matches!(after, Error::ConnectionLost { .. }), "{after:?}");
}

#[test]
fn a_snapshot_reads_many_queries_at_once_and_in_order() {
    let server = Server::shared();
    let mut database = server.database();
    let mut snapshot = database.snapshot().unwrap();
    let rows = snapshot
        .rows(&queries(&[
            "SELECT to_jsonb(n) FROM generate_series(1, 3) AS n -- a comment",
            "SELECT '{}'::json WHERE false",
            "SELECT jsonb_build_object('a', NULL, 'b', 'ä')",
            "SELECT NULL::json",
        ]))
        .unwrap();
    assert_eq!(
        rows,
        [vec![json!(1), json!(2), json!(3)], vec![], vec![json!({"a": null, "b": "ä"})], vec![json!(null)]]
    );
    assert_eq!(snapshot.one("SELECT '[1]'::json").unwrap(), json!([1]));
    assert_eq!(snapshot.text_rows("SELECT 1, NULL").unwrap(), [[Some("1".to_owned()), None]]);
    assert!(snapshot.rows(&[]).unwrap().is_empty());
}

#[test]
fn a_snapshot_pins_its_settings_and_ends_when_dropped() {
    let server = Server::shared();
    let mut database = server.database();
    database
        .run("SET search_path = public; SET \"TimeZone\" = 'Asia/Tokyo'; SET \"DateStyle\" = 'German'")
        .unwrap();
    let mut snapshot = database.snapshot().unwrap();
    let pinned = snapshot.text_rows(
        "SELECT current_setting('search_path'), current_setting('TimeZone'), current_setting('DateStyle'),
                current_setting('transaction_read_only'), current_setting('transaction_isolation'),
                current_setting('lock_timeout'), current_setting('statement_timeout'), pg_class::regclass::text
         FROM (SELECT 'pg_catalog.pg_class'::regclass) AS c (pg_class)",
    );
    let expected = ["\"\"", "UTC", "ISO, MDY", "on", "repeatable read", "10s", "5min", "pg_class"];
    assert_eq!(pinned.unwrap(), [expected.map(|text| Some(text.to_owned()))]);
    drop(snapshot);
    assert_eq!(answer(&mut database, "SELECT current_setting('TimeZone')"), "Asia/Tokyo");
    assert_eq!(answer(&mut database, "SELECT current_setting('transaction_read_only')"), "off");
}

#[test]
fn a_snapshot_sees_one_moment_and_cannot_write() {
    let server = Server::shared();
    let (mut reader, mut writer) = (server.database(), server.database());
    writer.run("CREATE TABLE moment (a int)").unwrap();
    let mut snapshot = reader.snapshot().unwrap();
    let count = "SELECT to_json(count(*)) FROM public.moment";
    assert_eq!(snapshot.one(count).unwrap(), json!(0));
    writer.run("INSERT INTO moment VALUES (1)").unwrap();
    assert_eq!(snapshot.one(count).unwrap(), json!(0));
    let write = snapshot.text_rows("INSERT INTO public.moment VALUES (2)").unwrap_err();
    assert_eq!(refusal(&write).code, "25006");
    drop(snapshot);
    assert_eq!(reader.snapshot().unwrap().one(count).unwrap(), json!(1));
    writer.run("DROP TABLE moment").unwrap();
}

#[test]
fn a_failing_query_is_named() {
    let server = Server::shared();
    let mut database = server.database();
    let good = "SELECT '1'::json";
    let mut snapshot = database.snapshot().unwrap();
    let with_position =
        snapshot.rows(&queries(&[good, "SELECT to_json('ä'::text || gone)", good])).unwrap_err();
    let Error::Query { index: 1, error } = &with_position else { panic!("{with_position:?}") };
    assert_eq!(error.position, "SELECT to_json('ä'::text || gone)".find("gone"));
    drop(snapshot);

    let mut snapshot = database.snapshot().unwrap();
    let without =
        snapshot.rows(&queries(&[good, good, "SELECT to_json(1 / count(*)) FROM pg_class WHERE false"]));
    let without = without.unwrap_err();
    assert!(matches!(&without, Error::Query { index: 2, error } if error.code == "22012"), "{without:?}");
    assert!(without.to_string().starts_with("query 2 failed: ERROR: division by zero"), "{without}");
}

#[test]
fn queries_that_do_not_yield_one_json_column_are_named() {
    let server = Server::shared();
    let mut database = server.database();
    let mut snapshot = database.snapshot().unwrap();
    for (query, part) in [
        ("SELECT 1, 2", "query 1 yields 2 columns"),
        ("SELECT 'x'", "query 1 yields what is not JSON"),
        ("SELECT '1'::json; SELECT '2'::json", "2 queries gave 3 results"),
    ] {
        let error = snapshot.rows(&queries(&["SELECT '1'::json", query])).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(snapshot.one("SELECT '1'::json FROM generate_series(1, 2)").is_err());
    assert!(snapshot.one("SELECT '1'::json WHERE false").is_err());
}

#[test]
fn rows_move_from_one_session_to_another() {
    let server = Server::shared();
    let (mut from, mut to) = (server.database(), server.database());
    to.run("CREATE TEMP TABLE target (a int, b text)").unwrap();
    let mut snapshot = from.snapshot().unwrap();
    let many = "COPY (SELECT n, repeat('ä', 50) FROM generate_series(1, 20000) AS n) TO STDOUT";
    let mut rows = snapshot.copy_out(many).unwrap();
    assert_eq!(to.copy_in("COPY target FROM STDIN", &mut rows).unwrap(), 20_000);
    drop(rows);
    assert_eq!(answer(&mut to, "SELECT sum(a) FROM target"), "200010000");
    let mut first = [0; 4];
    snapshot.copy_out(many).unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"1\t\xc3\xa4");
    assert_eq!(snapshot.one("SELECT '1'::json").unwrap(), json!(1));
}

#[test]
fn a_failing_copy_leaves_the_session_usable() {
    let server = Server::shared();
    let (mut from, mut to) = (server.database(), server.database());
    to.run("CREATE TABLE target (a int)").unwrap();
    let bad = to.copy_in("COPY target FROM STDIN", &mut "1\nx\n".as_bytes()).unwrap_err();
    assert_eq!(refusal(&bad).code, "22P02");
    let gone = to.copy_in("COPY gone FROM STDIN", &mut "1\n".as_bytes()).unwrap_err();
    assert_eq!(refusal(&gone).code, "42P01");
    let mut rows =
        from.copy_out("COPY (SELECT 1 / (3 - n) FROM generate_series(1, 5) AS n) TO STDOUT").unwrap();
    let source = to.copy_in("COPY target FROM STDIN", &mut rows).unwrap_err();
    assert_eq!(refusal(&source).code, "22012");
    drop(rows);
    assert_eq!(answer(&mut to, "SELECT count(*) FROM target"), "0");
    assert_eq!(answer(&mut from, "SELECT 1"), "1");
    to.run("DROP TABLE target").unwrap();
}

#[test]
fn another_thread_can_cancel() {
    let server = Server::shared();
    for parameters in ["user=postgres sslmode=disable", "user=postgres sslmode=require"] {
        let mut database = server.connect(parameters).unwrap();
        let canceller = database.canceller();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            canceller.cancel()
        });
        let start = Instant::now();
        let error = database.run("SELECT pg_sleep(60)").unwrap_err();
        thread.join().unwrap().unwrap();
        assert_eq!(refusal(&error).code, "57014", "{parameters}");
        assert!(start.elapsed() < Duration::from_secs(20), "{parameters}");
        assert_eq!(answer(&mut database, "SELECT 1"), "1");
    }
}
