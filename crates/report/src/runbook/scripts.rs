//! Each script: what it is for, what it changes, its locks, its impact, its way back.

use std::collections::BTreeMap;

use kinds::{Lock, Work};
use plan::{Step, script};

use super::Book;
use crate::Direction;
use crate::escape::{code, markdown as escaped};
use crate::markdown::{most_work, notices};
use crate::part::{Part, parts};
use crate::wording;

pub(super) fn scripts(book: &Book<'_>) -> String {
    let all = parts(book.plan);
    let sections: String = all.iter().map(|part| section(book, part)).collect();
    format!("## Impact\n\n{}\n## The scripts\n\n{sections}", impact(&all))
}

/// A row for each relation on which a script holds up reads or writes; weaker locks are counted.
fn impact(parts: &[Part<'_>]) -> String {
    let mut text =
        "| script | relation | lock | blocks | work | duration |\n|---|---|---|---|---|---|\n".to_owned();
    let mut weaker = 0;
    for part in parts {
        for (relation, (lock, work)) in locked(&part.steps(Direction::Forward)) {
            if lock < Lock::Share && work == Work::Catalog {
                weaker += 1;
                continue;
            }
            text.push_str(&format!(
                "| {} | {} | {} | {} | {} | {} |\n",
                code(part.file),
                code(relation),
                lock.sql(),
                lock.blocks(),
                wording::work(work),
                wording::duration(work),
            ));
        }
    }
    text.push_str("\nA lock is held until the end of its script's transaction.");
    if weaker > 0 {
        text.push_str(&format!(
            " Besides these, {} that hold up neither reads nor writes.",
            wording::count(weaker, "lock")
        ));
    }
    text + "\n"
}

/// The strongest lock and the most work by relation.
pub(super) fn locked<'a>(steps: &[&'a Step]) -> BTreeMap<&'a str, (Lock, Work)> {
    let mut all: BTreeMap<&str, (Lock, Work)> = BTreeMap::new();
    for statement in steps.iter().map(|step| &step.statement) {
        for (lock, relation, work) in statement.locks() {
            let entry = all.entry(relation).or_insert((lock, work));
            *entry = (lock.max(entry.0), work.max(entry.1));
        }
    }
    all
}

fn section(book: &Book<'_>, part: &Part<'_>) -> String {
    let steps = part.steps(Direction::Forward);
    let notices = notices(&steps);
    let impact = if notices.is_empty() {
        vec!["running clients notice nothing but the locks".to_owned()]
    } else {
        notices
    };
    let mut back = script::summary(&part.stage.back);
    back.extend(
        script::loses(&part.stage.back)
            .into_iter()
            .map(|loss| format!("{loss}: the script counts and says what that is")),
    );
    let lines =
        |lines: Vec<String>| lines.iter().map(|line| format!("- {}\n", escaped(line))).collect::<String>();
    format!(
        "### {}\n\n{}\n\nChanges:\n\n{}\nLocks:\n\n{}\nImpact:\n\n{}\nRollback, in {}, {}:\n\n{}\n",
        code(part.file),
        purpose(part, &steps),
        lines(script::summary(&part.stage.forward)),
        lines(script::locks(&part.stage.forward)),
        lines(impact),
        code(book.rollback),
        escaped(&part.verdict().to_string()),
        lines(back),
    )
}

/// One sentence: the name of the script as words, and how heavy it is.
fn purpose(part: &Part<'_>, steps: &[&Step]) -> String {
    let name =
        part.file.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_').trim_end_matches(".sql");
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get(..1) {
        words = first.to_uppercase() + &words[1..];
    }
    let statements = wording::count(steps.len(), "statement");
    match most_work(steps) {
        Work::Catalog => format!(
            "{}: {statements} that touch catalogs only, done in milliseconds whatever the size of the tables.",
            escaped(&words)
        ),
        work => format!(
            "{}: {statements}; at least one {}, so it takes the longer the more rows there are.",
            escaped(&words),
            wording::work(work)
        ),
    }
}
