//! What the demo, the benchmark and the tests of the case share: a server with the database *before* on it.

mod rng;

use std::path::{Path, PathBuf};

use catalog::{Conninfo, Database};
use shadow::{Binaries, Cluster, ClusterOptions};

pub use rng::Rng;

/// The files that make the database before, in their order.
pub const FIXTURES: [&str; 4] = ["000_platform", "001_initial_schema", "002_rls_policies", "003_seed_data"];

/// The top of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// Why the case could not be set up.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Starts a throwaway server with the case's database before, under the name `before`.
pub fn start(binaries: &Binaries) -> Result<Cluster, Error> {
    let cluster = Cluster::start(binaries, &ClusterOptions::default())?;
    connect(&cluster, "postgres")?.run("CREATE DATABASE before")?;
    for file in FIXTURES {
        let text = std::fs::read_to_string(root().join(format!("fixtures/{file}.sql")))?;
        connect(&cluster, "before")?.run(&text)?;
    }
    Ok(cluster)
}

/// How to reach a database of a throwaway server.
pub fn conninfo(cluster: &Cluster, database: &str) -> Conninfo {
    Conninfo::socket(cluster.socket_directory(), cluster.port(), cluster.superuser(), database)
}

/// Connects to a database of a throwaway server.
pub fn connect(cluster: &Cluster, database: &str) -> Result<Database, catalog::Error> {
    Database::connect(&conninfo(cluster, database))
}
