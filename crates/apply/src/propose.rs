//! Works out a plan on the shadow: PostgreSQL runs each round, and is asked what it came to.

use std::collections::BTreeMap;

use catalog::Database;
use kinds::kinds::function::signature_of;
use kinds::{Declared, Directives, Former, Id, Kind, Model, Object, Seeds, Spec};
use plan::archive::{Archive, SCHEMA};
use plan::{Request, Round};
use shadow::{Names, Workbench};

use crate::concurrent::Concurrent;
use crate::groups::Groups;
use crate::leg::Leg;
use crate::old_names::{self, OldName};
use crate::run::{run, run_by_path, taken};
use crate::{Error, Live, Scope, Workspace, archives, bodies, hooks, parallel, refusal};

/// One step of the way between two boundaries: a script.
#[derive(Debug)]
pub struct Stage {
    /// The name of its script, if settings give one.
    pub name: Option<String>,
    /// The way forward.
    pub forward: Vec<Round>,
    /// The way back.
    pub back: Vec<Round>,
    /// The catalog after it.
    pub after: Model,
}

/// A plan as worked out, not yet proven.
#[derive(Debug)]
pub struct Proposal {
    /// The catalog found.
    pub before: Model,
    /// The catalog wanted.
    pub desired: Model,
    /// What the YAML says about the way, as far as it is still to be done.
    pub directives: Directives,
    /// The way, cut at the boundaries of scripts.
    pub stages: Vec<Stage>,
    /// Differences between the live catalog and its rebuild on the shadow: there should be none.
    pub self_check: Vec<String>,
    /// What was touched, and what is only context.
    pub scope: Scope,
    /// Texts that may still say what is renamed by its old name.
    pub old_names: Vec<OldName>,
    /// Which rows are read with a catalog.
    pub seeds: Seeds,
}

/// Where planning happens.
struct Planner<'a> {
    bench: &'a mut Workbench,
    scope: Scope,
    user: String,
    major: u32,
    /// Whether the live catalog stands on the shadow.
    rebuilt: bool,
    /// Whether what is taken away is kept.
    keeps: bool,
    /// Which indexes are built while others write.
    concurrent: Concurrent,
    /// Which rows are read with a catalog.
    seeds: Seeds,
}

/// Plans the way from the live catalog to the desired one, and back.
pub fn propose(
    bench: &mut Workbench,
    live: &Live,
    workspace: &Workspace,
    scope: &Scope,
) -> Result<Proposal, Error> {
    let mut planner = Planner::new(bench, live, scope, workspace);
    let (before, self_check) = planner.rebuild(live)?;
    let desired = planner.build_desired(live, workspace)?;
    let directives = applicable(&resolved(&workspace.declared.directives, &desired), &before, workspace)?;
    if !workspace.settings.without_body_checks {
        bodies::check(&mut planner.bench.connect("desired")?, &before, &desired, &workspace.declared)?;
    }
    planner.keeps = archives::why_not(&live.facts, [&before, &desired], &workspace.settings).is_none();
    let old_names = old_names::find(&before, &desired, &directives, &workspace.declared)?;
    let groups = Groups::new(workspace);
    let stages = planner.stages(&before, &desired, &directives, (&groups, &workspace.declared));
    let mut stages = stages.map_err(|error| refusal::of_event_trigger(error, [&before, &desired]))?;
    hooks::add(&mut stages, workspace);
    let Planner { scope, seeds, .. } = planner;
    Ok(Proposal { before, desired, directives, stages, self_check, scope, old_names, seeds })
}

/// The catalog found and the catalog wanted.
pub(crate) struct Both {
    /// The catalog found, under the names that it has once all is renamed.
    pub(crate) before: Model,
    /// The catalog wanted.
    pub(crate) desired: Model,
    /// The renames that are still to be done, without the names that follow one of them.
    pub(crate) renames: Vec<(Id, Id)>,
    /// What may be touched.
    pub(crate) scope: Scope,
}

/// Reads both sides; where something is still to be renamed, the shadow tells what the catalog is after that.
pub(crate) fn both(
    bench: &mut Workbench,
    live: &Live,
    workspace: &Workspace,
    scope: &Scope,
) -> Result<Both, Error> {
    let mut planner = Planner::new(bench, live, scope, workspace);
    let desired = planner.build_desired(live, workspace)?;
    let stated = resolved(&workspace.declared.directives, &desired);
    let directives = applicable(&stated, &live.model, workspace)?;
    let (before, renames) = planner.renamed(live, &desired, &directives)?;
    Ok(Both { before, desired, renames, scope: planner.scope })
}

/// Functions are declared with their arguments as written; directives for them find the function as PostgreSQL names it.
fn resolved(directives: &Directives, desired: &Model) -> Directives {
    let renames = directives.renames.iter().map(|(id, old)| (as_built(id, desired).clone(), old.clone()));
    let mut renames: BTreeMap<Id, Former> = renames.collect();
    // A table takes its sequences along, whether the YAML says so or not.
    let moved = renames.iter().filter_map(|(table, old)| Some((table.clone(), old.schema.clone()?)));
    for (table, schema) in moved.collect::<Vec<_>>() {
        for sequence in plan::sequences(desired, &table) {
            let former = Former { schema: Some(schema.clone()), name: sequence.name().to_owned() };
            renames.entry(sequence).or_insert(former);
        }
    }
    Directives { renames, ..directives.clone() }
}

/// The id under which PostgreSQL built what the YAML declares: it writes the arguments of functions in its own way.
pub(crate) fn as_built<'a>(id: &'a Id, desired: &'a Model) -> &'a Id {
    let namesakes = desired.of_kind_in(id.parent(), id.kind()).map(|object| &object.id);
    let found: Vec<&Id> = namesakes.filter(|other| other.name() == id.name()).collect();
    let written = |other: &&&Id| desired.get(other).is_some_and(|object| has_arguments(&object.spec, id));
    match (desired.contains(id), found.as_slice()) {
        (true, _) => id,
        (false, [one]) => one,
        (false, many) => many.iter().find(written).copied().unwrap_or(id),
    }
}

/// Of equal keys a foreign key depends on the one that was there when it was made, which nothing but the live catalog tells.
fn depend_as_there(model: &mut Model, live: &Model) {
    let refers = |object: &&Object| matches!(&object.spec, Spec::Constraint(key) if key.references.is_some());
    for object in live.objects().filter(refers) {
        let Some(own) = model.get(&object.id) else { continue };
        let mut needs = own.needs.clone();
        needs.extend(
            object
                .needs
                .iter()
                .filter(|(need, _)| model.contains(need))
                .map(|(need, how)| (need.clone(), *how)),
        );
        model.insert(Object { needs, ..own.clone() });
    }
}

/// The renames that are still to be done: those whose old name exists. That both names exist is for a person to settle.
fn applicable(directives: &Directives, before: &Model, workspace: &Workspace) -> Result<Directives, Error> {
    let mut kept = Directives { renames: BTreeMap::new(), ..directives.clone() };
    let mut problems = Vec::new();
    let mut renames: Vec<(&Id, &Former)> = directives.renames.iter().collect();
    renames.sort_by_key(|(id, _)| id.depth());
    for (id, former) in renames {
        let new = kept.before(id);
        let old = former.of(&new);
        if !before.contains(&old) {
            // Its arguments may be called otherwise until their types are renamed.
            let mut namesakes = before.of_kind_in(old.parent(), old.kind()).map(|object| &object.id);
            if id.signature().is_some() && namesakes.any(|other| other.name() == old.name()) {
                kept.renames.insert(id.clone(), former.clone());
            }
            continue;
        }
        let leaves = directives.renames.iter().any(|(other, former)| former.of(other) == *id);
        // The old name means something else by now, which is declared too: the rename is done.
        let is_declared = |id: &Id| workspace.declared.objects.iter().any(|object| object.id == *id);
        if before.contains(&new) && !leaves && is_declared(&former.of(id)) {
            continue;
        }
        if before.contains(&new) && !leaves {
            let mut problem = yaml::Problem {
                message: format!("{id} is to be renamed from {former}, but both exist"),
                ..Default::default()
            };
            problem.place = workspace.declared.place(id).cloned();
            problem.help = Some(format!(
                "drop one of them from the database, or take `renamed_from` out and say what becomes of {former}"
            ));
            problems.push(problem);
        }
        kept.renames.insert(id.clone(), former.clone());
    }
    let is_new = |column: &Id| !before.contains(&kept.before(column));
    let (new, there) = kept.batches.clone().into_iter().partition(|(column, _)| is_new(column));
    (kept.batches, kept.batches_of_nulls) = (new, there);
    // Those that somebody has interrupted and plans anew get the rest at once.
    kept.batches_of_nulls.retain(|column, _| !plan::waits_for_values(before, column));
    if problems.is_empty() { Ok(kept) } else { Err(Error::Yaml { problems }) }
}

/// Whether a routine has the arguments that are written in the id that the YAML gives it.
fn has_arguments(spec: &Spec, written: &Id) -> bool {
    let bare = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    let written = bare(written.signature().unwrap_or_default());
    match spec {
        Spec::Function(function) => bare(&signature_of(&function.arguments, function.procedure)) == written,
        _ => false,
    }
}

impl<'a> Planner<'a> {
    fn new(bench: &'a mut Workbench, live: &Live, scope: &Scope, workspace: &Workspace) -> Planner<'a> {
        let (user, major) = (live.facts.user.clone(), live.facts.major);
        let seeds = Seeds::of(&workspace.declared);
        let concurrent = Concurrent::new(&workspace.settings);
        Planner { bench, scope: scope.clone(), user, major, rebuilt: false, keeps: false, concurrent, seeds }
    }

    /// The live catalog, built anew: what everything starts from.
    fn rebuild(&mut self, live: &Live) -> Result<(Model, Vec<String>), Error> {
        let objects: Vec<Object> = self.context(live).cloned().collect();
        let mut database = self.build("before", &objects, "the live catalog")?;
        let mut model = self.read(&mut database)?;
        let live = objects.into_iter().collect();
        let self_check = differences(&live, &model);
        depend_as_there(&mut model, &live);
        self.rebuilt = true;
        Ok((model, self_check))
    }

    /// The live catalog but for settings of roles and of the database that are not ours: they do nothing here, and may hold secrets.
    fn context<'l>(&self, live: &'l Live) -> impl Iterator<Item = &'l Object> + use<'_, 'l> {
        live.model.objects().filter(|object| {
            let setting = matches!(object.id.kind(), Kind::RoleSetting | Kind::DatabaseSetting);
            !setting || self.scope.manages(&object.id)
        })
    }

    /// A database with these objects, as a catalog prints them.
    fn build(&mut self, name: &str, objects: &[Object], what: &str) -> Result<Database, Error> {
        let failed = |failures| context(what, failures);
        let mut database = self.bench.create(name)?;
        if !objects.iter().any(|object| object.id == public()) {
            shadow::drop_public(&mut database).map_err(shadow::Error::from)?;
        }
        // The owner of the database is one of the roles.
        let (roles, rest): (Vec<Object>, Vec<Object>) = objects.iter().cloned().partition(is_of_role);
        shadow::build(&mut database, &roles, self.major, Names::Qualified).map_err(failed)?;
        self.bench.give_owner(name)?;
        shadow::build(&mut database, &rest, self.major, Names::Qualified).map_err(failed)?;
        Ok(database)
    }

    /// The desired catalog: what is not managed as it is, and what the YAML declares. Of rows it knows no more than is declared.
    fn build_desired(&mut self, live: &Live, workspace: &Workspace) -> Result<Model, Error> {
        let mut desired = self.build_all_desired(live, workspace)?;
        let problems = self.seeds.only_declared(&mut desired, &workspace.declared);
        if problems.is_empty() { Ok(desired) } else { Err(Error::Yaml { problems }) }
    }

    fn build_all_desired(&mut self, live: &Live, workspace: &Workspace) -> Result<Model, Error> {
        let declared: Vec<Object> = workspace
            .declared
            .objects
            .iter()
            .filter(|object| self.scope.manages(&object.id))
            .cloned()
            .collect();
        let unmanaged: Vec<Object> =
            self.context(live).filter(|object| !self.scope.manages(&object.id)).cloned().collect();
        if declared.iter().any(|object| object.id.kind() == Kind::Role) {
            self.bench.isolate();
        }
        let mut database = self.bench.create("desired")?;
        if ![&declared, &unmanaged].into_iter().flatten().any(|object| object.id == public()) {
            shadow::drop_public(&mut database).map_err(shadow::Error::from)?;
        }
        // What is not managed may stand on what is: it is tried again after the declared objects.
        let _ = shadow::build(&mut database, &unmanaged, self.major, Names::Qualified);
        let (roles, rest): (Vec<Object>, Vec<Object>) = declared.into_iter().partition(is_of_role);
        for (objects, are_roles) in [(roles, true), (rest, false)] {
            if let Err(failures) = shadow::build(&mut database, &objects, self.major, Names::Written) {
                return Err(refusal::problems(&mut database, &workspace.declared, failures));
            }
            if are_roles {
                self.bench.give_owner("desired")?;
            }
        }
        let desired = self.read(&mut database)?;
        let directives = resolved(&workspace.declared.directives, &desired);
        let directives = applicable(&directives, &live.model, workspace)?;
        // What is not managed may stand on what is, under its new name.
        let (around, _) = self.renamed(live, &desired, &directives)?;
        let is_absent = |object: &&Object| !self.scope.manages(&object.id) && !desired.contains(&object.id);
        let is_ours =
            |object: &&Object| !matches!(object.id.kind(), Kind::RoleSetting | Kind::DatabaseSetting);
        let mut rest: Vec<Object> = around.objects().filter(is_absent).filter(is_ours).cloned().collect();
        rest.extend(self.scope.keep(&around, &desired, &directives));
        if rest.is_empty() {
            return Ok(desired);
        }
        let failed = |failures| context("with the desired state, what is not managed", failures);
        shadow::build(&mut database, &rest, self.major, Names::Qualified).map_err(failed)?;
        self.read(&mut database)
    }

    fn read(&self, database: &mut Database) -> Result<Model, Error> {
        Ok(kinds::read::introspect_with(&mut database.snapshot()?, self.major, &self.seeds)?)
    }

    fn stages(
        &mut self,
        before: &Model,
        desired: &Model,
        directives: &Directives,
        (groups, declared): (&Groups, &Declared),
    ) -> Result<Vec<Stage>, Error> {
        self.bench.copy("before", "work")?;
        let mut state = before.clone();
        let mut legs = Vec::new();
        for group in 0..groups.count() {
            let own = groups.directives(directives, |other| other == group);
            let later = groups.directives(directives, |other| other > group);
            let target = match group + 1 == groups.count() {
                true => desired.clone(),
                false => self.target(group, &state, desired, &own, &later, groups)?,
            };
            let own =
                if group + 1 == groups.count() { directives.clone() } else { renamed_back(&own, &later) };
            let archive = if self.keeps { Archive::Forward } else { Archive::Off };
            loop {
                let way = self.advance("work", &state, &target, &own, (true, archive));
                let way = way.map_err(|error| refusal::of_directive(error, declared, true))?;
                let Some((forward, after)) = way else { break };
                let place = format!("back_{}", legs.len());
                self.bench.copy("work", &place)?;
                let before = std::mem::replace(&mut state, after.clone());
                let (name, directives) = (groups.name(group), own.clone());
                legs.push(Leg { name, forward, before, after, directives, place });
            }
        }
        // The ways back know nothing of each other.
        let planner = &*self;
        let backs = parallel::each(&legs, |leg| planner.back(leg));
        let back = |back: Result<Vec<Round>, Error>| {
            back.map_err(|error| refusal::of_directive(error, declared, false))
        };
        legs.into_iter().zip(backs).map(|(leg, rounds)| Ok(leg.with(back(rounds)?))).collect()
    }

    /// The way back is one transaction, in which a value added to an enum type cannot be used: where it would be, a new type takes
    /// the old one's place.
    fn back(&self, leg: &Leg) -> Result<Vec<Round>, Error> {
        let mut directives = leg.directives.inverted();
        for id in plan::archive::enums_given_back(&leg.kept(), &directives, &leg.before) {
            directives.enums.entry(id).or_default().used_at_once = true;
        }
        let rounds = self.all_the_way_back(leg, &directives)?;
        let used = plan::values_used_at_once(&rounds);
        if used.is_empty() {
            return Ok(rounds);
        }
        for id in used {
            directives.enums.entry(id).or_default().used_at_once = true;
        }
        // The place stands at the leg's beginning now.
        let mut connection = self.bench.connect_as(&leg.place, &self.user)?;
        let again = format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE");
        connection.run(&again).map_err(|error| Error::Statement { statement: again.clone(), error })?;
        leg.forward.iter().try_for_each(|round| run(&mut connection, round))?;
        self.all_the_way_back(leg, &directives)
    }

    fn all_the_way_back(&self, leg: &Leg, directives: &Directives) -> Result<Vec<Round>, Error> {
        let kept = leg.kept();
        let mark = plan::archive::mark(&leg.forward);
        let archive = if self.keeps { Archive::Back { kept: &kept, mark: &mark } } else { Archive::Off };
        // Moved tables are made here as where their archives have been given up; the proof moves them back. An event trigger may object.
        let moved: Vec<&str> =
            kept.iter().filter(|kept| kept.is_moved()).map(|kept| kept.archive.as_str()).collect();
        if !moved.is_empty() {
            let mut connection = self.bench.connect_as(&leg.place, &self.user)?;
            let _ = connection.run(&format!("DROP TABLE IF EXISTS {}", moved.join(", ")));
        }
        let mut state = leg.after.clone();
        let mut all = Vec::new();
        while let Some((rounds, after)) =
            self.advance(&leg.place, &state, &leg.before, directives, (false, archive))?
        {
            all.extend(rounds);
            state = after;
        }
        Ok(all)
    }

    /// Runs round after round on a database that stands at `start`, until the catalog is the one wanted, or until something must be
    /// committed; `None` where there is nothing left to do.
    fn advance(
        &self,
        database: &str,
        start: &Model,
        to: &Model,
        directives: &Directives,
        (forward, archive): (bool, Archive<'_>),
    ) -> Result<Option<(Vec<Round>, Model)>, Error> {
        const MOST_ROUNDS: usize = 16;
        let mut connection = None;
        let mut state = start.clone();
        let mut rounds = Vec::new();
        let mut rows_wait = true;
        for _ in 0..MOST_ROUNDS {
            let request = Request {
                start,
                from: &state,
                to,
                directives,
                managed: &|id| self.scope.manages(id),
                version: self.major,
                user: &self.user,
                archive,
                forward,
                concurrent: &|id| forward && self.concurrent.includes(id),
            };
            if rows_wait && plan::stated_renames(&request).is_none() {
                rows_wait = false;
                let early = plan::early_rows(&request)?;
                if !early.is_empty() {
                    let mut connection = self.bench.connect_as(database, &self.user)?;
                    rounds.extend(taken(&mut connection, early));
                    state = self.read(&mut connection)?;
                    continue;
                }
            }
            let Some(round) = plan::next_round(&request)? else {
                return Ok((!rounds.is_empty()).then_some((rounds, state)));
            };
            if round.is_outside_of_transaction() && !rounds.is_empty() {
                return Ok(Some((rounds, state)));
            }
            let connection = match &mut connection {
                Some(connection) => connection,
                none => none.insert(self.bench.connect_as(database, &self.user)?),
            };
            let round = run_by_path(connection, round)?;
            state = self.read(connection)?;
            let commit = round.commit_after;
            rounds.push(round);
            if commit {
                return Ok(Some((rounds, state)));
            }
        }
        Err(Error::NotReached { remaining: differences(&state, to) })
    }

    /// The live catalog with all done that is nothing but a rename, and what that is.
    fn renamed(
        &mut self,
        live: &Live,
        desired: &Model,
        directives: &Directives,
    ) -> Result<(Model, Vec<(Id, Id)>), Error> {
        if directives.renames.is_empty() {
            return Ok((live.model.clone(), Vec::new()));
        }
        if !self.rebuilt {
            self.rebuild(live)?;
        }
        self.bench.copy("before", "renamed")?;
        let mut connection = self.bench.connect_as("renamed", &self.user)?;
        let mut state = self.read(&mut connection)?;
        let start = state.clone();
        let mut renames: Vec<(Id, Id)> = Vec::new();
        let mut made: Vec<Id> = Vec::new();
        loop {
            // Values of enums are no names of objects: they wait.
            let mut to = desired.clone();
            state.objects().filter(|object| object.id.kind() == Kind::Enum).for_each(|object| {
                to.insert(object.clone());
            });
            let managed: &dyn Fn(&Id) -> bool = &|id| self.scope.manages(id);
            let (version, user) = (self.major, self.user.as_str());
            let archive = Archive::Off;
            let request = Request {
                start: &start,
                from: &state,
                to: &to,
                directives,
                managed,
                version,
                user,
                forward: true,
                archive,
                concurrent: &|_| false,
            };
            // What cannot be planned is no rename, and a difference all the same.
            let Ok(Some(round)) = plan::next_round(&request) else { break };
            let Some(schemas) = only_renames(&round) else { break };
            made.extend(schemas);
            run(&mut connection, &round)?;
            let steps = round.steps.iter().filter_map(|step| Some((step, step.renamed_to.clone()?)));
            renames.extend(
                steps.flat_map(|(step, to)| step.ids.iter().map(move |(_, id)| (id.clone(), to.clone()))),
            );
            state = self.read(&mut connection)?;
        }
        drop(connection);
        self.bench.drop_database("renamed")?;
        // Such a schema is still to be made.
        made.iter().for_each(|id| drop(state.remove(id)));
        let new: Vec<Id> = renames.iter().map(|(_, new)| new.clone()).collect();
        renames.retain(|(old, to)| {
            directives.renames.contains_key(to) || !new.iter().any(|new| old.is_within(new))
        });
        Ok((state, renames))
    }

    /// The catalog after a group that is not the last: this group's objects as desired, all others as they are, built fresh.
    fn target(
        &mut self,
        group: usize,
        state: &Model,
        desired: &Model,
        own: &Directives,
        later: &Directives,
        groups: &Groups,
    ) -> Result<Model, Error> {
        let target_place = format!("target_{group}");
        let renamed = self.after_renames(&format!("renamed_{group}"), state, desired, own, later)?;
        let mut objects: BTreeMap<Id, Object> = BTreeMap::new();
        for object in renamed.objects() {
            if groups.of(&later.after(&object.id)) != group || !self.scope.manages(&object.id) {
                objects.insert(object.id.clone(), object.clone());
            }
        }
        for object in desired.objects() {
            if groups.of(&object.id) == group && self.scope.manages(&object.id) {
                let id = later.before(&object.id);
                let mut needs = object.needs.clone();
                needs.retain(|need, _| groups.of(need) == group);
                objects.insert(id.clone(), Object { id, needs, ..object.clone() });
            }
        }
        let objects: Vec<Object> = objects.into_values().collect();
        let name = groups.name(group).unwrap_or_default();
        let mut database = self.build(&target_place, &objects, &format!("the state after script {name}"))?;
        self.read(&mut database)
    }

    /// The catalog with this group's renames done, under the names that it has at this time.
    fn after_renames(
        &mut self,
        place: &str,
        state: &Model,
        desired: &Model,
        own: &Directives,
        later: &Directives,
    ) -> Result<Model, Error> {
        let early = desired.objects().map(|object| Object { id: later.before(&object.id), ..object.clone() });
        let request = Request {
            start: state,
            from: state,
            to: &early.collect(),
            directives: &renamed_back(own, later),
            managed: &|_| true,
            version: self.major,
            user: &self.user,
            forward: true,
            archive: Archive::Off,
            concurrent: &|_| false,
        };
        let Some(round) = plan::stated_renames(&request) else { return Ok(state.clone()) };
        self.bench.copy("work", place)?;
        let mut connection = self.bench.connect_as(place, &self.user)?;
        run(&mut connection, &round)?;
        self.read(&mut connection)
    }
}

/// The schemas that a round makes so that something can move there, if all else that it does is to rename.
fn only_renames(round: &Round) -> Option<Vec<Id>> {
    let ids = || round.steps.iter().flat_map(|step| &step.ids);
    let (renames, others): (Vec<_>, Vec<_>) = ids().partition(|(verb, _)| *verb == plan::Verb::Rename);
    let all_schemas =
        others.iter().all(|(verb, id)| *verb == plan::Verb::Create && id.kind() == Kind::Schema);
    (!renames.is_empty() && all_schemas).then(|| others.into_iter().map(|(_, id)| id.clone()).collect())
}

/// Directives under the names that objects have while later renames are still to come.
fn renamed_back(own: &Directives, later: &Directives) -> Directives {
    own.with_ids(|id| Some(later.before(id)))
}

fn public() -> Id {
    Id::root(Kind::Schema, "public")
}

/// Whether an object is a role or stands in one.
fn is_of_role(object: &Object) -> bool {
    std::iter::once(&object.id).chain(object.id.ancestors()).any(|id| id.kind() == Kind::Role)
}

fn context(what: &str, failures: Vec<shadow::Failure>) -> Error {
    let failures = failures.into_iter().map(|failure| format!("{}: {}", failure.id, failure.error)).collect();
    Error::Context { what: what.to_owned(), failures }
}

/// The ids of what differs between two catalogs.
pub(crate) fn differences(one: &Model, other: &Model) -> Vec<String> {
    let mut found = Vec::new();
    for object in one.objects() {
        match other.get(&object.id) {
            None => found.push(format!("missing: {}", object.id)),
            Some(twin) if twin.spec != object.spec => {
                found.push(format!("different: {}: {:?} / {:?}", object.id, object.spec, twin.spec));
            }
            Some(_) => {}
        }
    }
    found.extend(other.ids().filter(|id| !one.contains(id)).map(|id| format!("extra: {id}")));
    found
}
