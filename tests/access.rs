//! The project's own case gives nobody more than they had: its plan needs no `--allow`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::fs;
use std::path::Path;

use catalog::{Conninfo, Database};
use shadow::{Cluster, ClusterOptions};

#[test]
fn the_case_gains_nobody_anything_in_either_direction() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for binaries in testkit::majors() {
        let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
        let conninfo = Conninfo::socket(cluster.socket_directory(), cluster.port(), "postgres", "postgres");
        let mut database = Database::connect(&conninfo).unwrap();
        for fixture in ["000_platform", "001_initial_schema", "002_rls_policies", "003_seed_data"] {
            let text = fs::read_to_string(root.join(format!("fixtures/{fixture}.sql"))).unwrap();
            database.run(&text).unwrap_or_else(|error| panic!("{fixture}: {error}"));
        }
        let live = apply::Live::read(&conninfo).unwrap();
        let workspace = apply::Workspace::read(&root.join("schema"), &live.facts.owner).unwrap();
        let scope = apply::Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
        let mut bench = shadow::Workbench::start(&live.facts).unwrap();
        let proposal =
            apply::propose(&mut bench, &live, &workspace, &scope).unwrap_or_else(|error| panic!("{error:?}"));
        let rounds = proposal.stages.iter().flat_map(|stage| stage.forward.iter().chain(&stage.back));
        let statements: Vec<_> = rounds.flat_map(|round| &round.steps).map(|step| &step.statement).collect();
        assert!(statements.len() > 50, "there is a plan");
        for statement in statements {
            let gain = statement.hazards.iter().find(|(hazard, _)| *hazard == kinds::Hazard::AccessGain);
            assert_eq!(gain, None, "on {}: {}", binaries.major, statement.sql);
            assert!(
                !statement.sql.starts_with("GRANT") && !statement.sql.starts_with("REVOKE"),
                "{}",
                statement.sql
            );
        }
    }
}
