//! Which indexes are built while others write.

use kinds::Id;

use crate::Settings;
use crate::pattern::Pattern;

/// Those that the settings name, but none that a hook is for, since that runs in a transaction.
pub(crate) struct Concurrent {
    named: Vec<Pattern>,
    hooked: Vec<Pattern>,
}

impl Concurrent {
    pub(crate) fn new(settings: &Settings) -> Concurrent {
        Concurrent {
            named: settings.concurrently.iter().map(|text| Pattern::parse(text)).collect(),
            hooked: settings.hooks.values().map(|hook| Pattern::parse(&hook.when)).collect(),
        }
    }

    pub(crate) fn includes(&self, id: &Id) -> bool {
        let covered = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.covers(id));
        covered(&self.named) && !covered(&self.hooked)
    }
}
