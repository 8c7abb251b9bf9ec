//! A plan as one HTML page that needs nothing from anywhere else.

mod tree;

use apply::Plan;
use plan::{Step, script};
use sql::color::Class;

use crate::escape::html as escaped;
use crate::paint;
use crate::part::{Part, back_steps, forward_steps, parts};
use crate::wording::{self, Acceptance, Held, UNMANAGED, UNREAD};
use crate::{Direction, proof};

const STYLE: &str = include_str!("style.css");

/// The page.
pub fn html(plan: &Plan, allow: &[String]) -> String {
    let title = format!("Plan for database {}", plan.facts.database);
    let body = if plan.is_empty() {
        "<p class=\"proof\">No changes. The database is as desired.</p>".to_owned()
    } else {
        format!(
            "<div class=\"columns\">\n<nav>{}</nav>\n<main>\n{}{}{}</main>\n</div>",
            tree::tree(plan),
            hazards(plan, allow),
            parts(plan).iter().map(|part| section(plan, part)).collect::<String>(),
            whole_script("rollback", &plan.scripts.rollback.file, &plan.scripts.rollback.text),
        )
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{header}\n{body}\n{footer}</body>\n</html>\n",
        title = escaped(&title),
        header = header(plan, &title),
        footer = footer(plan),
    )
}

fn header(plan: &Plan, title: &str) -> String {
    let facts = &plan.facts;
    let line = format!("{}, as {}", wording::server(&facts.version), facts.user);
    let mut text = format!("<header>\n<h1>{}</h1>\n<p>{}</p>\n", escaped(title), escaped(&line));
    if !plan.is_empty() {
        text.push_str(&format!("<p>The way back is {}</p>\n", escaped(&plan.verdict().to_string())));
        let mut proven = proof::proven(&plan.proof).into_iter().map(|line| escaped(&line));
        text.push_str(&format!("<p class=\"proof\">✓ {}</p>\n", proven.next().unwrap_or_default()));
        proven.for_each(|line| text.push_str(&format!("<p class=\"limit\">{line}</p>\n")));
        text.push_str(&format!(
            "<ul class=\"figures\"><li><b>{}</b> scripts</li><li><b>{}</b> statements forward</li><li><b>{}</b> statements back</li>\
             <li><b>{}</b> hazards</li></ul>\n",
            plan.scripts.forward.len(),
            forward_steps(plan).count(),
            back_steps(plan).count(),
            plan.hazards().len(),
        ));
    }
    text + "</header>"
}

fn hazards(plan: &Plan, allow: &[String]) -> String {
    let row = |(hazard, why, acceptance): (kinds::Hazard, String, Acceptance)| {
        let class = if acceptance == Acceptance::Missing { "missing" } else { "told" };
        let word = if acceptance == Acceptance::Told { "" } else { acceptance.word() };
        format!(
            "<tr class=\"{class}\"><td>{}</td><td>{}</td><td>{word}</td></tr>\n",
            hazard.name(),
            escaped(&why)
        )
    };
    let rows: String = wording::hazards(plan, allow).into_iter().map(row).collect();
    if rows.is_empty() {
        rows
    } else {
        format!("<section>\n<h2>Hazards</h2>\n<table>\n{rows}</table>\n</section>\n")
    }
}

fn section(plan: &Plan, part: &Part<'_>) -> String {
    let items = |lines: Vec<String>| {
        lines.iter().map(|line| format!("<li>{}</li>", escaped(line))).collect::<String>()
    };
    let losses = script::loses(&part.stage.back)
        .into_iter()
        .map(|loss| format!("<p class=\"limit\">{}</p>\n", escaped(&loss)));
    format!(
        "<section id=\"{file}\">\n<h2>{file}</h2>\n<div class=\"pair\">\n<div><h4>What it does</h4><ul>{summary}</ul></div>\n\
         <div><h4>Locks, until the end of the transaction</h4><ul>{locks}</ul></div>\n</div>\n\
         <div class=\"pair\">\n<div>\n<h3>Forward</h3>\n{forward}</div>\n<div>\n<h3>Back, in {rollback}: {verdict}</h3>\n{losses}{back}</div>\n</div>\n{whole}</section>\n",
        file = escaped(part.file),
        summary = items(script::summary(&part.stage.forward)),
        locks = items(script::locks(&part.stage.forward)),
        forward = cards(part, Direction::Forward),
        back = cards(part, Direction::Rollback),
        rollback = escaped(&plan.scripts.rollback.file),
        verdict = escaped(&part.verdict().to_string()),
        losses = losses.collect::<String>(),
        whole = whole_script(&format!("whole-{}", part.file), part.file, part.text),
    )
}

fn cards(part: &Part<'_>, direction: Direction) -> String {
    let mut held = Held::default();
    part.steps(direction).into_iter().map(|step| card(step, direction, held.remarks(step))).collect()
}

/// A statement with what it locks and does.
fn card(step: &Step, direction: Direction, remarks: Vec<String>) -> String {
    let remarks = remarks.into_iter().map(|line| format!("<li>{}</li>", escaped(&line)));
    let hazards =
        wording::undone(step, direction).into_iter().chain(wording::stated_hazards(&step.statement));
    let hazards = hazards.map(|line| format!("<li class=\"hazard\">{}</li>", escaped(&line)));
    let remarks: String = remarks.chain(hazards).collect();
    let list = if remarks.is_empty() { remarks } else { format!("<ul class=\"remarks\">{remarks}</ul>") };
    format!("<div class=\"step\"><pre>{};</pre>{list}</div>\n", colored(&step.statement.sql))
}

fn colored(sql: &str) -> String {
    paint::tokens(sql, |class, text| {
        let class = match class {
            Class::Keyword => "k",
            Class::String => "s",
            Class::Number => "n",
            Class::Comment => "c",
            Class::Identifier | Class::Operator | Class::Plain => return escaped(text),
        };
        format!("<i class=\"{class}\">{}</i>", escaped(text))
    })
}

fn whole_script(id: &str, file: &str, text: &str) -> String {
    let file = escaped(file);
    let body = escaped(text);
    format!(
        "<details id=\"{}\"><summary>{file}, the whole file</summary><pre>{body}</pre></details>\n",
        escaped(id)
    )
}

fn footer(plan: &Plan) -> String {
    let found = wording::preflight(&plan.preflight);
    let title = wording::preflight_title(&found, "the scripts");
    let told: Vec<String> = found.into_iter().flat_map(|told| told.lines).collect();
    let list = |title: &str, all: &[String]| {
        let items: String = all.iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
        let open = format!("<details><summary>{title}: {}</summary><ul>{items}</ul></details>\n", all.len());
        if all.is_empty() { String::new() } else { open }
    };
    format!(
        "<footer>\n{}{}{}{}{}<p>Made by endstate {}</p>\n</footer>\n",
        list(UNMANAGED, &plan.unmanaged),
        list(UNREAD, &plan.unread),
        list(&format!("Preflight: {title}"), &told),
        list("May still say an old name", &wording::old_names(plan)),
        list("Notes", &plan.notes),
        env!("CARGO_PKG_VERSION"),
    )
}
