//! The proof: the scripts as they will be run, on a throwaway copy of the live catalog with rows in it, forward and back from
//! every boundary, compared each time by our own reading, by the witness, and row by row.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kinds::{Kind, Model};
use serde::Serialize;
use shadow::{Witness, Workbench, rows};

use crate::scripts::{Script, Scripts};
use crate::{Error, Proposal, losses};

/// What was run to prove a plan, and what it showed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Proof {
    /// Scripts run, forward and back.
    pub scripts: usize,
    /// Objects of our own model compared.
    pub objects: usize,
    /// Entries of the witness compared.
    pub witnessed: usize,
    /// Rows compared.
    pub rows: u64,
    /// Tables that no row could be made for, with the reason.
    pub without_rows: Vec<(String, String)>,
    /// Why the plan was proven without rows, where it was.
    pub rows_refused: Option<String>,
    /// Relations whose rows are not compared, because the plan loses some of their values.
    pub not_compared: Vec<String>,
    /// How long it took, in milliseconds.
    #[serde(skip)]
    pub took: Duration,
}

/// How many synthetic rows a table gets.
const ROWS: usize = 8;

struct Prover<'a> {
    bench: &'a mut Workbench,
    proposal: &'a Proposal,
    scripts: &'a Scripts,
    lossy: BTreeSet<String>,
    refilled: BTreeSet<String>,
    proof: Proof,
    next: usize,
}

/// A state that the proof must come back to.
struct State {
    model: Model,
    witness: Witness,
}

/// Proves the scripts; an error is a bug of ours, and says which statement and what the server answered.
pub fn prove(bench: &mut Workbench, proposal: &Proposal, scripts: &Scripts) -> Result<Proof, Error> {
    let start = Instant::now();
    let (lossy, refilled) = (losses::lossy(proposal), losses::refilled(proposal));
    let mut prover = Prover { bench, proposal, scripts, lossy, refilled, proof: Proof::default(), next: 0 };
    let outcome = match prover.run(true) {
        // Rows that the plan's own constraints refuse say nothing against the plan: the preflight asks the real ones.
        Err(Error::Unproven { script, reason, refused: true }) => {
            prover.proof = Proof { rows_refused: Some(format!("{script}: {reason}")), ..Proof::default() };
            prover.run(false)
        }
        other => other,
    };
    outcome?;
    let mut proof = prover.proof;
    proof.not_compared = prover.lossy.into_iter().collect();
    proof.took = start.elapsed();
    Ok(proof)
}

impl Prover<'_> {
    fn run(&mut self, with_rows: bool) -> Result<(), Error> {
        // Names of databases, not connections: nobody may be connected to what is copied.
        let place = self.copy("before")?;
        let start = self.state(&place)?;
        if with_rows {
            let filled = rows::generate(&mut self.bench.connect(&place)?, ROWS, "before")?;
            self.proof.without_rows = filled.empty.into_iter().collect();
        }
        let original = self.fingerprint(&place)?;
        let mut ends = Vec::new();
        for number in 0..self.scripts.forward.len() {
            let script = self.scripts.forward[number].clone();
            self.script(&place, &script)?;
            let state = self.state(&place)?;
            self.same("forward", &script, &state.model, &self.proposal.stages[number].after.clone())?;
            self.back_from(&place, number, &start, &original, with_rows)?;
            ends.push(state);
        }
        let Some(end) = ends.pop() else { return Ok(()) };
        self.reached_desired(&end)?;
        self.there_and_back_again(&place, &start, &end, &original)
    }

    /// The name of a new copy of a database.
    fn copy(&mut self, of: &str) -> Result<String, Error> {
        let name = format!("proof_{}", self.next);
        self.next += 1;
        self.bench.copy(of, &name)?;
        Ok(name)
    }

    fn fingerprint(&self, place: &str) -> Result<rows::Fingerprint, Error> {
        Ok(rows::fingerprint(&mut self.bench.connect(place)?)?)
    }

    fn script(&mut self, place: &str, script: &Script) -> Result<(), Error> {
        self.proof.scripts += 1;
        let user = self.bench.facts().user.clone();
        let mut connection = self.bench.connect_as(place, &user)?;
        connection.run(&script.text).map(|_| ()).map_err(|error| {
            let code = error.server().map(|server| server.code.clone()).unwrap_or_default();
            Error::Unproven {
                script: script.file.clone(),
                reason: statement_at(&script.text, &error),
                // Classes 22 and 23: the values, not the statement, are at fault.
                refused: code.starts_with("22") || code.starts_with("23") || code == "P0001",
            }
        })
    }

    fn state(&self, place: &str) -> Result<State, Error> {
        let major = self.bench.facts().major;
        let mut database = self.bench.connect(place)?;
        let mut snapshot = database.snapshot()?;
        let model = kinds::read::introspect(&mut snapshot, major)?;
        let witness = Witness::take(&mut snapshot, major)?;
        Ok(State { model, witness })
    }

    fn same(&mut self, what: &str, script: &Script, found: &Model, wanted: &Model) -> Result<(), Error> {
        self.proof.objects += wanted.len();
        let differences = crate::propose::differences(wanted, found);
        self.no_difference(what, script, &differences)
    }

    fn witnessed(
        &mut self,
        what: &str,
        script: &Script,
        found: &Witness,
        wanted: &Witness,
    ) -> Result<(), Error> {
        self.proof.witnessed += wanted.entries.len();
        let differences: Vec<String> = wanted.differences(found).iter().map(ToString::to_string).collect();
        self.no_difference(what, script, &differences)
    }

    #[allow(clippy::unused_self, reason = "reads as a step of the proof")]
    fn no_difference(&self, what: &str, script: &Script, differences: &[String]) -> Result<(), Error> {
        if differences.is_empty() {
            return Ok(());
        }
        let reason = format!("{what}: the catalog is not what it should be:\n  {}", differences.join("\n  "));
        Err(Error::Unproven { script: script.file.clone(), reason, refused: false })
    }

    fn reached_desired(&mut self, end: &State) -> Result<(), Error> {
        let wanted = self.state("desired")?;
        let last = self.scripts.forward.last().cloned().unwrap_or(self.scripts.rollback.clone());
        self.same("desired", &last, &end.model, &wanted.model)?;
        self.witnessed("desired, by the witness", &last, &end.witness, &wanted.witness)
    }

    /// Back from the boundary after a script: once as it stands, once after more rows were written.
    fn back_from(
        &mut self,
        place: &str,
        number: usize,
        start: &State,
        original: &rows::Fingerprint,
        with_rows: bool,
    ) -> Result<(), Error> {
        let rollback = self.scripts.rollback.clone();
        let what = format!("back from after {}", self.scripts.forward[number].file);
        let copy = self.copy(place)?;
        self.script(&copy, &rollback)?;
        self.returned(&what, &copy, start)?;
        self.rows_are(&what, &copy, original)?;
        if with_rows {
            let copy = self.copy(place)?;
            rows::more(&mut self.bench.connect(&copy)?, ROWS / 2, &format!("after {number}"))?;
            let written = self.fingerprint(&copy)?.rows();
            match self.script(&copy, &rollback) {
                // The rollback itself said that rows forbid it, before it changed anything.
                Err(Error::Unproven { refused: true, .. }) => return Ok(()),
                other => other?,
            }
            self.returned(&what, &copy, start)?;
            let kept = self.fingerprint(&copy)?.rows();
            if kept < written && self.lossy.is_empty() && !self.drops_tables() {
                let reason = format!("{what}: of {written} rows {kept} are left");
                return Err(Error::Unproven { script: rollback.file, reason, refused: false });
            }
        }
        Ok(())
    }

    /// Whether the way back drops tables that the way forward made: their rows go, and the script says so.
    fn drops_tables(&self) -> bool {
        let back = self.proposal.stages.iter().flat_map(|stage| &stage.back).flat_map(|round| &round.steps);
        back.flat_map(|step| &step.ids)
            .any(|(verb, id)| *verb == plan::Verb::Drop && id.kind() == Kind::Table)
    }

    fn returned(&mut self, what: &str, place: &str, start: &State) -> Result<(), Error> {
        let rollback = self.scripts.rollback.clone();
        let state = self.state(place)?;
        self.same(what, &rollback, &state.model, &start.model)?;
        self.witnessed(&format!("{what}, by the witness"), &rollback, &state.witness, &start.witness)
    }

    fn rows_are(&mut self, what: &str, place: &str, original: &rows::Fingerprint) -> Result<(), Error> {
        let found = self.fingerprint(place)?;
        self.proof.rows += original.rows();
        let differences: Vec<String> = original
            .differences(&found)
            .into_iter()
            .filter(|difference| !self.may_differ(difference))
            .map(|difference| self.rows_in_words(place, &difference))
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        let reason = format!("{what}: the rows are not the old ones:\n  {}", differences.join("\n  "));
        Err(Error::Unproven { script: self.scripts.rollback.file.clone(), reason, refused: false })
    }

    /// Whether the plan says that a relation loses values, or makes it anew from what it reads.
    fn may_differ(&self, difference: &rows::RowDifference) -> bool {
        let among = |names: &BTreeSet<String>| {
            names.iter().any(|relation| same_relation(relation, &difference.relation))
        };
        let count = |content: &Option<rows::Content>| content.as_ref().map(|content| content.count);
        among(&self.lossy) || (among(&self.refilled) && count(&difference.left) == count(&difference.right))
    }

    /// What a relation held and holds, with the first row that is not an old one.
    fn rows_in_words(&self, place: &str, difference: &rows::RowDifference) -> String {
        let held = |content: &Option<rows::Content>| match content {
            Some(content) => format!("{} rows", content.count),
            None => "nothing".to_owned(),
        };
        let dump = || -> Result<Vec<String>, Error> {
            Ok(rows::dump(&mut self.bench.connect(place)?, &difference.relation)?)
        };
        let first = dump().unwrap_or_default().into_iter().next().unwrap_or_default();
        format!(
            "{} held {}, holds {} of other values, such as {first}",
            difference.relation,
            held(&difference.left),
            held(&difference.right)
        )
    }

    /// Back, back again, forward again.
    fn there_and_back_again(
        &mut self,
        place: &str,
        start: &State,
        end: &State,
        original: &rows::Fingerprint,
    ) -> Result<(), Error> {
        let rollback = self.scripts.rollback.clone();
        self.script(place, &rollback)?;
        self.script(place, &rollback)?;
        self.returned("back twice in a row", place, start)?;
        self.rows_are("back twice in a row", place, original)?;
        for script in self.scripts.forward.clone() {
            self.script(place, &script)?;
        }
        let again = self.state(place)?;
        let last = self.scripts.forward.last().cloned().unwrap_or(rollback);
        self.same("forward again", &last, &again.model, &end.model)?;
        self.witnessed("forward again, by the witness", &last, &again.witness, &end.witness)
    }
}

/// Whether a quoted name of SQL and the witness's name mean the same relation.
fn same_relation(quoted: &str, plain: &str) -> bool {
    quoted.replace('"', "") == plain.replace('"', "")
}

/// The error with the statement that it came from.
fn statement_at(text: &str, error: &catalog::Error) -> String {
    let Some(position) = error.server().and_then(|server| server.position) else { return error.to_string() };
    let start = text[..position.min(text.len())].rfind(";\n").map_or(0, |place| place + 2);
    let end = text[position.min(text.len())..].find(";\n").map_or(text.len(), |place| position + place);
    format!("{error}\n{}", text[start..end].trim())
}
