//! Rows as streams of bytes (manual, command COPY).

use std::io::{self, BufRead, Read};

use postgres::{Client, CopyInWriter, CopyOutReader};

use crate::Error;
use crate::database::statement_error;

/// The bytes of a `COPY ... TO STDOUT`. Read to its end, or dropped, it leaves the session usable. Its errors wrap
/// an [`Error`].
pub struct CopyOut<'a> {
    reader: CopyOutReader<'a>,
    sql: String,
}

impl Read for CopyOut<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let CopyOut { reader, sql } = self;
        reader.read(buffer).map_err(|error| wrapped(error, sql))
    }
}

impl BufRead for CopyOut<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let CopyOut { reader, sql } = self;
        reader.fill_buf().map_err(|error| wrapped(error, sql))
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

fn wrapped(error: io::Error, sql: &str) -> io::Error {
    io::Error::other(unwrapped(error, sql))
}

/// What an error of reading or writing is about: the other end's or this end's server, or the source itself.
fn unwrapped(error: io::Error, sql: &str) -> Error {
    if let Some(driver) = error.get_ref().and_then(|inner| inner.downcast_ref::<postgres::Error>()) {
        return statement_error(driver, sql);
    }
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(source) => Error::CopySource { source },
    }
}

pub(crate) fn copy_out<'a>(client: &'a mut Client, sql: &str) -> Result<CopyOut<'a>, Error> {
    let reader = client.copy_out(sql).map_err(|error| statement_error(&error, sql))?;
    Ok(CopyOut { reader, sql: sql.to_owned() })
}

/// Feeds a COPY that has begun.
pub(crate) fn copy_in(mut writer: CopyInWriter<'_>, sql: &str, source: &mut dyn Read) -> Result<u64, Error> {
    io::copy(source, &mut writer).map_err(|error| unwrapped(error, sql))?;
    writer.finish().map_err(|error| statement_error(&error, sql))
}
