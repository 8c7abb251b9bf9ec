//! The private directory of one cluster: where it may be, that it goes away, and that those of others who were killed do too.

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;
use std::thread::sleep;
use std::time::Duration;
use std::{env, io};

use nix::libc::{O_NOFOLLOW, O_NONBLOCK};
use nix::sys::statvfs::statvfs;
use tempfile::TempDir;

use crate::watchdog::Watchdog;
use crate::{Error, server_user};

/// The port of every cluster: it only names the socket, and each has a directory of its own.
pub(crate) const PORT: u16 = 5432;

const PREFIX: &str = "endstate-server-";
/// The longest directory whose socket still fits `sockaddr_un`: 104 bytes on macOS, `/.s.PGSQL.5432` and a NUL taken off.
const LONGEST: usize = 104 - 15;
/// What memory must have room for before a cluster is put there: 30 MB at first, and as much again for each test or two.
const ROOM: u64 = 2 << 30;
/// Younger directories may belong to a process that has not locked them yet.
const SWEEP_AFTER: Duration = Duration::from_secs(60);

/// A directory of mode 0700 that belongs to the server's user, and is removed when this is dropped or the process dies.
pub(crate) struct Home {
    path: PathBuf,
    watchdog: Option<Watchdog>,
    /// Held as long as we live; whoever gets it knows that the directory is abandoned.
    _lock: File,
}

impl Home {
    pub(crate) fn create() -> Result<Self, Error> {
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| bases().iter().for_each(|base| sweep(base, SWEEP_AFTER)));

        let directory = private_directory()?;
        let failed = |source| Error::File { path: directory.path().to_owned(), source };
        let lock = File::create(directory.path().join("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        if let Some((uid, gid)) = server_user::other()? {
            chown(directory.path(), Some(uid.as_raw()), Some(gid.as_raw())).map_err(failed)?;
        }
        let watchdog = Some(Watchdog::start(directory.path())?);
        Ok(Self { path: directory.keep(), watchdog, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The cluster's data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// Names the process group that must not outlive us.
    pub(crate) fn watch(&mut self, process_group: u32) {
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.watch(process_group);
        }
    }

    /// Runs a command to its end, under watch.
    pub(crate) fn run(&mut self, mut command: Command) -> io::Result<Output> {
        let child = command.spawn()?;
        self.watch(child.id());
        child.wait_with_output()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let Some(watchdog) = self.watchdog.take() else { return };
        // What cannot be removed now, because a last backend still writes, the watchdog removes.
        if fs::remove_dir_all(&self.path).is_ok() { watchdog.dismiss() } else { watchdog.clean() }
    }
}

/// Where clusters may be, the best first. Memory is two to five times faster to fill than a busy disk.
fn bases() -> Vec<PathBuf> {
    let memory = PathBuf::from("/dev/shm");
    let room = statvfs(&memory).is_ok_and(|disk| disk.blocks_available() * disk.fragment_size() >= ROOM);
    let memory = room.then_some(memory);
    memory.into_iter().chain([env::temp_dir(), "/tmp".into(), "/var/tmp".into()]).collect()
}

fn private_directory() -> Result<TempDir, Error> {
    let tried = bases();
    let mut source = io::Error::other("none is reachable for the server's user with a short enough name");
    for base in tried.iter().filter(|base| is_short(base) && is_passable(base)) {
        match tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(base)
        {
            Ok(directory) => return Ok(directory),
            Err(error) => source = error,
        }
    }
    Err(Error::Directory { tried, source })
}

fn is_short(base: &Path) -> bool {
    base.as_os_str().len() + "/".len() + PREFIX.len() + "XXXXXX".len() <= LONGEST
}

/// Whether another user may pass through all folders down to this one; does not matter when the server runs as we do.
fn is_passable(base: &Path) -> bool {
    let passable = |folder: &Path| fs::metadata(folder).is_ok_and(|metadata| metadata.mode() & 0o001 != 0);
    server_user::other().is_ok_and(|other| other.is_none()) || base.ancestors().all(passable)
}

/// Removes the directories of processes that died together with their watchdogs, and the servers that still run there. What
/// cannot be removed is left for the next time.
fn sweep(base: &Path, older_than: Duration) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let ours = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
        if ours && is_abandoned(&entry.path(), older_than).unwrap_or(false) {
            clean(&entry.path());
        }
    }
}

/// Done as the server's user and not as root, which therefore cannot be led to end or remove anything that is not that user's.
pub(crate) fn clean(directory: &Path) {
    let Ok(mut watchdog) = Watchdog::start(directory) else { return };
    if let Some(process_group) = running_server(directory) {
        watchdog.watch(process_group);
    }
    watchdog.clean();
}

pub(crate) fn is_abandoned(directory: &Path, older_than: Duration) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(directory)?;
    let ours = server_user::uid().is_ok_and(|uid| uid.as_raw() == metadata.uid());
    let old = metadata.modified()?.elapsed().is_ok_and(|age| age >= older_than);
    if !(ours && old && metadata.is_dir()) {
        return Ok(false);
    }
    match OpenOptions::new().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(directory.join("lock")) {
        Ok(lock) => Ok(lock.try_lock().is_ok()),
        Err(error) => Ok(error.kind() == io::ErrorKind::NotFound),
    }
}

/// The number in `postmaster.pid` may since have gone to another process, unless somebody still listens on the socket.
fn running_server(directory: &Path) -> Option<u32> {
    UnixStream::connect(directory.join(format!(".s.PGSQL.{PORT}"))).ok()?;
    let file = fs::read_to_string(directory.join("data/postmaster.pid")).ok()?;
    file.lines().next()?.parse().ok()
}

/// Waits until a condition holds, looking every few milliseconds; false when the time is over first.
pub(crate) fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let step = Duration::from_millis(5);
    for _ in 0..limit.as_millis() / step.as_millis() {
        if condition() {
            return true;
        }
        sleep(step);
    }
    condition()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Home {
        /// Leaves the directory to itself, and its watchdog waiting.
        pub(crate) fn abandon(mut self) {
            std::mem::forget(self.watchdog.take());
        }
    }

    #[test]
    fn sweeps_what_nobody_holds_and_nothing_else() {
        let base = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
        // As in /tmp: everybody may write, and only remove what is theirs.
        fs::set_permissions(base.path(), Permissions::from_mode(0o1777)).unwrap();
        let uid = server_user::uid().unwrap().as_raw();
        let make = |name: &str| {
            let directory = base.path().join(name);
            fs::create_dir(&directory).unwrap();
            chown(&directory, Some(uid), None).unwrap();
            (directory.clone(), File::create(directory.join("lock")).unwrap())
        };
        let (held, lock) = make("endstate-server-held");
        lock.lock().unwrap();
        let (abandoned, _) = make("endstate-server-abandoned");
        let (foreign, _) = make("somebody-else");

        sweep(base.path(), SWEEP_AFTER);
        assert!(abandoned.exists(), "too young to be judged");
        sweep(base.path(), Duration::ZERO);
        assert!(!abandoned.exists());
        assert!(held.exists() && foreign.exists());
    }

    #[test]
    fn a_long_folder_is_not_taken() {
        assert!(is_short("/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T".as_ref()));
        assert!(!is_short("/tmp".repeat(20).as_ref()));
    }
}
