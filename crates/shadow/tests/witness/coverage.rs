//! No catalog is left out by oversight, nor one that a later PostgreSQL adds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use catalog::Database;

use crate::bench;

/// The catalogs that no query reads, and why.
const NOT_READ: [(&str, &str); 8] = [
    ("pg_authid", "holds verifiers; pg_roles shows the rest"),
    ("pg_largeobject", "rows"),
    ("pg_partitioned_table", "pg_get_partkeydef prints it"),
    ("pg_replication_origin", "a state"),
    ("pg_statistic", "about rows"),
    ("pg_statistic_ext_data", "about rows"),
    ("pg_subscription_rel", "a state"),
    ("pg_user_mapping", "holds passwords; pg_user_mappings shows what may be seen"),
];

/// The columns of pg_subscription that are not read: a secret and a state.
const OF_SUBSCRIPTIONS_NOT_READ: [&str; 2] = ["subconninfo", "subskiplsn"];

#[test]
fn every_catalog_is_read_or_left_out_for_a_reason() {
    let queries = queries();
    let words: Vec<&str> = words(&queries);
    let read: BTreeSet<&str> = (words.windows(2))
        .filter(|pair| pair[0] == "FROM" || pair[0] == "JOIN")
        .map(|pair| pair[1])
        .collect();
    bench::on_every_major(|bench| {
        let catalogs = names(
            &mut bench.connect("postgres", "postgres"),
            "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'",
        );
        let unread: Vec<_> = catalogs.iter().filter(|catalog| !read.contains(catalog.as_str())).collect();
        assert_eq!(unread, NOT_READ.map(|(name, _)| name), "{}", bench.major());
    });
}

#[test]
fn every_column_of_subscriptions_is_read() {
    let queries = queries();
    let words = words(&queries);
    bench::on_every_major(|bench| {
        let columns = names(
            &mut bench.connect("postgres", "postgres"),
            "SELECT attname FROM pg_attribute WHERE attrelid = 'pg_subscription'::regclass AND attnum > 0",
        );
        let not_read = OF_SUBSCRIPTIONS_NOT_READ.as_slice();
        let unread: Vec<_> = columns
            .iter()
            .map(String::as_str)
            .filter(|column| !words.contains(column) && !not_read.contains(column))
            .collect();
        assert_eq!(unread, Vec::<&str>::new(), "{}", bench.major());
    });
}

/// The queries without their comments.
fn queries() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/witness");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let queries = files.filter(|path| path.extension().is_some_and(|extension| extension == "sql"));
    queries.map(|path| fs::read_to_string(path).unwrap()).flat_map(|text| without_comments(&text)).collect()
}

fn without_comments(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.split("--").next()).map(|code| format!("{code}\n")).collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}

fn names(database: &mut Database, sql: &str) -> BTreeSet<String> {
    database.select(sql).unwrap().into_iter().flatten().flatten().collect()
}
