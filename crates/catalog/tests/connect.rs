//! Connecting to a real server: what works, and the sentence when it does not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail by panicking")]

mod support;

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use endstate_catalog::{Database, Error};
use support::{Server, conninfo};

fn connect(given: &str) -> Result<Database, Error> {
    Database::connect(&conninfo(given))
}

/// Whether the session is encrypted.
fn encrypted(database: &mut Database) -> bool {
    let rows = database.select("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").unwrap();
    rows[0][0].as_deref() == Some("t")
}

#[test]
fn socket_and_version() {
    let server = Server::shared();
    let mut database = server.database();
    let version = database.version().clone();
    assert_eq!(version.major, version.number / 10_000);
    assert!(version.major >= 13 && version.text.starts_with(&version.major.to_string()), "{version:?}");
    let name = database.select("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()");
    assert_eq!(name.unwrap(), [[Some("endstate".to_owned())]]);
    assert!(database.address().ends_with(&format!(".s.PGSQL.{}", server.port)), "{}", database.address());
}

#[test]
fn options_reach_the_server() {
    let server = Server::shared();
    let mut database =
        server.connect("user=postgres options='-c statement_timeout=7s' application_name=ci").unwrap();
    assert_eq!(database.select("SHOW statement_timeout").unwrap(), [[Some("7s".to_owned())]]);
    assert_eq!(database.select("SHOW application_name").unwrap(), [[Some("ci".to_owned())]]);
}

#[test]
fn wrong_password_missing_password_and_the_right_one() {
    let server = Server::shared();
    let wrong = server.connect("user=secretive dbname=postgres password=wr0ng").unwrap_err();
    assert!(matches!(wrong, Error::PasswordRejected { .. }), "{wrong:?}");
    assert!(!format!("{wrong} {wrong:?}").contains("wr0ng"), "{wrong:?}");
    let missing = server.connect("user=secretive dbname=postgres").unwrap_err();
    assert!(matches!(missing, Error::PasswordMissing { .. }), "{missing:?}");
    for mode in ["disable", "prefer", "require"] {
        let parameters = format!("user=secretive dbname=postgres password=s3cret sslmode={mode}");
        let mut database = server.connect(&parameters).unwrap();
        assert_eq!(encrypted(&mut database), mode != "disable", "{mode}");
    }
}

#[test]
fn channel_binding_needs_tls() {
    let server = Server::shared();
    let parameters = "user=secretive dbname=postgres password=s3cret channel_binding=require";
    assert!(encrypted(&mut server.connect(parameters).unwrap()));
    let plain = server.connect(&format!("{parameters} sslmode=disable")).unwrap_err();
    assert!(matches!(plain, Error::Handshake { .. }), "{plain:?}");
}

#[test]
fn missing_database_and_role_and_no_entry_in_pg_hba() {
    let server = Server::shared();
    let database = Database::connect(&server.socket().with_dbname("gone")).unwrap_err();
    assert!(matches!(&database, Error::DatabaseMissing { dbname, .. } if dbname == "gone"), "{database:?}");
    let role = server.connect("user=nobody dbname=postgres").unwrap_err();
    assert!(matches!(&role, Error::RoleMissing { user, .. } if user == "nobody"), "{role:?}");
    let refused = server.connect("user=unlisted dbname=postgres").unwrap_err();
    assert!(matches!(&refused, Error::Refused { error, .. } if error.code == "28000"), "{refused:?}");
}

#[test]
fn server_down_unknown_host_and_no_answer() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let start = Instant::now();
    let timeout = connect(&format!("host=127.0.0.1 port={port} connect_timeout=1 user=u")).unwrap_err();
    assert!(matches!(timeout, Error::Timeout { seconds: 1, .. }), "{timeout:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    drop(listener);
    let down = connect(&format!("host=127.0.0.1,/nonexistent port={port} user=u")).unwrap_err().to_string();
    assert!(down.contains(&format!("127.0.0.1:{port}, /nonexistent/.s.PGSQL.{port}")), "{down}");
    assert!(down.contains("refused") && down.contains("No such file"), "{down}");
    let unknown = connect("host=nowhere.invalid user=u").unwrap_err();
    assert!(matches!(unknown, Error::Unreachable { .. }), "{unknown:?}");
}

#[test]
fn something_else_listens() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let other = thread::spawn(move || listener.accept().map(drop));
    let error = connect(&format!("host=127.0.0.1 port={port} user=u")).unwrap_err();
    assert!(matches!(error, Error::Handshake { .. }), "{error:?}");
    other.join().unwrap().unwrap();
}

#[test]
fn the_next_server_is_tried_when_nobody_is_there_but_not_after_a_refusal() {
    let server = Server::shared();
    let port = server.port;
    let two = format!("hostaddr=127.0.0.1,127.0.0.1 user=postgres port=1,{port}");
    assert!(connect(&two).is_ok());
    let refused = format!("hostaddr=127.0.0.1,127.0.0.1 user=postgres port={port},{port} dbname=gone");
    assert!(matches!(connect(&refused).unwrap_err(), Error::DatabaseMissing { .. }));
}

#[test]
fn target_session_attrs() {
    let server = Server::shared();
    for (target, met) in [
        ("any", true),
        ("primary", true),
        ("read-write", true),
        ("prefer-standby", true),
        ("standby", false),
        ("read-only", false),
    ] {
        let result = server.connect(&format!("user=postgres target_session_attrs={target}"));
        match result {
            Ok(_) => assert!(met, "{target}"),
            Err(error) => assert!(!met && matches!(error, Error::WrongTarget { .. }), "{target}: {error:?}"),
        }
    }
}

#[test]
fn tls_modes() {
    let server = Server::shared();
    let (root, stranger) = (server.file("root.crt"), server.file("stranger.crt"));
    // sslmode and other parameters; encrypted, or a part of the error
    let cases = [
        ("user=postgres sslmode=disable".to_owned(), Ok(false)),
        ("user=postgres sslmode=allow".to_owned(), Ok(false)),
        ("user=encrypted dbname=postgres sslmode=allow".to_owned(), Ok(true)),
        ("user=encrypted dbname=postgres sslmode=disable".to_owned(), Err("refused the connection")),
        ("user=postgres sslmode=prefer".to_owned(), Ok(true)),
        ("user=plain dbname=postgres sslmode=prefer".to_owned(), Ok(false)),
        ("user=plain dbname=postgres sslmode=require".to_owned(), Err("refused the connection")),
        (format!("user=postgres sslmode=prefer sslrootcert={stranger}"), Ok(false)),
        ("user=postgres sslmode=require".to_owned(), Ok(true)),
        (format!("user=postgres sslmode=require sslrootcert={stranger}"), Err("`sslrootcert` must be")),
        ("user=postgres sslmode=verify-ca".to_owned(), Err("root.crt does not exist")),
        (format!("user=postgres sslmode=verify-ca sslrootcert={root}"), Ok(true)),
        (format!("user=postgres sslmode=verify-ca sslrootcert={stranger}"), Err("`sslrootcert` must be")),
        (format!("user=postgres sslmode=verify-full sslrootcert={root}"), Ok(true)),
        (format!("user=postgres sslmode=verify-full sslrootcert={stranger}"), Err("`sslrootcert` must be")),
        (
            format!("user=postgres sslmode=verify-full sslrootcert={}", server.file("log")),
            Err("holds no root"),
        ),
        ("user=postgres sslrootcert=system".to_owned(), Err("`sslrootcert` must be")),
    ];
    for (parameters, expected) in cases {
        match (server.connect(&parameters), expected) {
            (Ok(mut database), Ok(expected)) => {
                assert_eq!(encrypted(&mut database), expected, "{parameters}");
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{parameters}: {error}"),
            (Ok(_), Err(_)) => panic!("{parameters}: connected"),
            (Err(error), Ok(_)) => panic!("{parameters}: {error:?}"),
        }
    }
}

#[test]
fn verify_full_holds_the_name_and_verify_ca_does_not() {
    let server = Server::shared();
    let given = |host: &str, mode| {
        let root = server.file("root.crt");
        format!("{host} port={} user=postgres sslmode={mode} sslrootcert={root}", server.port)
    };
    let by_address = connect(&given("host=127.0.0.1", "verify-full")).unwrap_err();
    assert!(by_address.to_string().contains("subjectAltName"), "{by_address}");
    assert!(connect(&given("host=127.0.0.1", "verify-ca")).is_ok());
    let other = connect(&given("host=db.example.com hostaddr=127.0.0.1", "verify-full")).unwrap_err();
    assert!(matches!(other, Error::Tls { .. }), "{other:?}");
    assert!(connect(&given("host=localhost hostaddr=127.0.0.1", "verify-full")).is_ok());
    assert!(connect(&given("hostaddr=127.0.0.1", "require")).is_ok());
}

#[test]
fn client_certificates() {
    let server = Server::shared();
    let (certificate, key) = (server.file("client.crt"), server.file("client.key"));
    let base = "user=certified dbname=postgres sslmode=require";
    assert!(server.connect(&format!("{base} sslcert={certificate} sslkey={key}")).is_ok());
    let without = server.connect(base).unwrap_err();
    assert!(without.to_string().contains("certificate"), "{without}");
    let lost = server.connect(&format!("{base} sslcert={certificate} sslkey=/nonexistent/key")).unwrap_err();
    assert!(lost.to_string().contains("/nonexistent/key cannot be read"), "{lost}");
}

#[test]
fn a_server_without_tls() {
    let server = Server::start(false);
    for (mode, works) in [("disable", true), ("allow", true), ("prefer", true), ("require", false)] {
        match server.connect(&format!("user=postgres sslmode={mode}")) {
            Ok(mut database) => assert!(works && !encrypted(&mut database), "{mode}"),
            Err(error) => assert!(!works && error.to_string().contains("turn `ssl` on"), "{mode}: {error}"),
        }
    }
}
