//! A read-only view of one moment of a database.

use std::fmt;

use postgres::SimpleQueryMessage;
use serde_json::Value;

use crate::database::{at, statement_error};
use crate::{CopyOut, Database, Error, copy};

/// How long a read waits for a lock. Only what takes an ACCESS EXCLUSIVE lock makes it wait, and our waiting
/// would hold up everybody behind us.
pub const LOCK_TIMEOUT: &str = "10s";

/// How long one query of a snapshot may take.
pub const STATEMENT_TIMEOUT: &str = "5min";

/// The SQLSTATE query_canceled: by a user or by a timeout.
const CANCELED: &str = "57014";

/// An open `REPEATABLE READ READ ONLY` transaction; dropping it ends the transaction. After an error it is over.
///
/// Its settings are pinned so that what the server prints does not depend on who asks: an empty `search_path`
/// qualifies every name, the others fix the look of literals.
pub struct Snapshot<'a> {
    database: &'a mut Database,
}

impl<'a> Snapshot<'a> {
    pub(crate) fn open(database: &'a mut Database) -> Result<Snapshot<'a>, Error> {
        let mut snapshot = Snapshot { database };
        snapshot.begin()?;
        Ok(snapshot)
    }

    fn begin(&mut self) -> Result<(), Error> {
        let sql = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
            SET LOCAL search_path = '';
            SET LOCAL \"DateStyle\" = 'ISO, MDY';
            SET LOCAL \"IntervalStyle\" = 'postgres';
            SET LOCAL \"TimeZone\" = 'UTC';
            SET LOCAL extra_float_digits = 1;
            SET LOCAL quote_all_identifiers = off;
            SET LOCAL bytea_output = 'hex';
            SET LOCAL jit = off;
            SET LOCAL lock_timeout = '{LOCK_TIMEOUT}';
            SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"
        );
        self.database.client.batch_execute(&sql).map_err(|error| statement_error(&error, &sql))
    }

    /// The version of the server.
    pub fn version(&self) -> &crate::Version {
        self.database.version()
    }

    /// Sends all queries in one message and returns the rows of each, in their order. Each query is one statement
    /// without a semicolon and yields one json or jsonb column; a null row is [`Value::Null`]. Numbers beyond 64
    /// bits lose digits: have the server cast them to text.
    ///
    /// # Errors
    /// [`Error::Query`] with the index of the query and a position in it; [`Error::Statement`] when the queries were
    /// cancelled or ran out of time, since finding out which would mean running them again.
    pub fn rows(&mut self, queries: &[String]) -> Result<Vec<Vec<Value>>, Error> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        // A line break first, for a query that ends in a comment.
        let batch = queries.join("\n;\n");
        match self.database.client.simple_query(&batch) {
            Ok(messages) => results(&messages, queries.len()),
            Err(error) => Err(self.culprit(statement_error(&error, &batch), queries)),
        }
    }

    /// The one value of a query that yields one row of one json or jsonb column.
    pub fn one(&mut self, query: &str) -> Result<Value, Error> {
        let mut rows = self.rows(&[query.to_owned()])?.pop().unwrap_or_default();
        match (rows.pop(), rows.len()) {
            (Some(value), 0) => Ok(value),
            (_, more) => {
                Err(Error::Answer { reason: format!("one row was expected, not {more} or none: {query}") })
            }
        }
    }

    /// The rows of a query, each column as text.
    pub fn text_rows(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        crate::database::select(&mut self.database.client, sql)
    }

    /// The bytes of a `COPY ... TO STDOUT` as of this moment.
    pub fn copy_out(&mut self, sql: &str) -> Result<CopyOut<'_>, Error> {
        copy::copy_out(&mut self.database.client, sql)
    }

    /// Which of the queries an error is about: by its position, else by running them one by one.
    fn culprit(&mut self, error: Error, queries: &[String]) -> Error {
        let Error::Statement { error: mut refusal } = error else { return error };
        if let Some((index, position)) = refusal.position.and_then(|position| locate(position, queries)) {
            refusal.position = Some(position);
            return Error::Query { index, error: refusal };
        }
        let again = if refusal.code == CANCELED { None } else { self.first_failure(queries) };
        again.unwrap_or(Error::Statement { error: refusal })
    }

    /// In a new transaction, as the failed one takes no more queries.
    fn first_failure(&mut self, queries: &[String]) -> Option<Error> {
        self.database.roll_back();
        self.begin().ok()?;
        for (index, query) in queries.iter().enumerate() {
            if let Err(error) = self.database.client.simple_query(query) {
                return Some(at(index, statement_error(&error, query)));
            }
        }
        None
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        self.database.roll_back();
    }
}

impl fmt::Debug for Snapshot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({:?})", self.database)
    }
}

/// The query at a byte of the batch, and the byte in it.
fn locate(position: usize, queries: &[String]) -> Option<(usize, usize)> {
    let mut start = 0;
    for (index, query) in queries.iter().enumerate() {
        let end = start + query.len();
        if position <= end {
            return Some((index, position.checked_sub(start)?));
        }
        start = end + "\n;\n".len();
    }
    None
}

fn results(messages: &[SimpleQueryMessage], expected: usize) -> Result<Vec<Vec<Value>>, Error> {
    let mut results: Vec<Vec<Value>> = Vec::with_capacity(expected);
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(columns) if columns.len() == 1 => results.push(Vec::new()),
            SimpleQueryMessage::RowDescription(columns) => {
                let (index, count) = (results.len(), columns.len());
                return Err(Error::Answer {
                    reason: format!("query {index} yields {count} columns instead of one"),
                });
            }
            SimpleQueryMessage::Row(row) => {
                let index = results.len().saturating_sub(1);
                let value = value(row.get(0)).map_err(|error| Error::Answer {
                    reason: format!("query {index} yields what is not JSON: {error}"),
                })?;
                if let Some(rows) = results.last_mut() {
                    rows.push(value);
                }
            }
            _ => {}
        }
    }
    if results.len() == expected {
        return Ok(results);
    }
    let reason = format!("{expected} queries gave {} results", results.len());
    Err(Error::Answer { reason })
}

fn value(text: Option<&str>) -> Result<Value, serde_json::Error> {
    text.map_or(Ok(Value::Null), serde_json::from_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_in_the_batch_is_one_in_a_query() {
        let queries = ["abc".to_owned(), "de".to_owned()];
        assert_eq!(queries.join("\n;\n"), "abc\n;\nde");
        let cases = [
            (0, Some((0, 0))),
            (3, Some((0, 3))),
            (4, None),
            (6, Some((1, 0))),
            (8, Some((1, 2))),
            (9, None),
        ];
        for (position, expected) in cases {
            assert_eq!(locate(position, &queries), expected, "{position}");
        }
    }
}
