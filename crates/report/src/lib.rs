//! Plans and drift as text, SQL, JSON, Markdown, HTML and what CI systems read; the runbook beside the scripts.
//!
//! Pure: everything is made of an [`apply::Plan`] or of a list of [`apply::Drift`], and nothing says what is not in them.
#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "texts are put together line by line; `write!` would need a result to be thrown away each time"
)]

mod archives;
pub mod drift;
mod escape;
mod html;
mod json;
mod markdown;
mod outline;
mod paint;
mod part;
mod proof;
mod runbook;
mod text;
mod way_back;
mod wording;

#[cfg(test)]
mod example;

pub use archives::archives;
pub use html::html;
pub use json::{VERSION, json};
pub use markdown::markdown;
pub use proof::{evidence, proven};
pub use runbook::runbook;
pub use text::{Options, falls_short, refusal, text};
pub use way_back::{lost, way_back};
pub use wording::rows_in_the_way;

/// Which way a plan is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From the database as it is to the desired state.
    #[default]
    Forward,
    /// From the desired state back to the database as it is.
    Rollback,
}
