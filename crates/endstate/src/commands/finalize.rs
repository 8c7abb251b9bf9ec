//! `endstate finalize`

use apply::Archive;

use crate::args::{Finalize, Global};
use crate::{Outcome, output};

pub(super) fn run(global: &Global, arguments: &Finalize) -> anyhow::Result<Outcome> {
    let conninfo = super::conninfo(global)?;
    let all = apply::archives(&conninfo)?;
    if !arguments.drop || all.is_empty() {
        output::result(&report::archives(&all))?;
        return Ok(Outcome::Done);
    }
    let days = arguments.older_than;
    let is_old = |archive: &&Archive| match &archive.since {
        Some((_, age)) => *age >= days,
        // One that holds no row keeps nothing; of one that may not be read, nobody knows how old it is.
        None => archive.readable || days == 0,
    };
    let (old, young): (Vec<&Archive>, Vec<&Archive>) = all.iter().partition(is_old);
    if !old.is_empty() {
        apply::give_up(&conninfo, &old)?;
        output::result(&format!(
            "Dropped for good; the rollback of the scripts that kept this brings back the structure alone now:\n{}",
            list(&old)
        ))?;
    }
    if !young.is_empty() {
        output::note(&format!(
            "Kept, because a rollback may still be wanted: younger than {days} days. --older-than 0 drops it all the same.\n{}",
            list(&young)
        ));
    }
    Ok(if old.is_empty() { Outcome::Refused } else { Outcome::Done })
}

fn list(archives: &[&Archive]) -> String {
    let lines = archives.iter().map(|archive| format!("  {} ({})\n", archive.name, archive.what));
    lines.collect::<Vec<_>>().concat()
}
