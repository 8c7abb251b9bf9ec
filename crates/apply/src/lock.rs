//! The lock file: what was found to be in sync is known to be so again, without a shadow.
//!
//! A line of `endstate.lock` holds two sums: one of all that was declared (every file, the settings, the version of endstate), one of all
//! that the catalog held as that major version prints it. Whatever changes on either side makes another sum, so a line is never wrong,
//! only of no more use. Lines stand in order and say nothing of each other: `merge=union` in `.gitattributes` merges them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Error, Live};

/// The name of the lock file in the folder of the desired state.
pub const LOCK: &str = "endstate.lock";

const HEAD: &str = "# What `endstate check --lock` found in sync: a sum of the desired state, a sum of the catalog. Made by endstate, for git.";

/// The pairs of sums that were found in sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    pairs: BTreeSet<String>,
}

impl Lock {
    /// Reads the lock file of a workspace; one that is not there knows nothing.
    pub fn read(schema: &Path) -> Result<Lock, Error> {
        match fs::read_to_string(file(schema)) {
            Ok(text) => {
                let lines =
                    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
                Ok(Lock { pairs: lines.map(str::to_owned).collect() })
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(Lock::default())
            }
            Err(source) => Err(Error::Lock { path: file(schema), source }),
        }
    }

    /// Whether this desired state and this catalog were found in sync.
    pub fn knows(&self, declared: &str, live: &Live) -> bool {
        self.pairs.contains(&pair(declared, live))
    }

    /// Remembers that they are, and takes out what another desired state was in sync with: it is declared no more.
    pub fn remember(&mut self, declared: &str, live: &Live) {
        self.pairs.retain(|line| line.starts_with(declared));
        self.pairs.insert(pair(declared, live));
    }

    /// Writes the lock file, whole or not at all.
    pub fn write(&self, schema: &Path) -> Result<(), Error> {
        let path = file(schema);
        let failed = |source| Error::Lock { path: path.clone(), source };
        let lines: String = self.pairs.iter().map(|line| line.clone() + "\n").collect();
        let mut whole = tempfile::NamedTempFile::new_in(schema).map_err(failed)?;
        whole.write_all(format!("{HEAD}\n{lines}").as_bytes()).map_err(failed)?;
        whole.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

fn file(schema: &Path) -> PathBuf {
    schema.join(LOCK)
}

/// The sum of texts, each with its length so that none runs into the next.
pub(crate) fn sum<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut sum = Sha256::new();
    for text in texts {
        sum.update(text.len().to_le_bytes());
        sum.update(text.as_bytes());
    }
    format!("{:x}", sum.finalize())
}

fn pair(declared: &str, live: &Live) -> String {
    let facts = &live.facts;
    let mut texts =
        vec![facts.major.to_string(), facts.owner.clone(), facts.encoding.clone(), facts.collate.clone()];
    for object in live.model.objects() {
        texts.push(object.id.to_string());
        texts.push(serde_json::to_string(&object.spec).unwrap_or_default());
    }
    format!("{declared} {}", sum(texts.iter().map(String::as_str)))
}
