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

impl Live {
    /// Connects and reads the catalog.
    pub fn read(conninfo: &Conninfo) -> Result<Live, Error> {
        Live::read_with(conninfo, &Seeds::default())
    }

    /// The same with rows that are declared.
    pub fn read_with(conninfo: &Conninfo, seeds: &Seeds) -> Result<Live, Error> {
        let mut database = Database::connect(conninfo)?;
        let mut snapshot = database.snapshot()?;
        let facts = Facts::read(&mut snapshot)?;
        let mut model = kinds::read::introspect(&mut snapshot, facts.major)?;
        let read = seeds.read(&mut snapshot, &mut model);
        read.map_err(|error| refusal::of_hidden_rows(error, &facts.user))?;
        Ok(Live { facts, model, conninfo: conninfo.clone() })
    }
}
