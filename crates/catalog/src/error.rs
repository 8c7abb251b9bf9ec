//! What can go wrong at a server, each as a sentence that says what to do.

use std::fmt;

use postgres::error::{DbError, ErrorPosition};

/// A failure to reach a server or of what was asked of it. No text holds a password.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server sent something else than was asked for.
    #[error("the server's answer was not understood: {reason}")]
    Answer {
        /// What was expected and what came.
        reason: String,
    },

    /// The connection string, the service file or the environment cannot be used.
    #[error("the connection settings cannot be used: {reason}")]
    Conninfo {
        /// What is wrong, without values that may be secret.
        reason: String,
    },

    /// The connection broke while it was in use.
    #[error(
        "the connection to the server was lost: {reason}; what was not yet committed has been rolled back"
    )]
    ConnectionLost {
        /// What the operating system or the driver says.
        reason: String,
    },

    /// `COPY ... FROM STDIN` or `TO STDOUT` stood in a batch, which has no data stream. The session is a new one.
    #[error(
        "COPY FROM STDIN and COPY TO STDOUT cannot stand in a script; use INSERT, or COPY with a file of the server"
    )]
    CopyInBatch {},

    /// The data handed to [`crate::Database::copy_in`] could not be read.
    #[error("the rows to copy could not be read: {source}")]
    CopySource {
        /// The reader's error.
        source: std::io::Error,
    },

    /// The server has no such database (SQLSTATE 3D000).
    #[error(
        "there is no database \"{dbname}\" on {address}; create it with `createdb` or name another after the last / \
         of the URL"
    )]
    DatabaseMissing {
        /// The server.
        address: String,
        /// The database asked for.
        dbname: String,
    },

    /// Something listens there, but no session came of it: it is no PostgreSQL server, it hung up, or the two sides
    /// have no way of authentication in common.
    #[error("{address} did not open a session: {reason}; is it a PostgreSQL server?")]
    Handshake {
        /// The server.
        address: String,
        /// What the driver says.
        reason: String,
    },

    /// The server asks for a password and none was given.
    #[error(
        "{address} asks for the password of \"{user}\"; put it into ~/.pgpass, PGPASSWORD or the connection string"
    )]
    PasswordMissing {
        /// The server.
        address: String,
        /// The role that connects.
        user: String,
    },

    /// The server refused the password, or the role does not exist; servers do not say which (SQLSTATE 28P01).
    #[error("{address} refused the password of \"{user}\"; check the user and the password")]
    PasswordRejected {
        /// The server.
        address: String,
        /// The role that connects.
        user: String,
    },

    /// One of several queries or statements failed.
    #[error("query {index} failed: {error}")]
    Query {
        /// Counted from 0 in the list that was handed in.
        index: usize,
        /// The server's error, with a position in that query.
        error: Box<ServerError>,
    },

    /// The server refused the session for another reason: no entry in `pg_hba.conf`, too many connections.
    #[error("{address} refused the connection: {error}")]
    Refused {
        /// The server.
        address: String,
        /// The server's error.
        error: Box<ServerError>,
    },

    /// The server has no such role (SQLSTATE 28000).
    #[error(
        "there is no role \"{user}\" on {address}; name another as the user of the connection string, or create it"
    )]
    RoleMissing {
        /// The server.
        address: String,
        /// The role asked for.
        user: String,
    },

    /// The server refused a statement.
    #[error("{error}")]
    Statement {
        /// The server's error.
        error: Box<ServerError>,
    },

    /// No answer in time.
    #[error("{address} did not answer within {seconds} s; check host and port, or raise `connect_timeout`")]
    Timeout {
        /// The server.
        address: String,
        /// The `connect_timeout` in force.
        seconds: u64,
    },

    /// No encrypted connection as `sslmode` demands it.
    #[error("no TLS connection to {address}: {reason}")]
    Tls {
        /// The server.
        address: String,
        /// What failed and what helps.
        reason: String,
    },

    /// A server older than PostgreSQL 13.
    #[error("{address} runs PostgreSQL {version}; endstate needs 13 or newer")]
    TooOld {
        /// The server.
        address: String,
        /// Its `server_version`.
        version: String,
    },

    /// Nothing listens there, or the name is unknown.
    #[error("no server answers at {address} ({reason}); is it running, and are host and port right?")]
    Unreachable {
        /// The servers that were tried.
        address: String,
        /// What the operating system says.
        reason: String,
    },

    /// The server is not what `target_session_attrs` asks for.
    #[error("{address} is not a server as `target_session_attrs` asks for")]
    WrongTarget {
        /// The server.
        address: String,
    },
}

impl Error {
    pub(crate) fn conninfo(reason: impl Into<String>) -> Error {
        Error::Conninfo { reason: reason.into() }
    }

    /// The server's own error, where there is one.
    pub fn server(&self) -> Option<&ServerError> {
        match self {
            Error::Query { error, .. } | Error::Refused { error, .. } | Error::Statement { error } => {
                Some(error)
            }
            _ => None,
        }
    }
}

/// The fields of an ErrorResponse (manual, chapter "Error and Notice Message Fields").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// ERROR, FATAL or PANIC, possibly translated.
    pub severity: String,
    /// The SQLSTATE.
    pub code: String,
    /// The primary message.
    pub message: String,
    /// More about the problem.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where in the SQL that was sent: bytes from its start, counted from 0.
    pub position: Option<usize>,
    /// Where in SQL that the server made itself, such as a function body.
    pub internal: Option<Internal>,
    /// The call stack of procedural code, innermost first.
    pub context: Option<String>,
    /// The schema concerned.
    pub schema: Option<String>,
    /// The table concerned.
    pub table: Option<String>,
    /// The column concerned.
    pub column: Option<String>,
    /// The data type concerned.
    pub datatype: Option<String>,
    /// The constraint concerned.
    pub constraint: Option<String>,
}

/// A place in SQL that the server made itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Internal {
    /// The SQL.
    pub query: String,
    /// Bytes from its start, counted from 0.
    pub position: Option<usize>,
}

impl ServerError {
    /// Takes over the fields; `sql` is what was sent, in which the position is found.
    pub(crate) fn new(error: &DbError, sql: &str) -> ServerError {
        let owned = |field: Option<&str>| field.map(str::to_owned);
        let (position, internal) = match error.position() {
            Some(ErrorPosition::Original(character)) => (byte_offset(sql, *character), None),
            Some(ErrorPosition::Internal { position, query }) => {
                (None, Some(Internal { query: query.clone(), position: byte_offset(query, *position) }))
            }
            None => (None, None),
        };
        ServerError {
            severity: error.severity().to_owned(),
            code: error.code().code().to_owned(),
            message: error.message().to_owned(),
            detail: owned(error.detail()),
            hint: owned(error.hint()),
            position,
            internal,
            context: owned(error.where_()),
            schema: owned(error.schema()),
            table: owned(error.table()),
            column: owned(error.column()),
            datatype: owned(error.datatype()),
            constraint: owned(error.constraint()),
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (SQLSTATE {})", self.severity, self.message, self.code)?;
        for (label, field) in [("DETAIL", &self.detail), ("HINT", &self.hint), ("CONTEXT", &self.context)] {
            if let Some(text) = field {
                write!(f, "\n{label}: {text}")?;
            }
        }
        Ok(())
    }
}

/// The server counts characters from 1.
fn byte_offset(sql: &str, character: u32) -> Option<usize> {
    let index = usize::try_from(character).ok()?.checked_sub(1)?;
    let ends = std::iter::once(sql.len());
    sql.char_indices().map(|(offset, _)| offset).chain(ends).nth(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_become_bytes() {
        let cases = [
            ("abc", 1, Some(0)),
            ("äbc", 2, Some(2)),
            ("äbc", 4, Some(4)),
            ("abc", 5, None),
            ("abc", 0, None),
        ];
        for (sql, character, expected) in cases {
            assert_eq!(byte_offset(sql, character), expected, "{sql} {character}");
        }
    }
}
