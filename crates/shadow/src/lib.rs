//! Throwaway PostgreSQL clusters on this machine, private to this process and gone with it.
//!
//! [`binaries`] finds the server programs, [`Cluster`] runs one, [`interrupt`] cleans up when a signal ends us. Against `kill -9`
//! each cluster has a watchdog (`watchdog.sh`), and what even that leaves is swept by the next process that starts a cluster.

pub mod binaries;
mod build;
mod cluster;
mod error;
mod facts;
mod home;
pub mod interrupt;
mod label;
pub mod rows;
mod server_user;
mod template;
mod watchdog;
mod witness;
mod workbench;

pub use binaries::Binaries;
pub use build::{Failure, Names, build, drop_public, missing_name};
pub use cluster::{Cluster, ClusterOptions};
pub use error::Error;
pub use facts::Facts;
pub use label::imitated;
pub use witness::{Difference, Witness};
pub use workbench::Workbench;
