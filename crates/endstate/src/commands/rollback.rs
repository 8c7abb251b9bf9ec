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
    let taken_back = manifest.forward.get(..stands).unwrap_or_default();
    let archives = apply::archives(&conninfo)?;
    if !arguments.apply {
        let (place, file) = (generated.place(stands), &manifest.rollback.file);
        let asks = taken_back.last().filter(|_| !arguments.no_preflight).map(|last| &last.asks_back);
        let answers = apply::ask_rows(&conninfo, asks.map(Vec::as_slice).unwrap_or_default())?;
        output::result(&report::way_back(&place, taken_back, file, &archives, &answers))?;
        return Ok(Outcome::Done);
    }
    taken_back.iter().flat_map(|entry| report::lost(entry, &archives)).for_each(|lost| output::note(&lost));
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
