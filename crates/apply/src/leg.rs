//! The ways between the boundaries of scripts, while they are worked out.

use std::collections::BTreeMap;

use kinds::{Directives, Id, Model};
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

/// Directives under the names that objects have while later renames are still to come.
pub(crate) fn renamed_back(own: &Directives, later: &Directives) -> Directives {
    Directives {
        renames: then(&own.renames, later),
        backfills: then(&own.backfills, later),
        batches: then(&own.batches, later),
        backfilled: then(&own.backfilled, later),
        conversions: then(&own.conversions, later),
        enums: then(&own.enums, later),
    }
}

fn then<V: Clone>(own: &BTreeMap<Id, V>, later: &Directives) -> BTreeMap<Id, V> {
    own.iter().map(|(id, value)| (later.before(id, None), value.clone())).collect()
}
