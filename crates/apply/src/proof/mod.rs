//! The proof: the scripts as they will be run, on a throwaway copy of the live catalog with rows in it, forward and back from
//! every boundary, compared each time by our own reading, by the witness, and row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::{Duration, Instant};

use catalog::Conninfo;
use kinds::{Kind, Model};
use plan::archive::SCHEMA;
use serde::Serialize;
use shadow::{Difference, Witness, Workbench, rows};

use crate::scripts::{self, Script, Scripts};
use crate::unsaid::{is_mended, is_unsaid, mended, same_relation};
use crate::{Error, Proposal, losses, parallel};

mod ways;
mod with_rows;

use with_rows::Rows;

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
    /// Rows that the forward scripts had kept in archives at their end.
    pub archived: u64,
    /// Rows that ways back gave back out of archives, from all boundaries together.
    pub restored: u64,
    /// Tables that no row could be made for, with the reason.
    pub without_rows: Vec<(String, String)>,
    /// Why the plan was proven without rows, where it was.
    pub rows_refused: Option<String>,
    /// Why it was proven with rows that were made up at its end and taken back: it refuses others.
    pub others_refused: Option<String>,
    /// Why some tables had none: the plan refuses whatever is in them.
    pub some_refused: Option<String>,
    /// Rows copied from the live database, where that was asked for; tables that are empty there have synthetic ones.
    pub sampled: Option<u64>,
    /// Why they were taken out again: the plan refuses rows that the live database holds.
    pub sample_refused: Option<String>,
    /// Relations whose rows are not compared, because the plan loses some of their values.
    pub not_compared: Vec<String>,
    /// Relations whose rows are not compared, because event triggers write there whatever the plan does.
    pub logs: Vec<String>,
    /// How long it took, in milliseconds.
    #[serde(skip)]
    pub took: Duration,
}

/// How many synthetic rows a table gets.
const ROWS: usize = 8;

/// Rows of the live database that a proof is run with.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// How to reach it: read once more, in a read-only transaction.
    pub conninfo: &'a Conninfo,
    /// How many rows of a table; beyond that, those that they refer to.
    pub at_most: usize,
}

struct Prover<'a> {
    bench: &'a mut Workbench,
    proposal: &'a Proposal,
    scripts: &'a Scripts,
    sample: Option<Sample<'a>>,
    lossy: BTreeSet<String>,
    /// The relations that lose values on the way forward or back, under the names that they have at the end.
    lossy_both_ways: BTreeSet<String>,
    refilled: BTreeSet<String>,
    /// Tables of which the server refused rows, without a question that would have found them.
    refused: BTreeSet<String>,
    /// Whether a table has no rows left without those that the plan refuses.
    is_emptied: bool,
    proof: Proof,
    counts: Counts,
    next: usize,
}

/// What was done and compared so far.
#[derive(Default)]
struct Counts {
    scripts: AtomicUsize,
    objects: AtomicUsize,
    witnessed: AtomicUsize,
    rows: AtomicU64,
    restored: AtomicU64,
}

impl Counts {
    fn add(&self, other: &Counts) {
        for (own, other) in [
            (&self.scripts, &other.scripts),
            (&self.objects, &other.objects),
            (&self.witnessed, &other.witnessed),
        ] {
            own.fetch_add(other.load(Relaxed), Relaxed);
        }
        for (own, other) in [(&self.rows, &other.rows), (&self.restored, &other.restored)] {
            own.fetch_add(other.load(Relaxed), Relaxed);
        }
    }
}

/// A way to go on a database of its own, so that all may be gone side by side.
enum Way {
    Back { number: usize, place: String },
    BackWithMore { number: usize, place: String },
    ThereAndBackAgain { place: String },
}

/// What the ways must come to.
struct Known {
    start: State,
    end: State,
    original: rows::Fingerprint,
}

/// A state that the proof must come back to.
struct State {
    model: Model,
    witness: Witness,
}

/// Proves the scripts; an error is a bug of ours, and says which statement and what the server answered.
pub fn prove(
    bench: &mut Workbench,
    proposal: &Proposal,
    scripts: &Scripts,
    sample: Option<Sample<'_>>,
) -> Result<Proof, Error> {
    let start = Instant::now();
    let (lossy, refilled) = (losses::lossy(proposal), losses::refilled(proposal));
    let (proof, counts) = (Proof::default(), Counts::default());
    let lossy_both_ways = losses::lossy_both_ways(proposal);
    let (refused, next) = (BTreeSet::new(), 0);
    let mut prover = Prover {
        bench,
        proposal,
        scripts,
        sample,
        lossy,
        lossy_both_ways,
        refilled,
        refused,
        is_emptied: false,
        proof,
        counts,
        next,
    };
    prover.run_with_rows()?;
    let mut proof = prover.proof;
    proof.scripts = prover.counts.scripts.into_inner();
    proof.objects = prover.counts.objects.into_inner();
    proof.witnessed = prover.counts.witnessed.into_inner();
    proof.rows = prover.counts.rows.into_inner();
    proof.restored = prover.counts.restored.into_inner();
    proof.not_compared = prover.lossy.into_iter().collect();
    proof.took = start.elapsed();
    Ok(proof)
}

impl Prover<'_> {
    fn run(&mut self, rows: Rows) -> Result<(), Error> {
        let with_rows = rows != Rows::None;
        // Names of databases, not connections: nobody may be connected to what is copied.
        let place = self.copy("before")?;
        // Planning read the model when it stood where this is a copy of.
        let start = State { model: mended(&self.proposal.before), witness: self.witness(&place)? };
        self.fill(&place, rows)?;
        let original = self.fingerprint(&place)?;
        let mut ways = Vec::new();
        let mut end = None;
        for (number, script) in self.scripts.forward.iter().enumerate() {
            self.script(&place, script)?;
            let state = self.state(&place)?;
            self.same("forward", script, &state.model, &self.proposal.stages[number].after)?;
            ways.push(Way::Back { number, place: self.copy(&place)? });
            if with_rows {
                ways.push(Way::BackWithMore { number, place: self.copy(&place)? });
            }
            end = Some(state);
        }
        let Some(end) = end else { return Ok(()) };
        self.reached_desired(&end)?;
        self.proof.logs = self.logs(&original, &place)?;
        self.proof.archived += self.archived(&place)?.values().sum::<u64>();
        // The longest first.
        ways.insert(0, Way::ThereAndBackAgain { place });
        let (known, prover) = (Known { start, end, original }, &*self);
        parallel::each(&ways, |way| prover.go(way, &known)).into_iter().collect()
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

    /// Tables that the plan does not touch and that have more rows at its end all the same, and sequences that moved: where there are event
    /// triggers, they write there.
    fn logs(&self, original: &rows::Fingerprint, place: &str) -> Result<Vec<String>, Error> {
        let models = [&self.proposal.before, &self.proposal.desired];
        if !models.into_iter().flat_map(Model::ids).any(|id| id.kind() == Kind::EventTrigger) {
            return Ok(Vec::new());
        }
        let rounds = self.proposal.stages.iter().flat_map(|stage| stage.forward.iter().chain(&stage.back));
        let touched: BTreeSet<String> = rounds
            .flat_map(|round| &round.steps)
            .flat_map(|step| &step.ids)
            .map(|(_, id)| id.top().sql())
            .collect();
        let is_touched = |relation: &String| touched.iter().any(|name| same_relation(name, relation));
        let grows = |difference: &rows::RowDifference| match (&difference.left, &difference.right) {
            (Some(left), Some(right)) => left.held == rows::Held::Sequence || left.count < right.count,
            _ => false,
        };
        let differences = original.differences(&self.fingerprint(place)?).into_iter();
        let logs = differences.filter(|found| grows(found) && !is_touched(&found.relation));
        Ok(logs.map(|found| found.relation).collect())
    }

    /// How many rows each archive holds.
    fn archived(&self, place: &str) -> Result<BTreeMap<String, u64>, Error> {
        if !self.proposal.stages.iter().flat_map(|stage| &stage.forward).any(|round| !round.kept.is_empty()) {
            return Ok(BTreeMap::new());
        }
        let mut database = self.bench.connect(place)?;
        let tables = format!(
            "SELECT oid::regclass FROM pg_class WHERE relnamespace = to_regnamespace('{SCHEMA}') AND relkind = 'r'"
        );
        let mut archived = BTreeMap::new();
        for table in database.select(&tables)?.into_iter().flatten().flatten() {
            let count = database.select(&format!("SELECT count(*) FROM {table}"))?;
            let count = count.into_iter().flatten().flatten().next().and_then(|count| count.parse().ok());
            archived.insert(table, count.unwrap_or_default());
        }
        Ok(archived)
    }

    fn script(&self, place: &str, script: &Script) -> Result<(), Error> {
        self.counts.scripts.fetch_add(1, Relaxed);
        let mut connection = self.bench.connect_as(place, &self.bench.facts().user)?;
        // As the database has it: the script itself must see to it that it may write.
        connection.run("RESET default_transaction_read_only")?;
        scripts::run(&mut connection, &script.text).map(|_| ()).map_err(|error| {
            let code = error.server().map(|server| server.code.clone()).unwrap_or_default();
            let is_nowhere = error.server().is_some_and(|server| server.position.is_none());
            let names =
                error.server().and_then(|server| Some([server.schema.clone()?, server.table.clone()?]));
            Error::Unproven {
                script: script.file.clone(),
                relation: names.map(|[schema, table]| sql::qualified(&[&schema, &table])),
                // Elsewhere a position is one in a single statement.
                reason: match scripts::statements_outside_of_transaction(&script.text) {
                    Some(_) => error.to_string(),
                    None => statement_at(&script.text, &error),
                },
                // Classes 22 and 23: the values, not the statement, are at fault. Types of extensions call their own syntax a syntax error,
                // or an internal one; of a statement, there would be a place in it.
                refused: code.starts_with("22")
                    || code.starts_with("23")
                    || code == "P0001"
                    || matches!(code.as_str(), "42601" | "XX000") && is_nowhere,
            }
        })
    }

    fn state(&self, place: &str) -> Result<State, Error> {
        let major = self.bench.facts().major;
        let mut database = self.bench.connect(place)?;
        let mut snapshot = database.snapshot()?;
        let model = kinds::read::introspect_with(&mut snapshot, major, &self.proposal.seeds)?;
        let witness = Witness::take(&mut snapshot, major)?;
        Ok(State { model, witness })
    }

    fn witness(&self, place: &str) -> Result<Witness, Error> {
        Ok(Witness::take(&mut self.bench.connect(place)?.snapshot()?, self.bench.facts().major)?)
    }

    fn same(&self, what: &str, script: &Script, found: &Model, wanted: &Model) -> Result<(), Error> {
        self.counts.objects.fetch_add(wanted.len(), Relaxed);
        let differences = crate::propose::differences(wanted, found);
        self.no_difference(what, script, &differences)
    }

    fn witnessed(&self, what: &str, script: &Script, found: &Witness, wanted: &Witness) -> Result<(), Error> {
        self.counts.witnessed.fetch_add(wanted.entries.len(), Relaxed);
        let both = [&self.proposal.before, &self.proposal.desired];
        let same = |difference: &Difference| is_mended(difference) || is_unsaid(difference, both);
        let differences = wanted.differences(found).into_iter().filter(|difference| !same(difference));
        let differences: Vec<String> = differences.map(|difference| difference.to_string()).collect();
        self.no_difference(what, script, &differences)
    }

    #[allow(clippy::unused_self, reason = "reads as a step of the proof")]
    fn no_difference(&self, what: &str, script: &Script, differences: &[String]) -> Result<(), Error> {
        if differences.is_empty() {
            return Ok(());
        }
        let reason = format!("{what}: the catalog is not what it should be:\n  {}", differences.join("\n  "));
        Err(disproved(script, reason))
    }

    fn reached_desired(&self, end: &State) -> Result<(), Error> {
        let last = self.last();
        self.same("desired", last, &end.model, &self.proposal.desired)?;
        self.witnessed("desired, by the witness", last, &end.witness, &self.witness("desired")?)
    }

    fn last(&self) -> &Script {
        self.scripts.forward.last().unwrap_or(&self.scripts.rollback)
    }

    fn after_script(&self, number: usize) -> String {
        format!("back from after {}", self.scripts.forward[number].file)
    }

    fn returned(
        &self,
        what: &str,
        place: &str,
        start: &State,
        part: fn(&Model) -> Model,
    ) -> Result<(), Error> {
        let rollback = &self.scripts.rollback;
        let state = self.state(place)?;
        self.same(what, rollback, &part(&mended(&state.model)), &part(&start.model))?;
        self.witnessed(&format!("{what}, by the witness"), rollback, &state.witness, &start.witness)
    }

    fn rows_are(&self, what: &str, place: &str, original: &rows::Fingerprint) -> Result<(), Error> {
        self.rows_are_but_for(what, place, original, &self.lossy)
    }

    fn rows_are_but_for(
        &self,
        what: &str,
        place: &str,
        original: &rows::Fingerprint,
        lossy: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let found = self.fingerprint(place)?;
        self.counts.rows.fetch_add(original.rows(), Relaxed);
        let differences: Vec<String> = original
            .differences(&found)
            .into_iter()
            .filter(|difference| !self.may_differ(difference, lossy))
            .map(|difference| self.rows_in_words(place, &difference))
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        let reason = format!("{what}: the rows are not the old ones:\n  {}", differences.join("\n  "));
        Err(disproved(&self.scripts.rollback, reason))
    }

    /// Whether the plan says that a relation loses values, or makes it anew from what it reads.
    fn may_differ(&self, difference: &rows::RowDifference, lossy: &BTreeSet<String>) -> bool {
        let among = |names: &BTreeSet<String>| {
            names.iter().any(|relation| same_relation(relation, &difference.relation))
        };
        let count = |content: &Option<rows::Content>| content.as_ref().map(|content| content.count);
        // A view that does not read the rows of the proof is not behind them any more once it is made anew.
        let refused =
            self.proof.without_rows.iter().any(|(view, _)| same_relation(view, &difference.relation));
        among(lossy)
            || self.proof.logs.contains(&difference.relation)
            || (among(&self.refilled) && (refused || count(&difference.left) == count(&difference.right)))
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
}

/// A script that ran, and did not come to what it should.
fn disproved(script: &Script, reason: String) -> Error {
    Error::Unproven { script: script.file.clone(), reason, relation: None, refused: false }
}

/// The error with the statement that it came from.
fn statement_at(text: &str, error: &catalog::Error) -> String {
    let Some(position) = error.server().and_then(|server| server.position) else { return error.to_string() };
    let start = text[..position.min(text.len())].rfind(";\n").map_or(0, |place| place + 2);
    let end = text[position.min(text.len())..].find(";\n").map_or(text.len(), |place| position + place);
    format!("{error}\n{}", text[start..end].trim())
}
