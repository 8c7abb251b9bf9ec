//! A folder of scripts that `generate` wrote, and the database that they are run on: where it stands, forward, and back.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use catalog::{Conninfo, Database, Notice};
use plan::Question;
use serde::{Deserialize, Serialize};
use shadow::interrupt::{Guard, guard};

use crate::lock::sum;
use crate::{Archive, Error, Plan, Script, Stage, scripts};

/// The file that says what is in the folder.
pub const MANIFEST: &str = "plan.json";

/// How long an interrupted program waits for what it has cancelled.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a script is tried that could not have a lock, or was chosen to end a deadlock: nothing was changed then.
const MOST_TRIES: u32 = 5;
/// SQLSTATEs of that: `lock_not_available`, `deadlock_detected`, `serialization_failure`.
const TRY_AGAIN: [&str; 3] = ["55P03", "40P01", "40001"];

/// What is in the folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The program and its version.
    pub made_by: String,
    /// The major version of the server that the scripts are for.
    pub major: u32,
    /// The forward scripts in order.
    pub forward: Vec<Entry>,
    /// The script that goes back from wherever the database stands.
    pub rollback: Entry,
    /// A query that yields how many forward scripts have been run.
    boundary: String,
    /// A query that says what is as after how many of them.
    astray: String,
}

/// A script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its file.
    pub file: String,
    /// A SHA-256 sum of its text and its length.
    sum: String,
    /// The statements that take it back, of a forward script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub back: Vec<String>,
    /// What the way back brings back of it: a word, and what is kept or lost.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub verdict: String,
    /// What is kept for that, or lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
    /// The archives that it makes, quoted with their schema, and what each holds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub archives: BTreeMap<String, String>,
    /// What the way back from behind it demands of the rows, in the names that they have there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks_back: Vec<Question>,
}

/// Where a database stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// So many forward scripts have been run.
    After(usize),
    /// At no boundary: what is as it should be at none, or all of it where that is at different ones.
    Astray(Vec<String>),
}

/// Such a folder.
#[derive(Debug)]
pub struct Generated {
    folder: PathBuf,
    /// What is in it.
    pub manifest: Manifest,
}

impl Manifest {
    /// What the folder of a plan's scripts holds.
    pub fn of(plan: &Plan) -> Manifest {
        let scripts = &plan.scripts;
        let pairs = scripts.forward.iter().zip(&plan.stages).zip(&scripts.asks_back);
        Manifest {
            made_by: format!("endstate {}", env!("CARGO_PKG_VERSION")),
            major: plan.facts.major,
            forward: pairs.map(|((script, stage), asks)| Entry::forward(script, stage, asks)).collect(),
            rollback: Entry::plain(&scripts.rollback),
            boundary: scripts.boundary.clone(),
            astray: scripts.astray.clone(),
        }
    }

    /// The file's text.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl Entry {
    fn plain(script: &Script) -> Entry {
        let (file, sum) = (script.file.clone(), sum([script.text.as_str()]));
        let (back, because, archives, asks_back) = (Vec::new(), Vec::new(), BTreeMap::new(), Vec::new());
        Entry { file, sum, back, verdict: String::new(), because, archives, asks_back }
    }

    fn forward(script: &Script, stage: &Stage, asks_back: &[Question]) -> Entry {
        let verdict = plan::verdict(stage.forward.iter());
        let steps = stage.back.iter().flat_map(|round| &round.steps);
        let kept = stage.forward.iter().flat_map(|round| &round.kept);
        Entry {
            archives: kept.map(|kept| (kept.archive.clone(), kept.words())).collect(),
            back: steps.map(|step| step.statement.sql.clone()).collect(),
            verdict: verdict.word().to_owned(),
            asks_back: asks_back.to_vec(),
            because: [verdict.why(), verdict.lost(), verdict.kept()].concat(),
            ..Entry::plain(script)
        }
    }
}

impl Entry {
    /// What does not come back because its archive has been dropped, by archive; all that it makes are given that are there.
    pub fn given_up(&self, there: &[Archive]) -> BTreeMap<&str, &str> {
        let is_gone = |archive: &str| !there.iter().any(|other| other.name == archive);
        let archives = self.archives.iter().map(|(archive, what)| (archive.as_str(), what.as_str()));
        archives.filter(|(archive, _)| is_gone(archive)).collect()
    }
}

impl Generated {
    /// Reads what `generate` wrote.
    pub fn open(folder: &Path) -> Result<Generated, Error> {
        let path = folder.join(MANIFEST);
        let wrong = |reason: String| Error::Folder { path: path.clone(), reason };
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                wrong("there is none; name the folder that `endstate generate --out` has written".to_owned())
            }
            _ => wrong(error.to_string()),
        })?;
        let manifest = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        Ok(Generated { folder: folder.to_owned(), manifest })
    }

    /// Where a database stands; only reads.
    pub fn standing(&self, conninfo: &Conninfo) -> Result<Standing, Error> {
        let mut database = Database::connect(conninfo)?;
        let (found, wanted) = (database.version().major, self.manifest.major);
        if found != wanted {
            return Err(Error::OtherMajor { found, wanted });
        }
        let mut snapshot = database.snapshot()?;
        let boundary = snapshot.text_rows(&self.manifest.boundary)?;
        if let Some([Some(boundary)]) = boundary.first().map(Vec::as_slice) {
            return Ok(Standing::After(boundary.parse().unwrap_or_default()));
        }
        let objects = snapshot.text_rows(&self.manifest.astray)?;
        let nowhere = objects.iter().any(|row| matches!(row.get(1), Some(None)));
        let told = objects.iter().filter_map(|row| match row.as_slice() {
            [Some(object), None] => Some(format!("{object}, which it is at no boundary")),
            [Some(object), Some(boundaries)] if !nowhere => {
                Some(format!("{object}, as {}", self.places(boundaries)))
            }
            _ => None,
        });
        Ok(Standing::Astray(told.collect()))
    }

    /// `before 004_update_user_roles.sql, after 005_rename_iso_agents_to_users.sql`
    fn places(&self, boundaries: &str) -> String {
        let places = boundaries.split(',').filter_map(|boundary| boundary.parse().ok());
        places.map(|boundary| self.place(boundary)).collect::<Vec<_>>().join(", ")
    }

    /// A boundary in words.
    pub fn place(&self, boundary: usize) -> String {
        match boundary.checked_sub(1).and_then(|last| self.manifest.forward.get(last)) {
            Some(entry) => format!("after {}", entry.file),
            None => match self.manifest.forward.first() {
                Some(entry) => format!("before {}", entry.file),
                None => "nowhere".to_owned(),
            },
        }
    }

    /// Runs a script, again where it could not have its locks; `waiting` is told of each time that happens.
    pub fn run(
        &self,
        conninfo: &Conninfo,
        entry: &Entry,
        waiting: &dyn Fn(&str),
    ) -> Result<Vec<Notice>, Error> {
        let path = self.folder.join(&entry.file);
        let wrong = |reason: String| Error::Folder { path: path.clone(), reason };
        let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
        if sum([text.as_str()]) != entry.sum {
            return Err(wrong(
                "it is not what endstate wrote, and so not what was proven; make the scripts anew, or run it with psql -f".to_owned(),
            ));
        }
        let mut database = Database::connect(conninfo)?;
        let ended = Arc::new(AtomicBool::new(true));
        let running = until_interrupted(&database, &ended);
        let undone = scripts::statements_outside_of_transaction(&text).is_none();
        for tries in 1.. {
            ended.store(false, Ordering::SeqCst);
            let outcome = scripts::run(&mut database, &text);
            ended.store(true, Ordering::SeqCst);
            match outcome {
                Ok(ran) => {
                    running.keep();
                    return Ok(ran.notices);
                }
                Err(error) if tries < MOST_TRIES && is_worth_trying(&error) => {
                    let pause = Duration::from_secs(1 << tries);
                    let unchanged = if undone { "nothing is changed, " } else { "" };
                    waiting(&format!(
                        "{}: {error}; {unchanged}the next try is in {} s",
                        entry.file,
                        pause.as_secs()
                    ));
                    thread::sleep(pause);
                }
                Err(error) => return Err(Error::Script { file: entry.file.clone(), undone, error }),
            }
        }
        Ok(Vec::new())
    }
}

/// Where the program is interrupted, so is what a session runs: the server would go on to its end all the same. The program ends when that
/// has, for a request to cancel travels by itself, and one that comes too early is none.
fn until_interrupted(database: &Database, ended: &Arc<AtomicBool>) -> Guard {
    let (canceller, ended) = (database.canceller(), Arc::clone(ended));
    guard(move || {
        let start = Instant::now();
        while !ended.load(Ordering::SeqCst) && start.elapsed() < PATIENCE {
            // A session that cannot be told any more is none of ours.
            drop(canceller.cancel());
            thread::sleep(Duration::from_millis(50));
        }
    })
}

fn is_worth_trying(error: &catalog::Error) -> bool {
    error.server().is_some_and(|server| TRY_AGAIN.contains(&server.code.as_str()))
}
