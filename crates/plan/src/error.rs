//! What can keep a plan from being made.

use kinds::Id;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Steps wait for each other: a bug in the planner.
    #[error("these steps wait for each other, which is a bug in endstate: {steps}")]
    Cycle {
        /// The steps.
        steps: String,
        /// What is altered in one of them and could be made anew instead.
        altered: Vec<Id>,
    },
    /// Something in use cannot be changed by any statement that keeps the rows.
    #[error("{id} cannot be changed: {reason}")]
    Impossible {
        /// What should change.
        id: Id,
        /// Why it cannot.
        reason: String,
    },
    /// `strategy: rename-and-add` where values go, are merged or move.
    #[error(
        "{id} cannot change by renaming and adding values: {reason}\nhelp: use `strategy: auto` or `strategy: swap`"
    )]
    Strategy {
        /// The enum type.
        id: Id,
        /// Why it cannot.
        reason: String,
    },
}
