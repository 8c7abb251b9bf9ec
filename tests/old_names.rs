//! Texts of functions that still say what is renamed by its old name: `fixtures/old_names/<case>/{before.sql, after.yaml}`, and what is
//! said of it, which is an error where the plan would leave a function broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::fs;

use apply::{Error, Options};
use endstate_tests::{connect, conninfo, root};
use shadow::{Cluster, ClusterOptions};

#[test]
fn each_case_is_told_or_refused() {
    let binaries = testkit::majors().pop().expect("a server");
    let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
    let mut cases: Vec<_> =
        fs::read_dir(root().join("fixtures/old_names")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        connect(&cluster, "postgres").unwrap().run(&format!("CREATE DATABASE {name}")).unwrap();
        connect(&cluster, &name).unwrap().run(&fs::read_to_string(case.join("before.sql")).unwrap()).unwrap();
        let options =
            Options { conninfo: conninfo(&cluster, &name), schema: case.join("after.yaml"), sample: None };
        let said = match apply::prepare(&options) {
            Ok(plan) => plan.old_names.iter().map(|said| said.to_string() + "\n").collect(),
            Err(Error::Yaml { problems }) => yaml::render(&problems, false),
            Err(other) => panic!("{name}: {other}"),
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&case);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.add_filter(&format!("{}/?", root().display()), "");
        settings.bind(|| insta::assert_snapshot!("said", said));
    }
}
