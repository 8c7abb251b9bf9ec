//! A throwaway cluster with databases on it, like the live one in all that matters.

use catalog::{Conninfo, Database};

use crate::{Cluster, ClusterOptions, Error, Facts, binaries};

/// A throwaway cluster that imitates a live server.
#[derive(Debug)]
pub struct Workbench {
    cluster: Cluster,
    facts: Facts,
    /// What could not be imitated, for people to know.
    pub notes: Vec<String>,
}

impl Workbench {
    /// Starts a cluster of the live server's major version whose bootstrap superuser has the same name.
    pub fn start(facts: &Facts) -> Result<Workbench, Error> {
        let binaries = binaries::find(facts.major)?;
        let options = ClusterOptions { superuser: facts.superuser.clone(), ..ClusterOptions::default() };
        let cluster = Cluster::start(&binaries, &options)?;
        Ok(Workbench { cluster, facts: facts.clone(), notes: Vec::new() })
    }

    /// The facts that it imitates.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Connects to one of its databases as its superuser.
    pub fn connect(&self, name: &str) -> Result<Database, Error> {
        self.connect_as(name, self.cluster.superuser())
    }

    /// Connects to one of its databases as any role that may log in.
    pub fn connect_as(&self, name: &str, user: &str) -> Result<Database, Error> {
        let conninfo = Conninfo::socket(self.cluster.socket_directory(), self.cluster.port(), user, name);
        Ok(Database::connect(&conninfo)?)
    }

    /// Makes an empty database with the encoding and, where this machine has it, the locale of the live one.
    pub fn create(&mut self, name: &str) -> Result<Database, Error> {
        let mut admin = self.connect("postgres")?;
        let plain = format!(
            "CREATE DATABASE {} WITH TEMPLATE template0 ENCODING {}",
            sql::ident(name),
            sql::literal(&self.facts.encoding)
        );
        let (collate, ctype) = (sql::literal(&self.facts.collate), sql::literal(&self.facts.ctype));
        if admin.run(&format!("{plain} LC_COLLATE {collate} LC_CTYPE {ctype}")).is_err() {
            let note =
                format!("this machine has no locale {}: the shadow sorts as C.UTF-8", self.facts.collate);
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
            admin.run(&plain).or_else(|_| admin.run(&format!("{plain} LC_COLLATE 'C' LC_CTYPE 'C'")))?;
        }
        self.connect(name)
    }

    /// Gives a database the live one's owner, once that role exists.
    pub fn give_owner(&self, name: &str) -> Result<(), Error> {
        let owner = sql::ident(&self.facts.owner);
        self.connect("postgres")?.run(&format!("ALTER DATABASE {} OWNER TO {owner}", sql::ident(name)))?;
        Ok(())
    }

    /// Makes a copy of a database that nobody is connected to.
    pub fn copy(&mut self, from: &str, to: &str) -> Result<(), Error> {
        let mut admin = self.connect("postgres")?;
        let sql = format!(
            "CREATE DATABASE {} WITH TEMPLATE {} OWNER {}",
            sql::ident(to),
            sql::ident(from),
            sql::ident(&self.facts.owner)
        );
        admin.run(&sql)?;
        Ok(())
    }

    /// Drops a database.
    pub fn drop_database(&mut self, name: &str) -> Result<(), Error> {
        self.connect("postgres")?.run(&format!("DROP DATABASE {} WITH (FORCE)", sql::ident(name)))?;
        Ok(())
    }
}
