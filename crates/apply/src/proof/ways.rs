//! The ways that are gone from a boundary, each on a database of its own.

use std::sync::atomic::Ordering::Relaxed;

use kinds::{Kind, Model};
use shadow::rows;

use super::{Known, Prover, ROWS, Way, disproved};
use crate::unsaid::without_rows;
use crate::{Error, hooks};

impl Prover<'_> {
    pub(super) fn go(&self, way: &Way, known: &Known) -> Result<(), Error> {
        match way {
            Way::Back { number, place } => self.back(*number, place, known),
            Way::BackWithMore { number, place } => self.back_with_more(*number, place, known),
            Way::ThereAndBackAgain { place } => self.there_and_back_again(place, known),
        }
    }

    /// Back from the boundary after a script, as it stands.
    fn back(&self, number: usize, place: &str, known: &Known) -> Result<(), Error> {
        let what = self.after_script(number);
        let mut archived = self.archived(place)?;
        self.script(place, &self.scripts.rollback)?;
        let left = self.archived(place)?;
        archived.retain(|archive, _| !left.contains_key(archive));
        self.counts.restored.fetch_add(archived.values().sum(), Relaxed);
        self.returned(&what, place, &known.start, Model::clone)?;
        self.rows_are(&what, place, &known.original)
    }

    /// The same after more rows were written.
    fn back_with_more(&self, number: usize, place: &str, known: &Known) -> Result<(), Error> {
        let (what, rollback) = (self.after_script(number), &self.scripts.rollback);
        rows::more(&mut self.bench.connect(place)?, ROWS / 2, &format!("after {number}"))?;
        let left = self.fingerprint(place)?;
        let written = left.rows();
        match self.script(place, rollback) {
            // The rollback itself said that rows forbid it, before it changed anything.
            Err(Error::Unproven { refused: true, .. }) => return Ok(()),
            other => other?,
        }
        // Of rows that are declared, those that somebody has changed meanwhile stay so.
        self.returned(&what, place, &known.start, without_rows)?;
        let kept = self.fingerprint(place)?.rows();
        if number + 1 == self.scripts.forward.len() {
            self.forward_again(place, &left, known)?;
        }
        let hooks = hooks::are_in(&self.proposal.stages);
        let is_less = kept + self.incoming() < written;
        if is_less && self.lossy.is_empty() && !self.drops_tables() && !hooks {
            let reason = format!("{what}: of {written} rows {kept} are left");
            return Err(disproved(rollback, reason));
        }
        Ok(())
    }

    /// Whether the way back drops tables that the way forward made: their rows go, and the script says so.
    fn drops_tables(&self) -> bool {
        let back = self.proposal.stages.iter().flat_map(|stage| &stage.back).flat_map(|round| &round.steps);
        back.flat_map(|step| &step.ids)
            .any(|(verb, id)| *verb == plan::Verb::Drop && id.kind() == Kind::Table)
    }

    /// Forward again after rows were written at the end and taken back: they are as they were left, where neither way loses any.
    fn forward_again(&self, place: &str, left: &rows::Fingerprint, known: &Known) -> Result<(), Error> {
        for script in &self.scripts.forward {
            match self.script(place, script) {
                Err(Error::Unproven { refused: true, .. }) => return Ok(()),
                other => other?,
            }
        }
        let again = self.state(place)?;
        let (found, wanted) = (without_rows(&again.model), without_rows(&known.end.model));
        self.same("forward again after more rows", self.last(), &found, &wanted)?;
        self.rows_are_but_for("forward again after more rows", place, left, &self.lossy_both_ways)
    }

    /// Back, back again, forward again.
    fn there_and_back_again(&self, place: &str, known: &Known) -> Result<(), Error> {
        self.script(place, &self.scripts.rollback)?;
        self.script(place, &self.scripts.rollback)?;
        self.returned("back twice in a row", place, &known.start, Model::clone)?;
        self.rows_are("back twice in a row", place, &known.original)?;
        for script in &self.scripts.forward {
            self.script(place, script)?;
        }
        let again = self.state(place)?;
        self.same("forward again", self.last(), &again.model, &known.end.model)?;
        self.witnessed("forward again, by the witness", self.last(), &again.witness, &known.end.witness)
    }
}
