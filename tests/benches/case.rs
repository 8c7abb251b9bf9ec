//! `just bench`: how long the case's plan with its proof takes, part by part, and how much memory.
//!
//! Reported, not asserted: the figures of a machine are no test of the program.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, reason = "a benchmark talks")]

use std::collections::BTreeMap;
use std::time::Instant;

use apply::Options;
use endstate_tests::{conninfo, root, start};

/// How many times everything is run.
const RUNS: usize = 7;

fn main() {
    shadow::interrupt::install().unwrap();
    let binaries =
        shadow::binaries::all().into_iter().next().expect("no PostgreSQL server found: run ./justw setup");
    let cluster = start(&binaries).unwrap();
    let options =
        Options { conninfo: conninfo(&cluster, "before"), schema: root().join("schema"), sample: None };
    let mut parts: BTreeMap<String, Vec<u128>> = BTreeMap::new();
    let mut proof = None;
    for _ in 0..RUNS {
        let clock = Instant::now();
        let plan = apply::prepare(&options).unwrap();
        parts.entry("0 the whole plan, proven".to_owned()).or_default().push(clock.elapsed().as_millis());
        for (number, (part, took)) in plan.timings.iter().enumerate() {
            parts.entry(format!("{} {part}", number + 1)).or_default().push(*took);
        }
        proof = Some(plan.proof);
    }
    let proof = proof.unwrap();
    println!("PostgreSQL {}, {RUNS} runs; milliseconds: minimum, median, maximum", binaries.version_text);
    for (part, mut times) in parts {
        times.sort_unstable();
        println!("{part:32} {:6} {:6} {:6}", times[0], times[times.len() / 2], times[times.len() - 1]);
    }
    println!(
        "proof: {} scripts run, {} objects, {} catalog entries and {} rows compared",
        proof.scripts, proof.objects, proof.witnessed, proof.rows
    );
    println!(
        "peak memory of endstate: {}",
        peak_memory().unwrap_or_else(|| "not known on this system".to_owned())
    );
}

/// `VmHWM` of this process (proc(5)).
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|value| value.trim().to_owned())
}
