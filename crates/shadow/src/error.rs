//! What can go wrong between looking for a server and having one run.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use crate::Binaries;

/// Why there is no throwaway cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused something.
    #[error(transparent)]
    Catalog(#[from] catalog::Error),

    /// No place for the cluster's private directory: none of those tried is writable and short enough for a socket.
    #[error("cannot make a private directory for a PostgreSQL server in any of {}", list(tried))]
    Directory {
        /// The folders tried, in order.
        tried: Vec<PathBuf>,
        /// What the last of them answered.
        source: io::Error,
    },

    /// The live server's answer about itself was not understood.
    #[error("the server's facts about itself were not understood: {source}")]
    Facts {
        /// What is wrong with them.
        source: serde_json::Error,
    },

    /// A file of a cluster could not be prepared.
    #[error("cannot prepare {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },

    /// The signal handler could not be installed.
    #[error("cannot watch for SIGINT and SIGTERM")]
    Handler {
        /// What the system answered.
        #[from]
        source: ctrlc::Error,
    },

    /// We are root, PostgreSQL refuses to run as root, and no user to run it as exists.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor a user `nobody` to run it as"
    )]
    NoServerUser,

    /// The server runs but does not accept connections.
    #[error("the PostgreSQL server was not ready after {seconds} s; the end of its log:\n{log}")]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// The last lines of the server's log.
        log: String,
    },

    /// `initdb` or `cp` ran and failed.
    #[error("{} failed ({status}):\n{output}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// What it wrote.
        output: String,
    },

    /// No server of the wanted major version is installed.
    #[error("{}", NotFound { major: *major, found, unusable })]
    ServerNotFound {
        /// The major version needed.
        major: u32,
        /// The servers that this machine does have.
        found: Vec<Binaries>,
        /// Folders that hold a server which does not run, or not for the user that it would have to run as.
        unusable: Vec<PathBuf>,
    },

    /// A program could not be started at all.
    #[error("cannot run {}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system answered.
        source: io::Error,
    },

    /// The server ended while starting.
    #[error("the PostgreSQL server ended while starting ({status}); the end of its log:\n{log}")]
    Stopped {
        /// How it ended.
        status: ExitStatus,
        /// The last lines of its log.
        log: String,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

struct NotFound<'a> {
    major: u32,
    found: &'a [Binaries],
    unusable: &'a [PathBuf],
}

impl fmt::Display for NotFound<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let major = self.major;
        writeln!(out, "no PostgreSQL {major} server programs (initdb and postgres) on this machine")?;
        for server in self.found {
            writeln!(out, "  found: {} in {}", server.version_text, server.directory.display())?;
        }
        for directory in self.unusable {
            writeln!(out, "  found, but does not run here: {}", directory.display())?;
        }
        for (system, command) in ways_to_install(major) {
            writeln!(out, "  to install it, {system}: {command}")?;
        }
        write!(out, "  or name the folder of its programs: ENDSTATE_PG_BIN=/path/to/{major}/bin")
    }
}

fn ways_to_install(major: u32) -> [(&'static str, String); 3] {
    [
        (
            "Debian and Ubuntu",
            format!("apt-get install postgresql-{major} (older or newer majors: apt.postgresql.org)"),
        ),
        ("Fedora and RHEL", format!("dnf install postgresql{major}-server (from yum.postgresql.org)")),
        ("macOS", format!("brew install postgresql@{major}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_server_says_what_is_there_and_what_to_do() {
        let fifteen = Binaries {
            directory: "/usr/lib/postgresql/15/bin".into(),
            major: 15,
            version_text: "PostgreSQL 15.18".into(),
        };
        let error =
            Error::ServerNotFound { major: 17, found: vec![fifteen], unusable: vec!["/root/17/bin".into()] };
        let text = error.to_string();
        for part in [
            "no PostgreSQL 17",
            "found: PostgreSQL 15.18 in /usr/lib/postgresql/15/bin",
            "does not run here: /root/17/bin",
            "apt-get install postgresql-17",
            "brew install postgresql@17",
            "ENDSTATE_PG_BIN",
        ] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
    }
}
