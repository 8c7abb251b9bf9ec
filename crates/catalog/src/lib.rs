//! The only door to a live PostgreSQL server: where it is ([`Conninfo`]), a session on it ([`Database`]) and a
//! read-only view of one moment of it ([`Snapshot`]). It knows no object kinds and builds no SQL about them.

pub mod conninfo;

mod connect;
mod copy;
mod database;
mod error;
mod refusal;
mod snapshot;
mod tls;

pub use conninfo::Conninfo;
pub use copy::CopyOut;
pub use database::{Canceller, Database, Notice, Ran, Version};
pub use error::{Error, Internal, ServerError};
pub use snapshot::{LOCK_TIMEOUT, STATEMENT_TIMEOUT, Snapshot};
