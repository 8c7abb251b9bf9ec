//! One pair of schemas: there, and back.

use std::path::Path;

use apply::Live;
use kinds::{Document, Hazard, Model, Raise};
use shadow::{Witness, rows};

use crate::server::{Loaded, Server};
use crate::world::World;

/// A schema before and after.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) before: World,
    pub(crate) after: World,
}

/// The statements of a pair that the server took.
pub(crate) struct Taken {
    pub(crate) before: Vec<String>,
    pub(crate) after: Vec<String>,
}

/// How a trial ended.
pub(crate) enum Outcome {
    Fine,
    /// There is no plan, and there should be none: the tool says what it cannot do.
    Refused(String),
    /// What went wrong where; the first word is the stage.
    Failed(String),
}

/// Runs a pair on a server.
pub(crate) fn run(server: &Server, pair: &Pair) -> (Outcome, Taken) {
    let (before, taken_before) = server.load(&pair.before.all_statements());
    let (after, taken_after) = server.load(&pair.after.all_statements());
    let trial = Trial { server, before, after };
    let outcome = match trial.run() {
        Ok(()) => Outcome::Fine,
        Err(Failure { refused: true, text, .. }) => Outcome::Refused(text),
        Err(Failure { stage, text, .. }) => Outcome::Failed(format!("{stage}: {text}")),
    };
    (outcome, Taken { before: taken_before, after: taken_after })
}

struct Failure {
    stage: &'static str,
    text: String,
    refused: bool,
}

struct Trial<'a> {
    server: &'a Server,
    before: Loaded<'a>,
    after: Loaded<'a>,
}

struct State {
    model: Model,
    witness: Witness,
}

/// Makes a failure of any error.
fn at<E: ToString>(stage: &'static str) -> impl Fn(E) -> Failure {
    move |error| Failure { stage, text: error.to_string(), refused: false }
}

/// What the planner rightly says no to.
fn planned(stage: &'static str) -> impl Fn(apply::Error) -> Failure {
    move |error| {
        let refused = matches!(
            &error,
            apply::Error::Plan(plan::Error::Impossible { .. }) | apply::Error::MayNot { .. }
        );
        Failure { stage, text: error.to_string(), refused }
    }
}

impl Trial<'_> {
    fn run(&self) -> Result<(), Failure> {
        let folder = tempfile::tempdir().map_err(at("folder"))?;
        let yaml = folder.path().join("after.yaml");
        let wanted = Live::read(&self.after.conninfo()).map_err(at("read"))?;
        let text = document(&wanted.model, &wanted)?;
        std::fs::write(&yaml, &text).map_err(at("folder"))?;
        let filled = rows::generate(&mut self.before.connect(), 4, "live");
        let with_rows = filled.is_ok();
        let stale: Vec<String> = filled.into_iter().flat_map(|filled| filled.empty.into_keys()).collect();
        let old_rows = rows::fingerprint(&mut self.before.connect()).map_err(at("rows"))?;
        let (start, end) = (self.state(&self.before)?, self.state(&self.after)?);
        if let Some(unread) = start.model.unread.first().or(end.model.unread.first()) {
            return Err(at("unread")(unread));
        }
        let plan = self.prepare(&yaml, "plan")?;
        if let Some(difference) = difference(&plan.before, &start.model) {
            return Err(at("rebuild of the live catalog")(difference));
        }
        let rebuilt = document(&plan.desired, &wanted)?;
        if rebuilt != text {
            return Err(at("dump of the rebuild")(testkit::diff(&text, &rebuilt)));
        }
        if plan.is_empty() {
            return same("no plan", &start, &end);
        }
        if self.forward(&plan)? {
            return Ok(());
        }
        same("forward", &self.state(&self.before)?, &end)?;
        let again = self.prepare(&yaml, "second plan")?;
        if let Some(script) = again.scripts.forward.first() {
            return Err(at("second plan is not empty")(&script.text));
        }
        // What was dropped, such as the values of a column, cannot be had back where rows must have it.
        match self.connect_and_run(&plan.scripts.rollback) {
            Err(error) if of_values(&error) => return Ok(()),
            other => other.map_err(at("rollback"))?,
        }
        same("rollback", &self.state(&self.before)?, &start)?;
        let lossy = plan.hazards().iter().any(|(hazard, _)| *hazard == Hazard::DataLoss);
        if with_rows && !lossy {
            let rows = rows::fingerprint(&mut self.before.connect()).map_err(at("rows"))?;
            // One that could not be refreshed was not behind its rows before, and is once it is made anew.
            let fresh = |difference: &&rows::RowDifference| !stale.contains(&difference.relation);
            if let Some(difference) = old_rows.differences(&rows).iter().find(fresh) {
                return Err(at("rows after rollback")(format!("{difference:?}")));
            }
        }
        Ok(())
    }

    fn prepare(&self, yaml: &Path, stage: &'static str) -> Result<apply::Plan, Failure> {
        let options =
            apply::Options { conninfo: self.before.conninfo(), schema: yaml.to_owned(), sample: None };
        let plan = apply::prepare(&options).map_err(planned(stage))?;
        match plan.notes.iter().find(|note| note.starts_with(apply::NOT_KEPT)) {
            Some(note) => Err(at(stage)(note)),
            None => Ok(plan),
        }
    }

    /// Runs the forward scripts; whether the rows refused one, which the proof has shown without rows then.
    fn forward(&self, plan: &apply::Plan) -> Result<bool, Failure> {
        for script in &plan.scripts.forward {
            if let Err(error) = self.connect_and_run(script) {
                return if of_values(&error) { Ok(true) } else { Err(at("forward script")(error)) };
            }
        }
        Ok(false)
    }

    fn connect_and_run(&self, script: &apply::Script) -> Result<(), catalog::Error> {
        self.before.connect().run(&script.text).map(|_| ())
    }

    fn state(&self, of: &Loaded<'_>) -> Result<State, Failure> {
        let mut database = of.connect();
        let mut snapshot = database.snapshot().map_err(at("read"))?;
        let model = kinds::read::introspect(&mut snapshot, self.server.major).map_err(at("read"))?;
        let witness = Witness::take(&mut snapshot, self.server.major).map_err(at("witness"))?;
        Ok(State { model, witness })
    }
}

fn document(model: &Model, live: &Live) -> Result<String, Failure> {
    let raise = Raise { model, default_owner: &live.facts.owner };
    Ok(yaml::write(&serde_json::to_value(Document::raise(&raise)).map_err(at("dump"))?))
}

/// Whether the rows, rather than the statements, are at fault.
fn of_values(error: &catalog::Error) -> bool {
    let code = error.server().map(|server| server.code.clone()).unwrap_or_default();
    code.starts_with("22") || code.starts_with("23") || code == "P0001"
}

/// Compares two states by our own reading and by the witness.
fn same(stage: &'static str, found: &State, wanted: &State) -> Result<(), Failure> {
    if let Some(difference) = difference(&found.model, &wanted.model) {
        return Err(at(stage)(difference));
    }
    let models = [&found.model, &wanted.model];
    let differences = wanted.witness.differences(&found.witness);
    match differences.iter().find(|difference| !apply::is_unsaid(difference, models)) {
        Some(difference) => Err(at(stage)(format!("by the witness: {difference}"))),
        None => Ok(()),
    }
}

/// The first object that is not the same in two catalogs.
fn difference(found: &Model, wanted: &Model) -> Option<String> {
    wanted.ids().chain(found.ids()).find_map(|id| {
        let spec = |model: &Model| model.get(id).map(|object| object.spec.clone());
        let (found, wanted) = (spec(found), spec(wanted));
        (found != wanted).then(|| format!("{id}: {found:?} instead of {wanted:?}"))
    })
}
