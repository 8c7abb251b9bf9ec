//! A forward script that builds an index while others write, which cannot be a transaction.

use super::forward::{head, reached, standing};
use super::{Heading, Leg, settings, statements};
use crate::Step;

/// The text of the forward script of `legs[number]`, which is of one index. What an interrupted run has left behind it drops first.
pub(super) fn concurrent(heading: &Heading, legs: &[Leg<'_>], number: usize) -> String {
    let leg = &legs[number];
    let steps: Vec<&Step> = leg.forward.iter().flat_map(|round| &round.steps).collect();
    let (set, reset) = for_the_session();
    let text = format!(
        "{}{set}\n\
         -- 1. Does the database stand where this script expects it? If not, it stops here and has changed nothing.\n{}\n\
         -- 2. The change. It waits for transactions that are under way, holds up nobody, and may take its time.\n\
         SET lock_timeout = 0;\nSET statement_timeout = 0;\n{}\n\
         -- 3. Was it reached?\n{}\n{reset}",
        head(heading, legs, number),
        standing(heading, legs, number),
        statements(&steps),
        reached(legs, number),
    );
    super::encoded(text)
}

/// The settings of the scripts, where there is no transaction that they could end with.
fn for_the_session() -> (String, String) {
    let settings = settings();
    let own = settings.lines().filter_map(|line| line.strip_prefix("SET LOCAL "));
    let name = |setting: &str| setting.split(' ').next().unwrap_or_default().to_owned();
    let set = own.clone().map(|setting| format!("SET {setting}\n")).collect();
    let reset = own.map(|setting| format!("RESET {};\n", name(setting))).collect();
    (set, reset)
}
