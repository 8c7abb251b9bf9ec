//! Everything that a command needs to know about a plan, in one value.

use std::path::PathBuf;

use catalog::Conninfo;
use kinds::{Context, Hazard, Id, Kind, Model};
use serde::Serialize;
use shadow::{Facts, Workbench};

use crate::proof::Sample;
use crate::{
    Error, Live, OldName, Proof, Scope, Scripts, Settings, Stage, Workspace, proof, propose, scripts,
};

/// What to prepare.
#[derive(Clone, Debug)]
pub struct Options {
    /// The live database.
    pub conninfo: Conninfo,
    /// The file or folder of the desired state.
    pub schema: PathBuf,
    /// At most so many rows of each live table are copied for the proof, and those that they refer to; synthetic ones where not
    /// given, and in tables that have none.
    pub sample: Option<usize>,
}

/// A proven plan and all that belongs to it.
#[derive(Debug)]
pub struct Plan {
    /// Facts about the live server.
    pub facts: Facts,
    /// The catalog found.
    pub before: Model,
    /// The catalog wanted.
    pub desired: Model,
    /// The way, cut into scripts; empty when there is nothing to do.
    pub stages: Vec<Stage>,
    /// The scripts, in the order of the stages.
    pub scripts: Scripts,
    /// The proof.
    pub proof: Proof,
    /// What is there and not managed, by kind and name.
    pub unmanaged: Vec<String>,
    /// What is there and no kind reads.
    pub unread: Vec<String>,
    /// Texts of functions that may still say what is renamed by its old name.
    pub old_names: Vec<OldName>,
    /// What the shadow could not imitate.
    pub notes: Vec<String>,
    /// The settings of the workspace.
    pub settings: Settings,
    /// Parts of preparing and how long each took, in milliseconds.
    pub timings: Vec<(&'static str, u128)>,
}

/// One way in which the live database is not as desired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The object, in words.
    pub object: String,
    /// Its kind.
    pub kind: &'static str,
    /// `missing`, `extra` or `changed`, seen from the desired state.
    pub state: &'static str,
    /// How the live database would be told to make it.
    pub live: Option<String>,
    /// How the desired state would.
    pub desired: Option<String>,
    /// Where the desired state says it: file, line and column.
    pub place: Option<String>,
}

/// Reads both sides, plans, writes the scripts and proves them.
pub fn prepare(options: &Options) -> Result<Plan, Error> {
    let mut clock = Clock::start();
    let live = Live::read(&options.conninfo)?;
    clock.lap("read the live catalog");
    let workspace = Workspace::read(&options.schema, &live.facts.owner)?;
    let scope = Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
    clock.lap("read the YAML");
    let mut bench = Workbench::start(&live.facts)?;
    clock.lap("start the shadow");
    let proposal = propose::propose(&mut bench, &live, &workspace, &scope)?;
    clock.lap("build and plan");
    let scripts = scripts::write(&mut bench, &proposal, &workspace.settings)?;
    clock.lap("write the scripts");
    let sample = options.sample.map(|at_most| Sample { conninfo: &live.conninfo, at_most });
    let proof = proof::prove(&mut bench, &proposal, &scripts, sample)?;
    clock.lap("prove");
    let notes = bench.notes.clone();
    drop(bench);
    clock.lap("stop the shadow");
    Ok(Plan {
        facts: live.facts,
        unmanaged: unmanaged(&live.model, &scope),
        unread: live.model.unread.clone(),
        old_names: proposal.old_names,
        before: proposal.before,
        desired: proposal.desired,
        stages: proposal.stages,
        scripts,
        proof,
        notes,
        settings: workspace.settings,
        timings: clock.laps,
    })
}

/// Reads both sides and compares them, without a plan.
pub fn compare(options: &Options) -> Result<(Facts, Vec<Drift>, Vec<String>), Error> {
    let live = Live::read(&options.conninfo)?;
    let workspace = Workspace::read(&options.schema, &live.facts.owner)?;
    let scope = Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
    let mut bench = Workbench::start(&live.facts)?;
    let (before, desired) = propose::both(&mut bench, &live, &workspace, &scope)?;
    let mut drift = Vec::new();
    for id in
        before.ids().chain(desired.ids().filter(|id| !before.contains(id))).filter(|id| scope.manages(id))
    {
        let (live, wanted) = (before.get(id), desired.get(id));
        if live.map(|object| &object.spec) == wanted.map(|object| &object.spec)
            || is_part_of_another(id, &before, &desired)
        {
            continue;
        }
        drift.push(Drift {
            object: id.to_string(),
            kind: id.kind().name(),
            state: match (live, wanted) {
                (None, _) => "missing",
                (_, None) => "extra",
                _ => "changed",
            },
            live: live.and_then(|_| definition(id, &before, &live_context(&before, &bench))),
            desired: wanted.and_then(|_| definition(id, &desired, &live_context(&desired, &bench))),
            place: workspace.declared.place(id).map(ToString::to_string),
        });
    }
    Ok((live.facts, drift, unmanaged(&live.model, &scope)))
}

/// A part of something that is missing or extra as a whole is not told apart.
fn is_part_of_another(id: &Id, before: &Model, desired: &Model) -> bool {
    id.ancestors().any(|ancestor| before.contains(ancestor) != desired.contains(ancestor))
}

fn live_context<'a>(model: &'a Model, bench: &Workbench) -> Context<'a> {
    Context { from: model, to: model, version: bench.facts().major, user: "" }
}

fn definition(id: &Id, model: &Model, context: &Context<'_>) -> Option<String> {
    let statements = model.get(id)?.spec.create(id, context);
    Some(statements.into_iter().map(|statement| statement.sql + ";\n").collect())
}

/// What is there and is not managed: the outermost objects, parts of them not named again.
fn unmanaged(model: &Model, scope: &Scope) -> Vec<String> {
    let named = |id: &&Id| !scope.manages(id) && !id.kind().is_attached() && id.kind() != Kind::Role;
    let outermost =
        |id: &&Id| id.ancestors().all(|ancestor| ancestor.kind() == Kind::Schema && scope.manages(ancestor));
    model.ids().filter(named).filter(outermost).map(ToString::to_string).collect()
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// All hazards of the way forward, each once.
    pub fn hazards(&self) -> Vec<(Hazard, String)> {
        let rounds = self.stages.iter().flat_map(|stage| &stage.forward);
        let steps = rounds.flat_map(|round| &round.steps);
        let mut all: Vec<(Hazard, String)> = steps.flat_map(|step| step.statement.all_hazards()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The hazards that somebody must accept first.
    pub fn unaccepted(&self, allowed: &[String]) -> Vec<(Hazard, String)> {
        let accepted = |hazard: Hazard| {
            let named = |list: &[String]| list.iter().any(|word| word == hazard.name() || word == "all");
            named(allowed) || named(&self.settings.allow)
        };
        let demanded = |hazard: Hazard| {
            matches!(hazard, Hazard::DataLoss | Hazard::AccessGain)
                || self.settings.demand.iter().any(|word| word == hazard.name())
        };
        self.hazards().into_iter().filter(|(hazard, _)| demanded(*hazard) && !accepted(*hazard)).collect()
    }
}

struct Clock {
    last: std::time::Instant,
    laps: Vec<(&'static str, u128)>,
}

impl Clock {
    fn start() -> Clock {
        Clock { last: std::time::Instant::now(), laps: Vec::new() }
    }

    fn lap(&mut self, name: &'static str) {
        self.laps.push((name, self.last.elapsed().as_millis()));
        self.last = std::time::Instant::now();
    }
}
