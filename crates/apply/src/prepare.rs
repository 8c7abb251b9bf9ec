//! Everything that a command needs to know about a plan, in one value.

use std::path::PathBuf;

use catalog::Conninfo;
use kinds::{Hazard, Model, Seeds};
use plan::Verdict;
use shadow::{Facts, Workbench};

use crate::proof::Sample;
use crate::{
    Answer, Archive, Error, Live, OldName, Proof, Proposal, Scope, Scripts, Settings, Stage, Workspace,
    archives, by_hand, hooks, lock_table, preflight, proof, propose, refusal, scripts,
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
    /// What the shadow could not imitate, and scripts that the live server's lock table may be too small for.
    pub notes: Vec<String>,
    /// What the rows of the live database answered, once they are asked.
    pub preflight: Vec<Answer>,
    /// The settings of the workspace.
    pub settings: Settings,
    /// Parts of preparing and how long each took, in milliseconds.
    pub timings: Vec<(&'static str, u128)>,
}

/// Reads both sides, plans, writes the scripts and proves them.
pub fn prepare(options: &Options) -> Result<Plan, Error> {
    let mut clock = Clock::start();
    let mut workspace = Workspace::load(&options.schema)?;
    clock.lap("read the YAML");
    let live = Live::read_with(&options.conninfo, &Seeds::of(&workspace.declared))?;
    workspace.declared.own(&live.facts.owner);
    let scope = Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
    clock.lap("read the live catalog");
    let proven = match prove(options, &live, &workspace, &scope, &mut clock) {
        // A plan that cannot be gone with archives may be gone without: people then know what they lose.
        Err(error) if error.is_ours() && !workspace.settings.without_archive => {
            workspace.settings.without_archive = true;
            let proven = prove(options, &live, &workspace, &scope, &mut clock);
            proven.map(|proven| (proven, Some(format!("{NOT_KEPT}: {error}")))).map_err(|_| error)?
        }
        other => (other?, None),
    };
    let (Proven { bench, proposal, scripts, proof }, not_kept) = proven;
    let mut notes = bench.notes.clone();
    let verdict = plan::verdict(proposal.stages.iter().flat_map(|stage| &stage.forward));
    let why_not = match verdict.lost() {
        [_, ..] if not_kept.is_none() => {
            archives::why_not(&live.facts, [&proposal.before, &proposal.desired], &workspace.settings)
        }
        _ => None,
    };
    notes.extend(why_not.map(|why| format!("nothing that this plan takes away is kept: {why}")));
    notes.extend(not_kept);
    notes.extend(hooks::idle(&workspace.settings, [&proposal.before, &proposal.desired]));
    let not_alike = proposal.self_check.iter();
    notes.extend(not_alike.map(|what| format!("the shadow is not quite like the live database, {what}")));
    notes.extend(lock_table::notes(&live.facts, &proposal.before, &proposal.stages, &scripts));
    let archives = archives::archives(&live.conninfo)?;
    notes.extend(in_the_way(&archives, &proposal.stages, &scripts));
    let kept = archives.len();
    if kept > 0 {
        let tables = if kept == 1 { "1 table".to_owned() } else { format!("{kept} tables") };
        notes.push(format!(
            "kept in endstate_archive by earlier scripts: {tables}; endstate finalize shows them"
        ));
    }
    drop(bench);
    clock.lap("stop the shadow");
    Ok(Plan {
        facts: live.facts,
        unmanaged: [proposal.scope.unmanaged(&live.model), proposal.scope.ignored(&workspace.declared)]
            .concat(),
        unread: live.model.unread.clone(),
        old_names: proposal.old_names,
        before: proposal.before,
        desired: proposal.desired,
        stages: proposal.stages,
        scripts,
        proof,
        notes,
        preflight: Vec::new(),
        settings: workspace.settings,
        timings: clock.laps,
    })
}

/// Archives that earlier scripts still keep under the names that these scripts would give theirs.
fn in_the_way(archives: &[Archive], stages: &[Stage], scripts: &Scripts) -> Vec<String> {
    let kept = stages.iter().zip(&scripts.forward).flat_map(|(stage, script)| {
        stage.forward.iter().flat_map(|round| &round.kept).map(move |kept| (kept, script))
    });
    let still = |name: &str| archives.iter().find(|archive| archive.name == name);
    kept.filter_map(|(kept, script)| {
        let archive = still(&kept.archive)?;
        Some(format!(
            "{} will stop before it changes anything: {} still holds {}; if nobody needs that any more: endstate finalize --drop",
            script.file, archive.name, archive.what
        ))
    })
    .collect()
}

/// What a note begins with where a plan is proven only without archives: a bug of ours.
pub const NOT_KEPT: &str =
    "nothing that this plan takes away is kept, because it could not be proven that way";

/// A plan with its proof, and where it was proven.
struct Proven {
    bench: Workbench,
    proposal: Proposal,
    scripts: Scripts,
    proof: Proof,
}

fn prove(
    options: &Options,
    live: &Live,
    workspace: &Workspace,
    scope: &Scope,
    clock: &mut Clock,
) -> Result<Proven, Error> {
    let mut bench = Workbench::start(&live.facts)?;
    clock.lap("start the shadow");
    let proposal = propose::propose(&mut bench, live, workspace, scope);
    let mut proposal = proposal.map_err(|error| refusal::of_role(error, &live.facts.user))?;
    by_hand::refuse(&proposal, bench.facts().major)?;
    clock.lap("build and plan");
    let scripts = scripts::write(&mut bench, &mut proposal, &workspace.settings);
    let scripts = scripts.map_err(|error| hooks::blamed(error, workspace))?;
    clock.lap("write the scripts");
    let sample = options.sample.map(|at_most| Sample { conninfo: &live.conninfo, at_most });
    let proof = proof::prove(&mut bench, &proposal, &scripts, sample).map_err(|error| match error {
        Error::Unproven { script, reason, .. } if hooks::are_in(&proposal.stages) => {
            Error::Hooks { script, reason }
        }
        other => other,
    })?;
    clock.lap("prove");
    Ok(Proven { bench, proposal, scripts, proof })
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Asks the live database for rows that would stop the plan; only reads.
    pub fn ask_rows(&mut self, conninfo: &Conninfo) -> Result<(), Error> {
        self.preflight = preflight::ask(conninfo, &self.scripts.asks)?;
        Ok(())
    }

    /// What the way back brings back of the way forward.
    pub fn verdict(&self) -> Verdict {
        plan::verdict(self.stages.iter().flat_map(|stage| &stage.forward))
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
