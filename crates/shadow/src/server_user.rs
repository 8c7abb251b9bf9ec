//! The user that servers run as: ourselves, or when we are root, which PostgreSQL refuses, somebody without privileges.

use std::env;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::unistd::{Gid, Uid, User};

use crate::Error;

/// `None` when servers run as we do.
pub(crate) fn other() -> Result<Option<(Uid, Gid)>, Error> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(None);
    }
    let user = ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).ok().flatten());
    user.map(|user| Some((user.uid, user.gid))).ok_or(Error::NoServerUser)
}

/// Whom the files of a server belong to.
pub(crate) fn uid() -> Result<Uid, Error> {
    Ok(other()?.map_or_else(nix::unistd::geteuid, |(uid, _)| uid))
}

/// A command run as that user, in a process group of its own so that Ctrl-C reaches us alone, with an environment that does not
/// depend on the caller's: `PGDATA`, `PGOPTIONS` and the like would change what a server does, and the locale its messages.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Result<Command, Error> {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null()).process_group(0);
    for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").env("TZ", "UTC");
    if let Some((uid, gid)) = other()? {
        command.uid(uid.as_raw()).gid(gid.as_raw());
    }
    Ok(command)
}
