//! The live database, read once.

use catalog::{Conninfo, Database};
use kinds::{Model, Seeds};
use shadow::Facts;

use crate::Error;
use crate::refusal;

/// What one read-only snapshot of the live database shows.
#[derive(Debug)]
pub struct Live {
    /// Facts about the server and the database.
    pub facts: Facts,
    /// The catalog.
    pub model: Model,
    /// How to connect to it again.
    pub conninfo: Conninfo,
}

/// How often the catalog is read while others drop what is in it.
const TRIES: usize = 10;

/// The SQLSTATE internal_error.
const INTERNAL_ERROR: &str = "XX000";

/// Whether the server could not find what its own catalog has, as of the snapshot: functions that print definitions see the catalog as it is
/// now, and somebody has dropped it meanwhile.
fn is_gone(error: &Error) -> bool {
    let refusal = match error {
        Error::Read(kinds::read::Error::Catalog(error)) | Error::Catalog(error) => error.server(),
        _ => None,
    };
    refusal.is_some_and(|refusal| refusal.code == INTERNAL_ERROR)
}

impl Live {
    /// Connects and reads the catalog.
    pub fn read(conninfo: &Conninfo) -> Result<Live, Error> {
        Live::read_with(conninfo, &Seeds::default())
    }

    /// The same with rows that are declared.
    pub fn read_with(conninfo: &Conninfo, seeds: &Seeds) -> Result<Live, Error> {
        let mut database = Database::connect(conninfo)?;
        for _ in 1..TRIES {
            match Live::read_once(&mut database, conninfo, seeds) {
                Err(error) if is_gone(&error) => {}
                read => return read,
            }
        }
        Live::read_once(&mut database, conninfo, seeds)
    }

    fn read_once(database: &mut Database, conninfo: &Conninfo, seeds: &Seeds) -> Result<Live, Error> {
        let mut snapshot = database.snapshot()?;
        let facts = Facts::read(&mut snapshot)?;
        let mut model = kinds::read::introspect(&mut snapshot, facts.major)?;
        let read = seeds.read(&mut snapshot, &mut model);
        read.map_err(|error| refusal::of_hidden_rows(error, &facts.user))?;
        Ok(Live { facts, model, conninfo: conninfo.clone() })
    }
}
