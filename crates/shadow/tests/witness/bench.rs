//! Servers with `roles.sql`, and databases on them with `base.sql`.

use catalog::{Conninfo, Database, Error};
use endstate_shadow::{Binaries, Cluster, ClusterOptions, Witness};
use testkit::statements;

const ROLES: &str = include_str!("roles.sql");
const BASE: &str = include_str!("base.sql");

/// A server that has the roles.
pub(crate) struct Bench {
    cluster: Cluster,
}

/// Runs a test on the servers of this machine that are to be tested on, all at once.
pub(crate) fn on_every_major(test: impl Fn(&Bench) + Sync) {
    let servers = testkit::majors();
    assert!(!servers.is_empty(), "these tests need a PostgreSQL server: run ./justw servers");
    std::thread::scope(|scope| {
        for binaries in &servers {
            scope.spawn(|| test(&Bench::start(binaries, ClusterOptions::default())));
        }
    });
}

impl Bench {
    pub(crate) fn start(binaries: &Binaries, mut options: ClusterOptions) -> Self {
        // Some mutations are made in the catalogs themselves, as they would otherwise need an accident.
        options.settings.push(("allow_system_table_mods".to_owned(), "on".to_owned()));
        let bench = Self { cluster: Cluster::start(binaries, &options).unwrap() };
        run_parts(&mut bench.connect("postgres", "postgres"), ROLES, bench.major());
        bench
    }

    pub(crate) fn major(&self) -> u32 {
        self.cluster.major()
    }

    pub(crate) fn connect(&self, user: &str, dbname: &str) -> Database {
        let directory = self.cluster.socket_directory();
        Database::connect(&Conninfo::socket(directory, self.cluster.port(), user, dbname)).unwrap()
    }

    /// A new database that holds `base.sql`.
    pub(crate) fn base(&self, dbname: &str) -> Database {
        let create = format!("CREATE DATABASE {dbname} TEMPLATE template0");
        self.connect("postgres", "postgres").run(&create).unwrap();
        let mut base = self.connect("postgres", dbname);
        run_parts(&mut base, BASE, self.major());
        base
    }
}

fn run_parts(database: &mut Database, file: &str, major: u32) {
    for part in statements::for_major(file, major) {
        database.run(&part.sql).unwrap_or_else(|error| panic!("{major}: {}: {error}", part.name));
    }
}

pub(crate) fn witness(database: &mut Database) -> Witness {
    let major = database.version().major;
    let mut snapshot = database.snapshot().unwrap();
    Witness::take(&mut snapshot, major).unwrap_or_else(|error| panic!("{major}: {error}"))
}

/// What the database would be like after the change, which is rolled back.
///
/// The snapshot's own BEGIN, of the same isolation level, draws no more than a warning within this transaction, and its end ends it.
pub(crate) fn witness_after(database: &mut Database, change: &str) -> Result<Witness, Error> {
    database.run(&format!("BEGIN ISOLATION LEVEL REPEATABLE READ;\n{change}"))?;
    Ok(witness(database))
}
