//! A session on a server.

use std::fmt;
use std::io::Read;

use postgres::{CancelToken, Client, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::connect::{self, Connection, Notices};
use crate::{Conninfo, CopyOut, Error, ServerError, Snapshot, copy, refusal};

/// The oldest major version whose catalogs are known.
const OLDEST: u32 = 13;

/// The version of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Such as 15.
    pub major: u32,
    /// `server_version_num`, such as 150018.
    pub number: u32,
    /// `server_version`, such as `15.18 (Debian 15.18-0+deb12u1)`.
    pub text: String,
}

/// A message that the server sent beside its results (manual, chapter "Error and Notice Message Fields").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// NOTICE, WARNING, INFO or another, possibly translated.
    pub severity: String,
    /// The SQLSTATE.
    pub code: String,
    /// The primary message.
    pub message: String,
    /// More about it.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The call stack of procedural code, innermost first.
    pub context: Option<String>,
}

/// What a batch left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// The server's messages, in their order.
    pub notices: Vec<Notice>,
}

/// An open session on one database.
pub struct Database {
    pub(crate) client: Client,
    tls: MakeRustlsConnect,
    notices: Notices,
    version: Version,
    conninfo: Conninfo,
    address: String,
}

/// Cancels what a [`Database`] runs, from another thread.
#[derive(Clone)]
pub struct Canceller {
    token: CancelToken,
    tls: MakeRustlsConnect,
    address: String,
}

impl Database {
    /// Opens a session.
    ///
    /// # Errors
    /// One of the variants of [`Error`] that says what to do: server down, password, database, role, TLS, timeout,
    /// or a version before 13.
    pub fn connect(conninfo: &Conninfo) -> Result<Database, Error> {
        // Our literals have backslashes that mean themselves.
        const STRINGS: &str = "SET standard_conforming_strings = on";
        let Connection { mut client, tls, notices, endpoint } = connect::connect(conninfo)?;
        let address = endpoint.to_string();
        let version = supported(version(&mut client)?, &address)?;
        client.batch_execute(STRINGS).map_err(|error| statement_error(&error, STRINGS))?;
        Ok(Database { client, tls, notices, version, conninfo: conninfo.only(endpoint), address })
    }

    /// The server's version.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// What the session was opened with, narrowed to the server that answered.
    pub fn conninfo(&self) -> &Conninfo {
        &self.conninfo
    }

    /// The server that answered: `host:port`, or the socket's path.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Opens a read-only view of this moment, under pinned settings.
    pub fn snapshot(&mut self) -> Result<Snapshot<'_>, Error> {
        Snapshot::open(self)
    }

    /// Runs a batch in one message, as `psql -c` does: without BEGIN in it, all of it is one transaction.
    ///
    /// # Errors
    /// [`Error::Statement`]; its position counts in `sql`. An open transaction, also one of an earlier batch, is
    /// rolled back, and the session stays usable.
    pub fn run(&mut self, sql: &str) -> Result<Ran, Error> {
        self.notices.take();
        match self.client.batch_execute(sql) {
            Ok(()) => Ok(Ran { notices: self.notices.take() }),
            Err(error) => Err(self.recover(&error, sql)),
        }
    }

    /// Runs statements each in a message and, outside BEGIN, in a transaction of its own, as `psql -f` does.
    ///
    /// # Errors
    /// [`Error::Query`] with the index of the statement that failed; those before it have been done.
    pub fn run_each(&mut self, statements: &[String]) -> Result<Ran, Error> {
        let mut all = Ran::default();
        for (index, statement) in statements.iter().enumerate() {
            let ran = self.run(statement).map_err(|error| at(index, error))?;
            all.notices.extend(ran.notices);
        }
        Ok(all)
    }

    /// The rows of a query as text, outside a snapshot.
    pub fn select(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        match self.client.simple_query(sql) {
            Ok(messages) => Ok(rows(&messages)),
            Err(error) => Err(self.recover(&error, sql)),
        }
    }

    /// The bytes of a `COPY ... TO STDOUT`.
    pub fn copy_out(&mut self, sql: &str) -> Result<CopyOut<'_>, Error> {
        copy::copy_out(&mut self.client, sql)
    }

    /// Feeds `source` to a `COPY ... FROM STDIN`; the number of rows.
    ///
    /// # Errors
    /// [`Error::Statement`], or [`Error::CopySource`] when `source` fails. As after [`Database::run`] an open
    /// transaction is rolled back; when the COPY could not even begin, the session is a new one, without what SET and
    /// temporary tables had left in it.
    pub fn copy_in(&mut self, sql: &str, source: &mut dyn Read) -> Result<u64, Error> {
        let begun = self.client.copy_in(sql).map(|writer| copy::copy_in(writer, sql, source));
        match begun {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => {
                self.roll_back();
                Err(error)
            }
            Err(error) => {
                // The driver ends a COPY that could not begin with one Sync too many and loses count of the answers.
                self.reopen();
                Err(statement_error(&error, sql))
            }
        }
    }

    /// A handle with which another thread cancels what this session runs.
    pub fn canceller(&self) -> Canceller {
        Canceller { token: self.client.cancel_token(), tls: self.tls.clone(), address: self.address.clone() }
    }

    /// Makes the session usable again and tells what happened.
    fn recover(&mut self, error: &postgres::Error, sql: &str) -> Error {
        let reported = statement_error(error, sql);
        if matches!(reported, Error::CopyInBatch {}) {
            // The server waits for rows, and the driver has no way to say that none will come. A message that has no
            // place in a COPY ends it (13) or the session (14 and later); dropping the client would wait for ever.
            let _ = self.client.prepare("");
            self.reopen();
        } else {
            self.roll_back();
        }
        reported
    }

    /// A new session in place of one that is out of step. Should that fail, the next call reports the loss.
    fn reopen(&mut self) {
        if let Ok(Connection { client, tls, notices, .. }) = connect::connect(&self.conninfo) {
            (self.client, self.tls, self.notices) = (client, tls, notices);
        }
    }

    /// Ends whatever transaction is open; that there is none is only a warning.
    pub(crate) fn roll_back(&mut self) {
        let _ = self.client.batch_execute("ROLLBACK");
        self.notices.take();
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({}, PostgreSQL {})", self.conninfo, self.version.text)
    }
}

impl Canceller {
    /// Asks the server to stop what the session runs now; a session at rest does not notice.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when the request could not be sent. Whether it came in time only the session knows.
    pub fn cancel(&self) -> Result<(), Error> {
        let unsent =
            |error| Error::Unreachable { address: self.address.clone(), reason: refusal::reason(&error) };
        self.token.cancel_query(self.tls.clone()).map_err(unsent)
    }
}

impl Notice {
    pub(crate) fn new(notice: &postgres::error::DbError) -> Notice {
        let owned = |field: Option<&str>| field.map(str::to_owned);
        Notice {
            severity: notice.severity().to_owned(),
            code: notice.code().code().to_owned(),
            message: notice.message().to_owned(),
            detail: owned(notice.detail()),
            hint: owned(notice.hint()),
            context: owned(notice.where_()),
        }
    }
}

/// The driver's error about SQL that was sent.
pub(crate) fn statement_error(error: &postgres::Error, sql: &str) -> Error {
    match error.as_db_error() {
        Some(error) => Error::Statement { error: Box::new(ServerError::new(error, sql)) },
        // The driver says so of the messages of COPY in a simple query, and of nothing else here.
        None if error.to_string() == "unexpected message from server" => Error::CopyInBatch {},
        None => Error::ConnectionLost { reason: refusal::reason(error) },
    }
}

/// Adds the index to a server's error.
pub(crate) fn at(index: usize, error: Error) -> Error {
    match error {
        Error::Statement { error } => Error::Query { index, error },
        error => error,
    }
}

/// The rows of a query as text.
pub(crate) fn select(client: &mut Client, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
    client.simple_query(sql).map(|messages| rows(&messages)).map_err(|error| statement_error(&error, sql))
}

fn rows(messages: &[SimpleQueryMessage]) -> Vec<Vec<Option<String>>> {
    messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            }
            _ => None,
        })
        .collect()
}

fn version(client: &mut Client) -> Result<Version, Error> {
    const QUESTION: &str = "SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('server_version')";
    let answer = select(client, QUESTION)?;
    match answer.first().map(Vec::as_slice) {
        Some([Some(number), Some(text)]) => {
            let odd = |_| Error::Answer { reason: format!("`server_version_num` is {number}") };
            let number: u32 = number.parse().map_err(odd)?;
            Ok(Version { major: number / 10_000, number, text: text.clone() })
        }
        _ => Err(Error::Answer { reason: "it has no `server_version_num`".to_owned() }),
    }
}

fn supported(version: Version, address: &str) -> Result<Version, Error> {
    if version.major >= OLDEST {
        return Ok(version);
    }
    Err(Error::TooOld { address: address.to_owned(), version: version.text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_before_13_are_refused_by_their_version() {
        let version = |number, text: &str| Version { major: number / 10_000, number, text: text.to_owned() };
        assert!(supported(version(130_000, "13.0"), "h:1").is_ok());
        let refused = supported(version(120_022, "12.22"), "h:1").unwrap_err();
        assert_eq!(refused.to_string(), "h:1 runs PostgreSQL 12.22; endstate needs 13 or newer");
    }
}
