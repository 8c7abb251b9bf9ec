//! From a live database and a workspace to a proven plan, and on to the database.

mod error;
mod live;
mod old_names;
mod parallel;
mod prepare;
mod proof;
mod propose;
mod scope;
mod scripts;
mod settings;
mod workspace;

pub use error::Error;
pub use live::Live;
pub use old_names::OldName;
pub use prepare::{Drift, Options, Plan, compare, prepare};
pub use proof::{Proof, Sample, prove};
pub use propose::{Proposal, Stage, propose};
pub use scope::Scope;
pub use scripts::{Script, Scripts, write as write_scripts};
pub use settings::Settings;
pub use workspace::Workspace;
