//! Drift in a terminal.

use apply::Drift;

use super::{Comparison, diff, uncompared};
use crate::paint::Paint;
use crate::wording::{count, server};

/// Each difference with its diff, then how many there are.
pub fn text(comparison: &Comparison<'_>, color: bool) -> String {
    let paint = Paint { color };
    let database = format!("database {} on {}", comparison.database, server(comparison.version));
    let uncompared: String = uncompared(comparison)
        .into_iter()
        .map(|(title, objects)| format!("\n{}:\n  {}\n", paint.bold(title), objects.join("\n  ")))
        .collect();
    if comparison.drift.is_empty() {
        return format!("{}\n{uncompared}", paint.green(&format!("In sync: {database} is as desired.")));
    }
    let mut text: String = comparison.drift.iter().map(|drift| one(drift, paint)).collect();
    text.push_str(&paint.bold(&format!("{} in {database}", count(comparison.drift.len(), "difference"))));
    let of = |state: &str| comparison.drift.iter().filter(|drift| drift.state == state).count();
    text.push_str(&format!(
        ": {} missing (declared, not there), {} extra (there, not declared), {} changed{}\n",
        of("missing"),
        of("extra"),
        of("changed"),
        if of("renamed") > 0 { format!(", {} to be renamed", of("renamed")) } else { String::new() },
    ));
    text.push_str(
        "`endstate plan` shows how the database gets there; `endstate dump` shows what it is now.\n",
    );
    text + &uncompared
}

fn one(drift: &Drift, paint: Paint) -> String {
    let mark = match drift.state {
        "missing" => paint.red("missing"),
        "extra" => paint.yellow("extra"),
        "renamed" => paint.yellow("renamed"),
        _ => paint.yellow("changed"),
    };
    let mut text = format!("{mark} {}\n", paint.bold(&drift.object));
    text.push_str(
        &drift.place.iter().map(|place| format!("  {} {place}\n", paint.cyan("-->"))).collect::<String>(),
    );
    for line in diff(drift).lines() {
        let line = match line.chars().next() {
            Some('-') => paint.red(line),
            Some('+') => paint.green(line),
            Some('@') => paint.cyan(line),
            _ => line.to_owned(),
        };
        text.push_str(format!("  {line}").trim_end());
        text.push('\n');
    }
    text + "\n"
}
