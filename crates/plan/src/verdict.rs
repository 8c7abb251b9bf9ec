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
    /// Nobody knows what takes a step back: the rollback takes back all else.
    Impossible {
        /// Why.
        why: Vec<String>,
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

    /// What is lost for good, or why nobody knows.
    pub fn lost(&self) -> &[String] {
        match self {
            Verdict::StructureOnly { lost } | Verdict::Impossible { why: lost } => lost,
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

    fn of(mut lost: Vec<String>, mut kept: Vec<String>, mut why: Vec<String>) -> Verdict {
        for list in [&mut lost, &mut kept, &mut why] {
            list.sort();
            list.dedup();
        }
        if !why.is_empty() {
            return Verdict::Impossible { why };
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
        let why = self.statement.no_way_back.iter().cloned().collect();
        Verdict::of(lost.collect(), self.statement.kept.clone(), why)
    }
}

/// The verdict of all rounds: that of the worst step.
pub fn verdict<'a>(rounds: impl Iterator<Item = &'a Round>) -> Verdict {
    let verdicts: Vec<Verdict> = rounds.flat_map(|round| &round.steps).map(Step::verdict).collect();
    let (unknown, known): (Vec<&Verdict>, Vec<&Verdict>) =
        verdicts.iter().partition(|verdict| matches!(verdict, Verdict::Impossible { .. }));
    let all = |verdicts: &[&Verdict], part: fn(&Verdict) -> &[String]| {
        verdicts.iter().flat_map(|verdict| part(verdict)).cloned().collect()
    };
    Verdict::of(all(&known, Verdict::lost), all(&known, Verdict::kept), all(&unknown, Verdict::lost))
}
