//! How much of what a step does the way back undoes.

use std::fmt;

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
        /// What is kept all the same, and where.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        kept: Vec<String>,
    },
    /// Nobody knows what takes a step back: the rollback takes back all else.
    Impossible {
        /// Why.
        why: Vec<String>,
        /// What is lost besides.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        lost: Vec<String>,
        /// What is kept all the same, and where.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        kept: Vec<String>,
    },
}

impl Verdict {
    /// `exact`, `exact with archive`, `structure only`, `impossible`
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Exact => "exact",
            Verdict::ExactWithArchive { .. } => "exact with archive",
            Verdict::StructureOnly { .. } => "structure only",
            Verdict::Impossible { .. } => "impossible",
        }
    }

    /// Why nobody knows what takes it back.
    pub fn why(&self) -> &[String] {
        match self {
            Verdict::Impossible { why, .. } => why,
            _ => &[],
        }
    }

    /// What is lost for good.
    pub fn lost(&self) -> &[String] {
        match self {
            Verdict::StructureOnly { lost, .. } | Verdict::Impossible { lost, .. } => lost,
            _ => &[],
        }
    }

    /// What an archive keeps.
    pub fn kept(&self) -> &[String] {
        match self {
            Verdict::ExactWithArchive { kept }
            | Verdict::StructureOnly { kept, .. }
            | Verdict::Impossible { kept, .. } => kept,
            Verdict::Exact => &[],
        }
    }

    fn of(mut lost: Vec<String>, mut kept: Vec<String>, mut why: Vec<String>) -> Verdict {
        for list in [&mut lost, &mut kept, &mut why] {
            list.sort();
            list.dedup();
        }
        match (why.is_empty(), lost.is_empty(), kept.is_empty()) {
            (false, ..) => Verdict::Impossible { why, lost, kept },
            (true, false, _) => Verdict::StructureOnly { lost, kept },
            (true, true, false) => Verdict::ExactWithArchive { kept },
            (true, true, true) => Verdict::Exact,
        }
    }
}

impl fmt::Display for Verdict {
    /// `exact: ...`, `structure only, because ...`: the verdict in a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lost, kept) = (self.lost().join("; "), self.kept().join("; "));
        match self {
            Verdict::Exact => f.write_str("exact: catalog and rows as before"),
            Verdict::ExactWithArchive { .. } => {
                write!(f, "exact with archive: {kept}, until somebody drops that")
            }
            Verdict::StructureOnly { .. } => {
                write!(f, "structure only, because these do not come back: {lost}")
            }
            Verdict::Impossible { why, .. } => {
                let besides = if lost.is_empty() { "" } else { "; these do not come back either: " };
                let why = why.join("; ");
                write!(f, "impossible: the rollback takes back all else, but {why}{besides}{lost}")
            }
        }?;
        match self {
            Verdict::StructureOnly { .. } | Verdict::Impossible { .. } if !kept.is_empty() => {
                write!(f, "; what else goes is kept, until somebody drops that: {kept}")
            }
            _ => Ok(()),
        }
    }
}

impl Step {
    /// What the way back brings back of this step.
    pub fn verdict(&self) -> Verdict {
        let hazards = self.statement.all_hazards().into_iter();
        let lost = hazards.filter(|(hazard, _)| *hazard == Hazard::DataLoss).map(|(_, why)| why);
        let why = self.statement.no_way_back.iter().cloned().collect();
        Verdict::of(lost.collect(), self.statement.kept.clone(), why)
    }
}

/// The verdict of all rounds: that of the worst step, with what all of them keep and lose.
pub fn verdict<'a>(rounds: impl Iterator<Item = &'a Round>) -> Verdict {
    let verdicts: Vec<Verdict> = rounds.flat_map(|round| &round.steps).map(Step::verdict).collect();
    let all = |part: fn(&Verdict) -> &[String]| verdicts.iter().flat_map(part).cloned().collect();
    Verdict::of(all(Verdict::lost), all(Verdict::kept), all(Verdict::why))
}
