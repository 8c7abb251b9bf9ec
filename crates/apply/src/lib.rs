//! From a live database and a workspace to a proven plan, and on to the database.

mod error;
mod live;
mod propose;
mod scope;
mod settings;
mod workspace;

pub use error::Error;
pub use live::Live;
pub use propose::{Proposal, Stage, propose};
pub use scope::Scope;
pub use settings::Settings;
pub use workspace::Workspace;
