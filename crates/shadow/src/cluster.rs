//! One running throwaway server.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::home::{Home, PORT, wait_until};
use crate::interrupt::{self, Guard};
use crate::{Binaries, Error, server_user, template};

/// A loaded machine may take long; a healthy one takes 50 ms.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// An immediate shutdown takes 10 ms. The server itself gives its children five seconds, and we a little more.
const STOPPED_WITHIN: Duration = Duration::from_secs(7);

/// What every throwaway server runs with (manual, chapter 19).
const SETTINGS: [(&str, &str); 16] = [
    ("listen_addresses", ""),
    // Nothing here has to survive a crash.
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
    // Nothing happens that was not asked for; and no subscription that is built here ever calls its publisher.
    ("autovacuum", "off"),
    ("max_logical_replication_workers", "0"),
    ("jit", "off"),
    // Publications warn below it.
    ("wal_level", "logical"),
    ("max_connections", "50"),
    // A whole schema is built or dropped in one transaction.
    ("max_locks_per_transaction", "1024"),
    ("shared_buffers", "64MB"),
    // The directory stays small, and holds all there is, so that nothing is left when it is gone.
    ("max_wal_size", "64MB"),
    ("min_wal_size", "8MB"),
    ("dynamic_shared_memory_type", "mmap"),
    ("logging_collector", "off"),
    ("log_destination", "stderr"),
];

/// What a new cluster is to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterOptions {
    /// The name of the bootstrap superuser, which owns the system catalogs.
    pub superuser: String,
    /// The encoding of the template databases; `UTF8` when not given.
    pub encoding: Option<String>,
    /// The libc locale of the template databases; `C.UTF-8` when not given, or `C` where the system has no such locale.
    pub locale: Option<String>,
    /// Makes ICU the provider of the template databases, with this locale (PostgreSQL 15 and later).
    pub icu_locale: Option<String>,
    /// Further settings, which win over our own: such as `shared_preload_libraries`.
    pub settings: Vec<(String, String)>,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        let superuser = "postgres".to_owned();
        Self { superuser, encoding: None, locale: None, icu_locale: None, settings: Vec::new() }
    }
}

impl ClusterOptions {
    /// The arguments of `initdb`, but for the directory.
    pub(crate) fn initdb_arguments(&self, locale: &str) -> Vec<String> {
        let mut arguments = vec![
            format!("--username={}", self.superuser),
            format!("--encoding={}", self.encoding.as_deref().unwrap_or("UTF8")),
            format!("--locale={locale}"),
            "--auth=trust".to_owned(),
            "--no-sync".to_owned(),
            "--wal-segsize=1".to_owned(), // 15 MB less to write
        ];
        if let Some(icu_locale) = &self.icu_locale {
            arguments.extend(["--locale-provider=icu".to_owned(), format!("--icu-locale={icu_locale}")]);
        }
        arguments
    }
}

/// A running PostgreSQL server that nobody else can reach: it listens on a socket in a private directory and nowhere else. Dropping
/// it stops it at once and removes all that it wrote; so do the signals that [`interrupt::install`] handles, and `kill -9`.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    major: u32,
    process_id: u32,
    superuser: String,
    _server: Guard,
}

impl Cluster {
    /// Makes a new cluster and starts it. When this process is root, the server runs as `postgres` or else `nobody`.
    ///
    /// The first of its kind in a process takes about 0.6 s, the others a fifth of that.
    ///
    /// # Errors
    /// Any [`Error`] but `ServerNotFound` and `Handler`. Nothing stays behind then either.
    pub fn start(binaries: &Binaries, options: &ClusterOptions) -> Result<Self, Error> {
        let mut home = Home::create()?;
        template::copy_into(&mut home, binaries, options)?;
        Self::start_in(home, binaries, options)
    }

    /// Starts a copy of this cluster, which nobody may write to meanwhile; a `CHECKPOINT` just before saves the copy a recovery.
    ///
    /// # Errors
    /// As those of [`Cluster::start`].
    pub fn start_copy(&self, binaries: &Binaries, options: &ClusterOptions) -> Result<Self, Error> {
        let mut home = Home::create()?;
        template::copy_data(&mut home, &self.directory.join("data"))?;
        let path = home.data().join("postmaster.pid");
        fs::remove_file(&path).map_err(|source| Error::File { path, source })?;
        Self::start_in(home, binaries, options)
    }

    fn start_in(mut home: Home, binaries: &Binaries, options: &ClusterOptions) -> Result<Self, Error> {
        let process = spawn(binaries, options, &home)?;
        let process_id = process.id();
        home.watch(process_id);
        let mut server = Server { process, home };
        server.wait_until_ready()?;
        Ok(Self {
            directory: server.home.path().to_owned(),
            major: binaries.major,
            process_id,
            superuser: options.superuser.clone(),
            _server: interrupt::guard(move || drop(server)),
        })
    }

    /// The folder of the Unix socket: what libpq calls `host`.
    pub fn socket_directory(&self) -> &Path {
        &self.directory
    }

    /// What libpq calls `port`: part of the socket's name.
    pub fn port(&self) -> u16 {
        PORT
    }

    /// The bootstrap superuser, who connects without a password.
    pub fn superuser(&self) -> &str {
        &self.superuser
    }

    /// The major version of the server.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The process of the postmaster.
    pub fn process_id(&self) -> u32 {
        self.process_id
    }

    /// The last lines of the server's log, for an error message when a connection breaks.
    pub fn log_tail(&self) -> String {
        log_tail(&self.directory)
    }
}

fn spawn(binaries: &Binaries, options: &ClusterOptions, home: &Home) -> Result<Child, Error> {
    let path = log_file(home.path());
    let log = File::create(&path).and_then(|log| Ok((log.try_clone()?, log)));
    let (stdout, stderr) = log.map_err(|source| Error::File { path, source })?;
    let mut command = postgres(binaries, options, home)?;
    command.stdout(stdout).stderr(stderr);
    command.spawn().map_err(|source| Error::Spawn { program: binaries.program("postgres"), source })
}

/// The postmaster itself and not `pg_ctl`, so that it is our child and its end is known to us.
fn postgres(binaries: &Binaries, options: &ClusterOptions, home: &Home) -> Result<Command, Error> {
    let mut command = server_user::command(binaries.program("postgres"))?;
    // A list of quoted names: the folder may hold a comma or a space.
    let sockets = home.path().to_string_lossy().replace('"', "\"\"");
    command.arg("-D").arg(home.data()).arg("-c").arg(format!("unix_socket_directories=\"{sockets}\""));
    command.arg("-p").arg(PORT.to_string());
    let further = options.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in SETTINGS.into_iter().chain(further) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    Ok(command)
}

/// A postmaster and its directory; dropping ends the one and then removes the other.
struct Server {
    process: Child,
    home: Home,
}

impl Server {
    fn wait_until_ready(&mut self) -> Result<(), Error> {
        let mut ended = None;
        let data = self.home.data();
        let answered = wait_until(READY_WITHIN, || {
            ended = self.process.try_wait().ok().flatten();
            ended.is_some() || is_ready(&data)
        });
        let log = || log_tail(self.home.path());
        match ended {
            Some(status) => Err(Error::Stopped { status, log: log() }),
            None if !answered => Err(Error::NotReady { seconds: READY_WITHIN.as_secs(), log: log() }),
            None => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = |process: &mut Child| !matches!(process.try_wait(), Ok(None));
        if !ended(&mut self.process) {
            // Not waited for yet, so the number is still that of our child.
            let process = Pid::from_raw(self.process.id().cast_signed());
            let _ = kill(process, Signal::SIGQUIT);
            if !wait_until(STOPPED_WITHIN, || ended(&mut self.process)) {
                let _ = self.process.kill();
                let _ = self.process.wait();
            }
        }
    }
}

/// The eighth line of `postmaster.pid` is what `pg_ctl --wait` reads too.
fn is_ready(data: &Path) -> bool {
    let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    file.lines().nth(7).is_some_and(|status| status.trim() == "ready")
}

fn log_file(directory: &Path) -> PathBuf {
    directory.join("log")
}

fn log_tail(directory: &Path) -> String {
    let log = fs::read(log_file(directory)).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::{binaries, home};

    /// As after `kill -9` of both us and the watchdog.
    #[test]
    fn the_server_of_nobody_is_found_and_ended() {
        let servers = binaries::all();
        let binaries = servers.first().expect("these tests need a PostgreSQL server: run ./justw servers");
        let options = ClusterOptions::default();
        let mut home = Home::create().unwrap();
        template::copy_into(&mut home, binaries, &options).unwrap();
        let mut process = spawn(binaries, &options, &home).unwrap();
        assert!(wait_until(READY_WITHIN, || is_ready(&home.data())), "{}", log_tail(home.path()));
        let directory = home.path().to_owned();

        assert!(!home::is_abandoned(&directory, Duration::ZERO).unwrap());
        home.abandon();
        assert!(home::is_abandoned(&directory, Duration::ZERO).unwrap());
        let waiting = thread::spawn(move || process.wait());
        home::clean(&directory);
        waiting.join().unwrap().unwrap();
        assert!(!directory.exists());
    }

    #[test]
    fn further_settings_come_last_and_so_win() {
        let binaries = Binaries { directory: "/bin".into(), major: 17, version_text: String::new() };
        let settings = vec![("max_connections".to_owned(), "7".to_owned())];
        let options = ClusterOptions { settings, ..ClusterOptions::default() };
        let command = postgres(&binaries, &options, &Home::create().unwrap()).unwrap();
        assert_eq!(command.get_args().last().unwrap(), "max_connections=7");
    }
}
