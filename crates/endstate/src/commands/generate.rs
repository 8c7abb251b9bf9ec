//! `endstate generate`

use crate::args::{Generate, Global};
use crate::folder::Files;
use crate::{Outcome, folder, output};

pub(super) fn run(global: &Global, arguments: &Generate) -> anyhow::Result<Outcome> {
    folder::must_be_free(&arguments.out)?;
    let plan = super::prepare(global, &arguments.proving)?;
    if plan.is_empty() {
        output::result("No changes: nothing to write. The database is as desired.\n")?;
        return Ok(Outcome::Done);
    }
    if let Some(refusal) = super::refusal(&plan, &arguments.allow) {
        output::error(&refusal);
        return Ok(Outcome::Refused);
    }
    let scripts = plan.scripts.forward.iter().chain([&plan.scripts.rollback]);
    let mut files: Files = scripts.map(|script| (script.file.clone().into(), script.text.clone())).collect();
    files.insert("README.md".into(), report::runbook(&plan));
    files.insert(apply::MANIFEST.into(), apply::Manifest::of(&plan).text());
    folder::write(&arguments.out, &files)?;
    let written = files.keys().map(|file| arguments.out.join(file).display().to_string() + "\n");
    output::result(&written.collect::<String>())?;
    super::tell_rows(&plan);
    for line in report::proven(&plan.proof) {
        output::note(&line);
    }
    Ok(Outcome::Done)
}
