//! A database is read while others drop what is in it, as programs do with their temporary tables all the time.
#![allow(clippy::unwrap_used, reason = "this is a test")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use endstate_tests::{connect, conninfo};
use shadow::{Cluster, ClusterOptions};

/// Each dropped again at once, with definitions that the server is asked to print.
const COME_AND_GO: [&str; 2] = ["TEMPORARY TABLE", "TABLE"];

#[test]
fn the_catalog_is_read_whatever_others_drop_meanwhile() {
    for binaries in testkit::majors() {
        let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
        for table in COME_AND_GO {
            let sql = format!(
                "CREATE {table} x (id int PRIMARY KEY DEFAULT 5, a text CHECK (a <> 'b'));
                 CREATE INDEX ON x (a) WHERE a <> 'c'; DROP TABLE x"
            );
            let read_enough = AtomicBool::new(false);
            thread::scope(|threads| {
                threads.spawn(|| {
                    let mut others = connect(&cluster, "postgres").unwrap();
                    while !read_enough.load(Ordering::Relaxed) {
                        for statement in sql.split(';') {
                            others.run(statement).unwrap();
                        }
                        thread::sleep(Duration::from_millis(10));
                    }
                });
                let read: Vec<_> =
                    (0..10).map(|_| apply::Live::read(&conninfo(&cluster, "postgres")).map(drop)).collect();
                read_enough.store(true, Ordering::Relaxed);
                read.into_iter().for_each(Result::unwrap);
            });
        }
    }
}
