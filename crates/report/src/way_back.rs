//! The way back, as `rollback` shows it.

use apply::{Answer, Archive, Entry};

use crate::paint::Paint;
use crate::text::{rows, said};

/// What takes these scripts back, the last first, with the archives that are there and what the rows say to it.
pub fn way_back(
    place: &str,
    scripts: &[Entry],
    rollback: &str,
    archives: &[Archive],
    answers: &[Answer],
) -> String {
    let mut text = format!("-- The database stands {place}. {rollback} goes back from there:\n");
    for entry in scripts.iter().rev() {
        let given_up = entry.given_up(archives);
        let verdict = if given_up.is_empty() { entry.verdict.as_str() } else { "structure only" };
        text.push_str(&format!("\n-- Takes {} back ({verdict}).\n", entry.file));
        let is_kept =
            |because: &&String| !given_up.keys().any(|archive| because.ends_with(&format!(" {archive}")));
        text.extend(entry.because.iter().filter(is_kept).map(|because| said(because) + "\n"));
        text.extend(lost(entry, archives).iter().map(|lost| said(lost) + "\n"));
        text.extend(entry.back.iter().map(|statement| format!("{statement};\n")));
    }
    text.push_str(&rows(answers, rollback, Paint { color: false }));
    text.push_str("\n-- Nothing is done yet: --apply goes this way, in one transaction.\n");
    text
}

/// What does not come back of a script because its archives have been dropped, a sentence each.
pub fn lost(entry: &Entry, archives: &[Archive]) -> Vec<String> {
    let given_up = entry.given_up(archives).into_iter();
    given_up
        .map(|(archive, what)| format!("lost for good: {what}, since {archive} has been dropped"))
        .collect()
}
