//! A plan as Markdown, for a comment on a pull request.

use apply::Plan;
use kinds::{Lock, Work};
use plan::{Step, script};

use crate::escape::{code, fenced, html, markdown as escaped};
use crate::part::{Part, parts};
use crate::wording::{self, Acceptance, UNMANAGED, UNREAD};
use crate::{Direction, proof};

/// A comment on GitHub takes 65,536 characters; above this many the SQL is left out.
const LONGEST: usize = 60_000;

/// The comment.
pub fn markdown(plan: &Plan, allow: &[String]) -> String {
    let whole = comment(plan, allow, true);
    if whole.chars().count() <= LONGEST { whole } else { comment(plan, allow, false) }
}

fn comment(plan: &Plan, allow: &[String], with_sql: bool) -> String {
    let facts = &plan.facts;
    let server = wording::server(&facts.version);
    let mut text = format!("### endstate: plan for {} on {}\n\n", code(&facts.database), escaped(&server));
    if plan.is_empty() {
        text.push_str("No changes. The database is as desired.\n");
        return text;
    }
    text.push_str(&overview(plan));
    text.push_str(&hazards(plan, allow));
    text.push_str(&rows(plan));
    for part in parts(plan) {
        text.push_str(&details(plan, &part, with_sql));
    }
    if !with_sql {
        text.push_str("The SQL is too long for a comment: `endstate plan` shows it.\n\n");
    }
    text.push_str(&list(UNMANAGED, &plan.unmanaged));
    text.push_str(&list(UNREAD, &plan.unread));
    text.push_str(&list("May still say an old name", &wording::old_names(plan)));
    text.push_str(&list("Notes", &plan.notes));
    text.push_str(&format!("The way back is {}\n\n", escaped(&plan.verdict().to_string())));
    let mut lines = proof::proven(&plan.proof).into_iter();
    text.push_str(&format!("✅ {}\n", escaped(&lines.next().unwrap_or_default())));
    lines.for_each(|line| text.push_str(&format!("- ⚠️ {}\n", escaped(&line))));
    text
}

fn overview(plan: &Plan) -> String {
    let mut text =
        "| script | statements | strongest lock | work | clients notice | way back |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for part in parts(plan) {
        let steps = part.steps(Direction::Forward);
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            code(part.file),
            steps.len(),
            strongest_lock(&steps).map_or("none", Lock::sql),
            wording::work(most_work(&steps)),
            escaped(&notices(&steps).join("; ")),
            part.verdict().word(),
        ));
    }
    text + "\n"
}

/// The strongest lock that steps take.
pub(crate) fn strongest_lock(steps: &[&Step]) -> Option<Lock> {
    steps.iter().flat_map(|step| step.statement.locks()).map(|(lock, ..)| lock).max()
}

/// The most that steps touch.
pub(crate) fn most_work(steps: &[&Step]) -> Work {
    steps.iter().map(|step| step.statement.work).max().unwrap_or(Work::Catalog)
}

/// What running clients notice of steps, each once.
pub(crate) fn notices(steps: &[&Step]) -> Vec<String> {
    let mut notices: Vec<String> = Vec::new();
    for notice in steps.iter().filter_map(|step| step.statement.clients.as_ref()) {
        if !notices.contains(notice) {
            notices.push(notice.clone());
        }
    }
    notices
}

fn hazards(plan: &Plan, allow: &[String]) -> String {
    let all = wording::hazards(plan, allow);
    if all.is_empty() {
        return String::new();
    }
    let mut text = "| hazard | why | |\n|---|---|---|\n".to_owned();
    for (hazard, why, acceptance) in all {
        let mark = match acceptance {
            Acceptance::Told => "",
            Acceptance::Accepted => "accepted",
            Acceptance::Missing => "❌ must be accepted",
        };
        text.push_str(&format!("| {} | {} | {mark} |\n", code(hazard.name()), escaped(&why)));
    }
    text + "\n"
}

/// What the preflight found in the rows.
fn rows(plan: &Plan) -> String {
    let found = wording::preflight(&plan.preflight);
    if found.is_empty() {
        return String::new();
    }
    let mut text = format!("Preflight: {}:\n\n", wording::preflight_title(&found, "the scripts"));
    for told in &found {
        let mut lines = told.lines.iter().map(|line| escaped(line));
        let mark = if told.in_the_way { "❌" } else { "⚠️" };
        text.push_str(&format!("- {mark} {}\n", lines.next().unwrap_or_default()));
        lines.for_each(|line| text.push_str(&format!("  - {line}\n")));
    }
    text + "\n"
}

fn details(plan: &Plan, part: &Part<'_>, with_sql: bool) -> String {
    let mut text = format!("<details><summary><b>{}</b></summary>\n\n", html(part.file));
    for line in script::summary(&part.stage.forward) {
        text.push_str(&format!("- {}\n", escaped(&line)));
    }
    text.push_str("\nLocks:\n\n");
    for line in script::locks(&part.stage.forward) {
        text.push_str(&format!("- {}\n", escaped(&line)));
    }
    if with_sql {
        text.push_str(&format!("\n{}\n", fenced("sql", &statements(part, Direction::Forward))));
        text.push_str(&format!("Way back, in {}:\n\n", code(&plan.scripts.rollback.file)));
        text.push_str(&fenced("sql", &statements(part, Direction::Rollback)));
    }
    text + "\n</details>\n\n"
}

fn statements(part: &Part<'_>, direction: Direction) -> String {
    let undone = |step| wording::undone(step, direction).map(|line| format!("--   {line}\n"));
    let steps = part.steps(direction).into_iter();
    steps.map(|step| format!("{};\n{}", step.statement.sql, undone(step).unwrap_or_default())).collect()
}

fn list(title: &str, all: &[String]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let lines: String = all.iter().map(|line| format!("- {}\n", escaped(line))).collect();
    format!("<details><summary>{title}: {}</summary>\n\n{lines}\n</details>\n\n", all.len())
}
