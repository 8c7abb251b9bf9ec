//! What no plan can do, as it takes what only people know.

use kinds::{Kind, Spec};
use plan::Verb;

use crate::Error;
use crate::propose::Proposal;

/// Refuses a plan that would make a subscription: its connection is never known. The error says what to run by hand.
pub(crate) fn refuse(proposal: &Proposal, version: u32) -> Result<(), Error> {
    let rounds = proposal.stages.iter().flat_map(|stage| &stage.forward);
    let made = rounds.flat_map(|round| &round.steps).flat_map(|step| &step.ids);
    let made = made.filter(|(verb, id)| *verb == Verb::Create && id.kind() == Kind::Subscription);
    let mut statements: Vec<String> = Vec::new();
    for (_, id) in made {
        let spec = |model: &kinds::Model| match model.get(id).map(|object| &object.spec) {
            Some(Spec::Subscription(subscription)) => Some(subscription.clone()),
            _ => None,
        };
        let Some(wanted) = spec(&proposal.desired) else { continue };
        let statement = wanted.by_hand(spec(&proposal.before).as_ref(), id, version);
        if !statements.contains(&statement) {
            statements.push(statement);
        }
    }
    if statements.is_empty() { Ok(()) } else { Err(Error::ByHand { statements }) }
}
