//! The words in which all formats speak of statements.

use apply::Plan;
use kinds::{Hazard, Statement, Work};
use plan::Step;

/// `locks public.users (ACCESS EXCLUSIVE, blocks reads and writes) while it writes every row anew`
pub(crate) fn lock(statement: &Statement) -> Option<String> {
    let (mode, relation) = statement.lock.as_ref()?;
    let during = match statement.work {
        Work::Catalog => "",
        Work::Scan => " while it reads every row",
        Work::Build => " while it reads every row to build the index",
        Work::Rewrite => " while it writes every row anew",
    };
    Some(format!("locks {relation} ({}, blocks {}){during}", mode.sql(), mode.blocks()))
}

/// What a statement touches, as a column of a table says it.
pub(crate) fn work(work: Work) -> &'static str {
    match work {
        Work::Catalog => "catalogs only",
        Work::Scan => "reads every row",
        Work::Build => "reads every row, builds an index",
        Work::Rewrite => "writes every row anew",
    }
}

/// How long that takes: nothing else is known without the size of the table.
pub(crate) fn duration(work: Work) -> &'static str {
    match work {
        Work::Catalog => "milliseconds",
        Work::Scan | Work::Build | Work::Rewrite => "grows with the table",
    }
}

/// What a reader must know of a step besides its SQL, a line each; hazards that other lines tell already are left out.
pub(crate) fn remarks(step: &Step) -> Vec<String> {
    let statement = &step.statement;
    let mut lines: Vec<String> = lock(statement).into_iter().collect();
    lines.extend(statement.clients.as_ref().map(|notice| format!("clients: {notice}")));
    lines.extend(step.reason.as_ref().map(|reason| format!("why: {reason}")));
    if statement.commit_after {
        lines.push("is committed before what follows can use it".to_owned());
    }
    lines
}

/// Hazards that the statement itself states, as opposed to those that follow from its lock or its notice to clients.
pub(crate) fn stated_hazards(statement: &Statement) -> Vec<String> {
    statement.hazards.iter().map(|(hazard, why)| format!("{}: {why}", hazard.name())).collect()
}

/// How a plan stands towards one of its hazards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acceptance {
    /// It is told, and nobody needs to accept it.
    Told,
    /// Somebody must accept it and has.
    Accepted,
    /// Somebody must accept it and has not.
    Missing,
}

impl Acceptance {
    /// One word, for tables and JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Acceptance::Told => "told",
            Acceptance::Accepted => "accepted",
            Acceptance::Missing => "not accepted",
        }
    }
}

/// All hazards of the way forward, each with whether it is accepted.
pub(crate) fn hazards(plan: &Plan, allow: &[String]) -> Vec<(Hazard, String, Acceptance)> {
    let (missing, demanded) = (plan.unaccepted(allow), plan.unaccepted(&[]));
    let acceptance = |found: &(Hazard, String)| match (missing.contains(found), demanded.contains(found)) {
        (true, _) => Acceptance::Missing,
        (false, true) => Acceptance::Accepted,
        (false, false) => Acceptance::Told,
    };
    let with = |found: (Hazard, String)| {
        let acceptance = acceptance(&found);
        (found.0, found.1, acceptance)
    };
    plan.hazards().into_iter().map(with).collect()
}

/// `PostgreSQL 15.18`; distributions add their own words behind the number.
pub(crate) fn server(version: &str) -> String {
    format!("PostgreSQL {}", version.split_whitespace().next().unwrap_or(version))
}

/// `1 script`, `2 scripts`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// SQL on one line of at most `width` characters, for an overview.
pub(crate) fn one_line(sql: &str, width: usize) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= width {
        return line;
    }
    line.chars().take(width - 1).collect::<String>() + "…"
}

/// The first of a long list, and how many more there are.
pub(crate) fn shortened(all: &[String], most: usize) -> (Vec<&str>, usize) {
    // One more line says as much as "and 1 more".
    let shown = if all.len() <= most + 1 { all.len() } else { most };
    (all[..shown].iter().map(String::as_str).collect(), all.len() - shown)
}
