//! Rows for the proof: made up, copied from the live database, and told apart.
//!
//! [`generate`] fills a throwaway database, [`more`] writes on in the state after a migration, [`sample`] copies a part of the live
//! rows instead. [`fingerprint`] says whether two states hold the same rows, and [`dump`] shows them. PostgreSQL is the judge here
//! too: which values a check accepts is found by asking the server to evaluate it, never by reading its text.
//!
//! Made-up rows are the same whenever schema and salt are. They leave out the schemas `pg_*`, `information_schema` and `endstate_*`,
//! temporary and foreign tables, and the tables of extensions; partitions are filled through their root. All functions expect a
//! superuser outside of a transaction, and leave the settings of the session alone.

mod candidates;
mod components;
mod fill;
mod fingerprint;
mod generate;
mod harvest;
mod more;
mod patterns;
mod references;
mod sample;
mod scalars;
mod schema;
mod solve;
mod types;
mod values;

pub use fingerprint::{Content, Fingerprint, Held, RowDifference, dump, fingerprint};
pub use generate::{Filled, generate, generate_but, refresh};
pub use more::{Writes, Written, more};
pub use sample::{Copied, Sampled, sample};

/// Goes in front of every message that writes rows; what it sets ends with the message, since a message of several statements is a
/// transaction.
///
/// Why `session_replication_role` and not `DISABLE TRIGGER USER`: the catalog stays untouched, rules are off as well, and foreign
/// keys may point in circles on the way. As the server does not check them then, nor deferrable keys, they are made right and looked
/// through afterwards. What is `ENABLE ALWAYS` or `ENABLE REPLICA` fires nevertheless. The rest makes text that is read here mean
/// the same when it is sent back.
const SETTINGS: &str = "SET LOCAL session_replication_role = replica;
    SET LOCAL \"DateStyle\" = 'ISO, MDY';
    SET LOCAL \"IntervalStyle\" = 'postgres';
    SET LOCAL \"TimeZone\" = 'UTC';
    SET LOCAL extra_float_digits = 1;
    SET LOCAL bytea_output = 'hex';
    SET LOCAL xmloption = 'content';
    SET LOCAL row_security = off;
    SET LOCAL jit = off;\n";

/// Rows of text columns.
type Texts = Vec<Vec<Option<String>>>;

/// Asks under [`SETTINGS`]; several queries yield the rows of all, one after the other.
fn ask(database: &mut catalog::Database, sql: &str) -> Result<Texts, catalog::Error> {
    database.select(&format!("{SETTINGS}{sql}"))
}

/// Runs a statement that may be refused for what it says: the number of rows that it returned, or why not. Only what has nothing
/// to do with the statement is an error.
fn attempt(database: &mut catalog::Database, sql: &str) -> Result<Result<usize, String>, catalog::Error> {
    match ask(database, sql) {
        Ok(rows) => Ok(Ok(rows.len())),
        Err(error) => refusal(error).map(Err),
    }
}

/// What the server says about a statement; any other error stays one.
fn refusal(error: catalog::Error) -> Result<String, catalog::Error> {
    match error.server() {
        Some(refusal) => Ok(refusal.message.clone()),
        None => Err(error),
    }
}
