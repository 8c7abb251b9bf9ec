//! What a shadow must have in common with the live database.

use serde::Deserialize;

/// Facts about the live server and database that a shadow imitates.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Facts {
    /// The server's major version.
    pub major: u32,
    /// The server's version as it prints it.
    pub version: String,
    /// The database.
    pub database: String,
    /// The role that is connected, and will run what is planned.
    pub user: String,
    /// The role that owns the database: what says nothing about its owner belongs to it.
    pub owner: String,
    /// The role that made the cluster.
    pub superuser: String,
    /// The encoding of the database.
    pub encoding: String,
    /// `LC_COLLATE` of the database.
    pub collate: String,
    /// `LC_CTYPE` of the database.
    pub ctype: String,
    /// Whether the role may make a schema in the database, and tables in the schema `endstate_archive` if that is there.
    pub may_archive: bool,
    /// How many locks the server's lock table surely holds, for all sessions together (manual, 20.12).
    pub locks: usize,
}

const QUERY: &str = "SELECT jsonb_build_object('major', current_setting('server_version_num')::int / 10000, \
     'version', current_setting('server_version'), 'database', current_database(), 'user', current_user, \
     'owner', pg_get_userbyid(d.datdba), 'superuser', (SELECT rolname FROM pg_roles WHERE oid = 10), \
     'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype, \
     'may_archive', has_database_privilege(d.oid, 'CREATE') \
     AND coalesce(has_schema_privilege(to_regnamespace('endstate_archive'), 'CREATE'), true), \
     'locks', current_setting('max_locks_per_transaction')::bigint \
     * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint)) \
     FROM pg_database AS d WHERE d.datname = current_database()";

impl Facts {
    /// Reads them.
    pub fn read(snapshot: &mut catalog::Snapshot<'_>) -> Result<Facts, crate::Error> {
        let value = snapshot.one(QUERY)?;
        serde_json::from_value(value).map_err(|source| crate::Error::Facts { source })
    }
}
