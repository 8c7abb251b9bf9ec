//! A forward script that cannot be a transaction: it builds an index while others write, or gives rows their values a batch at a time.

use kinds::Kind;

use super::archives::{waiting_for, with_what_comes_back};
use super::forward::{head, reached, standing};
use super::{Heading, Leg, settings, statements};
use crate::Step;

/// The text of the forward script of `legs[number]`, which is of one index or column. What an interrupted run has left behind it drops first.
pub(super) fn outside_of_transaction(heading: &Heading, legs: &[Leg<'_>], number: usize) -> String {
    let leg = &legs[number];
    let steps: Vec<&Step> = leg.forward.iter().flat_map(|round| &round.steps).collect();
    let (set, reset) = for_the_session();
    let waiting = waiting_for(legs, number);
    let change = match steps.split_last() {
        Some((last, others)) if !waiting.is_empty() => {
            let last = with_what_comes_back(&waiting, &last.statement.sql);
            format!(
                "{}\n-- What the rollback kept, where it has been run, comes back.\n{last}",
                statements(others)
            )
        }
        _ => statements(&steps),
    };
    // An index is built without anybody waiting for it; a batch must not wait for long, as others wait behind it.
    let builds = steps.iter().any(|step| step.ids.iter().any(|(_, id)| id.kind() == Kind::Index));
    let patience = if builds { "SET lock_timeout = 0;\n" } else { "" };
    let text = format!(
        "{}{set}\n\
         -- 1. Does the database stand where this script expects it? If not, it stops here and has changed nothing.\n{}\n\
         -- 2. The change. It may take its time.\n\
         {patience}SET statement_timeout = 0;\n{change}\n\
         -- 3. Was it reached?\n{}\n{reset}",
        head(heading, legs, number),
        standing(heading, legs, number),
        reached(legs, number),
    );
    super::encoded(text)
}

/// The settings of the scripts, where there is no transaction that they could end with.
fn for_the_session() -> (String, String) {
    let settings = settings();
    let own = settings.lines().filter_map(|line| line.strip_prefix("SET LOCAL "));
    let name = |setting: &str| setting.split(' ').next().unwrap_or_default().to_owned();
    let set: Vec<String> = own.clone().map(|setting| format!("SET {setting}\n")).collect();
    let reset: Vec<String> = own.map(|setting| format!("RESET {};\n", name(setting))).collect();
    (set.concat(), reset.concat())
}
