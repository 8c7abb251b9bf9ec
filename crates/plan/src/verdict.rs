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
    /// The same, with what an archive keeps until it is dropped.
    ExactWithArchive {
        /// What is kept, and where.
        kept: Vec<String>,
    },
    /// The catalog is what it was before; rows or values are not, and nothing keeps them.
    StructureOnly {
        /// What is lost.
        lost: Vec<String>,
    },
}

impl Verdict {
    /// `exact`, `exact with archive`, `structure only`
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Exact => "exact",
            Verdict::ExactWithArchive { .. } => "exact with archive",
            Verdict::StructureOnly { .. } => "structure only",
        }
    }

    /// What is lost for good.
    pub fn lost(&self) -> &[String] {
        match self {
            Verdict::StructureOnly { lost } => lost,
            _ => &[],
        }
    }

    /// What an archive keeps.
    pub fn kept(&self) -> &[String] {
        match self {
            Verdict::ExactWithArchive { kept } => kept,
            _ => &[],
        }
    }

    fn of(mut lost: Vec<String>, mut kept: Vec<String>) -> Verdict {
        for list in [&mut lost, &mut kept] {
            list.sort();
            list.dedup();
        }
        match (lost.is_empty(), kept.is_empty()) {
            (true, true) => Verdict::Exact,
            (true, false) => Verdict::ExactWithArchive { kept },
            (false, _) => Verdict::StructureOnly { lost },
        }
    }
}

impl Step {
    /// What the way back brings back of this step.
    pub fn verdict(&self) -> Verdict {
        let hazards = self.statement.all_hazards().into_iter();
        let lost = hazards.filter(|(hazard, _)| *hazard == Hazard::DataLoss).map(|(_, why)| why);
        Verdict::of(lost.collect(), self.statement.kept.clone())
    }
}

/// The verdict of all rounds: that of the worst step.
pub fn verdict<'a>(rounds: impl Iterator<Item = &'a Round>) -> Verdict {
    let verdicts: Vec<Verdict> = rounds.flat_map(|round| &round.steps).map(Step::verdict).collect();
    let all = |part: fn(&Verdict) -> &[String]| verdicts.iter().flat_map(part).cloned().collect();
    Verdict::of(all(Verdict::lost), all(Verdict::kept))
}
