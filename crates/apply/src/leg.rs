//! The ways between the boundaries of scripts, while they are worked out.

use kinds::{Directives, Model};
use plan::Round;
use plan::archive::Kept;

use crate::Stage;

/// The way from one boundary to the next, and where the shadow stands at its end.
pub(crate) struct Leg {
    pub(crate) name: Option<String>,
    pub(crate) forward: Vec<Round>,
    pub(crate) before: Model,
    pub(crate) after: Model,
    pub(crate) directives: Directives,
    pub(crate) place: String,
}

impl Leg {
    /// What the way forward keeps.
    pub(crate) fn kept(&self) -> Vec<Kept> {
        self.forward.iter().flat_map(|round| round.kept.clone()).collect()
    }

    pub(crate) fn with(self, back: Vec<Round>) -> Stage {
        Stage { name: self.name, forward: self.forward, back, after: self.after }
    }
}
