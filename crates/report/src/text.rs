//! The preview in a terminal. What is not a statement is a comment, so that the text as a whole is SQL.

use apply::{Answer, Plan};
use kinds::Hazard;
use plan::{Step, Verdict, script};

use crate::paint::Paint;
use crate::part::{Part, parts};
use crate::wording::{self, Acceptance, Held, UNMANAGED, UNREAD};
use crate::{Direction, proof};

/// How a plan is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Which way.
    pub direction: Direction,
    /// The hazards that `--allow` accepts.
    pub allow: &'a [String],
    /// Whether the terminal takes colours.
    pub color: bool,
}

/// How many objects that are not managed are named before the rest is counted.
const MOST_NAMED: usize = 8;

/// How wide the way back is shown, in characters.
const WIDTH: usize = 110;

/// A comment below a statement; what it names may go over several lines.
pub(crate) fn said(line: &str) -> String {
    format!("--   {}", line.replace('\r', " ").replace('\n', "\n--     "))
}

/// The preview of a plan.
pub fn text(plan: &Plan, options: Options<'_>) -> String {
    let paint = Paint { color: options.color };
    let mut text = header(plan, options.direction, paint);
    let mut all = parts(plan);
    if options.direction == Direction::Rollback {
        all.reverse();
    }
    for part in &all {
        text.push_str(&section(plan, part, options.direction, paint));
    }
    if options.direction == Direction::Forward {
        text.push_str(&hazards(plan, options.allow, paint));
        text.push_str(&rows(&plan.preflight, "the scripts", paint));
    }
    text.push_str(&surroundings(plan, paint));
    text.push_str(&conclusion(plan, paint));
    text
}

fn header(plan: &Plan, direction: Direction, paint: Paint) -> String {
    let facts = &plan.facts;
    let way = match direction {
        Direction::Forward => "Plan for",
        Direction::Rollback => "Way back of",
    };
    let server = wording::server(&facts.version);
    let line = format!("-- {way} database {} on {server}, as {}", facts.database, facts.user);
    if plan.is_empty() {
        return paint.bold(&line) + "\n";
    }
    let forward = wording::count(plan.scripts.forward.len(), "script");
    let steps: usize = parts(plan).iter().map(|part| part.steps(direction).len()).sum();
    let line_2 = format!(
        "-- {forward} forward, {} back; {}",
        plan.scripts.rollback.file,
        wording::count(steps, "statement")
    );
    paint.bold(&line) + "\n" + &paint.dim(&line_2) + "\n"
}

fn section(plan: &Plan, part: &Part<'_>, direction: Direction, paint: Paint) -> String {
    let title = match direction {
        Direction::Forward => part.file.to_owned(),
        Direction::Rollback => format!("{} takes back {}", plan.scripts.rollback.file, part.file),
    };
    let rule = "─".repeat(WIDTH.saturating_sub(title.chars().count() + 7));
    let mut text = format!("\n{}\n\n", paint.bold(&paint.cyan(&format!("-- ── {title} {rule}"))));
    let mut held = Held::default();
    part.steps(direction)
        .into_iter()
        .for_each(|step| text.push_str(&statement(step, direction, held.remarks(step), paint)));
    if direction == Direction::Forward {
        text.push_str(&way_back(plan, part, paint));
    }
    text
}

fn statement(step: &Step, direction: Direction, remarks: Vec<String>, paint: Paint) -> String {
    let mut text = paint.sql(&step.statement.sql) + ";\n";
    for line in remarks {
        text.push_str(&(paint.dim(&said(&line)) + "\n"));
    }
    for line in wording::undone(step, direction).into_iter().chain(wording::stated_hazards(&step.statement)) {
        text.push_str(&(paint.yellow(&said(&line)) + "\n"));
    }
    text
}

/// The way back of one script, a line a statement.
fn way_back(plan: &Plan, part: &Part<'_>, paint: Paint) -> String {
    let mut text = format!("\n{}\n", paint.dim(&format!("-- Way back, in {}:", plan.scripts.rollback.file)));
    for step in part.steps(Direction::Rollback) {
        let line = wording::one_line(&step.statement.sql, WIDTH - 5);
        text.push_str(&(paint.dim(&said(&line)) + "\n"));
    }
    for lost in wording::lost(&part.verdict()) {
        text.push_str(&(paint.yellow(&said(&lost)) + "\n"));
    }
    for loss in script::loses(&part.stage.back) {
        text.push_str(
            &(paint.yellow(&said(&format!("{loss}: the script counts and says what that is"))) + "\n"),
        );
    }
    text
}

fn hazards(plan: &Plan, allow: &[String], paint: Paint) -> String {
    let all = wording::hazards(plan, allow);
    if all.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", paint.bold("-- Hazards"));
    for (hazard, why, acceptance) in all {
        let line = said(&format!("{:<14} {why}", hazard.name()));
        text.push_str(&match acceptance {
            Acceptance::Told => line,
            Acceptance::Accepted => format!("{line} {}", paint.green("(accepted)")),
            Acceptance::Missing => format!("{line} {}", paint.red("(must be accepted)")),
        });
        text.push('\n');
    }
    text
}

/// What the rows of the live database say to the plan, or to the way back; `scripts` would stop.
pub(crate) fn rows(answers: &[Answer], scripts: &str, paint: Paint) -> String {
    if answers.is_empty() {
        return String::new();
    }
    let found = wording::preflight(answers);
    if found.is_empty() {
        let asked = wording::count(answers.len(), "question");
        return format!(
            "\n{}\n",
            paint.dim(&format!("-- Preflight: {asked} to the rows, none is in the way."))
        );
    }
    let title = wording::preflight_title(&found, scripts);
    let mut text = format!("\n{}\n", paint.bold(&format!("-- Preflight: {title}")));
    for told in found {
        for (place, line) in told.lines.iter().enumerate() {
            let line = said(&format!("{}{line}", if place == 0 { "" } else { "  " }));
            text.push_str(&(if place == 0 { paint.red(&line) } else { line } + "\n"));
        }
    }
    text
}

/// What is there besides what the plan is about.
fn surroundings(plan: &Plan, paint: Paint) -> String {
    list(UNMANAGED, &plan.unmanaged, paint)
        + &list(UNREAD, &plan.unread, paint)
        + &list("May still say an old name", &wording::old_names(plan), paint)
        + &list("Notes", &plan.notes, paint)
}

fn list(title: &str, all: &[String], paint: Paint) -> String {
    if all.is_empty() {
        return String::new();
    }
    let (shown, more) = wording::shortened(all, MOST_NAMED);
    let mut text = format!("\n{}\n", paint.dim(&format!("-- {title}:")));
    for line in shown {
        text.push_str(&(paint.dim(&said(line)) + "\n"));
    }
    if more > 0 {
        text.push_str(&(paint.dim(&format!("--   and {more} more: `--format json` names all")) + "\n"));
    }
    text
}

fn conclusion(plan: &Plan, paint: Paint) -> String {
    if plan.is_empty() {
        return format!("{}\n", paint.green("-- No changes. The database is as desired."));
    }
    let verdict = format!("-- The way back is {}", plan.verdict()).replace('\n', "\n-- ");
    let verdict =
        if plan.verdict() == Verdict::Exact { paint.green(&verdict) } else { paint.yellow(&verdict) };
    let mut lines = proof::proven(&plan.proof).into_iter();
    let mut text =
        format!("\n{verdict}\n{}\n", paint.green(&format!("-- {}", lines.next().unwrap_or_default())));
    lines.for_each(|line| text.push_str(&(said(&line) + "\n")));
    text
}

/// What must be accepted before the plan may run, and how; for stderr.
pub fn refusal(unaccepted: &[(Hazard, String)], color: bool) -> String {
    let paint = Paint { color };
    let mut text = format!("{} this plan must be accepted first:\n", paint.bold(&paint.red("refused:")));
    for (hazard, why) in unaccepted {
        text.push_str(&format!("  {}  {why}\n", paint.yellow(&format!("{:<13}", hazard.name()))));
    }
    let mut words: Vec<&str> = unaccepted.iter().map(|(hazard, _)| hazard.name()).collect();
    words.dedup();
    text.push_str(&format!(
        "{} accept it with `--allow {}`, or for good with `allow: [{}]` in endstate.yaml\n",
        paint.bold(&paint.cyan("help:")),
        words.join(","),
        words.join(", "),
    ));
    text
}

/// That the way back does not bring back as much as `--require-rollback` demands; none where it does.
pub fn falls_short(verdict: &Verdict, without_archive: bool, color: bool) -> Option<String> {
    let paint = Paint { color };
    let enough = match verdict {
        Verdict::Exact => true,
        Verdict::ExactWithArchive { .. } => !without_archive,
        Verdict::StructureOnly { .. } | Verdict::Impossible { .. } => false,
    };
    (!enough).then(|| {
        let kept = if without_archive { verdict.kept() } else { &[] };
        let lost = verdict.why().iter().chain(verdict.lost()).chain(kept);
        let lost: String = lost.map(|line| format!("  {line}\n")).collect();
        format!("{} the way back is {}:\n{lost}", paint.bold(&paint.red("refused:")), verdict.word())
    })
}
