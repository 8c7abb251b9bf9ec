//! Writes scripts: plain SQL that a person would have written, that checks where it stands before it changes anything, is one
//! transaction, and ends by verifying what it reached. Runs with `psql -f`, in an SQL editor and under migration runners.

mod archives;
mod checks;
mod forward;
mod outside;
mod plain;
mod rollback;
mod standing;
mod subject;

pub use archives::tidied;
pub use checks::ask;
pub use forward::forward;
pub use plain::plain;
pub use rollback::{loses, rollback};
pub use standing::{astray, boundary};
pub use subject::subject;

use kinds::{Context, Id, Kind, Model, Spec, probe};

use crate::archive::SCHEMA;
use crate::rules::batches;
use crate::{Question, Round, Step, Verb};

/// The way from one boundary to the next, as the script writer needs it.
#[derive(Debug)]
pub struct Leg<'a> {
    /// The file of its forward script.
    pub file: String,
    /// The way forward.
    pub forward: &'a [Round],
    /// The way back.
    pub back: &'a [Round],
    /// The catalog at its start.
    pub before: &'a Model,
    /// The catalog at its end.
    pub after: &'a Model,
    /// What must be true of the rows before the way forward.
    pub asks: Vec<Question>,
    /// What must be true of the rows before the way back.
    pub asks_back: Vec<Question>,
    /// The objects that it touches and that can be asked for.
    pub probes: Vec<Probe>,
}

impl Leg<'_> {
    /// Whether its forward script cannot be a transaction.
    fn is_outside_of_transaction(&self) -> bool {
        self.forward.iter().any(Round::is_outside_of_transaction)
    }
}

/// A block of PL/pgSQL that is run by itself.
fn block(body: &str) -> String {
    format!("DO {};\n", sql::dollar_tagged("endstate", &format!("\n{body}")))
}

/// How many steps come before the event triggers, which are made last and might object to whatever is done.
fn before_event_triggers(steps: &[&Step]) -> usize {
    let is_event_trigger = |step: &&Step| {
        step.ids.iter().any(|(verb, id)| *verb != Verb::Drop && id.top().kind() == Kind::EventTrigger)
    };
    steps.iter().rposition(|step| !is_event_trigger(step)).map_or(0, |last| last + 1)
}

/// A question to the catalog whose answer tells boundaries apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The object.
    pub id: Id,
    /// The answer at each boundary: before the first script, after it, after the second ...
    pub answers: Vec<Option<String>>,
    /// Whether it is an index that is built while others write: what an interrupted build leaves behind counts as missing.
    pub concurrent: bool,
}

/// What all scripts of a plan share.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Who wrote it: `endstate 0.1.0`.
    pub made_by: String,
    /// The database that it was planned for.
    pub database: String,
    /// The server's major version.
    pub major: u32,
    /// The file of the rollback script.
    pub rollback: String,
}

/// How many objects without a definition are asked for where no definition tells boundaries apart.
const ENOUGH: usize = 20;
/// How long a script waits for a lock; it fails rather than holding up everybody behind it in the queue.
const LOCK_TIMEOUT: &str = "5s";
/// How long a statement may run.
const STATEMENT_TIMEOUT: &str = "30min";

/// The settings that every script runs under. A transaction that keeps to its first snapshot would keep old values of rows that others
/// changed before it got its locks; a database or a role may have transactions that only read by default.
fn settings() -> String {
    format!(
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;\nSET LOCAL lock_timeout = '{LOCK_TIMEOUT}';\nSET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}';\n\
         SET LOCAL search_path = '';\nSET LOCAL check_function_bodies = off;\nSET LOCAL row_security = off;\n\
         SET LOCAL client_min_messages = notice;\nSET LOCAL DateStyle = 'ISO, MDY';\n\
         SET LOCAL IntervalStyle = 'postgres';\nSET LOCAL TimeZone = 'UTC';\nSET LOCAL extra_float_digits = 1;\n\
         SET LOCAL bytea_output = 'hex';\nSET LOCAL standard_conforming_strings = on;\n"
    )
}

/// The text, which is UTF-8, for clients that take it for something else: in a database of another encoding, `psql` does.
fn encoded(text: String) -> String {
    if text.is_ascii() { text } else { format!("SET client_encoding = 'UTF8';\n\n{text}") }
}

/// The objects that rounds touch, by every name that they have on the way, as far as the catalog can be asked for them. What only
/// stands in something that is renamed, made or dropped is left out.
pub fn touched(before: &Model, after: &Model, rounds: &[Round]) -> Touched {
    let steps = || rounds.iter().flat_map(|round| &round.steps);
    let whole = |id: &Id| {
        let there = |parent: &Id| before.contains(parent) == after.contains(parent);
        id.parent().is_none_or(|parent| {
            parent.kind() == Kind::Schema
                || there(parent)
                || steps().any(|step| step.renamed_to.as_ref() == Some(parent))
        })
    };
    let mut touched: std::collections::BTreeSet<Id> =
        steps().flat_map(|step| &step.ids).map(|(_, id)| id.clone()).filter(whole).collect();
    touched.extend(steps().filter_map(|step| step.renamed_to.clone()));
    // Of tables that change places nothing but their columns may tell which is which.
    let change_places = |id: &&Id| id.kind().is_table() && before.contains(id) && after.contains(id);
    let tables = steps().filter_map(|step| step.renamed_to.as_ref()).filter(change_places);
    touched.extend(tables.flat_map(|table| {
        let columns = [before, after].map(|model| model.children_of_kind(table, Kind::Column));
        columns.into_iter().flatten().map(|column| column.id.clone())
    }));
    let (telling, others): (Vec<Id>, Vec<Id>) =
        touched.into_iter().partition(|id| id.kind().definition().is_some());
    let (rows, others): (Vec<Id>, Vec<Id>) = others.into_iter().partition(|id| id.kind() == Kind::SeedRows);
    // Rows are told by a query that counts those that are not what they were.
    let context = Context { from: before, to: after, version: 0, user: "" };
    let spec = |model: &Model, id: &Id| match model.get(id).map(|object| &object.spec) {
        Some(Spec::SeedRows(rows)) => Some(rows.clone()),
        _ => None,
    };
    let rows = rows.into_iter().filter_map(|id| {
        let query = spec(after, &id)?.changed_since(&spec(before, &id)?, &id, &context)?;
        Some(id.with_signature(Some(query)))
    });
    let others = others.into_iter().filter(|id| probe::of(id.kind()).is_some());
    Touched { telling, others: rows.chain(others).take(ENOUGH).collect() }
}

/// What rounds touch, as far as the catalog can be asked for it.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// What has a definition to be compared.
    pub telling: Vec<Id>,
    /// A few of the other objects: they are asked for where nothing else tells whether the rounds have been run.
    pub others: Vec<Id>,
}

/// Lines as a comment of SQL.
fn comment(lines: Vec<String>) -> String {
    lines.iter().map(|line| comment_line(line)).collect::<String>() + "\n"
}

/// A line of a comment of SQL; a name may hold a line break, which must not end it.
fn comment_line(line: &str) -> String {
    format!("-- {}", line.replace(['\n', '\r'], " ")).trim_end().to_owned() + "\n"
}

/// Each statement with its `;`, a line between those of several lines.
fn statements(steps: &[&Step]) -> String {
    let mut text = String::new();
    for statement in steps.iter().map(|step| &step.statement.sql) {
        if statement.contains('\n') && !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
        text.push_str(statement);
        text.push_str(";\n");
        if statement.contains('\n') {
            text.push('\n');
        }
    }
    text.trim_end().to_owned() + "\n"
}

/// What rounds do, object by object, for the head of a script and the runbook.
pub fn summary(rounds: &[Round]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut strategies: std::collections::BTreeMap<String, &str> = std::collections::BTreeMap::new();
    let kept = |id: &Id| rounds.iter().flat_map(|round| &round.kept).find(|kept| kept.saved() == *id);
    for step in rounds.iter().flat_map(|round| &round.steps) {
        // SQL of people.
        if step.is_hook() {
            lines.extend(step.reason.iter().map(|hook| format!("runs {hook}")));
        }
        for (verb, id) in &step.ids {
            if matches!(id.kind(), Kind::Comment | Kind::Owner) {
                continue;
            }
            if let (Verb::Save, Some(kept)) = (verb, kept(id)) {
                lines.push(format!("keeps {} in {}", kept.words(), kept.archive));
                continue;
            }
            if batches::is_mark(id) {
                continue;
            }
            if *verb == Verb::Fill && step.statement.outside_of_transaction {
                lines.push(format!("gives the rows their values of {id}, a batch at a time"));
                continue;
            }
            if *verb == Verb::Fill && id.kind() == Kind::Column && !step.statement.sql.starts_with("DO ") {
                lines.push(format!("gives a value to rows that have NULL in {id}"));
                continue;
            }
            if *verb == Verb::Fill && step.statement.sql.contains(SCHEMA) {
                lines.push(format!("gives back what is kept of {id}"));
                continue;
            }
            if let (Kind::Enum, Some(reason)) = (id.kind(), &step.reason) {
                strategies.insert(format!(" {id}"), reason);
            }
            let word = match verb {
                Verb::Create => "makes",
                Verb::Drop => "drops",
                Verb::Alter => "changes",
                Verb::Rename => "renames",
                Verb::Save => "puts aside the rows of",
                Verb::Fill => "puts back the rows of",
            };
            if let (Kind::Partition, Verb::Save | Verb::Fill) = (id.kind(), verb) {
                let word = if *verb == Verb::Save { "puts aside" } else { "puts where they belong the" };
                lines.push(format!("{word} rows of {} that other partitions take from now on", id.top()));
                continue;
            }
            match &step.renamed_to {
                Some(new) if new.parent() != id.parent() => {
                    let schema = new.schema().unwrap_or_default();
                    lines.push(format!("moves {id} to schema {}", sql::ident(schema)));
                }
                Some(new) => lines.push(format!("{word} {id} to {}", sql::ident(new.name()))),
                None => lines.push(format!("{word} {id}")),
            }
        }
    }
    // What goes and comes back is one thing to a reader.
    let again: Vec<String> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("drops "))
        .filter(|id| lines.contains(&format!("makes {id}")))
        .map(str::to_owned)
        .collect();
    lines.retain(|line| !again.iter().any(|id| *line == format!("drops {id}")));
    for line in &mut lines {
        if let Some(id) = line.strip_prefix("makes ").filter(|id| again.iter().any(|other| other == id)) {
            *line = format!("makes anew {id}");
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    lines.retain(|line| seen.insert(line.clone()));
    for line in &mut lines {
        let strategy = strategies.iter().find(|(id, _)| line.ends_with(id.as_str())).map(|(_, why)| *why);
        line.extend(strategy.into_iter().flat_map(|why| [" (", why, ")"]));
    }
    lines
}

/// The names that renamed relations have before the rounds, by those that they have meanwhile and after.
fn names_at_the_start(rounds: &[Round]) -> std::collections::BTreeMap<String, String> {
    let mut names: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for step in rounds.iter().flat_map(|round| &round.steps) {
        if let ([(_, old)], Some(new)) = (step.ids.as_slice(), &step.renamed_to) {
            let first = names.get(&old.sql()).cloned().unwrap_or_else(|| old.sql());
            names.insert(new.sql(), first);
        }
    }
    names
}

/// The locks that rounds take, strongest first, one line a relation: `ACCESS EXCLUSIVE on public.users, rewrites it`.
pub fn locks(rounds: &[Round]) -> Vec<String> {
    let mut strongest: std::collections::BTreeMap<&str, (kinds::Lock, kinds::Work)> =
        std::collections::BTreeMap::new();
    let names = names_at_the_start(rounds);
    for statement in rounds.iter().flat_map(|round| &round.steps).map(|step| &step.statement) {
        for (lock, relation, work) in statement.locks() {
            // By the name that the relation has at the start.
            let relation = names.get(relation).map_or(relation, String::as_str);
            let entry = strongest.entry(relation).or_insert((lock, work));
            *entry = (lock.max(entry.0), work.max(entry.1));
        }
    }
    let mut all: Vec<_> = strongest.into_iter().collect();
    all.sort_by_key(|(relation, (lock, work))| {
        (std::cmp::Reverse(*lock), std::cmp::Reverse(*work), relation.to_owned())
    });
    all.into_iter()
        .map(|(relation, (lock, work))| {
            let work = match work {
                kinds::Work::Catalog => "",
                kinds::Work::Scan => ", reads every row",
                kinds::Work::Build => ", reads every row to build an index",
                kinds::Work::Rewrite => ", writes every row anew",
            };
            format!("{} on {relation} (blocks {}){work}", lock.sql(), lock.blocks())
        })
        .collect()
}
