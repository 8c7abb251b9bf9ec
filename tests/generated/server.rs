//! A server with databases on it.

use std::sync::atomic::{AtomicUsize, Ordering};

use catalog::{Conninfo, Database};
use shadow::{Binaries, Cluster, ClusterOptions};

const ROLES: &str = "CREATE ROLE alice; CREATE ROLE bob; CREATE ROLE app_reader; CREATE ROLE app_writer LOGIN; GRANT alice TO bob";

pub(crate) struct Server {
    pub(crate) major: u32,
    cluster: Cluster,
    next: AtomicUsize,
}

impl Server {
    pub(crate) fn start(binaries: &Binaries) -> Server {
        let cluster = Cluster::start(binaries, &ClusterOptions::default()).unwrap();
        let server = Server { major: binaries.major, cluster, next: AtomicUsize::new(0) };
        server.connect("postgres").run(ROLES).unwrap();
        server
    }

    pub(crate) fn conninfo(&self, database: &str) -> Conninfo {
        Conninfo::socket(self.cluster.socket_directory(), self.cluster.port(), "postgres", database)
    }

    pub(crate) fn connect(&self, database: &str) -> Database {
        Database::connect(&self.conninfo(database)).unwrap()
    }

    /// A new database with all of these statements that the server takes, and those it took, in their order.
    pub(crate) fn load(&self, statements: &[String]) -> (Loaded<'_>, Vec<String>) {
        let name = format!("generated_{}", self.next.fetch_add(1, Ordering::Relaxed));
        self.connect("postgres").run(&format!("CREATE DATABASE {name} TEMPLATE template0")).unwrap();
        let mut database = self.connect(&name);
        let mut taken = Vec::new();
        let mut waiting: Vec<&String> = statements.iter().collect();
        loop {
            let before = waiting.len();
            waiting.retain(|statement| {
                let done = database.run(statement.as_str()).is_ok();
                if done {
                    taken.push((*statement).clone());
                }
                !done
            });
            if waiting.is_empty() || waiting.len() == before {
                return (Loaded { server: self, name }, taken);
            }
        }
    }
}

/// A database that goes with the value.
pub(crate) struct Loaded<'a> {
    server: &'a Server,
    pub(crate) name: String,
}

impl Loaded<'_> {
    pub(crate) fn conninfo(&self) -> Conninfo {
        self.server.conninfo(&self.name)
    }

    pub(crate) fn connect(&self) -> Database {
        self.server.connect(&self.name)
    }
}

impl Drop for Loaded<'_> {
    fn drop(&mut self) {
        let _ = self.server.connect("postgres").run(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}
