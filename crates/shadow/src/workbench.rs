//! A throwaway cluster with databases on it, like the live one in all that matters.

use std::collections::BTreeMap;

use catalog::{Conninfo, Database};

use crate::{Binaries, Cluster, ClusterOptions, Error, Facts, binaries};

/// A throwaway cluster that imitates a live server.
#[derive(Debug)]
pub struct Workbench {
    cluster: Cluster,
    binaries: Binaries,
    options: ClusterOptions,
    /// Databases that have a cluster of their own.
    apart: BTreeMap<String, Cluster>,
    isolated: bool,
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
        let (apart, notes) = (BTreeMap::new(), Vec::new());
        Ok(Workbench { cluster, binaries, options, apart, isolated: false, facts: facts.clone(), notes })
    }

    /// Gives every further database a cluster of its own. Databases of one cluster share its roles: so it must be where
    /// roles change.
    pub fn isolate(&mut self) {
        self.isolated = true;
    }

    fn cluster_of(&self, name: &str) -> &Cluster {
        self.apart.get(name).unwrap_or(&self.cluster)
    }

    fn admin(&self, cluster: &Cluster) -> Result<Database, Error> {
        let conninfo =
            Conninfo::socket(cluster.socket_directory(), cluster.port(), cluster.superuser(), "postgres");
        Ok(Database::connect(&conninfo)?)
    }

    /// The facts that it imitates.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Connects to one of its databases as its superuser.
    pub fn connect(&self, name: &str) -> Result<Database, Error> {
        self.connect_as(name, self.cluster.superuser())
    }

    /// Connects to one of its databases as any role that may log in. It may write, whatever the database or the role is set to.
    pub fn connect_as(&self, name: &str, user: &str) -> Result<Database, Error> {
        let cluster = self.cluster_of(name);
        let conninfo = Conninfo::socket(cluster.socket_directory(), cluster.port(), user, name);
        let mut database = Database::connect(&conninfo)?;
        database.run("SET default_transaction_read_only = off")?;
        Ok(database)
    }

    /// Makes an empty database with the encoding and, where this machine has it, the locale of the live one.
    pub fn create(&mut self, name: &str) -> Result<Database, Error> {
        if self.isolated {
            self.apart.insert(name.to_owned(), Cluster::start(&self.binaries, &self.options)?);
        }
        let mut admin = self.admin(self.cluster_of(name))?;
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
        let mut admin = self.admin(self.cluster_of(name))?;
        admin.run(&format!("ALTER DATABASE {} OWNER TO {owner}", sql::ident(name)))?;
        Ok(())
    }

    /// Makes a copy of a database that nobody is connected to, with the settings that roles have in it.
    pub fn copy(&mut self, from: &str, to: &str) -> Result<(), Error> {
        let (old, new) = (sql::ident(from), sql::ident(to));
        if self.isolated {
            self.admin(self.cluster_of(from))?.run("CHECKPOINT")?;
            let cluster = self.cluster_of(from).start_copy(&self.binaries, &self.options)?;
            self.admin(&cluster)?.run(&format!("ALTER DATABASE {old} RENAME TO {new}"))?;
            self.apart.insert(to.to_owned(), cluster);
            return Ok(());
        }
        let mut admin = self.connect("postgres")?;
        // Copying files takes half the time of copying pages through the log, as 15 and later do unless told; the checkpoints that it
        // needs cost nothing where nothing is synced.
        let strategy = if self.facts.major >= 15 { " STRATEGY file_copy" } else { "" };
        let owner = sql::ident(&self.facts.owner);
        admin.run(&format!("CREATE DATABASE {new} WITH TEMPLATE {old} OWNER {owner}{strategy}"))?;
        admin.run(&format!(
            "INSERT INTO pg_catalog.pg_db_role_setting SELECT new.oid, s.setrole, s.setconfig FROM pg_catalog.pg_db_role_setting AS s \
             JOIN pg_catalog.pg_database AS old ON old.oid = s.setdatabase AND old.datname = {}, pg_catalog.pg_database AS new \
             WHERE new.datname = {}",
            sql::literal(from),
            sql::literal(to)
        ))?;
        copy_facts(&mut admin, from, to)?;
        if copy_subscriptions(&mut admin, from, to)? {
            self.connect(to)?.run(FOLLOW_SUBSCRIPTIONS)?;
        }
        Ok(())
    }

    /// Drops a database.
    pub fn drop_database(&mut self, name: &str) -> Result<(), Error> {
        if self.apart.remove(name).is_none() {
            let mut admin = self.connect("postgres")?;
            admin.run(&forget_subscriptions(name))?;
            admin.run(&format!("DROP DATABASE {} WITH (FORCE)", sql::ident(name)))?;
        }
        Ok(())
    }
}

/// Gives a copy of a database its original's privileges and comment, which `CREATE DATABASE` does not.
fn copy_facts(admin: &mut Database, from: &str, to: &str) -> Result<(), Error> {
    let (from, to) = (sql::literal(from), sql::literal(to));
    admin.run(&format!(
        "UPDATE pg_catalog.pg_database AS new SET datacl = old.datacl FROM pg_catalog.pg_database AS old \
         WHERE old.datname = {from} AND new.datname = {to} AND old.datacl IS NOT NULL; \
         INSERT INTO pg_catalog.pg_shdepend SELECT s.dbid, s.classid, new.oid, s.objsubid, s.refclassid, s.refobjid, s.deptype \
         FROM pg_catalog.pg_shdepend AS s JOIN pg_catalog.pg_database AS old ON old.oid = s.objid AND old.datname = {from}, \
         pg_catalog.pg_database AS new \
         WHERE s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND s.deptype = 'a' AND new.datname = {to}; \
         INSERT INTO pg_catalog.pg_shdescription SELECT new.oid, c.classoid, c.description FROM pg_catalog.pg_shdescription AS c \
         JOIN pg_catalog.pg_database AS old ON old.oid = c.objoid AND old.datname = {from}, pg_catalog.pg_database AS new \
         WHERE c.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass AND new.datname = {to}"
    ))?;
    Ok(())
}

/// Gives a copy of a database its original's subscriptions, which stand in a catalog that all databases share; whether there are any.
/// None of them has a slot or an origin here.
fn copy_subscriptions(admin: &mut Database, from: &str, to: &str) -> Result<bool, Error> {
    let (from, to) = (sql::literal(from), sql::literal(to));
    let rows = admin.select(&format!(
        "SELECT FROM pg_catalog.pg_subscription AS s JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid WHERE d.datname = {from}"
    ))?;
    if rows.is_empty() {
        return Ok(false);
    }
    admin.run(&format!(
        "INSERT INTO pg_catalog.pg_subscription SELECT copy.* FROM pg_catalog.pg_subscription AS s \
         JOIN pg_catalog.pg_database AS old ON old.oid = s.subdbid AND old.datname = {from} \
         JOIN pg_catalog.pg_database AS new ON new.datname = {to} \
         CROSS JOIN LATERAL pg_catalog.jsonb_populate_record(s, pg_catalog.jsonb_build_object('subdbid', new.oid, 'oid', \
         pg_catalog.pg_nextoid('pg_catalog.pg_subscription', 'oid', 'pg_catalog.pg_subscription_oid_index'))) AS copy; \
         INSERT INTO pg_catalog.pg_shdepend SELECT p.dbid, p.classid, copy.oid, p.objsubid, p.refclassid, p.refobjid, p.deptype \
         FROM pg_catalog.pg_shdepend AS p JOIN pg_catalog.pg_subscription AS s ON s.oid = p.objid \
         JOIN pg_catalog.pg_database AS old ON old.oid = s.subdbid AND old.datname = {from} \
         JOIN pg_catalog.pg_database AS new ON new.datname = {to} \
         JOIN pg_catalog.pg_subscription AS copy ON copy.subdbid = new.oid AND copy.subname = s.subname \
         WHERE p.classid = 'pg_catalog.pg_subscription'::pg_catalog.regclass"
    ))?;
    Ok(true)
}

/// Comments stand in the database itself, and know subscriptions by their OIDs: run in a copy, it has them follow.
const FOLLOW_SUBSCRIPTIONS: &str = "UPDATE pg_catalog.pg_description AS c SET objoid = copy.oid \
    FROM pg_catalog.pg_subscription AS s, pg_catalog.pg_subscription AS copy, pg_catalog.pg_database AS d \
    WHERE c.classoid = 'pg_catalog.pg_subscription'::pg_catalog.regclass AND c.objoid = s.oid AND s.subdbid <> d.oid \
    AND d.datname = pg_catalog.current_database() AND copy.subdbid = d.oid AND copy.subname = s.subname";

/// A database that has subscriptions cannot be dropped.
fn forget_subscriptions(database: &str) -> String {
    let of = format!(
        "(SELECT s.oid FROM pg_catalog.pg_subscription AS s JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid WHERE d.datname = {})",
        sql::literal(database)
    );
    format!(
        "DELETE FROM pg_catalog.pg_shdepend WHERE classid = 'pg_catalog.pg_subscription'::pg_catalog.regclass AND objid IN {of}; \
         DELETE FROM pg_catalog.pg_subscription WHERE oid IN {of}"
    )
}
