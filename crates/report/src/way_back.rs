//! The way back, as `rollback` shows it.

use apply::Entry;

/// What takes these scripts back, the last first.
pub fn way_back(place: &str, scripts: &[Entry], rollback: &str) -> String {
    let mut text = format!("-- The database stands {place}. {rollback} goes back from there:\n");
    for entry in scripts.iter().rev() {
        text.push_str(&format!("\n-- Takes {} back ({}).\n", entry.file, entry.verdict));
        text.extend(entry.because.iter().map(|because| format!("--   {because}\n")));
        text.extend(entry.back.iter().map(|statement| format!("{statement};\n")));
    }
    text.push_str("\n-- Nothing is done yet: --apply goes this way, in one transaction.\n");
    text
}
