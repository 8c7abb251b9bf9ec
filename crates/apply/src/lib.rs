//! From a live database and a workspace to a proven plan, and on to the database.

mod archives;
mod bodies;
mod by_hand;
mod compare;
mod error;
mod groups;
mod live;
mod lock;
mod lock_table;
mod losses;
mod old_names;
mod parallel;
mod pattern;
mod preflight;
mod prepare;
mod proof;
mod propose;
mod refusal;
mod scope;
mod scripts;
mod settings;
mod workspace;

pub use archives::{Archive, archives, give_up};
pub use compare::{Comparison, Drift, Sides, compare};
pub use error::Error;
pub use live::Live;
pub use lock::{LOCK, Lock};
pub use old_names::OldName;
pub use preflight::Answer;
pub use prepare::{NOT_KEPT, Options, Plan, prepare};
pub use proof::{Proof, Sample, prove};
pub use propose::{Proposal, Stage, propose};
pub use scope::Scope;
pub use scripts::{Script, Scripts, write as write_scripts};
pub use settings::Settings;
pub use workspace::Workspace;
