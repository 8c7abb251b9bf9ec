//! The scripts of a plan: what each boundary answers, asked on the shadow, and the texts made of it.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Database, Ran};
use kinds::{Id, Kind, Model};
use plan::archive::Kept;
use plan::script::{Heading, Leg, Probe, Touched};
use plan::{Question, Round};
use shadow::Workbench;

use crate::{Error, Proposal, Settings, Stage};

/// A file of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The file's name.
    pub file: String,
    /// Its text.
    pub text: String,
    /// What it asks the rows before it changes anything.
    pub asks: Vec<Question>,
}

/// All scripts of a plan.
#[derive(Clone, Debug)]
pub struct Scripts {
    /// The forward scripts in order.
    pub forward: Vec<Script>,
    /// The one that goes back, from wherever the database stands.
    pub rollback: Script,
    /// What the whole way forward demands of the rows, in the names that the live database has.
    pub asks: Vec<Question>,
    /// What the way back from each boundary but the first demands of the rows, in the names that they have there.
    pub asks_back: Vec<Vec<Question>>,
    /// The statements alone, forward and back.
    pub plain: (String, String),
    /// A query that yields the boundary at which a database stands: the number of forward scripts that have been run.
    pub boundary: String,
    /// A query that says what is as at which boundaries.
    pub astray: String,
}

/// Runs a script as `psql -f` would: one that is no transaction, statement by statement.
pub fn run(database: &mut Database, text: &str) -> Result<Ran, catalog::Error> {
    match statements_outside_of_transaction(text) {
        Some(statements) => database.run_each(&statements),
        None => database.run(text),
    }
}

/// The statements of a script that is no transaction.
pub(crate) fn statements_outside_of_transaction(text: &str) -> Option<Vec<String>> {
    let statements = sql::split(text).ok()?;
    let statements: Vec<String> = statements.into_iter().map(|range| text[range].to_owned()).collect();
    (!statements.iter().any(|statement| statement == "BEGIN")).then_some(statements)
}

/// Writes the scripts of a plan.
pub fn write(bench: &mut Workbench, proposal: &mut Proposal, settings: &Settings) -> Result<Scripts, Error> {
    let files = names(&proposal.stages, settings);
    let rollback = rollback_name(&files, settings);
    for (stage, file) in proposal.stages.iter_mut().zip(&files) {
        plan::archive::signed(&mut stage.forward, file);
        plan::archive::signed(&mut stage.back, &rollback);
    }
    let walk = walk(bench, proposal)?;
    let facts = bench.facts();
    let heading = Heading {
        made_by: format!("endstate {}", env!("CARGO_PKG_VERSION")),
        database: facts.database.clone(),
        major: facts.major,
        rollback: rollback.clone(),
    };
    let mut before = &proposal.before;
    let mut legs = Vec::new();
    for (((stage, file), probes), (asks, asks_back)) in
        proposal.stages.iter().zip(&files).zip(walk.probes).zip(walk.asks)
    {
        legs.push(Leg {
            file: file.clone(),
            forward: &stage.forward,
            back: &stage.back,
            before,
            after: &stage.after,
            asks,
            asks_back,
            probes,
        });
        before = &stage.after;
    }
    let forward = (0..legs.len())
        .map(|number| Script {
            file: files[number].clone(),
            text: plan::script::forward(&heading, &legs, number),
            asks: legs[number].asks.clone(),
        })
        .collect();
    let back = Script {
        file: rollback,
        text: plan::script::rollback(&heading, &legs),
        asks: legs.iter().rev().flat_map(|leg| leg.asks_back.clone()).collect(),
    };
    let (boundary, astray) = (plan::script::boundary(&legs), plan::script::astray(&legs));
    let plain = (plan::script::plain(&heading, &legs, false), plan::script::plain(&heading, &legs, true));
    Ok(Scripts {
        forward,
        rollback: back,
        asks: walk.whole,
        asks_back: walk.whole_back,
        plain,
        boundary,
        astray,
    })
}

/// `004_update_user_roles.sql`, from the settings or from what the stage does.
fn names(stages: &[Stage], settings: &Settings) -> Vec<String> {
    let first = settings.scripts.as_ref().map_or(1, |scripts| scripts.first);
    let mut names: Vec<String> = Vec::new();
    for (number, stage) in (first..).zip(stages) {
        // A stage that something must be committed in goes on under the same name.
        let name = stage.name.clone().unwrap_or_else(|| plan::script::subject(&stage.forward));
        let taken = names.iter().any(|other| other.ends_with(&format!("_{name}.sql")));
        let name = if taken { format!("{name}_continued") } else { name };
        names.push(format!("{number:03}_{name}.sql"));
    }
    names
}

fn rollback_name(files: &[String], settings: &Settings) -> String {
    let first = settings.scripts.as_ref().map_or(1, |scripts| scripts.first);
    let number = first as usize + files.len();
    let given = settings.scripts.as_ref().and_then(|scripts| scripts.rollback.clone());
    let name = given.unwrap_or_else(|| match files.first() {
        Some(file) => format!(
            "rollback_{}",
            file.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_').trim_end_matches(".sql")
        ),
        None => "rollback".to_owned(),
    });
    format!("{number:03}_{name}.sql")
}

/// What is found on the way forward.
struct Walk {
    /// What each stage touches, asked at each boundary.
    probes: Vec<Vec<Probe>>,
    /// What each stage demands of the rows, forward and back.
    asks: Vec<(Vec<Question>, Vec<Question>)>,
    /// What all of them demand, in the names of the first boundary.
    whole: Vec<Question>,
    /// What the way back demands from each boundary but the first, in the names there.
    whole_back: Vec<Vec<Question>>,
}

/// Walks the way forward on the shadow and asks at each boundary what the plan touches.
fn walk(bench: &mut Workbench, proposal: &Proposal) -> Result<Walk, Error> {
    let (stages, major) = (&proposal.stages, bench.facts().major);
    let model =
        |boundary: usize| boundary.checked_sub(1).map_or(&proposal.before, |last| &stages[last].after);
    let touched: Vec<Touched> = (stages.iter().enumerate())
        .map(|(number, stage)| plan::script::touched(model(number), &stage.after, &stage.forward))
        .collect();
    let telling: Vec<Id> = touched.iter().flat_map(|touched| touched.telling.clone()).collect();
    let rounds: Vec<Round> = stages.iter().flat_map(|stage| stage.forward.clone()).collect();
    let ask_forward = |database: &mut Database, before: &Model, after: &Model, rounds: &[Round]| {
        answered(database, plan::questions(before, after, rounds, (&proposal.directives, true), &[], major))
    };
    let inverted = proposal.directives.inverted();
    let (mut answers, mut forward, mut back) = (Vec::new(), Vec::new(), Vec::new());
    let (mut whole, mut whole_back, mut kept_so_far) = (Vec::new(), Vec::new(), Vec::new());
    at_each_boundary(bench, proposal, "walk", |database, boundary| {
        answers.push(ask(database, &telling)?);
        match boundary.checked_sub(1) {
            Some(last) => {
                let stage = &stages[last];
                let kept: Vec<Kept> = stage.forward.iter().flat_map(|round| round.kept.clone()).collect();
                let ask = |before: &Model, rounds: &[Round], kept: &[Kept]| {
                    plan::questions(&stage.after, before, rounds, (&inverted, false), kept, major)
                };
                back.push(answered(database, ask(model(last), &stage.back, &kept)));
                kept_so_far = plan::renamed_since(&kept_so_far, &stage.forward);
                kept_so_far.extend(kept);
                let rounds: Vec<Round> =
                    stages[..boundary].iter().rev().flat_map(|stage| stage.back.clone()).collect();
                whole_back.push(answered(database, ask(&proposal.before, &rounds, &kept_so_far)));
            }
            None => whole = ask_forward(database, &proposal.before, &proposal.desired, &rounds),
        }
        if let Some(stage) = stages.get(boundary) {
            forward.push(ask_forward(database, model(boundary), &stage.after, &stage.forward));
        }
        Ok(())
    })?;
    // Where no definition changes, the rest is asked for too.
    let is_silent = |number: &usize| {
        let changes = |id: &Id| answers[*number].get(id) != answers[number + 1].get(id);
        !touched[*number].telling.iter().any(changes)
    };
    let silent: Vec<usize> = (0..stages.len()).filter(is_silent).collect();
    let mut others: Vec<Id> = silent.iter().flat_map(|number| touched[*number].others.clone()).collect();
    // Rows that cannot be asked for at one of the boundaries, because columns are not there, are asked for at none.
    let is_rows = |id: &Id| id.kind() == Kind::SeedRows;
    if others.iter().any(is_rows) {
        at_each_boundary(bench, proposal, "walk_rows", |database, _| {
            others.retain(|id| !is_rows(id) || ask(database, std::slice::from_ref(id)).is_ok());
            Ok(())
        })?;
    }
    if !others.is_empty() {
        at_each_boundary(bench, proposal, "walk_again", |database, boundary| {
            answers[boundary].extend(ask(database, &others)?);
            Ok(())
        })?;
    }
    let concurrent: BTreeSet<&Id> = (rounds.iter().filter(|round| round.is_outside_of_transaction()))
        .flat_map(|round| &round.steps)
        .flat_map(|step| step.ids.iter().map(|(_, id)| id))
        .filter(|id| id.kind() == Kind::Index)
        .collect();
    let probe = |id: Id| Probe {
        concurrent: concurrent.contains(&id),
        answers: answers.iter().map(|answers| answers.get(&id).cloned().flatten()).collect(),
        id,
    };
    // What is at no boundary under this name tells nothing.
    let tells = |probe: &Probe| probe.answers.iter().any(Option::is_some);
    let probes = touched.into_iter().enumerate().map(|(number, touched)| {
        let others = touched.others.into_iter().filter(|id| silent.contains(&number) && others.contains(id));
        touched.telling.into_iter().chain(others).map(probe).filter(tells).collect()
    });
    Ok(Walk { probes: probes.collect(), asks: forward.into_iter().zip(back).collect(), whole, whole_back })
}

/// Goes the way forward on a copy of the live catalog, and looks around before it and after each stage.
fn at_each_boundary(
    bench: &mut Workbench,
    proposal: &Proposal,
    place: &str,
    mut look: impl FnMut(&mut Database, usize) -> Result<(), Error>,
) -> Result<(), Error> {
    bench.copy("before", place)?;
    let user = bench.facts().user.clone();
    let mut database = bench.connect_as(place, &user)?;
    look(&mut database, 0)?;
    for (number, stage) in proposal.stages.iter().enumerate() {
        stage.forward.iter().try_for_each(|round| crate::run::run(&mut database, round))?;
        look(&mut database, number + 1)?;
    }
    Ok(())
}

/// The questions that the database can answer. One that speaks of what is only made on the way has no answer before.
fn answered(database: &mut Database, questions: Vec<Question>) -> Vec<Question> {
    let mut answers = |question: &Question| {
        [&question.count, &question.keys].into_iter().all(|query| database.select(query).is_ok())
    };
    questions.into_iter().filter(|question| answers(question)).collect()
}

fn ask(database: &mut Database, ids: &[Id]) -> Result<BTreeMap<Id, Option<String>>, Error> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let answer = database.snapshot()?.one(&plan::script::ask(ids))?;
    let answers = answer.as_array().cloned().unwrap_or_default();
    Ok(ids.iter().cloned().zip(answers.iter().map(|answer| answer.as_str().map(str::to_owned))).collect())
}
