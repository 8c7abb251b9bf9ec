//! Drift as a JUnit report: a failed test a difference.

use apply::Drift;

use super::{Comparison, diff, headline, uncompared};
use crate::escape::xml;

/// The report; a database in sync is one test that passed.
pub fn junit(comparison: &Comparison<'_>) -> String {
    let failures = comparison.drift.len();
    let cases: String = if failures == 0 {
        format!(
            "    <testcase classname=\"endstate.check\" name=\"database {} is as desired\"/>\n",
            xml(comparison.database)
        )
    } else {
        comparison.drift.iter().map(case).collect()
    };
    let uncompared: String = uncompared(comparison)
        .into_iter()
        .map(|(title, objects)| format!("{title}:\n{}\n", objects.join("\n")))
        .collect();
    let uncompared = match uncompared.as_str() {
        "" => String::new(),
        text => format!("    <system-out>{}</system-out>\n", xml(text)),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  \
         <testsuite name=\"endstate check of {}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">\n\
         {cases}{uncompared}  </testsuite>\n</testsuites>\n",
        xml(comparison.database),
        failures.max(1),
    )
}

fn case(drift: &Drift) -> String {
    let file = drift.place.iter().map(|place| format!("{place}\n")).collect::<String>();
    format!(
        "    <testcase classname=\"endstate.check.{}\" name=\"{}\">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
        xml(&drift.kind.replace(' ', "_")),
        xml(&drift.object),
        xml(drift.state),
        xml(&headline(drift)),
        xml(&(file + &diff(drift))),
    )
}
