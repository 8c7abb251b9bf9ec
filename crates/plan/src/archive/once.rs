//! What several archives of one round need is done once.

use std::collections::BTreeSet;

use super::{SCHEMA, save};
use crate::Step;
use crate::rules::undisturbed::CONSTRAINTS_IMMEDIATE;

/// Makes the schema and locks a table once, and leaves triggers and policies out of the way until all is done that they must not see.
pub(crate) fn once(steps: &mut Vec<Step>) {
    let mut seen = BTreeSet::new();
    let is_preparation = |sql: &str| {
        sql == save::schema().sql || sql == CONSTRAINTS_IMMEDIATE || sql.starts_with("LOCK TABLE ")
    };
    steps.retain(|step| !is_preparation(&step.statement.sql) || seen.insert(step.statement.sql.clone()));
    while let Some((on, off)) = (0..steps.len()).find_map(|on| Some((on, off_again(steps, on)?))) {
        steps.remove(off);
        steps.remove(on);
    }
}

/// Where what is turned on in a step is turned off again, if nothing happens in between that it matters for.
fn off_again(steps: &[Step], on: usize) -> Option<usize> {
    let (what, true) = switch(&steps.get(on)?.statement.sql)? else { return None };
    for (place, step) in steps.iter().enumerate().skip(on + 1) {
        let sql = step.statement.sql.as_str();
        match switch(sql) {
            Some((other, false)) if other == what => return Some(place),
            Some(_) => {}
            None if is_of_archive(sql) => {}
            None => return None,
        }
    }
    None
}

fn is_of_archive(sql: &str) -> bool {
    let mut words = ["CREATE TABLE ", "ALTER TABLE ", "COMMENT ON TABLE "].into_iter();
    words.any(|words| sql.strip_prefix(words).is_some_and(|rest| rest.starts_with(SCHEMA)))
}

/// What a statement turns on or off: a trigger, or policies for the owner of a table.
fn switch(sql: &str) -> Option<(String, bool)> {
    let rest = sql.strip_prefix("ALTER TABLE ")?;
    if let Some(table) = rest.strip_suffix(" NO FORCE ROW LEVEL SECURITY") {
        return Some((table.to_owned(), false));
    }
    if let Some(table) = rest.strip_suffix(" FORCE ROW LEVEL SECURITY") {
        return Some((table.to_owned(), true));
    }
    let words = [(" DISABLE TRIGGER ", false), (" ENABLE TRIGGER ", true), (" ENABLE ALWAYS TRIGGER ", true)];
    words.into_iter().find_map(|(words, on)| {
        let (table, trigger) = rest.split_once(words)?;
        Some((format!("{table} {trigger}"), on))
    })
}
