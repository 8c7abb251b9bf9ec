//! A plan cut into its scripts, which is how all formats show it.

use apply::{Plan, Stage};
use plan::{Question, Round, Step, Verdict};

use crate::Direction;

/// A forward script and what it is made of.
pub(crate) struct Part<'a> {
    /// The script's file.
    pub(crate) file: &'a str,
    /// Its whole text.
    pub(crate) text: &'a str,
    /// What it asks the rows before it changes anything.
    pub(crate) asks: &'a [Question],
    /// The stage that it was written from.
    pub(crate) stage: &'a Stage,
}

/// The scripts of a plan in the order in which they run forward.
pub(crate) fn parts(plan: &Plan) -> Vec<Part<'_>> {
    let scripts = plan.scripts.forward.iter();
    scripts
        .zip(&plan.stages)
        .map(|(script, stage)| Part { file: &script.file, text: &script.text, asks: &script.asks, stage })
        .collect()
}

impl<'a> Part<'a> {
    /// The rounds of one direction.
    pub(crate) fn rounds(&self, direction: Direction) -> &'a [Round] {
        match direction {
            Direction::Forward => &self.stage.forward,
            Direction::Rollback => &self.stage.back,
        }
    }

    /// What the way back brings back of it.
    pub(crate) fn verdict(&self) -> Verdict {
        plan::verdict(self.stage.forward.iter())
    }

    /// The steps of one direction.
    pub(crate) fn steps(&self, direction: Direction) -> Vec<&'a Step> {
        self.rounds(direction).iter().flat_map(|round| &round.steps).collect()
    }
}

/// All steps of the way forward.
pub(crate) fn forward_steps(plan: &Plan) -> impl Iterator<Item = &Step> {
    plan.stages.iter().flat_map(|stage| &stage.forward).flat_map(|round| &round.steps)
}

/// All steps of the way back, in the order in which they run.
pub(crate) fn back_steps(plan: &Plan) -> impl Iterator<Item = &Step> {
    plan.stages.iter().rev().flat_map(|stage| &stage.back).flat_map(|round| &round.steps)
}
