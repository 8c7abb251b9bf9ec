//! The case that started it all: `iso_agents` becomes `users`. The generated scripts 004-008 are pinned by snapshots, and run as an operator
//! would, on every major version: forward, back from every boundary, twice in a row, with rows written in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::path::Path;
use std::sync::OnceLock;

use apply::{Options, Plan};
use catalog::Database;
use endstate_tests::{conninfo, root, start};
use shadow::{Cluster, Witness};

/// A server of each major version under test, with the case's database before in `before`.
fn servers() -> &'static [Cluster] {
    static SERVERS: OnceLock<Vec<Cluster>> = OnceLock::new();
    SERVERS.get_or_init(|| testkit::majors().iter().map(|binaries| start(binaries).unwrap()).collect())
}

fn connect(cluster: &Cluster, database: &str) -> Database {
    endstate_tests::connect(cluster, database).unwrap()
}

/// A database of its own with the state before.
fn copy(cluster: &Cluster, name: &str) -> String {
    connect(cluster, "postgres").run(&format!("CREATE DATABASE {name} TEMPLATE before")).unwrap();
    name.to_owned()
}

fn plan(cluster: &Cluster, database: &str, schema: &Path) -> Plan {
    plan_with(cluster, database, schema, None)
}

fn plan_with(cluster: &Cluster, database: &str, schema: &Path, sample: Option<usize>) -> Plan {
    let options = Options { conninfo: conninfo(cluster, database), schema: schema.to_owned(), sample };
    apply::prepare(&options).unwrap_or_else(|error| panic!("{error}"))
}

fn witness(cluster: &Cluster, database: &str) -> Witness {
    let mut connection = connect(cluster, database);
    Witness::take(&mut connection.snapshot().unwrap(), cluster.major()).unwrap()
}

/// Every row of every table, as text: what a person would compare.
fn rows(cluster: &Cluster, database: &str) -> Vec<String> {
    let mut connection = connect(cluster, database);
    let tables = connection.select("SELECT c.oid::regclass::text FROM pg_class AS c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1").unwrap();
    let mut all = Vec::new();
    for table in tables.into_iter().flatten().flatten() {
        let rows = connection
            .select(&format!("SELECT '{table} ' || to_jsonb(t.*)::text FROM {table} AS t ORDER BY 1"))
            .unwrap();
        all.extend(rows.into_iter().flatten().flatten());
    }
    all
}

fn same_catalog(one: &Witness, other: &Witness, what: &str) {
    let differences: Vec<String> = one.differences(other).iter().map(ToString::to_string).collect();
    assert!(differences.is_empty(), "{what}:\n{}", differences.join("\n"));
}

/// The settings under which snapshots of all major versions are the same.
fn settings(name: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_description(format!("{name}: see schema/ and fixtures/"));
    settings.add_filter(r"PostgreSQL 1\d", "PostgreSQL [major]");
    settings.add_filter(r"/ 10000 <> 1\d", "/ 10000 <> [major]");
    settings.add_filter(r"for database \w+", "for database [database]");
    settings.add_filter(r"endstate \d+\.\d+\.\d+", "endstate [version]");
    settings
}

#[test]
fn the_scripts_are_the_pinned_ones() {
    for cluster in servers() {
        let plan = plan(cluster, "before", &root().join("schema"));
        let files: Vec<&str> = plan
            .scripts
            .forward
            .iter()
            .chain([&plan.scripts.rollback])
            .map(|script| script.file.as_str())
            .collect();
        let wanted = [
            "004_update_user_roles.sql",
            "005_rename_iso_agents_to_users.sql",
            "006_update_foreign_keys.sql",
            "007_update_rls_for_users.sql",
            "008_rollback_to_iso_agents.sql",
        ];
        assert_eq!(files, wanted);
        assert!(plan.unaccepted(&[]).is_empty(), "the case needs no --allow: {:?}", plan.unaccepted(&[]));
        assert_eq!((&plan.proof.rows_refused, &plan.proof.some_refused), (&None, &None));
        assert!(plan.proof.without_rows.is_empty(), "{:?}", plan.proof.without_rows);
        pinned(cluster, &plan, "case");
    }
}

/// Compares all scripts of a plan with their snapshots.
fn pinned(cluster: &Cluster, plan: &Plan, folder: &str) {
    for script in plan.scripts.forward.iter().chain([&plan.scripts.rollback]) {
        let mut settings = settings(&script.file);
        settings.set_snapshot_path(format!("snapshots/{folder}"));
        // From version 18 on NOT NULL has a name, which is brought in line too.
        if cluster.major() >= 18 {
            settings.set_snapshot_suffix("from_18");
        }
        settings.bind(|| {
            insta::assert_snapshot!(script.file.trim_end_matches(".sql").to_owned(), script.text);
        });
    }
}

/// A copy of the case's desired state in which a text of one file is another.
fn schema_with(file: &str, old: &str, new: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&root().join("schema"), folder.path());
    let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
    assert!(text.contains(old), "{old:?} is not in {file}");
    std::fs::write(folder.path().join(file), text.replace(old, new)).unwrap();
    folder
}

/// Without `strategy: swap` no row is written anew on the way forward: values are renamed and added, and committed before they are used.
#[test]
fn the_scripts_with_strategy_auto_are_the_pinned_ones() {
    let schema = schema_with("types.yaml", "    strategy: swap\n", "");
    for cluster in servers() {
        let plan = plan(cluster, "before", schema.path());
        let enum_steps = |rounds: &[plan::Round]| -> Vec<String> {
            let steps = rounds.iter().flat_map(|round| &round.steps);
            steps.filter_map(|step| step.reason.clone()).filter(|why| why.starts_with("strategy")).collect()
        };
        let first = plan.stages.first().unwrap();
        assert!(enum_steps(&first.forward)[0].starts_with("strategy rename-and-add, chosen by auto"));
        assert!(enum_steps(&first.back)[0].starts_with("strategy swap, chosen by auto"));
        pinned(cluster, &plan, "case_auto");
    }
}

/// Live rows of the case break a check now that they kept when they were written: it compares with the time.
#[test]
fn the_plan_is_proven_with_rows_of_the_live_database() {
    let cluster = &servers()[0];
    let plan = plan_with(cluster, "before", &root().join("schema"), Some(3));
    assert!(plan.proof.sampled.is_some_and(|rows| rows >= 15), "{:?}", plan.proof.sampled);
    let proof = plan.proof;
    assert_eq!((proof.sample_refused, proof.some_refused, proof.rows_refused), (None, None, None));
}

/// What only a live row breaks is found with live rows, and only with them.
#[test]
fn a_live_row_that_the_plan_refuses_is_told() {
    let cluster = &servers()[0];
    let own = "    checks:\n      nobody: full_name not like '%Škoda%'\n";
    let schema = schema_with("tables/users.yaml", "    checks:\n", own);
    let refused = plan_with(cluster, "before", schema.path(), Some(100)).proof;
    assert!(refused.sample_refused.is_some_and(|why| why.contains("nobody")));
    assert_eq!((refused.some_refused, refused.rows_refused), (None, None), "made-up rows took their place");
    assert_eq!(plan(cluster, "before", schema.path()).proof.sample_refused, None);
}

#[test]
fn every_boundary_leads_back_and_rows_survive() {
    for cluster in servers() {
        let plan = plan(cluster, "before", &root().join("schema"));
        let (catalog, before) = (witness(cluster, "before"), rows(cluster, "before"));
        for boundary in 0..=plan.scripts.forward.len() {
            let database = copy(cluster, &format!("boundary_{boundary}"));
            for script in &plan.scripts.forward[..boundary] {
                connect(cluster, &database)
                    .run(&script.text)
                    .unwrap_or_else(|error| panic!("{}: {error}", script.file));
            }
            for _ in 0..2 {
                connect(cluster, &database)
                    .run(&plan.scripts.rollback.text)
                    .unwrap_or_else(|error| panic!("{boundary}: {error}"));
                same_catalog(
                    &catalog,
                    &witness(cluster, &database),
                    &format!("back from boundary {boundary}"),
                );
                assert_eq!(
                    before,
                    rows(cluster, &database),
                    "rows after going back from boundary {boundary}"
                );
            }
        }
    }
}

#[test]
fn forward_reaches_the_desired_state_and_leaves_rows_alone() {
    for cluster in servers() {
        let database = copy(cluster, "forward");
        let first = plan(cluster, &database, &root().join("schema"));
        let count = |sql: &str| connect(cluster, &database).select(sql).unwrap()[0][0].clone().unwrap();
        let agents = count("SELECT count(*) FROM iso_agents WHERE role = 'iso_agent'");
        let touched = count("SELECT string_agg(updated_at::text, ',' ORDER BY id) FROM iso_agents");
        for script in &first.scripts.forward {
            connect(cluster, &database)
                .run(&script.text)
                .unwrap_or_else(|error| panic!("{}: {error}", script.file));
        }
        let again = plan(cluster, &database, &root().join("schema"));
        assert!(again.is_empty(), "a second plan is empty");
        assert_eq!(agents, count("SELECT count(*) FROM users WHERE role = 'sales_rep'"));
        assert_eq!(
            touched,
            count("SELECT string_agg(updated_at::text, ',' ORDER BY id) FROM users"),
            "no trigger fired"
        );
        // A customer who signs up meanwhile is an operator to the old type, and stays.
        connect(cluster, &database)
            .run("INSERT INTO users (clerk_user_id, email, full_name) VALUES ('new', 'new@example.com', 'Né O''Neil')")
            .unwrap();
        connect(cluster, &database).run(&first.scripts.rollback.text).unwrap();
        assert_eq!("operator", count("SELECT role FROM iso_agents WHERE clerk_user_id = 'new'"));
    }
}

/// Nothing of ours is left where nothing was written that only the new state could hold, and otherwise no more than that.
#[test]
fn the_statements_alone_go_both_ways_too() {
    for cluster in servers() {
        let plan = plan(cluster, "before", &root().join("schema"));
        let (catalog, before) = (witness(cluster, "before"), rows(cluster, "before"));
        let (forward, back) = &plan.scripts.plain;
        let database = copy(cluster, "plain");
        let run = |sql: &str| connect(cluster, &database).run(sql).unwrap_or_else(|error| panic!("{error}"));
        let archives = || {
            let query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text = 'endstate_archive' ORDER BY 1";
            let found = connect(cluster, &database).select(query).unwrap();
            found.into_iter().filter_map(|mut row| row.pop().flatten()).collect::<Vec<_>>()
        };
        let schemas =
            || connect(cluster, &database).select("SELECT nspname FROM pg_namespace ORDER BY 1").unwrap();
        let schemas_before = schemas();
        let rollback = &plan.scripts.rollback.text;
        for back in [back, rollback] {
            run(forward);
            run(back);
            same_catalog(&catalog, &witness(cluster, &database), "back by the statements alone");
            assert_eq!(before, rows(cluster, &database));
            assert_eq!(schemas_before, schemas(), "nothing is left behind");
        }
        // What only the new state can hold is kept, and comes back with the next way forward, by statements and scripts alike.
        run(forward);
        run("UPDATE public.users SET phone = '+420 1'");
        run(back);
        assert_eq!(archives().len(), 1, "{:?}", archives());
        let scripts: Vec<&str> = plan.scripts.forward.iter().map(|script| script.text.as_str()).collect();
        scripts.iter().for_each(|script| drop(run(script)));
        assert!(archives().is_empty());
        run(rollback);
        run(forward);
        let phones = connect(cluster, &database).select("SELECT DISTINCT phone FROM public.users").unwrap();
        assert_eq!(phones, [[Some("+420 1".to_owned())]]);
        // Nothing that was kept earlier stands in the way.
        run(back);
        let procedure = "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace::regnamespace::text = 'endstate_archive'";
        let procedure = connect(cluster, &database).select(procedure).unwrap()[0][0].clone().unwrap();
        run(&format!("DROP PROCEDURE {procedure}"));
        run(forward);
        run("UPDATE public.users SET phone = '+420 2'");
        run(rollback);
        assert_eq!(archives().len(), 2, "{:?}", archives());
        run(forward);
        let phones = connect(cluster, &database).select("SELECT DISTINCT phone FROM public.users").unwrap();
        assert_eq!(phones, [[Some("+420 2".to_owned())]]);
    }
}

#[test]
fn scripts_stop_where_they_do_not_belong() {
    let cluster = &servers()[0];
    let plan = plan(cluster, "before", &root().join("schema"));
    let message = |database: &str, number: usize| {
        let text = &plan.scripts.forward[number].text;
        connect(cluster, database).run(text).unwrap_err().to_string()
    };
    let early = copy(cluster, "too_early");
    let found = message(&early, 2);
    assert!(found.contains("006_update_foreign_keys.sql stopped before it changed anything"), "{found}");
    assert!(found.contains("run 004_update_user_roles.sql first"), "{found}");
    connect(cluster, &early).run(&plan.scripts.forward[0].text).unwrap();
    let found = message(&early, 0);
    assert!(found.contains("has been run already"), "{found}");
    let drifted = copy(cluster, "drifted");
    connect(cluster, &drifted).run("ALTER TABLE iso_agents ALTER COLUMN role SET DEFAULT 'admin'").unwrap();
    let found = message(&drifted, 0);
    assert!(found.contains("has changed since") && found.contains("'admin'"), "{found}");
    let lost = connect(cluster, &drifted).run(&plan.scripts.rollback.text).unwrap_err().to_string();
    assert!(lost.contains("stands at none of the boundaries"), "{lost}");
}

#[test]
fn without_a_mapping_back_the_rollback_stops_before_it_starts() {
    let cluster = &servers()[0];
    let map_back = "    map_back: { customer: operator }  # rows that the old type cannot hold\n";
    let schema = schema_with("types.yaml", map_back, "");
    let database = copy(cluster, "no_way_back");
    let plan = plan(cluster, &database, schema.path());
    for script in &plan.scripts.forward {
        connect(cluster, &database).run(&script.text).unwrap();
    }
    connect(cluster, &database)
        .run("INSERT INTO users (clerk_user_id, email, full_name) VALUES ('c1', 'c1@example.com', 'One'), ('c2', 'c2@example.com', 'Two')")
        .unwrap();
    let catalog = witness(cluster, &database);
    let error = connect(cluster, &database).run(&plan.scripts.rollback.text).unwrap_err().to_string();
    assert!(error.contains("stopped, and nothing is changed: 2 rows"), "{error}");
    same_catalog(&catalog, &witness(cluster, &database), "nothing was changed");
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
