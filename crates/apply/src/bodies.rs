//! Whether the bodies of functions can be run as far as PostgreSQL can tell: scripts make functions without looking into their bodies, since
//! what these refer to may come later (manual, `check_function_bodies`). At the end everything is there.

use std::collections::BTreeMap;

use catalog::Database;
use kinds::kinds::function::Function;
use kinds::{Declared, Id, Model, Spec};
use yaml::{Place, Problem};

use crate::Error;
use crate::propose::as_built;

/// Asks the languages' own validators, on a database that is as desired, about bodies that are new or changed.
pub(crate) fn check(
    database: &mut Database,
    before: &Model,
    desired: &Model,
    declared: &Declared,
) -> Result<(), Error> {
    let places: BTreeMap<&Id, &Place> =
        declared.bodies.iter().map(|(id, place)| (as_built(id, desired), place)).collect();
    let schemas: Vec<String> =
        desired.of_kind_in(None, kinds::Kind::Schema).map(|schema| schema.id.sql()).collect();
    let mut problems = Vec::new();
    for (id, place) in places {
        let Some(function) = function(desired, id) else { continue };
        let validator = match function.language.as_str() {
            "sql" => "fmgr_sql_validator",
            "plpgsql" => "plpgsql_validator",
            _ => continue,
        };
        let is_old = self::function(before, id).is_some_and(|old| old.body == function.body);
        if is_old || function.body.is_none() {
            continue;
        }
        // Without a path of its own it may be called with any: a name is wrong where it is right in no schema.
        let own_path = function.settings.get("search_path").map(str::to_owned);
        let path = own_path.unwrap_or_else(|| {
            let own = id.schema().map(sql::ident);
            own.into_iter().chain(schemas.iter().cloned()).collect::<Vec<_>>().join(", ")
        });
        let validate = format!(
            "SET check_function_bodies = on; SET search_path = {path}; SELECT pg_catalog.{validator}({}::pg_catalog.regprocedure)",
            sql::literal(&id.sql_with_arguments())
        );
        let Err(error) = database.run(&validate) else { continue };
        problems.push(problem(id, place, &error));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Yaml { problems }) }
}

fn function<'m>(model: &'m Model, id: &Id) -> Option<&'m Function> {
    match &model.get(id)?.spec {
        Spec::Function(function) => Some(function),
        _ => None,
    }
}

fn problem(id: &Id, place: &Place, error: &catalog::Error) -> Problem {
    let server = error.server();
    let message = server.map_or_else(|| error.to_string(), |server| server.message.clone());
    let internal = server.and_then(|server| server.internal.as_ref());
    let place = match internal.and_then(|internal| Some((internal.position?, &internal.query))) {
        Some((position, body)) => place.within(position, word(body, position)),
        None => place.clone(),
    };
    let hint = server.and_then(|server| server.hint.clone());
    let may_come = server.and_then(shadow::missing_name).map(|name| {
        format!(
            "where `{name}` comes to be only when it runs, say `without_body_checks: true` in endstate.yaml"
        )
    });
    Problem { help: hint.or(may_come), ..Problem::new(format!("{id}: {message}"), &place) }
}

/// How many bytes the word has that stands there.
fn word(text: &str, position: usize) -> usize {
    let rest = text.get(position..).unwrap_or_default();
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    rest.find(|c| !is_name(c)).unwrap_or(rest.len())
}
