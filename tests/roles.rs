//! Roles belong to a cluster and not to a database: each case has a cluster of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::fs;

use catalog::{Conninfo, Database};
use kinds::Model;
use shadow::{Cluster, ClusterOptions};

struct Server {
    cluster: Cluster,
    major: u32,
}

impl Server {
    fn conninfo(&self) -> Conninfo {
        Conninfo::socket(self.cluster.socket_directory(), self.cluster.port(), "postgres", "postgres")
    }

    fn run(&self, sql: &str) {
        Database::connect(&self.conninfo())
            .unwrap()
            .run(sql)
            .unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    fn model(&self) -> Model {
        apply::Live::read(&self.conninfo()).unwrap().model
    }

    /// Statements forward and back, and the gains of access on the way forward.
    fn plan(&self, yaml: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("desired.yaml");
        fs::write(&path, yaml).unwrap();
        let live = apply::Live::read(&self.conninfo()).unwrap();
        let workspace =
            apply::Workspace::read(&path, &live.facts.owner).unwrap_or_else(|error| panic!("{error:?}"));
        let scope = apply::Scope::new(&workspace.settings.manage, &workspace.declared, &live.model);
        let mut bench = shadow::Workbench::start(&live.facts).unwrap();
        let proposal =
            apply::propose(&mut bench, &live, &workspace, &scope).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(proposal.self_check, [""; 0]);
        let steps =
            |rounds: &[plan::Round]| rounds.iter().flat_map(|round| round.steps.clone()).collect::<Vec<_>>();
        let forward: Vec<_> = proposal.stages.iter().flat_map(|stage| steps(&stage.forward)).collect();
        let back: Vec<_> = proposal.stages.iter().rev().flat_map(|stage| steps(&stage.back)).collect();
        let gains = forward.iter().flat_map(|step| step.statement.hazards.clone());
        let gains =
            gains.filter(|(hazard, _)| *hazard == kinds::Hazard::AccessGain).map(|(_, why)| why).collect();
        let sql = |steps: Vec<plan::Step>| steps.into_iter().map(|step| step.statement.sql).collect();
        (sql(forward), sql(back), gains)
    }
}

/// Runs a case on every server: forward reaches what is desired, and back is what was.
fn case(before: &str, yaml: &str, check: impl Fn(u32, &[String], &[String])) {
    for binaries in testkit::majors() {
        let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
        let server = Server { cluster, major: binaries.major };
        server.run(before);
        let start = server.model();
        let (forward, back, gains) = server.plan(yaml);
        check(server.major, &forward, &gains);
        forward.iter().for_each(|statement| server.run(statement));
        assert_eq!(server.plan(yaml).0, [""; 0], "a second plan is not empty");
        back.iter().for_each(|statement| server.run(statement));
        let (one, other) = (start, server.model());
        for id in one.ids().chain(other.ids()) {
            let spec = |model: &Model| model.get(id).map(|object| object.spec.clone());
            assert_eq!(spec(&one), spec(&other), "{id} on {}", server.major);
        }
    }
}

#[test]
fn roles_come_with_attributes_memberships_and_settings_and_go() {
    let before = "CREATE ROLE \"Quo\"\"te\" LOGIN; CREATE ROLE reader; CREATE ROLE writer CREATEDB VALID UNTIL '2031-01-01'; \
         GRANT reader TO \"Quo\"\"te\"; ALTER ROLE writer SET work_mem = '8MB'; COMMENT ON ROLE writer IS 'old'; \
         CREATE TABLE t (id integer); GRANT SELECT ON t TO writer; ALTER ROLE reader SET statement_timeout = '1s'";
    let yaml = "\
roles:
  writer:
    login: true
    connection_limit: 5
    comment: new
    member_of: [reader]
    set: { statement_timeout: \"'5s'\", search_path: 'app, public', app.tenant: \"'x y'\" }
    set_in_database: { work_mem: \"'9MB'\" }
  service:
    bypassrls: true
    member_of: [{ role: writer, admin: true }, pg_read_all_settings]
tables:
  t:
    columns: { id: integer }
    owner: service
    grants:
      service: [all]
      writer: [select, insert]
";
    case(before, yaml, |_, forward, gains| {
        let text = forward.join("\n");
        for part in [
            "CREATE ROLE service WITH BYPASSRLS",
            "ALTER ROLE writer WITH NOCREATEDB LOGIN CONNECTION LIMIT 5 VALID UNTIL 'infinity'",
            "ALTER ROLE writer SET search_path TO app, public",
            "ALTER ROLE writer SET app.tenant TO 'x y'",
            "ALTER ROLE writer RESET work_mem",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains("Quo") && !text.contains("ROLE reader "), "{text}");
        for gain in [
            "writer gains LOGIN",
            "service gains BYPASSRLS",
            "writer becomes a member of reader",
            "writer gains insert on table t",
        ] {
            assert!(gains.iter().any(|one| one == gain), "{gain} is not among {gains:?}");
        }
    });
}

#[test]
fn a_role_is_renamed_with_all_that_it_has() {
    let before = "CREATE ROLE old LOGIN; CREATE ROLE reader; GRANT reader TO old; CREATE TABLE t (id integer); \
         GRANT SELECT ON t TO old; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t TO old USING (true)";
    let yaml = "\
roles:
  new: { renamed_from: old, login: true, member_of: [reader] }
tables:
  t:
    columns: { id: integer }
    rls: enabled
    grants: { new: [select] }
    policies: { p: { to: [new], using: 'true' } }
";
    case(before, yaml, |_, forward, gains| {
        assert_eq!(forward, ["ALTER ROLE old RENAME TO new"]);
        assert_eq!(gains, [""; 0]);
    });
}

#[test]
fn memberships_lose_options_and_grantors_of_their_own() {
    let before = "CREATE ROLE a; CREATE ROLE b; CREATE ROLE c; GRANT a TO b WITH ADMIN OPTION";
    let yaml = "roles:\n  b: { member_of: [a] }\n  c: { member_of: [{ role: a, admin: true }] }\n";
    case(before, yaml, |major, forward, _| {
        let expected =
            if major >= 16 { "GRANT a TO b WITH ADMIN FALSE" } else { "REVOKE ADMIN OPTION FOR a FROM b" };
        assert!(forward.iter().any(|statement| statement.starts_with(expected)), "{forward:?}");
    });
    if testkit::majors().iter().all(|binaries| binaries.major < 16) {
        return;
    }
    let yaml = "roles:\n  c: { member_of: [{ role: a, inherit: false, set: false, granted_by: b }] }\n";
    for binaries in testkit::majors().into_iter().filter(|binaries| binaries.major >= 16) {
        let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
        let server = Server { cluster, major: binaries.major };
        server.run(before);
        let (forward, back, _) = server.plan(yaml);
        assert_eq!(forward, ["GRANT a TO c WITH INHERIT FALSE, SET FALSE GRANTED BY b"], "{}", server.major);
        assert_eq!(back, ["REVOKE a FROM c GRANTED BY b"]);
    }
}
