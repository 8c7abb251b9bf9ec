//! The words in which all formats speak of statements.

use std::collections::BTreeMap;

use apply::{Answer, Plan};
use kinds::{Hazard, Lock, Statement, Work};
use plan::{Step, Verdict};

use crate::Direction;

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

/// Hazards that the statement itself states, as opposed to those that follow from its lock or its notice to clients; what it loses
/// is said by [`undone`].
pub(crate) fn stated_hazards(statement: &Statement) -> Vec<String> {
    let stated = statement.hazards.iter().filter(|(hazard, _)| *hazard != Hazard::DataLoss);
    stated.map(|(hazard, why)| format!("{}: {why}", hazard.name())).collect()
}

/// What of a step comes back when it is undone, in a sentence; nothing is said where that is all.
pub(crate) fn undone(step: &Step, direction: Direction) -> Option<String> {
    let way = match direction {
        Direction::Forward => "way back",
        Direction::Rollback => "forward again",
    };
    let verdict = step.verdict();
    // A name may hold a line break, which must not end a comment.
    (verdict != Verdict::Exact).then(|| format!("{way}: {verdict}").replace(['\n', '\r'], " "))
}

/// What the way forward loses for good, and what nobody knows how to take back: no way back brings it back.
pub(crate) fn lost(verdict: &Verdict) -> Vec<String> {
    let lost = verdict.lost().iter().map(|why| format!("{why} on the way forward, and does not come back"));
    lost.chain(verdict.why().iter().cloned()).collect()
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

/// What the live database answered to a question, where that is not that no row is in the way.
pub(crate) struct Told {
    /// Whether rows are in the way; otherwise nobody knows.
    pub(crate) in_the_way: bool,
    /// What is in the way with some of its keys, the query, and what would mend it; or why nobody knows.
    pub(crate) lines: Vec<String>,
}

/// What the preflight found: rows that are in the way first, then questions that had no answer.
pub(crate) fn preflight(answers: &[Answer]) -> Vec<Told> {
    let told = answers.iter().filter(|answer| answer.is_in_the_way() || answer.unanswered.is_some());
    let told = told.map(|answer| {
        let question = &answer.question;
        if let Some(reason) = &answer.unanswered {
            let lines = vec![format!("not known: {}", question.what), reason.clone()];
            return Told { in_the_way: false, lines };
        }
        let such_as = answer.such_as.join(", ");
        let found = match answer.rows.unwrap_or_default() {
            1 => format!("1 {}, which is {such_as}", question.what.replacen("rows", "row", 1)),
            many => format!("{many} {}, such as {such_as}", question.what),
        };
        let lines =
            vec![found, format!("see them: {}", question.query), format!("mend them: {}", question.mend)];
        Told { in_the_way: true, lines }
    });
    let (in_the_way, unknown): (Vec<Told>, Vec<Told>) = told.partition(|told| told.in_the_way);
    in_the_way.into_iter().chain(unknown).collect()
}

/// What stands above that; `scripts` would stop.
pub(crate) fn preflight_title(found: &[Told], scripts: &str) -> String {
    match found.iter().any(|told| told.in_the_way) {
        true => format!("rows are in the way, and {scripts} would stop"),
        false => "not all questions to the rows had an answer; the script asks them again".to_owned(),
    }
}

/// The same on one line each, for stderr.
pub fn rows_in_the_way(answers: &[Answer]) -> Vec<String> {
    let found = preflight(answers);
    found.iter().map(|told| format!("preflight: {}", told.lines.join("\n  "))).collect()
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
