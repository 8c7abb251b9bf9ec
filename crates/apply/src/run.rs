//! Runs rounds on the shadow.

use catalog::Database;
use kinds::Statement;
use plan::{Round, Step};

use crate::Error;

/// Runs a round as it is.
pub(crate) fn run(database: &mut Database, round: &Round) -> Result<(), Error> {
    database
        .run("SET search_path = ''; SET check_function_bodies = off; SET client_min_messages = warning")?;
    if round.commit_after {
        for step in &round.steps {
            let statement = &step.statement.sql;
            database
                .run(shadow::imitated(statement).as_ref().unwrap_or(statement))
                .map_err(|error| Error::Statement { statement: statement.clone(), error })?;
        }
        return Ok(());
    }
    database.run("BEGIN")?;
    for step in &round.steps {
        let statement = &step.statement.sql;
        database
            .run(shadow::imitated(statement).as_ref().unwrap_or(statement))
            .map_err(|error| Error::Statement { statement: statement.clone(), error })?;
    }
    database.run("COMMIT").map_err(|error| Error::Statement { statement: "COMMIT".to_owned(), error })?;
    Ok(())
}

/// Runs a round. A statement may run functions whose bodies find names by the search path of their users: where one finds none, the
/// statement gets the path that its object would be used with.
pub(crate) fn run_by_path(database: &mut Database, mut round: Round) -> Result<Round, Error> {
    loop {
        let Err(failed) = run(database, &round) else { return Ok(round) };
        let Error::Statement { statement, error } = &failed else { return Err(failed) };
        let is_undefined = error.server().is_some_and(|server| shadow::missing_name(server).is_some());
        let place = round.steps.iter().position(|step| step.statement.sql == *statement);
        let schema = place.and_then(|place| round.steps[place].ids.first()?.1.schema().map(sql::ident));
        let (Some(place), Some(schema), true, false) = (place, schema, is_undefined, round.commit_after)
        else {
            return Err(failed);
        };
        let has_path = |step: &Step| step.statement.sql.starts_with("SET LOCAL search_path");
        if place.checked_sub(1).is_some_and(|before| has_path(&round.steps[before])) {
            return Err(failed);
        }
        database.run("ROLLBACK")?;
        let path = if schema == "public" { schema } else { format!("{schema}, public") };
        let set = |path: &str| Step {
            statement: Statement::new(format!("SET LOCAL search_path = {path}")),
            ..round.steps[place].clone()
        };
        let (before, after) = (set(&path), set("''"));
        round.steps.insert(place + 1, after);
        round.steps.insert(place, before);
    }
}

/// The rounds that the server takes, again and again until it takes no more of them.
pub(crate) fn taken(database: &mut Database, mut waiting: Vec<Round>) -> Vec<Round> {
    let mut taken = Vec::new();
    loop {
        let before = waiting.len();
        waiting.retain(|round| {
            let refused = run(database, round).is_err();
            if refused {
                let _ = database.run("ROLLBACK");
            } else {
                taken.push(round.clone());
            }
            refused
        });
        if waiting.is_empty() || waiting.len() == before {
            return taken;
        }
    }
}
