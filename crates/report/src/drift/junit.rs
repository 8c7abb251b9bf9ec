//! Drift as a JUnit report: a failed test a difference.

use apply::Drift;

use super::{Comparison, diff, headline};
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
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  \
         <testsuite name=\"endstate check of {}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">\n\
         {cases}  </testsuite>\n</testsuites>\n",
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
