//! The witness sees every change that a user could see, and nothing else: `mutations.sql` and `harmless.sql`, each on `base.sql`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers included"
)]

mod bench;
mod coverage;
mod model;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use endstate_shadow::{ClusterOptions, Witness};
use testkit::statements;

use bench::Bench;

const MUTATIONS: &str = include_str!("mutations.sql");
const HARMLESS: &str = include_str!("harmless.sql");

/// Stands in `base.sql` wherever a password would.
const SECRET: &str = "s3cret";

fn told(left: &Witness, right: &Witness) -> Vec<String> {
    left.differences(right).iter().map(ToString::to_string).collect()
}

#[test]
fn every_mutation_is_seen() {
    bench::on_every_major(|bench| {
        let mut base = bench.base("base");
        let before = bench::witness(&mut base);
        let mut untried: BTreeSet<_> = before.entries.keys().map(|(kind, _)| kind.clone()).collect();
        let mutations = statements::for_major(MUTATIONS, bench.major());
        let mut unseen = Vec::new();
        for mutation in &mutations {
            let differences = match bench::witness_after(&mut base, &mutation.sql) {
                Ok(after) => before.differences(&after),
                Err(error) => panic!("{}: {}: {error}", bench.major(), mutation.name),
            };
            if differences.is_empty() {
                unseen.push(&mutation.name);
            }
            untried.retain(|kind| differences.iter().all(|difference| difference.kind != *kind));
        }
        println!(
            "{}: {} of {} mutations seen",
            bench.major(),
            mutations.len() - unseen.len(),
            mutations.len()
        );
        assert!(unseen.is_empty(), "{}: not seen: {unseen:#?}", bench.major());
        assert!(untried.is_empty(), "{}: no mutation concerns {untried:?}", bench.major());
    });
}

#[test]
fn nothing_else_is_seen() {
    bench::on_every_major(|bench| {
        let mut base = bench.base("base");
        let before = bench::witness(&mut base);
        let changes = statements::for_major(HARMLESS, bench.major());
        let mut seen = Vec::new();
        for change in &changes {
            let differences = match bench::witness_after(&mut base, &change.sql) {
                Ok(after) => told(&before, &after),
                Err(error) => vec![error.to_string()],
            };
            if !differences.is_empty() {
                seen.push((&change.name, differences));
            }
        }
        println!(
            "{}: {} of {} harmless changes silent",
            bench.major(),
            changes.len() - seen.len(),
            changes.len()
        );
        assert!(seen.is_empty(), "{}: {seen:#?}", bench.major());
    });
}

/// A table that was moved into a schema of ours leaves as little behind as one that was dropped.
#[test]
fn what_is_archived_is_gone() {
    bench::on_every_major(|bench| {
        let mut base = bench.base("base");
        let [archived, dropped] =
            ["ALTER TABLE app.doomed SET SCHEMA endstate_archive", "DROP TABLE app.doomed"]
                .map(|sql| bench::witness_after(&mut base, sql).unwrap());
        assert_eq!(told(&archived, &dropped), Vec::<String>::new(), "{}", bench.major());
    });
}

#[test]
fn the_same_statements_give_the_same_witness() {
    bench::on_every_major(|bench| {
        let mut first = bench.base("first");
        // Other OIDs, and for the second database another name.
        bench
            .connect("postgres", "postgres")
            .run("SELECT lo_create(0) FROM generate_series(1, 1000)")
            .unwrap();
        let mut second = bench.base("second");
        let (first, second) = (bench::witness(&mut first), bench::witness(&mut second));
        assert_eq!(told(&first, &second), Vec::<String>::new(), "{}", bench.major());
        assert_eq!(first, second);
    });
}

/// Nothing is sorted by the collation of the database.
#[test]
fn the_collation_of_the_database_says_nothing() {
    let Some(binaries) = testkit::majors().into_iter().find(|one| one.major >= 15) else { return };
    let icu = ClusterOptions { icu_locale: Some("en".to_owned()), ..ClusterOptions::default() };
    let [c, icu] = [ClusterOptions::default(), icu]
        .map(|options| bench::witness(&mut Bench::start(&binaries, options).base("base")));
    assert_eq!(told(&c, &icu), Vec::<String>::new());
}

#[test]
fn any_role_will_do() {
    bench::on_every_major(|bench| {
        let whole = bench::witness(&mut bench.base("base"));
        let seen = bench::witness(&mut bench.connect("app_nobody", "base"));
        let kinds: BTreeSet<_> =
            whole.differences(&seen).into_iter().map(|difference| difference.kind).collect();
        assert_eq!(
            kinds,
            ["user mapping".to_owned()].into(),
            "{}: {:#?}",
            bench.major(),
            told(&whole, &seen)
        );
    });
}

#[test]
fn secrets_are_not_read() {
    bench::on_every_major(|bench| {
        let witness = bench::witness(&mut bench.base("base"));
        let told: Vec<_> =
            witness.entries.iter().filter(|(_, value)| value.to_string().contains(SECRET)).collect();
        assert!(told.is_empty(), "{}: {told:#?}", bench.major());
    });
}

#[test]
fn the_order_of_columns_is_a_matter_of_its_own() {
    bench::on_every_major(|bench| {
        let mut base = bench.base("base");
        let before = bench::witness(&mut base);
        base.run("ALTER TABLE app.scratch DROP a; ALTER TABLE app.scratch ADD a int").unwrap();
        let after = bench::witness(&mut base);
        assert_eq!(told(&before, &after), Vec::<String>::new());
        let order: Vec<_> = before.column_order_differences(&after).iter().map(ToString::to_string).collect();
        assert_eq!(order, ["column order app.scratch: \"a, b\" -> \"b, a\""]);
    });
}

/// 0.1 s on an idle machine; the limit is for one that is not.
#[test]
fn a_small_database_takes_little_time() {
    bench::on_every_major(|bench| {
        let mut base = bench.base("base");
        bench::witness(&mut base);
        let start = Instant::now();
        let entries = bench::witness(&mut base).entries.len();
        println!("{}: {entries} entries in {:?}", bench.major(), start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(10), "{}: {:?}", bench.major(), start.elapsed());
    });
}
