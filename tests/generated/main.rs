//! Pairs of random schemas: from a seed, a schema over all kinds of objects and another one that it becomes, each on a real server with
//! rows in it. Planned and proven as the command line does, run forward by the scripts and back again, compared by our own reading, by
//! the witness and row by row. PostgreSQL is the judge of what is a schema: a statement that it refuses is left out.
//!
//! `ENDSTATE_GENERATED=200` runs so many pairs, `ENDSTATE_GENERATED_SEED=7` begins with that seed. A pair that fails is made smaller
//! and saved under `target/generated`, or under `ENDSTATE_GENERATED_SAVE`.
#![allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test"
)]

mod attached;
mod change;
mod make;
mod server;
mod shrink;
mod trial;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::make::Maker;
use crate::server::Server;
use crate::trial::{Outcome, Pair, Taken};

/// So many pairs a server where nobody asks for more.
const FEW: u64 = 6;

fn main() {
    let arguments = Arguments::from_args();
    let trials = testkit::majors().into_iter().map(|binaries| {
        let name = format!("pg{}", binaries.major);
        Trial::test(name, move || pairs(&Arc::new(Server::start(&binaries))))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |text| text.parse().expect("a number"))
}

/// What became of all pairs.
#[derive(Default)]
struct Tally {
    fine: usize,
    refused: BTreeMap<String, usize>,
    failed: BTreeMap<String, Vec<u64>>,
}

fn pairs(server: &Server) -> Result<(), Failed> {
    let (count, first) = (number("ENDSTATE_GENERATED", FEW), number("ENDSTATE_GENERATED_SEED", 1));
    let threads = number("ENDSTATE_GENERATED_THREADS", 2);
    let (next, tally) = (AtomicU64::new(first), Mutex::new(Tally::default()));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    one(server, seed, &tally);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    let failed: usize = tally.failed.values().map(Vec::len).sum();
    let refused: usize = tally.refused.values().sum();
    eprintln!(
        "PostgreSQL {}: {count} generated pairs in {} s: {} without a failure, {refused} refused, {failed} failed",
        server.major,
        start.elapsed().as_secs(),
        tally.fine
    );
    tally.refused.iter().for_each(|(why, times)| eprintln!("  refused {times}: {why}"));
    tally.failed.iter().for_each(|(why, seeds)| eprintln!("  failed {seeds:?}: {why}"));
    if failed > 0 { Err(format!("{failed} of {count} generated pairs failed").into()) } else { Ok(()) }
}

/// The pair of a seed.
fn pair(seed: u64, major: u32) -> Pair {
    let mut maker = Maker::new(seed, major);
    let size = 8 + maker.rng.below(50);
    maker.fill(size);
    let before = maker.world.clone();
    let changes = 1 + maker.rng.below(12);
    maker.change(changes);
    Pair { before, after: maker.world }
}

fn one(server: &Server, seed: u64, tally: &Mutex<Tally>) {
    let pair = pair(seed, server.major);
    let (outcome, _) = trial::run(server, &pair);
    let (failure, known) = match outcome {
        Outcome::Fine => {
            tally.lock().unwrap().fine += 1;
            return;
        }
        Outcome::Refused(why) => {
            *tally.lock().unwrap().refused.entry(shrink::class(&why)).or_default() += 1;
            return;
        }
        Outcome::Failed(failure) => {
            let mut tally = tally.lock().unwrap();
            let seeds = tally.failed.entry(shrink::class(&failure)).or_default();
            seeds.push(seed);
            (failure, seeds.len() > 1)
        }
    };
    eprintln!("seed {seed} fails: {}", shrink::class(&failure));
    // One small pair of each sort is enough.
    let within = Duration::from_secs(if known { 0 } else { number("ENDSTATE_GENERATED_SHRINK", 60) });
    let small = shrink::shrink(server, &pair, &failure, within);
    let (outcome, taken) = trial::run(server, &small);
    let text = if let Outcome::Failed(text) = outcome { text } else { failure };
    save(seed, server.major, &text, &taken);
}

/// `before.sql`, `after.sql` and the failure.
fn save(seed: u64, major: u32, failure: &str, taken: &Taken) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/generated");
    let root = std::env::var_os("ENDSTATE_GENERATED_SAVE").map_or(root, PathBuf::from);
    let class = shrink::class(failure);
    let words: String = class
        .chars()
        .map(|c| if c.is_ascii_alphabetic() { c.to_ascii_lowercase() } else { '_' })
        .take(50)
        .collect();
    let folder = root.join(format!("{seed}_{major}_{words}"));
    std::fs::create_dir_all(&folder).unwrap();
    let text = |statements: &[String]| {
        statements.iter().map(|statement| statement.clone() + ";\n").collect::<String>()
    };
    std::fs::write(folder.join("before.sql"), text(&taken.before)).unwrap();
    std::fs::write(folder.join("after.sql"), text(&taken.after)).unwrap();
    std::fs::write(folder.join("failure.txt"), failure).unwrap();
    eprintln!("seed {seed}: saved {}", folder.display());
}
