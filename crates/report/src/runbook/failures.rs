//! What can go wrong with this plan, how one sees it, and what to do.

use std::collections::{BTreeMap, BTreeSet};

use apply::Stage;
use kinds::{Id, Kind, Model, Spec};
use sql::{Certainty, Role};

use super::{Book, Item, numbered, preflight, values};
use crate::escape::{code, markdown as escaped};
use crate::markdown::notices;
use crate::outline;
use crate::part::forward_steps;

pub(super) fn failures(book: &Book<'_>) -> String {
    let mut items = Vec::new();
    items.extend(lock_timeout(book));
    items.push(elsewhere(book));
    items.extend(rows(book));
    items.extend(sessions(book));
    items.extend(stale_bodies(book));
    items.extend(clients(book));
    let outside = forward_steps(book.plan).any(|step| step.statement.outside_of_transaction);
    let stopped = match outside {
        true => {
            "A script that stops has changed nothing, where it is a transaction. Those that build an index while others write, or give rows values in batches, are none: where such a script stops, run it again, or take it back; both know what it has left unfinished."
        }
        false => "A script that stops has changed nothing: each is one transaction.",
    };
    numbered("Known failure modes", stopped, &items)
}

fn lock_timeout(book: &Book<'_>) -> Option<Item> {
    let locks = forward_steps(book.plan).any(|step| step.statement.lock.is_some());
    let value = preflight::setting(book, "lock_timeout").filter(|_| locks)?;
    let text = format!(
        "Somebody held a lock for longer than {value}. Find out who (pre-flight list, lock waits and long transactions), wait or end it, \
         and run the same script again."
    );
    Some(Item::new("`canceling statement due to lock timeout` (55P03)", text))
}

fn elsewhere(book: &Book<'_>) -> Item {
    let mut text = "The script stands where it was not made for; the message names each object that is not as it should be. ".to_owned();
    if book.files.len() > 1 {
        text.push_str("Either an earlier script has not been run: run it. Or ");
        text.push_str("the database has been changed since: make the plan anew.");
    } else {
        text.push_str("The database has been changed since: make the plan anew.");
    }
    Item::new("`stopped before it changed anything`", text)
}

fn rows(book: &Book<'_>) -> Option<Item> {
    let asks = book.plan.scripts.asks.iter();
    let lines: Vec<String> =
        asks.map(|ask| format!("- {}: {}", escaped(&ask.what), code(&ask.mend))).collect();
    (!lines.is_empty()).then(|| {
        let text = "The script stops and says how many there are, and which.";
        Item::new("Rows forbid it", format!("{text}\n\n{}", lines.join("\n")))
    })
}

/// A type that was swapped has another OID; sessions hold plans and caches made with the old one.
fn sessions(book: &Book<'_>) -> Option<Item> {
    let drops = |id: &Id| {
        let drop = format!("DROP TYPE {}", id.sql());
        forward_steps(book.plan).any(|step| step.statement.sql == drop)
    };
    let changes = values::changes(book);
    let swapped = changes.iter().filter(|change| drops(change.before) || drops(change.after));
    let swapped: Vec<String> = swapped.map(|change| code(&change.after.to_string())).collect();
    let text = format!(
        "{} gives way to a new type of the same name. Sessions that were open before may go on to use the old one in prepared statements and \
         in what their driver remembers: have pools reconnect after the script.",
        swapped.join(", ")
    );
    (!swapped.is_empty())
        .then(|| Item::new("`cache lookup failed for type`, `cached plan must not change result type`", text))
}

/// What else running clients notice.
fn clients(book: &Book<'_>) -> Option<Item> {
    let steps: Vec<_> = forward_steps(book.plan).collect();
    let lines: String = notices(&steps).iter().map(|notice| format!("- {}\n", escaped(notice))).collect();
    let text = format!("Deploy the clients that know the new state together with the scripts.\n\n{lines}");
    (!lines.is_empty()).then(|| Item::new("Clients that know the old state", text))
}

/// Functions whose body speaks of a name that is gone, and from which script to which they do.
fn stale_bodies(book: &Book<'_>) -> Option<Item> {
    let mut renamed: BTreeSet<Id> = BTreeSet::new();
    let mut spans: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for (number, stage) in book.plan.stages.iter().enumerate() {
        renamed.extend(old_names(stage));
        for stale in stale(&stage.after, &renamed) {
            spans.entry(stale).or_insert((number, number)).1 = number;
        }
    }
    let line = |((function, name), (first, last)): (&(String, String), &(usize, usize))| {
        let until = match book.files.get(last + 1) {
            Some(file) => format!("until {} has run", code(file)),
            None => "and the YAML leaves it so: change its body".to_owned(),
        };
        format!(
            "- after {}, {} still names {}: calls of it fail {until}\n",
            code(book.files[*first]),
            code(function),
            code(name)
        )
    };
    let lines: String = spans.iter().map(line).collect();
    let intro = "PostgreSQL does not follow names in the bodies of functions. What calls these functions (policies do) fails in between, \
                 so run the scripts one right after the other:\n\n";
    (!lines.is_empty()).then(|| Item::new("Between the scripts", intro.to_owned() + &lines))
}

fn old_names(stage: &Stage) -> Vec<Id> {
    let steps = stage.forward.iter().flat_map(|round| &round.steps);
    let renamed = steps.filter_map(outline::renamed).map(|(old, _)| old);
    renamed
        .filter(|id| matches!(id.kind(), Kind::Table | Kind::View | Kind::MaterializedView | Kind::Function))
        .collect()
}

/// Functions of a catalog that surely name one of these, where there is no such thing any more; each with the thing.
fn stale(model: &Model, renamed: &BTreeSet<Id>) -> BTreeSet<(String, String)> {
    let gone: Vec<&Id> = renamed.iter().filter(|id| !model.contains(id)).collect();
    let names: Vec<&str> = gone.iter().map(|id| id.name()).collect();
    let mut found = BTreeSet::new();
    for object in model.objects() {
        let Spec::Function(function) = &object.spec else { continue };
        let mentions =
            sql::mentions(&function.language, function.body.as_deref().unwrap_or_default(), &names);
        for mention in mentions.iter().filter(|mention| mention.certainty == Certainty::Certain) {
            let schema = mention.qualifier.last();
            let stands_elsewhere = |id: &Id| {
                let mut namesakes = model.ids().filter(|other| other.name() == id.name());
                namesakes.any(|other| other.kind() == id.kind())
            };
            let is_meant = |id: &&&Id| {
                id.name() == mention.name
                    && is_for(id, mention.role)
                    && schema.map_or(!stands_elsewhere(id), |schema| Some(schema.as_str()) == id.schema())
            };
            found.extend(gone.iter().find(is_meant).map(|id| (object.id.to_string(), id.to_string())));
        }
    }
    found
}

fn is_for(id: &Id, role: Role) -> bool {
    match id.kind() {
        Kind::Function => role == Role::Function,
        _ => matches!(role, Role::Relation | Role::Type),
    }
}
