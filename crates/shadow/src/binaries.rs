//! Finding the PostgreSQL servers that this machine has.
//!
//! Searched in this order, and the first of a major version wins: `ENDSTATE_PG_BIN` (folders of programs, separated like `PATH`),
//! `ENDSTATE_PG_HOME` (a folder that holds `<major>/bin`), `pg_config --bindir`, where Debian, Red Hat, Homebrew and Postgres.app
//! put them, and `PATH`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, server_user};

/// Folders that hold one folder a major version: its parent, how the names begin, and where in it the programs are.
const INSTALLATIONS: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// One installed PostgreSQL server: a folder that holds both `initdb` and `postgres`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binaries {
    /// The folder of the programs.
    pub directory: PathBuf,
    /// The major version, such as 17.
    pub major: u32,
    /// What `postgres --version` says, such as `postgres (PostgreSQL) 17.10`.
    pub version_text: String,
}

impl Binaries {
    /// The path of one of the programs, such as `initdb`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Asks the server in a folder for its version, as the user that it would run as; `None` when it does not run.
    fn probe(directory: &Path) -> Option<Self> {
        let output = server_user::command(directory.join("postgres")).ok()?.arg("--version").output().ok()?;
        let version_text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        let major = major_of(&version_text).filter(|_| output.status.success())?;
        Some(Self { directory: directory.to_owned(), major, version_text })
    }
}

/// The server of a major version that stands first in the search order.
///
/// # Errors
/// [`Error::ServerNotFound`], which names what was found instead and how to install what is missing.
pub fn find(major: u32) -> Result<Binaries, Error> {
    let mut found = Vec::new();
    let mut unusable = Vec::new();
    for directory in Search::of_this_process().directories() {
        match Binaries::probe(&directory) {
            Some(binaries) if binaries.major == major => return Ok(binaries),
            Some(binaries) => found.push(binaries),
            None => unusable.push(directory),
        }
    }
    Err(Error::ServerNotFound { major, found, unusable })
}

/// All servers of this machine in the search order; of one major version there may be several.
pub fn all() -> Vec<Binaries> {
    Search::of_this_process()
        .directories()
        .iter()
        .filter_map(|directory| Binaries::probe(directory))
        .collect()
}

/// `postgres (PostgreSQL) 15.18 (Debian ...)`, `postgres (PostgreSQL) 19devel`.
fn major_of(version_text: &str) -> Option<u32> {
    let version = version_text.split_once("(PostgreSQL) ")?.1;
    let end = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..end].parse().ok()
}

/// What the environment says about where to look.
#[derive(Default)]
struct Search {
    bin: OsString,
    home: Option<PathBuf>,
    pg_config: Option<PathBuf>,
    path: OsString,
}

impl Search {
    fn of_this_process() -> Self {
        Self {
            bin: env::var_os("ENDSTATE_PG_BIN").unwrap_or_default(),
            home: env::var_os("ENDSTATE_PG_HOME").map(PathBuf::from),
            pg_config: pg_config_bindir(),
            path: env::var_os("PATH").unwrap_or_default(),
        }
    }

    /// Folders with both programs, each once however many names lead to it.
    fn directories(&self) -> Vec<PathBuf> {
        let installations =
            INSTALLATIONS.iter().flat_map(|(parent, prefix, bin)| versions_in(parent.as_ref(), prefix, bin));
        let candidates = (env::split_paths(&self.bin))
            .chain(self.home.iter().flat_map(|home| versions_in(home, "", "bin")))
            .chain(self.pg_config.clone())
            .chain(installations)
            .chain(env::split_paths(&self.path));
        let mut seen = Vec::new();
        candidates
            .filter(|directory| {
                ["initdb", "postgres"].iter().all(|program| directory.join(program).is_file())
            })
            .filter(|directory| {
                let real = fs::canonicalize(directory.join("postgres")).unwrap_or_else(|_| directory.clone());
                let new = !seen.contains(&real);
                seen.push(real);
                new
            })
            .collect()
    }
}

fn pg_config_bindir() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let directory = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(directory.trim()))
}

/// `<parent>/<prefix>*/<bin>`, the highest version first.
fn versions_in(parent: &Path, prefix: &str, bin: &str) -> Vec<PathBuf> {
    let version = |name: &OsStr| name.to_str()?.strip_prefix(prefix)?.parse::<f64>().ok();
    let mut versions: Vec<(f64, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((version(&entry.file_name())?, entry.path().join(bin)))
        })
        .collect();
    versions.sort_by(|a, b| b.0.total_cmp(&a.0));
    versions.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 19devel"), Some(19));
        assert_eq!(major_of("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(major_of("psql 15"), None);
    }

    #[test]
    fn versions_are_ordered_as_numbers_and_other_folders_left_out() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["pgsql-9.6", "pgsql-17", "pgsql-13", "pgsql-old", "java-21"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let expected: Vec<_> =
            ["pgsql-17", "pgsql-13", "pgsql-9.6"].map(|name| parent.path().join(name).join("bin")).into();
        assert_eq!(versions_in(parent.path(), "pgsql-", "bin"), expected);
    }

    #[test]
    fn only_folders_with_both_programs_count_and_each_once() {
        let parent = tempfile::tempdir().unwrap();
        let [whole, partial, linked] = ["16/bin", "15/bin", "again"].map(|name| parent.path().join(name));
        for directory in [&whole, &partial] {
            fs::create_dir_all(directory).unwrap();
            fs::write(directory.join("postgres"), "").unwrap();
        }
        fs::write(whole.join("initdb"), "").unwrap();
        std::os::unix::fs::symlink(&whole, &linked).unwrap();
        let bin = env::join_paths([&linked, &partial]).unwrap();
        let search = Search { bin, home: Some(parent.path().into()), ..Search::default() };
        let ours: Vec<_> =
            search.directories().into_iter().filter(|path| path.starts_with(parent.path())).collect();
        assert_eq!(ours, [linked]);
    }

    #[test]
    fn a_version_that_nobody_has_is_an_error_that_names_the_others() {
        let Err(Error::ServerNotFound { major: 9, found, .. }) = find(9) else {
            panic!("PostgreSQL 9 was found")
        };
        assert_eq!(found, all());
        let first = found.first().expect("these tests need a PostgreSQL server: run ./justw servers");
        assert_eq!(&find(first.major).unwrap(), first);
    }
}
