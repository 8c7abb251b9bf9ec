//! What must be undone however this process ends by itself or by SIGINT, SIGTERM or SIGHUP.
//!
//! Half-written files, temporary directories and clusters are registered while they exist. Each is undone exactly once: by its
//! [`Guard`], or by the signal handler, which then ends the process with status 130.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Error;

type Cleanup = Box<dyn FnOnce() + Send>;

/// Held while anything is undone: a thread that sees its server go away because of a signal stops at its next guard, and the
/// handler, not that thread's error, decides how the process ends. A cleanup must therefore not touch a guard itself.
static REGISTRY: Mutex<Registry> =
    Mutex::new(Registry { next: 0, cleanups: BTreeMap::new(), installed: false });

struct Registry {
    next: u64,
    cleanups: BTreeMap<u64, Cleanup>,
    installed: bool,
}

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Handles SIGINT, SIGTERM and SIGHUP from now on; a second call does nothing.
///
/// # Errors
/// [`Error::Handler`] when somebody else handles them already.
pub fn install() -> Result<(), Error> {
    let mut registry = registry();
    if !registry.installed {
        ctrlc::set_handler(undo_all_and_exit)?;
        registry.installed = true;
    }
    Ok(())
}

#[expect(clippy::exit, reason = "a signal handler has nobody to return to")]
fn undo_all_and_exit() {
    let mut registry = registry();
    while let Some((_, cleanup)) = registry.cleanups.pop_last() {
        cleanup();
    }
    process::exit(130);
}

/// Undoes something when dropped, or when a signal comes first.
#[derive(Debug)]
#[must_use = "what it guards is undone as soon as it is dropped"]
pub struct Guard(u64);

impl Guard {
    /// What was guarded is finished and stays.
    pub fn keep(self) {
        registry().cleanups.remove(&self.0);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut registry = registry();
        if let Some(cleanup) = registry.cleanups.remove(&self.0) {
            cleanup();
        }
    }
}

/// Removes a file, or a directory and all in it, unless [`Guard::keep`] says that it is finished.
pub fn guard_path(path: impl Into<PathBuf>) -> Guard {
    let path = path.into();
    guard(move || remove(&path))
}

/// Registers something to be undone, the last first.
pub fn guard(cleanup: impl FnOnce() + Send + 'static) -> Guard {
    let mut registry = registry();
    let id = registry.next;
    registry.next += 1;
    registry.cleanups.insert(id, Box::new(cleanup));
    Guard(id)
}

/// Gone already is as good.
fn remove(path: &Path) {
    let is_directory = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    let _ = if is_directory { fs::remove_dir_all(path) } else { fs::remove_file(path) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_guard_removes_and_a_kept_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let [half, whole, directory] = ["half", "whole", "directory"].map(|name| folder.path().join(name));
        fs::write(&half, "").unwrap();
        fs::write(&whole, "").unwrap();
        fs::create_dir_all(directory.join("deeper")).unwrap();

        drop(guard_path(&half));
        guard_path(&whole).keep();
        drop(guard_path(&directory));
        assert!(!half.exists() && whole.exists() && !directory.exists());
    }
}
