//! A PostgreSQL server for these tests: started by the first that needs it, stopped when the last lets go.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use endstate_catalog::{Conninfo, Database, Error};
use nix::unistd::User;

/// Who may come in how. `local` is for the tests' own set-up.
const HBA: &str = "
local   all all        trust
hostssl all certified  127.0.0.1/32 cert
hostssl all encrypted  127.0.0.1/32 trust
hostnossl all plain    127.0.0.1/32 trust
host    all secretive  127.0.0.1/32 scram-sha-256
host    all postgres   127.0.0.1/32 trust
host    all nobody     127.0.0.1/32 trust
";

const ROLES: &str = "CREATE ROLE certified LOGIN; CREATE ROLE encrypted LOGIN; CREATE ROLE plain LOGIN;
    CREATE ROLE secretive LOGIN PASSWORD 's3cret'";

pub(crate) struct Server {
    child: Child,
    directory: tempfile::TempDir,
    pub(crate) port: u16,
}

static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());

impl Server {
    /// The server that all tests of this file share.
    pub(crate) fn shared() -> Arc<Server> {
        let mut shared = SHARED.lock().unwrap();
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Server::start(true));
        *shared = Arc::downgrade(&server);
        server
    }

    /// A server of one's own, with TLS or without.
    pub(crate) fn start(tls: bool) -> Server {
        let directory = tempfile::Builder::new().prefix("endstate").tempdir().unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        certificates(directory.path());
        give_away(directory.path());
        let data = directory.path().join("data");
        run(program("initdb").args(["-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D"]).arg(&data));
        fs::write(data.join("pg_hba.conf"), HBA).unwrap();
        let child = postgres(directory.path(), port, tls);
        let server = Server { child, directory, port };
        server.wait();
        server.database().run(ROLES).unwrap();
        server
    }

    /// A file among the certificates.
    pub(crate) fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    pub(crate) fn socket(&self) -> Conninfo {
        Conninfo::socket(self.directory.path(), self.port, "postgres", "postgres")
    }

    pub(crate) fn database(&self) -> Database {
        Database::connect(&self.socket()).unwrap()
    }

    /// Connects over TCP with these further parameters.
    pub(crate) fn connect(&self, parameters: &str) -> Result<Database, Error> {
        Database::connect(&conninfo(&format!(
            "host=localhost hostaddr=127.0.0.1 port={} {parameters}",
            self.port
        )))
    }

    fn wait(&self) {
        let start = Instant::now();
        while Database::connect(&self.socket()).is_err() {
            let log = || fs::read_to_string(self.file("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not start: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(self.child.id().cast_signed()),
            nix::sys::signal::Signal::SIGINT,
        );
        let _ = self.child.wait();
    }
}

/// Resolves without any environment but an empty home.
pub(crate) fn conninfo(given: &str) -> Conninfo {
    let home = |name: &str| (name == "HOME").then(|| "/nonexistent".to_owned());
    Conninfo::resolve(Some(given), &home).unwrap()
}

fn postgres(directory: &Path, port: u16, tls: bool) -> Child {
    let file = |name: &str| directory.join(name).display().to_string();
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={}", directory.display()),
        "fsync=off".to_owned(),
        format!("ssl={}", if tls { "on" } else { "off" }),
        format!("ssl_cert_file={}", file("server.crt")),
        format!("ssl_key_file={}", file("server.key")),
        format!("ssl_ca_file={}", file("root.crt")),
    ];
    let log = fs::File::create(directory.join("log")).unwrap();
    let mut command = program("postgres");
    command.arg("-D").arg(directory.join("data")).stdout(Stdio::null()).stderr(log);
    command.args(settings.iter().flat_map(|setting| ["-c", setting]));
    command.spawn().unwrap()
}

/// A program of the newest server on this machine, run as `postgres` when the tests run as root.
fn program(name: &str) -> Command {
    let versions =
        fs::read_dir("/usr/lib/postgresql").expect("no PostgreSQL server found: run ./justw setup");
    let mut found: Vec<PathBuf> =
        versions.map(|entry| entry.unwrap().path().join("bin").join(name)).collect();
    found.retain(|path| path.exists());
    found.sort();
    let mut command = Command::new(found.last().expect("no PostgreSQL server found: run ./justw setup"));
    command.env("LC_ALL", "C.UTF-8").current_dir("/");
    if nix::unistd::geteuid().is_root() {
        let user = User::from_name("postgres")
            .unwrap()
            .expect("root needs a user `postgres` to start the server as");
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
}

/// Lets the server's user in, and only it read the keys.
fn give_away(directory: &Path) {
    let postgres = User::from_name("postgres").unwrap().filter(|_| nix::unistd::geteuid().is_root());
    for path in
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).chain([directory.to_owned()])
    {
        let mode = if path.is_dir() { 0o755 } else { 0o600 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        if let Some(user) = &postgres {
            chown(&path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
    }
}

/// An authority (root), a server certificate for `localhost`, a client certificate for `certified`, and another
/// authority (stranger) that signed nothing.
fn certificates(directory: &Path) {
    for name in ["root", "stranger"] {
        let subject = format!("/CN={name}");
        let (key, certificate) = (format!("{name}.key"), format!("{name}.crt"));
        let arguments = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", &subject];
        let rest = ["-addext", "subjectAltName=DNS:localhost", "-keyout", &key, "-out", &certificate];
        openssl(directory, &[&arguments[..], &rest[..]].concat());
    }
    for (name, subject, usage) in [
        ("server", "/CN=localhost", "subjectAltName=DNS:localhost"),
        ("client", "/CN=certified", "extendedKeyUsage=clientAuth"),
    ] {
        let (key, request, certificate) =
            (format!("{name}.key"), format!("{name}.csr"), format!("{name}.crt"));
        let arguments = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-addext", usage];
        openssl(directory, &[&arguments[..], &["-keyout", &key, "-out", &request]].concat());
        let arguments = ["x509", "-req", "-days", "30", "-in", &request, "-copy_extensions", "copy"];
        let rest = ["-CA", "root.crt", "-CAkey", "root.key", "-CAcreateserial", "-out", &certificate];
        openssl(directory, &[&arguments[..], &rest[..]].concat());
    }
}

fn openssl(directory: &Path, arguments: &[&str]) {
    run(Command::new("openssl").args(arguments).current_dir(directory));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    if !output.status.success() {
        std::io::stderr().write_all(&output.stderr).unwrap();
        panic!("{command:?} failed");
    }
}
