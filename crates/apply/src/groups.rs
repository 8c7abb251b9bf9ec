//! How settings cut a plan into scripts.

use kinds::{Directives, Id};

use crate::Workspace;
use crate::pattern::Pattern;

/// Which script each object belongs to.
pub(crate) struct Groups {
    names: Vec<Option<String>>,
    patterns: Vec<Vec<Pattern>>,
}

impl Groups {
    pub(crate) fn new(workspace: &Workspace) -> Groups {
        match &workspace.settings.scripts {
            Some(scripts) if !scripts.forward.is_empty() => Groups {
                names: scripts.forward.keys().cloned().map(Some).collect(),
                patterns: scripts
                    .forward
                    .values()
                    .map(|list| list.iter().map(|text| Pattern::parse(text)).collect())
                    .collect(),
            },
            _ => Groups { names: vec![None], patterns: vec![Vec::new()] },
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn name(&self, group: usize) -> Option<String> {
        self.names.get(group).cloned().flatten()
    }

    /// The group of an object under its new name: the one that names it, else its kind, else that of what it stands in.
    pub(crate) fn of(&self, id: &Id) -> usize {
        let find = |wanted: &dyn Fn(&Pattern) -> bool| {
            self.patterns.iter().position(|patterns| patterns.iter().any(wanted))
        };
        find(&|pattern| !pattern.is_for_all() && pattern.matches(id))
            .or_else(|| find(&|pattern| pattern.is_for_all() && pattern.matches(id)))
            .or_else(|| id.parent().map(|parent| self.of(parent)))
            .unwrap_or(self.count() - 1)
    }

    pub(crate) fn directives(&self, all: &Directives, wanted: impl Fn(usize) -> bool) -> Directives {
        all.with_ids(|id| wanted(self.of(id)).then(|| id.clone()))
    }
}
