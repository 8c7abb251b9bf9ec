//! `endstate check`

use std::time::Instant;

use report::drift::{self, Comparison};

use crate::args::{Check, CheckFormat, Global};
use crate::{Outcome, output};

pub(super) fn run(global: &Global, arguments: &Check) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let found = apply::compare(&super::options(global, None)?, arguments.lock)?;
    let comparison = Comparison {
        database: &found.facts.database,
        version: &found.facts.version,
        drift: &found.drift,
        unmanaged: &found.unmanaged,
        unread: &found.unread,
    };
    output::result(&match arguments.format {
        CheckFormat::Text => drift::text(&comparison, output::stdout_has_color()),
        CheckFormat::Json => drift::json(&comparison),
        CheckFormat::Github => drift::github(&comparison),
        CheckFormat::Junit => drift::junit(&comparison),
        CheckFormat::Sarif => drift::sarif(&comparison),
    })?;
    if global.verbose {
        super::total(start);
    }
    Ok(if found.drift.is_empty() { Outcome::Done } else { Outcome::Differences })
}
