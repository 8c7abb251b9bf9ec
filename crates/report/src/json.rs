//! A plan as a JSON document. Stable: what a version has, it keeps; only [`VERSION`] 2 may rename or remove.

use apply::Plan;
use plan::{Step, Verb};
use serde_json::{Value, json};

use crate::Direction;
use crate::part::{Part, parts};
use crate::wording;

/// The version of all JSON documents.
pub const VERSION: u32 = 1;

/// The document of a plan; the same plan is always the same text.
pub fn json(plan: &Plan, allow: &[String]) -> String {
    let hazards = wording::hazards(plan, allow);
    let document = json!({
        "version": VERSION,
        "database": {
            "name": plan.facts.database,
            "server_version": plan.facts.version,
            "user": plan.facts.user,
        },
        "in_sync": plan.is_empty(),
        "scripts": parts(plan).iter().map(script).collect::<Vec<_>>(),
        "rollback": if plan.is_empty() { Value::Null } else {
            json!({
                "file": plan.scripts.rollback.file,
                "asks": plan.scripts.rollback.asks,
                "text": plan.scripts.rollback.text,
            })
        },
        "hazards": hazards.iter().map(|(hazard, why, acceptance)| {
            json!({ "hazard": hazard.name(), "why": why, "acceptance": acceptance.word() })
        }).collect::<Vec<_>>(),
        "rollback_verdict": plan.verdict(),
        "preflight": plan.preflight,
        "proof": if plan.is_empty() { Value::Null } else { json!(plan.proof) },
        "unmanaged": plan.unmanaged,
        "unread": plan.unread,
        "old_names": plan.old_names,
        "notes": plan.notes,
    });
    pretty(&document)
}

/// JSON for people, with a line break at its end.
pub(crate) fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

fn script(part: &Part<'_>) -> Value {
    json!({
        "file": part.file,
        "forward": part.steps(Direction::Forward).into_iter().map(step).collect::<Vec<_>>(),
        "back": part.steps(Direction::Rollback).into_iter().map(step).collect::<Vec<_>>(),
        "back_loses": plan::script::loses(&part.stage.back),
        "asks": part.asks,
        "text": part.text,
    })
}

fn step(step: &Step) -> Value {
    let statement = &step.statement;
    let objects =
        step.objects.iter().map(|(verb, object)| json!({ "verb": verb_name(*verb), "object": object }));
    let lock = statement
        .lock
        .as_ref()
        .map(|(lock, relation)| json!({ "mode": lock.sql(), "relation": relation, "blocks": lock.blocks() }));
    let also = statement
        .also
        .iter()
        .map(|(lock, relation)| json!({ "mode": lock.sql(), "relation": relation, "blocks": lock.blocks() }));
    let hazards = statement.all_hazards();
    json!({
        "objects": objects.collect::<Vec<_>>(),
        "sql": statement.sql,
        "lock": lock,
        "also_locks": also.collect::<Vec<_>>(),
        "work": statement.work,
        "clients": statement.clients,
        "hazards": hazards.iter().map(|(hazard, why)| json!({ "hazard": hazard.name(), "why": why })).collect::<Vec<_>>(),
        "commit_after": statement.commit_after,
        "outside_of_transaction": statement.outside_of_transaction,
        "rollback_verdict": step.verdict(),
        "reason": step.reason,
    })
}

/// The word for what a step does.
pub(crate) fn verb_name(verb: Verb) -> &'static str {
    match verb {
        Verb::Drop => "drop",
        Verb::Alter => "alter",
        Verb::Rename => "rename",
        Verb::Create => "create",
        Verb::Save => "save",
        Verb::Fill => "fill",
    }
}
