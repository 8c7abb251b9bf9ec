//! A cluster is gone, process and directory, however its owner ends.
//!
//! The owner is this very test program, started once more to run `owner` alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers included"
)]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use endstate_shadow::{Binaries, Cluster, ClusterOptions, Error, binaries, interrupt};

const OWNER: &str = "ENDSTATE_TEST_OWNER";

fn servers() -> Vec<Binaries> {
    let servers = binaries::all();
    assert!(!servers.is_empty(), "these tests need a PostgreSQL server: run ./justw servers");
    servers
}

fn start() -> Cluster {
    Cluster::start(&servers()[0], &ClusterOptions::default()).unwrap()
}

/// A process that nobody has waited for yet (`Z`) is gone too. Small Linux images have no `ps`.
fn is_running(process_id: u32) -> bool {
    let state = if Path::new("/proc/self/stat").exists() {
        let stat = fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().unwrap_or_default().to_owned()
    } else {
        let output =
            Command::new("ps").args(["-o", "stat=", "-p", &process_id.to_string()]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

fn comes_true(condition: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        if condition() {
            return true;
        }
        sleep(Duration::from_millis(10));
    }
    false
}

/// Sends the start-up packet of protocol 3.0 (manual, 54.7) for a role, and reads until the server is ready (`Z`) or refuses (`E`).
fn logs_in(cluster: &Cluster, role: &str) -> bool {
    let socket = cluster.socket_directory().join(format!(".s.PGSQL.{}", cluster.port()));
    let mut stream = UnixStream::connect(socket).unwrap();
    let body = format!("user\0{role}\0database\0postgres\0\0");
    let length = u32::try_from(body.len() + 8).unwrap();
    let packet = [&length.to_be_bytes()[..], &196_608_u32.to_be_bytes(), body.as_bytes()].concat();
    stream.write_all(&packet).unwrap();
    loop {
        let mut header = [0; 5];
        stream.read_exact(&mut header).unwrap();
        match header[0] {
            b'Z' => return true,
            b'E' => return false,
            _ => {
                let length = u32::from_be_bytes(header[1..].try_into().unwrap());
                stream.read_exact(&mut vec![0; length as usize - 4]).unwrap();
            }
        }
    }
}

#[test]
fn starts_on_every_version_and_stops() {
    for binaries in servers() {
        let options = ClusterOptions { superuser: "Some one".into(), ..ClusterOptions::default() };
        let [first, second] = [0, 1].map(|_| {
            let start = Instant::now();
            let cluster = Cluster::start(&binaries, &options).unwrap();
            println!("{}: started in {:?}", binaries.version_text, start.elapsed());
            cluster
        });
        assert_ne!(first.socket_directory(), second.socket_directory());
        assert!(logs_in(&first, first.superuser()) && !logs_in(&first, "nosuch"));
        assert!(first.log_tail().contains("role \"nosuch\" does not exist"), "{}", first.log_tail());
        let mode = fs::metadata(first.socket_directory()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        for cluster in [first, second] {
            let (directory, process_id) = (cluster.socket_directory().to_owned(), cluster.process_id());
            assert!(is_running(process_id) && directory.exists());
            let stop = Instant::now();
            drop(cluster);
            println!("{}: stopped in {:?}", binaries.version_text, stop.elapsed());
            assert!(!is_running(process_id) && !directory.exists());
        }
    }
}

#[test]
fn a_failed_start_shows_the_log() {
    let settings = vec![("shared_preload_libraries".to_owned(), "nosuch".to_owned())];
    let options = ClusterOptions { settings, ..ClusterOptions::default() };
    let error = Cluster::start(&servers()[0], &options).unwrap_err();
    assert!(matches!(error, Error::Stopped { .. }), "{error:?}");
    assert!(error.to_string().contains("could not access file \"nosuch\""), "{error}");
}

#[test]
fn a_failed_initdb_shows_its_output() {
    let options = ClusterOptions { superuser: "pg_reserved".into(), ..ClusterOptions::default() };
    let error = Cluster::start(&servers()[0], &options).unwrap_err();
    assert!(error.to_string().contains("role names cannot begin with \"pg_\""), "{error}");
}

/// What the tests below start in a process of its own.
#[test]
fn owner() {
    let Ok(file) = env::var(OWNER) else { return };
    interrupt::install().unwrap();
    fs::write(&file, "half").unwrap();
    let _half_written = interrupt::guard_path(file);
    let cluster = start();
    println!("\nowner: {} {}", cluster.process_id(), cluster.socket_directory().display());
    // Ends when the parent closes our standard input, so that a failing test leaves no owner behind.
    std::io::stdin().read_line(&mut String::new()).unwrap();
    // Not dropped, as when it stands in a `static`.
    std::mem::forget(cluster);
}

struct Owner {
    child: Child,
    server: u32,
    directory: PathBuf,
    file: PathBuf,
    /// Kept open: the test harness in the child panics when it cannot write.
    _output: BufReader<ChildStdout>,
    _folder: tempfile::TempDir,
}

impl Owner {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("half-written");
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "owner", "--nocapture"])
            .env(OWNER, &file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let line = output
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("owner: ")?.to_owned()));
        let line = line.expect("the owner said what it owns");
        let (server, directory) = line.split_once(' ').unwrap();
        let server = server.parse().unwrap();
        assert!(is_running(server) && Path::new(directory).exists() && file.exists());
        Self { child, server, directory: directory.into(), file, _output: output, _folder: folder }
    }

    fn signal(&mut self, name: &str) -> ExitStatus {
        // `wait` closes it, upon which the owner ends by itself and not by the signal.
        let _input = self.child.stdin.take();
        Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap()
    }

    fn is_cleaned_up(&self) -> bool {
        !is_running(self.server) && !self.directory.exists()
    }
}

#[test]
fn after_sigint_and_sigterm_nothing_is_left_and_the_status_is_130() {
    for signal in ["INT", "TERM"] {
        let mut owner = Owner::start();
        assert_eq!(owner.signal(signal).code(), Some(130));
        assert!(owner.is_cleaned_up() && !owner.file.exists(), "{signal}");
    }
}

#[test]
fn after_sigkill_the_watchdog_cleans_up() {
    let mut owner = Owner::start();
    owner.signal("KILL");
    assert!(comes_true(|| owner.is_cleaned_up()), "{} is still there", owner.directory.display());
}

#[test]
fn a_cluster_that_is_never_dropped_ends_with_the_process() {
    let mut owner = Owner::start();
    drop(owner.child.stdin.take());
    assert!(owner.child.wait().unwrap().success());
    assert!(comes_true(|| owner.is_cleaned_up()), "{} is still there", owner.directory.display());
}
