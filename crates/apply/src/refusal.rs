//! What the server refused to build, at its place in the YAML and with the name that was probably meant.

use catalog::{Database, ServerError};
use kinds::{Declared, Id, Kind, Model, Spec};
use shadow::Failure;
use yaml::Problem;

use crate::Error;

/// SQLSTATE of what a role may not do.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Everything that there is a name for, with the word by which messages call it.
const NAMES: &str = "SELECT 'relation', relname::text FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
     UNION SELECT 'index', relname FROM pg_class WHERE relkind IN ('i', 'I') \
     UNION SELECT 'type', typname FROM pg_type WHERE typelem = 0 UNION SELECT 'function', proname FROM pg_proc \
     UNION SELECT 'schema', nspname FROM pg_namespace UNION SELECT 'role', rolname FROM pg_roles \
     UNION SELECT 'collation', collname FROM pg_collation UNION SELECT 'extension', name FROM pg_available_extensions \
     UNION SELECT 'column', attname FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0 ORDER BY 1, 2";

/// The failures as problems of the YAML.
pub(crate) fn problems(database: &mut Database, declared: &Declared, failures: Vec<Failure>) -> Error {
    // Without it there are only fewer suggestions.
    let mut names: Vec<(String, String)> = database
        .select(NAMES)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|row| {
            let mut columns = row.into_iter().flatten();
            Some((columns.next()?, columns.next()?))
        })
        .collect();
    names.extend(declared.objects.iter().map(|object| {
        let word = if object.id.kind().is_type() { "type" } else { object.id.kind().name() };
        let word = if matches!(word, "table" | "view" | "materialized view") { "relation" } else { word };
        (word.to_owned(), object.id.name().to_owned())
    }));
    Error::Yaml { problems: failures.iter().map(|failure| problem(declared, &names, failure)).collect() }
}

fn problem(declared: &Declared, names: &[(String, String)], failure: &Failure) -> Problem {
    let server = failure.error.server();
    let message = server.map_or_else(|| failure.error.to_string(), |server| server.message.clone());
    let position = server.and_then(|server| server.position);
    let place = match (position, server.and_then(shadow::missing_name)) {
        (Some(position), _) => declared.locate(&failure.id, &failure.statement, position),
        (None, Some(name)) => declared.locate_name(&failure.id, &name),
        (None, None) => declared.place(&failure.id).cloned(),
    };
    // What PostgreSQL is to name has a name of ours meanwhile.
    let object = failure.id.renamed(failure.id.name().trim_start_matches('\0'));
    let meant = server.and_then(|server| meant(server, names)).map(|name| format!("did you mean `{name}`?"));
    let help = meant.or_else(|| server.and_then(|server| server.hint.clone()));
    Problem { message: format!("{object}: {message}"), place, help, ..Problem::default() }
}

/// A planned statement of one way that failed, where an expression of the YAML for this way stands in it, as a problem of the YAML; any
/// other error as it is.
pub(crate) fn of_directive(error: Error, declared: &Declared, forward: bool) -> Error {
    let Error::Statement { statement, error: refused } = &error else { return error };
    let directives = &declared.directives;
    let backfills = directives.backfills.iter().map(|(id, text)| (id, "backfill", true, Some(text)));
    // What is kept is told by what a value becomes there and back again: both stand in one statement.
    let conversions = directives.conversions.iter().flat_map(|(id, conversion)| {
        [
            (id, "using", forward, conversion.using.as_ref()),
            (id, "using_back", !forward, conversion.using_back.as_ref()),
        ]
    });
    let position = refused.server().and_then(|server| server.position);
    let stands = |text: &str| {
        let forms = [text.to_owned(), sql::as_printed(text)];
        let mut found = forms.iter().flat_map(|form| statement.match_indices(form.as_str()));
        // A cast of the whole, which stands in brackets, begins behind these.
        found.any(|(start, form)| {
            position.is_none_or(|position| (start..=start + form.len() + 1).contains(&position))
        })
    };
    let blamed = backfills
        .chain(conversions)
        .filter_map(|(id, what, own, text)| Some((id, what, own, text.filter(|text| stands(text))?)))
        .max_by_key(|(_, _, own, text)| match position {
            Some(_) => (text.len(), *own),
            None => (usize::from(*own), *own),
        });
    let Some((id, what, ..)) = blamed else { return of_rows(error, declared) };
    let server = refused.server();
    let message = server.map_or_else(|| refused.to_string(), |server| server.message.clone());
    let place = position.and_then(|position| declared.locate_in(id, what, statement, position));
    let problem = Problem {
        message: format!("{what} of {id}: {message}"),
        place: place.or_else(|| declared.place_of(id, what)),
        help: server.and_then(|server| server.hint.clone()),
        ..Problem::default()
    };
    Error::Yaml { problems: vec![problem] }
}

/// A planned statement that failed in the function of an event trigger, as what it is; any other error as it is.
pub(crate) fn of_event_trigger(error: Error, models: [&Model; 2]) -> Error {
    let Error::Statement { statement, error: refused } = &error else { return error };
    let Some(server) = refused.server() else { return error };
    let calls = server.context.as_deref().unwrap_or_default();
    let fires = models.into_iter().flat_map(|model| model.of_kind_in(None, Kind::EventTrigger));
    let blamed = fires.filter_map(|object| match &object.spec {
        Spec::EventTrigger(trigger) if calls.contains(&format!("function {}()", trigger.function)) => {
            Some((object.id.sql(), trigger.function.clone()))
        }
        _ => None,
    });
    let Some((name, function)) = blamed.into_iter().next() else { return error };
    Error::EventTrigger { name, function, message: server.message.clone(), statement: statement.clone() }
}

/// Declared rows that a role may not read, or that policies hide from it, as what they are; any other error as it is.
pub(crate) fn of_hidden_rows(error: kinds::read::Error, role: &str) -> Error {
    let message = match &error {
        kinds::read::Error::Catalog(refused) => {
            refused.server().filter(|server| server.code == INSUFFICIENT_PRIVILEGE)
        }
        _ => None,
    };
    match message.map(|server| server.message.clone()) {
        Some(message) => Error::HiddenRows { role: sql::ident(role), message },
        None => error.into(),
    }
}

/// A planned statement that its role may not run, as what it is; any other error as it is.
pub(crate) fn of_role(error: Error, role: &str) -> Error {
    let Error::Statement { statement, error: refused } = &error else { return error };
    match refused.server().filter(|server| server.code == INSUFFICIENT_PRIVILEGE) {
        Some(server) => Error::MayNot {
            role: sql::ident(role),
            message: server.message.clone(),
            statement: statement.clone(),
        },
        None => error,
    }
}

/// The same for a statement that writes declared rows.
fn of_rows(error: Error, declared: &Declared) -> Error {
    const FOREIGN_KEY_VIOLATION: &str = "23503";
    let Error::Statement { statement, error: refused } = &error else { return error };
    let Some(server) = refused.server() else { return error };
    let writes = |id: &&Id| {
        let table = id.relation_sql();
        let heads = [format!("INSERT INTO {table} ("), format!("UPDATE {table} SET ")];
        id.kind() == Kind::SeedRows && heads.iter().any(|head| statement.starts_with(head))
    };
    let Some(id) = declared.objects.iter().map(|object| &object.id).find(writes) else { return error };
    let detail = server.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
    let help = match server.code.as_str() {
        FOREIGN_KEY_VIOLATION => Some("declare the row that it refers to, too".to_owned()),
        _ => server.hint.clone(),
    };
    let place = declared.place(id).cloned();
    let message = format!("{id}: {}{detail}", server.message);
    Error::Yaml { problems: vec![Problem { message, place, help, ..Problem::default() }] }
}

/// The name that is there and nearest to the one that is not.
fn meant<'n>(error: &ServerError, names: &'n [(String, String)]) -> Option<&'n str> {
    let name = shadow::missing_name(error)?;
    let class = error.message.split(' ').next().unwrap_or_default();
    let known = names.iter().filter(|(word, _)| word == class).map(|(_, name)| name.as_str());
    yaml::suggest(&name, known.filter(|known| *known != name))
}
