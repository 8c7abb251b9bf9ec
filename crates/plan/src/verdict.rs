//! How much of what a step does the way back undoes.

use kinds::Hazard;
use serde::Serialize;

use crate::{Round, Step};

/// What the way back brings back of a step, or of a whole plan; the worse is the greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Catalog and rows are what they were before.
    Exact,
    /// The catalog is what it was before; rows or values are not, and nothing keeps them.
    StructureOnly {
        /// What is lost.
        lost: Vec<String>,
    },
}

impl Verdict {
    /// `exact`, `structure only`
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Exact => "exact",
            Verdict::StructureOnly { .. } => "structure only",
        }
    }

    /// What is lost for good.
    pub fn lost(&self) -> &[String] {
        match self {
            Verdict::Exact => &[],
            Verdict::StructureOnly { lost } => lost,
        }
    }

    fn of_losses(mut lost: Vec<String>) -> Verdict {
        lost.sort();
        lost.dedup();
        if lost.is_empty() { Verdict::Exact } else { Verdict::StructureOnly { lost } }
    }
}

impl Step {
    /// What the way back brings back of this step.
    pub fn verdict(&self) -> Verdict {
        let hazards = self.statement.all_hazards().into_iter();
        Verdict::of_losses(
            hazards.filter(|(hazard, _)| *hazard == Hazard::DataLoss).map(|(_, why)| why).collect(),
        )
    }
}

/// The verdict of all rounds: that of the worst step.
pub fn verdict<'a>(rounds: impl Iterator<Item = &'a Round>) -> Verdict {
    let steps = rounds.flat_map(|round| &round.steps);
    Verdict::of_losses(steps.flat_map(|step| step.verdict().lost().to_vec()).collect())
}
