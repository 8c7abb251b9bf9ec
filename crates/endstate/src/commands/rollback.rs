//! `endstate rollback`

use apply::Generated;

use crate::args::{Global, Rollback};
use crate::{Outcome, output};

pub(super) fn run(global: &Global, arguments: &Rollback) -> anyhow::Result<Outcome> {
    let (generated, conninfo) = (Generated::open(&arguments.scripts)?, super::conninfo(global)?);
    let stands = super::boundary(&generated, generated.standing(&conninfo)?)?;
    let manifest = &generated.manifest;
    if stands == 0 {
        output::result(&format!(
            "The database stands {}: there is nothing to take back.\n",
            generated.place(0)
        ))?;
        return Ok(Outcome::Done);
    }
    if !arguments.apply {
        let taken_back = manifest.forward.get(..stands).unwrap_or_default();
        output::result(&report::way_back(&generated.place(stands), taken_back, &manifest.rollback.file))?;
        return Ok(Outcome::Done);
    }
    let ran = generated.run(&conninfo, &manifest.rollback, &|waits| output::note(waits))?;
    super::tell(&ran);
    let stands = super::boundary(&generated, generated.standing(&conninfo)?)?;
    output::result(&format!(
        "{}: done; the database stands {}\n",
        manifest.rollback.file,
        generated.place(stands)
    ))?;
    Ok(if stands == 0 { Outcome::Done } else { Outcome::Differences })
}
