//! Servers that answer badly, and an interruption in the middle.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use catalog::{Conninfo, Database};
use shadow::{Binaries, Cluster, ClusterOptions, binaries};

fn endstate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_endstate"));
    command.env_remove("DATABASE_URL");
    command
}

fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), "tables:\n  t:\n    columns:\n      a: integer\n").unwrap();
    folder
}

/// A message of the protocol (manual, 55.7).
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

fn read(stream: &mut TcpStream, header: usize) -> Option<Vec<u8>> {
    let mut head = vec![0; header + 4];
    stream.read_exact(&mut head).ok()?;
    let length = u32::from_be_bytes(head[header..].try_into().unwrap());
    let mut body = vec![0; length as usize - 4];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

/// A server for one session: reads the start-up packet, then `answers` it and whatever follows.
fn server(answers: impl FnOnce(&mut TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read(&mut stream, 0).unwrap();
        answers(&mut stream);
    });
    port
}

fn plan(port: u16) -> Output {
    let folder = workspace();
    let db = format!("postgresql://app:s3cret@127.0.0.1:{port}/shop?sslmode=disable");
    let path = folder.path().display().to_string();
    endstate().args(["plan", "--db", &db, "--schema", &path]).output().unwrap()
}

fn error_of(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!text.contains("s3cret"), "{text}");
    text
}

#[test]
fn a_wrong_password_is_never_echoed() {
    let port = server(|stream| {
        stream.write_all(&message(b'R', &3_u32.to_be_bytes())).unwrap();
        read(stream, 1).unwrap();
        let body = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"app\"\0\0";
        stream.write_all(&message(b'E', body)).unwrap();
    });
    let error = error_of(&plan(port));
    assert!(error.contains("password") && error.contains("app"), "{error}");
}

#[test]
fn a_server_before_13_is_refused() {
    let port = server(|stream| {
        let ready = message(b'Z', b"I");
        let parameters =
            [message(b'S', b"client_encoding\0UTF8\0"), message(b'S', b"server_version\x0012.22\0")].concat();
        stream.write_all(&[message(b'R', &0_u32.to_be_bytes()), parameters, ready.clone()].concat()).unwrap();
        let column = |name: &[u8]| [name, &[0; 7], &25_u32.to_be_bytes(), &[0xff; 6], &[0; 2]].concat();
        let columns = [&2_u16.to_be_bytes()[..], &column(b"number"), &column(b"text")].concat();
        let value = |text: &[u8]| [&u32::try_from(text.len()).unwrap().to_be_bytes(), text].concat();
        let row = [&2_u16.to_be_bytes()[..], &value(b"120022"), &value(b"12.22")].concat();
        // Whatever is asked, this is the answer.
        while read(stream, 1).is_some() {
            let answer =
                [message(b'T', &columns), message(b'D', &row), message(b'C', b"SELECT 1\0"), ready.clone()];
            stream.write_all(&answer.concat()).unwrap();
        }
    });
    let error = error_of(&plan(port));
    assert!(error.contains("12.22") && error.contains("13"), "{error}");
}

#[test]
fn without_programs_for_a_shadow_the_error_says_which() {
    // What the system has is always found: a major version that it does not have is needed.
    let of_system = |one: &Binaries| one.directory.starts_with("/usr");
    let system: Vec<u32> = binaries::all().into_iter().filter(of_system).map(|one| one.major).collect();
    let Some(binaries) = testkit::majors().into_iter().rfind(|one| !system.contains(&one.major)) else {
        return;
    };
    let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
    let db = format!("host={} port={} user=postgres", cluster.socket_directory().display(), cluster.port());
    let folder = workspace();
    let mut command = endstate();
    command.args(["check", "--db", &db, "--schema"]).arg(folder.path());
    command.env("ENDSTATE_PG_HOME", "/nowhere").env_remove("ENDSTATE_PG_BIN").env("PATH", "/usr/bin:/bin");
    let error = error_of(&command.output().unwrap());
    assert!(error.contains(&format!("PostgreSQL {}", binaries.major)), "{error}");
    assert!(error.contains("ENDSTATE_PG_BIN"), "{error}");
}

/// The servers that a process has started and that run still.
fn servers_of(process: u32) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        let parent =
            read("stat").rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
        let command = read("cmdline").replace('\0', " ");
        if parent == Some(process) && command.contains("postgres") && command.contains(" -D ") {
            found.push(command);
        }
    }
    found
}

/// The data directory of the server that a process starts.
fn directory_of_server(process: u32) -> String {
    let start = Instant::now();
    loop {
        let servers = servers_of(process);
        if let Some(directory) = servers.first().and_then(|line| line.split(" -D ").nth(1)?.split(' ').next())
        {
            return directory.to_owned();
        }
        assert!(start.elapsed() < Duration::from_secs(60), "no server was started");
        thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_interruption_leaves_nothing() {
    let binaries = testkit::majors().into_iter().next_back().expect("these tests need a PostgreSQL server");
    let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
    let db = format!("host={} port={} user=postgres", cluster.socket_directory().display(), cluster.port());
    let folder = workspace();
    let out = folder.path().join("out");
    let schema = folder.path().join("a.yaml").display().to_string();
    let generate = || {
        let mut command = endstate();
        command.args(["generate", "--db", &db, "--schema", &schema, "--out"]).arg(&out);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let start = Instant::now();
    assert!(generate().wait().unwrap().success());
    let whole = start.elapsed();
    fs::remove_dir_all(&out).unwrap();
    for quarters in [0, 1, 2] {
        let mut wait = whole * quarters / 4;
        let directory = loop {
            let mut child = generate();
            let directory = directory_of_server(child.id());
            thread::sleep(wait);
            Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            match child.wait().unwrap().code() {
                Some(130) => break directory,
                // It was faster this time.
                Some(0) if wait > Duration::from_millis(1) => fs::remove_dir_all(&out).unwrap(),
                other => panic!("{other:?} after {wait:?}"),
            }
            wait /= 2;
        };
        // The watchdog may still be at it.
        let start = Instant::now();
        while Path::new(&directory).exists() && start.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(20));
        }
        assert!(!Path::new(&directory).exists(), "{directory} is left after {wait:?}");
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["a.yaml"], "after {wait:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_script_is_not_run_to_its_end() {
    let binaries = testkit::majors().into_iter().next_back().expect("these tests need a PostgreSQL server");
    let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
    let (directory, port) = (cluster.socket_directory(), cluster.port());
    let session = || Database::connect(&Conninfo::socket(directory, port, "postgres", "postgres")).unwrap();
    let db = format!("host={} port={port} user=postgres", directory.display());
    session().run("CREATE TABLE t (b integer)").unwrap();
    let folder = workspace();
    let out = folder.path().join("out");
    let schema = folder.path().join("a.yaml").display().to_string();
    let mut generate = endstate();
    generate.args(["generate", "--db", &db, "--schema", &schema, "--out"]).arg(&out);
    assert!(generate.output().unwrap().status.success());
    let mut holds = session();
    holds.run("BEGIN; LOCK TABLE t").unwrap();
    let mut apply = endstate();
    apply.args(["apply", "--db", &db]).arg(&out).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = apply.spawn().unwrap();
    let answer = |sql: &str| session().select(sql).unwrap().into_iter().flatten().flatten().next().unwrap();
    let waits = "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND NOT granted";
    let start = Instant::now();
    while answer(waits) == "0" && start.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(10));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    holds.run("COMMIT").unwrap();
    // Whoever still wants the table has it first.
    holds.run("BEGIN; LOCK TABLE t; COMMIT").unwrap();
    assert_eq!(
        answer(
            "SELECT string_agg(attname, ' ') FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped"
        ),
        "b"
    );
}
