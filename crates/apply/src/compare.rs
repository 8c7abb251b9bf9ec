//! Drift: how the live database is not as desired, without a plan.

use kinds::{Context, Id, Model, ObjectKind, Seeds, Spec};
use serde::Serialize;
use shadow::{Facts, Workbench};
use yaml::Node;

use crate::propose::{self, Both};
use crate::{Error, Live, Lock, Options, Scope, Workspace};

/// What a comparison shows.
#[derive(Debug)]
pub struct Comparison {
    /// Facts about the live server.
    pub facts: Facts,
    /// Every difference.
    pub drift: Vec<Drift>,
    /// What is there and not managed, by kind and name.
    pub unmanaged: Vec<String>,
    /// What is there and no kind reads.
    pub unread: Vec<String>,
}

/// One way in which the live database is not as desired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The object, in words.
    pub object: String,
    /// Its kind.
    pub kind: &'static str,
    /// `missing`, `extra`, `changed` or `renamed`, seen from the desired state.
    pub state: &'static str,
    /// How the live database would be told to make it; what is only renamed has its old name here.
    pub live: Option<String>,
    /// How the desired state would.
    pub desired: Option<String>,
    /// Where the desired state says it: file, line and column.
    pub place: Option<String>,
}

/// Both sides.
pub struct Sides {
    /// The live database.
    pub live: Live,
    /// The desired state as written.
    pub workspace: Workspace,
    both: Both,
}

impl Sides {
    /// Reads both sides.
    pub fn read(options: &Options) -> Result<Sides, Error> {
        let mut workspace = Workspace::load(&options.schema)?;
        let live = Live::read_with(&options.conninfo, &Seeds::of(&workspace.declared))?;
        workspace.declared.own(&live.facts.owner);
        let both = both(&live, &workspace)?;
        Ok(Sides { live, workspace, both })
    }

    /// Every difference of the same live database from YAML that says something else.
    pub fn against(&self, documents: &[Node]) -> Result<Vec<Drift>, Error> {
        let mut workspace = self.workspace.with(documents)?;
        workspace.declared.own(&self.live.facts.owner);
        let both = both(&self.live, &workspace)?;
        Ok(drift(&both, &workspace, self.live.facts.major))
    }

    /// The managed part of the live catalog, under the names that it has once all is renamed.
    pub fn found(&self) -> Model {
        self.both.scope.of(&self.both.before)
    }

    /// The managed part of the desired catalog.
    pub fn desired(&self) -> Model {
        self.both.scope.of(&self.both.desired)
    }

    /// Every difference.
    pub fn drift(&self) -> Vec<Drift> {
        drift(&self.both, &self.workspace, self.live.facts.major)
    }
}

/// Reads both sides and compares them; where the lock file knows that they are in sync, without a shadow. `remember` writes that they
/// are into the lock file, where they are.
pub fn compare(options: &Options, remember: bool) -> Result<Comparison, Error> {
    let mut lock = Lock::read(&options.schema)?;
    let mut workspace = Workspace::load(&options.schema)?;
    let live = Live::read_with(&options.conninfo, &Seeds::of(&workspace.declared))?;
    workspace.declared.own(&live.facts.owner);
    if lock.knows(&workspace.sum, &live) {
        let scope = Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
        let unmanaged = [scope.unmanaged(&live.model), scope.ignored(&workspace.declared)].concat();
        return Ok(Comparison { facts: live.facts, drift: Vec::new(), unmanaged, unread: live.model.unread });
    }
    let both = both(&live, &workspace)?;
    let sides = Sides { live, workspace, both };
    if remember && sides.drift().is_empty() {
        lock.remember(&sides.workspace.sum, &sides.live);
        lock.write(&options.schema)?;
    }
    let (drift, scope) = (sides.drift(), &sides.both.scope);
    let unmanaged = [scope.unmanaged(&sides.live.model), scope.ignored(&sides.workspace.declared)].concat();
    Ok(Comparison { facts: sides.live.facts, drift, unmanaged, unread: sides.live.model.unread })
}

fn both(live: &Live, workspace: &Workspace) -> Result<Both, Error> {
    let scope = Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
    let mut bench = Workbench::start(&live.facts)?;
    propose::both(&mut bench, live, workspace, &scope)
}

fn drift(both: &Both, workspace: &Workspace, version: u32) -> Vec<Drift> {
    let (before, desired) = (&both.before, &both.desired);
    let place = |id: &Id| workspace.declared.place(id).map(ToString::to_string);
    let renamed = both.renames.iter().map(|(old, new)| Drift {
        object: new.to_string(),
        kind: new.kind().name(),
        state: "renamed",
        live: Some(format!("{old}\n")),
        desired: Some(format!("{new}\n")),
        place: place(new),
    });
    let ids = before.ids().chain(desired.ids().filter(|id| !before.contains(id)));
    let differing = ids.filter(|id| both.scope.manages(id)).filter(|id| {
        let (live, wanted) = (before.get(id), desired.get(id));
        live.map(|object| &object.spec) != wanted.map(|object| &object.spec)
            && !is_part_of_another(id, before, desired)
    });
    let differing = differing.map(|id| Drift {
        object: id.to_string(),
        kind: id.kind().name(),
        state: match (before.contains(id), desired.contains(id)) {
            (false, _) => "missing",
            (_, false) => "extra",
            _ => "changed",
        },
        live: definition(id, before, version),
        desired: definition(id, desired, version),
        place: place(id),
    });
    renamed.chain(differing).collect()
}

/// A part of something that is missing or extra as a whole is not told apart.
fn is_part_of_another(id: &Id, before: &Model, desired: &Model) -> bool {
    id.ancestors().any(|ancestor| before.contains(ancestor) != desired.contains(ancestor))
}

fn definition(id: &Id, model: &Model, version: u32) -> Option<String> {
    let context = Context { from: model, to: model, version, user: "" };
    let statements = match &model.get(id)?.spec {
        Spec::SeedRows(rows) => rows.only_declared().create(id, &context),
        spec => spec.create(id, &context),
    };
    Some(statements.into_iter().map(|statement| statement.sql + ";\n").collect())
}
