//! `endstate apply`

use apply::{Generated, Standing};

use crate::args::{Apply, Global};
use crate::{Outcome, output};

pub(super) fn run(global: &Global, arguments: &Apply) -> anyhow::Result<Outcome> {
    let (generated, conninfo) = (Generated::open(&arguments.scripts)?, super::conninfo(global)?);
    let start = super::boundary(&generated, generated.standing(&conninfo)?)?;
    let left = generated.manifest.forward.get(start..).unwrap_or_default();
    if left.is_empty() {
        output::result("All scripts have been run: nothing to do.\n")?;
        return Ok(Outcome::Done);
    }
    for entry in left {
        let ran = generated.run(&conninfo, entry, &|waits| output::note(waits))?;
        super::tell(&ran);
        output::result(&format!("{}: done\n", entry.file))?;
    }
    // Each script has verified what it reached; that nothing came in between is worth a look.
    match generated.standing(&conninfo)? {
        Standing::After(end) if end == generated.manifest.forward.len() => Ok(Outcome::Done),
        other => super::boundary(&generated, other).map(|_| Outcome::Differences),
    }
}
