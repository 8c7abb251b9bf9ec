//! Works out how one catalog becomes another. Pure: no server, no files, no clock.
//!
//! A plan is made in rounds. [`next_round`] compares the catalog reached so far with the one wanted and says what to do next:
//! first what is renamed, then what must be committed before it can be used, then everything else. The caller runs each round
//! on a shadow and reads the catalog back, so that what PostgreSQL does by itself (following a rename, default privileges,
//! names that it makes up) is read and never guessed. When nothing is left to do, the plan is complete.

mod access_order;
pub mod archive;
mod archive_order;
mod attachment_order;
mod changes;
mod creation_order;
mod error;
mod graph;
mod merge;
mod old_names;
mod orphans;
mod question;
mod round;
mod row_type_order;
mod rules;
pub mod script;
mod swap_order;
mod table_order;
mod verdict;

pub use error::Error;
pub use old_names::{OldName, old_names, word as certainty_word};
pub use orphans::{orphans, orphans_of};
pub use question::{Condition, MOST_KEYS, Question, questions, renamed_since};
pub use round::{Request, Round, Step, Verb, next_round, stated_renames};
pub use rules::batches::waits_for_values;
pub use rules::enum_change::values_used_at_once;
pub use rules::seed_rows::early_rows;
pub use rules::set_schema::sequences;
pub use verdict::{Verdict, verdict};
