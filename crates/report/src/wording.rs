//! The words in which all formats speak of statements.

use std::collections::BTreeMap;

use apply::Plan;
use kinds::{Hazard, Lock, Statement, Work};
use plan::{Step, Verdict};

/// Above what is there and not managed.
pub(crate) const UNMANAGED: &str = "Not managed, never touched";

/// Above what is there and not read.
pub(crate) const UNREAD: &str = "There, but no kind of endstate reads it";

/// What a reader has been told: the locks that a transaction holds, each where it is taken and not at every statement after, and the
/// reason of the statement before.
#[derive(Default)]
pub(crate) struct Held<'a> {
    locks: BTreeMap<&'a str, Lock>,
    reason: Option<&'a str>,
}

impl<'a> Held<'a> {
    /// `locks public.users (ACCESS EXCLUSIVE, blocks reads and writes); writes every row anew`, a line each
    fn locks(&mut self, statement: &'a Statement) -> Vec<String> {
        let own = statement.lock.iter().map(|(mode, relation)| self.lock(*mode, relation, statement.work));
        let mut lines: Vec<String> = own.collect();
        for (mode, relation) in &statement.also {
            // That another table is locked still is nothing that the statement does.
            if !self.holds(*mode, relation) {
                lines.push(self.lock(*mode, relation, Work::Catalog));
            }
        }
        lines
    }

    fn lock(&mut self, mode: Lock, relation: &'a str, work: Work) -> String {
        let doing = match work {
            Work::Catalog => "",
            Work::Scan => "; reads every row",
            Work::Build => "; reads every row to build the index",
            Work::Rewrite => "; writes every row anew",
        };
        if self.holds(mode, relation) {
            return format!("{relation} is locked already{doing}");
        }
        self.locks.insert(relation, mode);
        format!("locks {relation} ({}, blocks {}){doing}", mode.sql(), mode.blocks())
    }

    fn holds(&self, mode: Lock, relation: &str) -> bool {
        self.locks.get(relation).is_some_and(|held| *held >= mode)
    }

    /// What a reader must know of a step besides its SQL, a line each; what its hazards repeat is left out.
    pub(crate) fn remarks(&mut self, step: &'a Step) -> Vec<String> {
        let statement = &step.statement;
        let mut lines = self.locks(statement);
        lines.extend(statement.clients.as_ref().map(|notice| format!("clients: {notice}")));
        let told = std::mem::replace(&mut self.reason, step.reason.as_deref());
        let reason = self.reason.filter(|reason| told != Some(reason));
        lines.extend(reason.map(|reason| format!("why: {reason}")));
        if statement.outside_of_transaction {
            lines.push("stands in no transaction".to_owned());
            self.locks.clear();
        } else if statement.commit_after {
            lines.push("is committed before what follows can use it".to_owned());
            self.locks.clear();
        }
        lines
    }
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

/// Hazards that the statement itself states, as opposed to those that follow from its lock or its notice to clients.
pub(crate) fn stated_hazards(statement: &Statement) -> Vec<String> {
    statement.hazards.iter().map(|(hazard, why)| format!("{}: {why}", hazard.name())).collect()
}

/// `exact: ...`, `structure only: ...`: a verdict in a sentence.
pub(crate) fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Exact => "exact: catalog and rows as before".to_owned(),
        Verdict::ExactWithArchive { kept } => {
            format!("exact with archive: {}, until somebody drops that", kept.join("; "))
        }
        Verdict::StructureOnly { lost } => {
            format!("structure only, because these do not come back: {}", lost.join("; "))
        }
        Verdict::Impossible { why } => {
            format!("impossible: the rollback takes back all else, but {}", why.join("; "))
        }
    }
}

/// What the way forward loses for good: no way back brings it back.
pub(crate) fn lost(steps: &[&Step]) -> Vec<String> {
    let lost = steps.iter().flat_map(|step| step.verdict().lost().to_vec());
    lost.map(|why| format!("{why} on the way forward, and does not come back")).collect()
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

/// What the preflight found, a line each: rows that are in the way with some of their keys, the query and what would mend them,
/// and questions that had no answer.
pub(crate) fn preflight(plan: &Plan) -> Vec<Vec<String>> {
    let told = plan.preflight.iter().filter(|answer| answer.is_in_the_way() || answer.unanswered.is_some());
    told.map(|answer| {
        let question = &answer.question;
        match (&answer.unanswered, answer.rows) {
            (Some(reason), _) => vec![format!("not known: {}", question.what), reason.clone()],
            (None, rows) => vec![
                match rows.unwrap_or_default() {
                    1 => format!(
                        "1 {}, which is {}",
                        question.what.replacen("rows", "row", 1),
                        answer.such_as.join(", ")
                    ),
                    many => format!("{many} {}, such as {}", question.what, answer.such_as.join(", ")),
                },
                format!("see them: {}", question.query),
                format!("mend them: {}", question.mend),
            ],
        }
    })
    .collect()
}

/// The same on one line each, for stderr.
pub fn rows_in_the_way(plan: &Plan) -> Vec<String> {
    preflight(plan).iter().map(|lines| format!("preflight: {}", lines.join("\n  "))).collect()
}

/// Texts that may still say an old name, a line each, the surest first.
pub(crate) fn old_names(plan: &Plan) -> Vec<String> {
    let mut all: Vec<_> = plan.old_names.iter().collect();
    all.sort_by_key(|said| std::cmp::Reverse(said.found.certainty));
    all.into_iter().map(ToString::to_string).collect()
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
