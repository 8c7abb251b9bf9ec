//! The runbook: what a person who runs the scripts must know, have done, and look at afterwards. Each sentence and each query
//! follows from the plan; what is not true of it is not said.

mod failures;
mod overview;
mod preflight;
mod queries;
mod running;
mod scripts;
mod values;
mod verification;

use apply::Plan;

use crate::escape::{code, markdown as escaped};
use crate::outline::Outline;
use crate::{proof, wording};

/// What the sections share.
struct Book<'a> {
    plan: &'a Plan,
    outline: Outline<'a>,
    /// The forward scripts' files.
    files: Vec<&'a str>,
    /// The rollback script's file.
    rollback: &'a str,
}

/// The runbook of a plan, `README.md` beside its scripts.
pub fn runbook(plan: &Plan) -> String {
    let book = Book {
        plan,
        outline: Outline::of(plan),
        files: plan.scripts.forward.iter().map(|script| script.file.as_str()).collect(),
        rollback: &plan.scripts.rollback.file,
    };
    let sections = [
        head(&book),
        overview::overview(&book),
        scripts::scripts(&book),
        preflight::preflight(&book),
        running::running(&book),
        verification::verification(&book),
        running::rollback(&book),
        failures::failures(&book),
    ];
    sections.join("\n")
}

fn head(book: &Book<'_>) -> String {
    let facts = &book.plan.facts;
    let mut text = format!(
        "# Runbook: {} to {}\n\nMade by endstate {} for database {} on {}.\n\n",
        book.files.first().map(|file| code(file)).unwrap_or_default(),
        code(book.rollback),
        env!("CARGO_PKG_VERSION"),
        code(&facts.database),
        wording::server(&facts.version),
    );
    let mut lines = proof::proven(&book.plan.proof).into_iter();
    text.push_str(&format!("**P{}.**\n", escaped(lines.next().unwrap_or_default().trim_start_matches('p'))));
    let limits: String = lines.map(|line| format!("- {}\n", escaped(&line))).collect();
    if limits.is_empty() { text } else { text + "\n" + &limits }
}

/// A numbered section of a list: its title, what to do, and the lines below it.
struct Item {
    title: String,
    text: String,
}

impl Item {
    fn new(title: impl Into<String>, text: impl Into<String>) -> Item {
        Item { title: title.into(), text: text.into() }
    }
}

fn numbered(title: &str, intro: &str, items: &[Item]) -> String {
    let mut text = format!("## {title}\n\n{intro}\n");
    for (number, item) in items.iter().enumerate() {
        text.push_str(&format!("\n### {}. {}\n\n{}\n", number + 1, item.title, item.text.trim_end()));
    }
    text
}
