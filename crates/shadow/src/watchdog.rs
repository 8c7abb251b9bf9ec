//! A small shell process that cleans a cluster away when we are killed and cannot.
//!
//! It waits for the end of a pipe that only we hold open. `PR_SET_PDEATHSIG` would be shorter, but is bound to the *thread* that
//! started the server, is Linux alone, and leaves the directory behind.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::{Error, server_user};

const SCRIPT: &str = include_str!("watchdog.sh");

/// Watches over one cluster directory.
pub(crate) struct Watchdog(Child);

impl Watchdog {
    pub(crate) fn start(directory: &Path) -> Result<Self, Error> {
        let mut command = server_user::command("/bin/sh")?;
        command.args(["-c", SCRIPT, "endstate-watchdog"]).arg(directory);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Self).map_err(|source| Error::Spawn { program: PathBuf::from("/bin/sh"), source })
    }

    /// Tells which process group to end with us, instead of the one told before.
    pub(crate) fn watch(&mut self, process_group: u32) {
        self.tell(&process_group.to_string());
    }

    /// Sends it home: nothing is left to clean.
    pub(crate) fn dismiss(mut self) {
        self.tell("done");
        self.clean();
    }

    /// Has it clean now, and waits until it has.
    pub(crate) fn clean(mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }

    /// A watchdog that was killed cannot be told anything, and is not needed as long as we live.
    fn tell(&mut self, line: &str) {
        if let Some(pipe) = &mut self.0.stdin {
            let _ = writeln!(pipe, "{line}");
        }
    }
}
