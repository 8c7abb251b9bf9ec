//! The scripts of a plan: what each boundary answers, asked on the shadow, and the texts made of it.

use std::collections::BTreeMap;

use catalog::Database;
use kinds::{Id, Model};
use plan::script::{Heading, Leg, Probe};
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
}

/// Writes the scripts of a plan.
pub fn write(bench: &mut Workbench, proposal: &Proposal, settings: &Settings) -> Result<Scripts, Error> {
    let files = names(&proposal.stages, settings);
    let rollback = rollback_name(&files, settings);
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
    Ok(Scripts { forward, rollback: back, asks: walk.whole })
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
}

/// Walks the way forward on the shadow and asks at each boundary what the plan touches.
fn walk(bench: &mut Workbench, proposal: &Proposal) -> Result<Walk, Error> {
    let mut before = &proposal.before;
    let mut by_stage: Vec<Vec<Id>> = Vec::new();
    for stage in &proposal.stages {
        by_stage.push(plan::script::touched(before, &stage.after, &stage.forward));
        before = &stage.after;
    }
    let ids: Vec<Id> = by_stage.iter().flatten().cloned().collect();
    bench.copy("before", "walk")?;
    let user = bench.facts().user.clone();
    let mut database = bench.connect_as("walk", &user)?;
    let mut answers = vec![ask(&mut database, &ids)?];
    let major = bench.facts().major;
    let directives = Some(&proposal.directives);
    let ask_forward = |database: &mut Database, before: &Model, after: &Model, rounds: &[Round]| {
        answered(database, plan::questions(before, after, rounds, directives, major))
    };
    let rounds: Vec<Round> = proposal.stages.iter().flat_map(|stage| stage.forward.clone()).collect();
    let whole = ask_forward(&mut database, &proposal.before, &proposal.desired, &rounds);
    let mut asks = Vec::new();
    let mut before = &proposal.before;
    for stage in &proposal.stages {
        let forward = ask_forward(&mut database, before, &stage.after, &stage.forward);
        for round in &stage.forward {
            crate::propose::run(&mut database, round)?;
        }
        answers.push(ask(&mut database, &ids)?);
        let back = plan::questions(&stage.after, before, &stage.back, None, major);
        asks.push((forward, answered(&mut database, back)));
        before = &stage.after;
    }
    let probe = |id: Id| Probe {
        answers: answers.iter().map(|answers| answers.get(&id).cloned().flatten()).collect(),
        id,
    };
    // What is at no boundary under this name tells nothing.
    let tells = |probe: &Probe| probe.answers.iter().any(Option::is_some);
    let probes = by_stage.into_iter().map(|ids| ids.into_iter().map(probe).filter(tells).collect()).collect();
    Ok(Walk { probes, asks, whole })
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
