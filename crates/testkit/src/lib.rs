//! What tests share: which servers to run on, and differences that people can read.

pub mod statements;

use shadow::{Binaries, binaries};

/// The servers to test on, one a major version: those that `ENDSTATE_TEST_MAJORS` names (`13,18`, or `all`), otherwise the oldest, the
/// newest and the one of the system.
pub fn majors() -> Vec<Binaries> {
    let mut found = binaries::all();
    let system = found.iter().find(|one| one.directory.starts_with("/usr")).map(|one| one.major);
    found.sort_by_key(|one| one.major);
    found.dedup_by_key(|one| one.major);
    let wanted = std::env::var("ENDSTATE_TEST_MAJORS").unwrap_or_default();
    let ends = [found.first().map(|one| one.major), found.last().map(|one| one.major), system];
    let chosen = |major: u32| match wanted.as_str() {
        "all" => true,
        "" => ends.contains(&Some(major)),
        list => list.split(',').any(|one| one.trim() == major.to_string()),
    };
    found.into_iter().filter(|one| chosen(one.major)).collect()
}

/// The lines in which two texts differ.
pub fn diff(old: &str, new: &str) -> String {
    similar::TextDiff::from_lines(old, new).unified_diff().context_radius(2).to_string()
}
