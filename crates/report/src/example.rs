//! A small plan made by hand, for tests of formats.

use std::collections::BTreeMap;

use apply::{Plan, Proof, Script, Scripts, Settings, Stage};
use kinds::kinds::table::Table;
use kinds::{Hazard, Id, Kind, Lock, Model, Object, Spec, Statement, Work};
use plan::{Round, Step, Verb};
use serde_json::json;

fn table(name: &str) -> Object {
    let id = Id::root(Kind::Schema, "public").child(Kind::Table, name);
    let spec: Table = serde_json::from_value(json!({})).unwrap();
    Object { id, spec: Spec::Table(spec), needs: BTreeMap::default(), position: 0, age: None }
}

/// Renames `agents` to `users <all>` and adds a column; the way back drops it.
pub(crate) fn plan() -> Plan {
    let (old, new) = (table("agents"), table("users <all>"));
    let name = new.id.sql();
    let rename = Statement::new(format!("ALTER TABLE public.agents RENAME TO {}", sql::ident("users <all>")))
        .lock(Lock::AccessExclusive, "public.agents")
        .clients("queries that name public.agents fail");
    let add = Statement::new(format!("ALTER TABLE {name} ADD COLUMN phone text DEFAULT 'a|b'"))
        .lock(Lock::AccessExclusive, &name)
        .work(Work::Rewrite);
    let drop = Statement::new(format!("ALTER TABLE {name} DROP COLUMN phone"))
        .lock(Lock::AccessExclusive, &name)
        .hazard(Hazard::DataLoss, "column phone goes with its values");
    let back =
        Statement::new(format!("ALTER TABLE {name} RENAME TO agents")).lock(Lock::AccessExclusive, &name);
    let value = Statement::new("ALTER TYPE public.mood ADD VALUE 'fine'").commit_after();
    let column = new.id.child(Kind::Column, "phone");
    let mood = Id::root(Kind::Schema, "public").child(Kind::Enum, "mood");
    let forward = vec![
        Round::new(vec![Step::rename(&old.id, &new.id, rename)], false),
        Round::new(vec![Step::new(Verb::Create, &column, add, Some("the YAML says so".to_owned()))], false),
        Round::new(vec![Step::new(Verb::Alter, &mood, value, None)], true),
    ];
    let way_back = vec![Step::new(Verb::Drop, &column, drop, None), Step::rename(&new.id, &old.id, back)];
    let after: Model = [new].into_iter().collect();
    let script = |file: &str| Script {
        file: file.to_owned(),
        text: "BEGIN;\nSET LOCAL lock_timeout = '5s';\nCOMMIT;\n".to_owned(),
        asks: Vec::new(),
    };
    Plan {
        facts: serde_json::from_value(json!({
            "major": 15, "version": "15.18 (Debian)", "database": "shop", "user": "app", "owner": "app",
            "superuser": "postgres", "encoding": "UTF8", "collate": "C", "ctype": "C", "may_archive": true, "locks": 6400,
        }))
        .unwrap(),
        before: [old].into_iter().collect(),
        desired: after.clone(),
        stages: vec![Stage {
            name: None,
            forward,
            back: vec![Round::new(way_back, false)],
            after,
        }],
        scripts: Scripts {
            plain: (String::new(), String::new()),
            forward: vec![script("001_rename.sql")],
            rollback: script("002_rollback.sql"),
            asks: Vec::new(),
            asks_back: Vec::new(),
            boundary: String::new(),
            astray: String::new(),
        },
        proof: Proof {
            scripts: 5,
            objects: 1234,
            rows: 8,
            without_rows: vec![("public.t".to_owned(), "no".to_owned())],
            ..Proof::default()
        },
        unmanaged: (0..12).map(|number| format!("schema s{number}")).collect(),
        unread: Vec::new(),
        old_names: Vec::new(),
        notes: Vec::new(),
        preflight: Vec::new(),
        settings: Settings::default(),
        timings: Vec::new(),
    }
}

mod tests {
    use kinds::{Hazard, Lock, Statement};

    use super::plan;
    use crate::{Direction, Options, html, json, markdown, refusal, runbook, text};

    #[test]
    fn each_format() {
        let plan = plan();
        insta::assert_snapshot!("text", text(&plan, Options::default()));
        insta::assert_snapshot!(
            "text_rollback",
            text(&plan, Options { direction: Direction::Rollback, ..Options::default() })
        );
        insta::assert_snapshot!("json", json(&plan, &[]));
        insta::assert_snapshot!("markdown", markdown(&plan, &[]));
        insta::assert_snapshot!("runbook", runbook(&plan));
    }

    #[test]
    fn each_format_says_what_comes_back_of_a_step() {
        let mut plan = plan();
        let rounds = &mut plan.stages[0].forward;
        rounds[0].steps[0].statement.kept.push("rows of public.a are kept in endstate_archive.a".to_owned());
        let lost = (Hazard::DataLoss, "column b goes with its values".to_owned());
        rounds[1].steps[0].statement.hazards.push(lost);
        rounds[2].steps[0].statement.no_way_back = Some("nothing says what takes hook c back".to_owned());
        for text in
            [text(&plan, Options::default()), markdown(&plan, &[]).replace('\\', ""), html(&plan, &[])]
        {
            for sentence in [
                "way back: exact with archive: rows of public.a are kept in endstate_archive.a",
                "way back: structure only, because these do not come back: column b goes with its values",
                "way back: impossible: the rollback takes back all else, but nothing says what takes hook c back",
                "but nothing says what takes hook c back; these do not come back either: column b goes with its values; what else goes is kept",
            ] {
                assert!(text.contains(sentence), "{sentence}\n{text}");
            }
        }
    }

    #[test]
    fn a_name_of_two_lines_does_not_end_a_comment() {
        let mut plan = plan();
        let rounds = &mut plan.stages[0].forward;
        let two = Statement::new("SELECT 1").lock(Lock::AccessExclusive, "public.one").clients("one\ntwo");
        let two = two.hazard(Hazard::DataLoss, "one\ntwo").hazard(Hazard::AccessGain, "one\ntwo");
        rounds[0].steps[0].statement = two;
        plan.notes.push("one\ntwo".to_owned());
        let text = text(&plan, Options::default());
        assert!(!text.lines().any(|line| line.starts_with("two")), "{text}");
    }

    #[test]
    fn what_nobody_knows_is_not_in_the_way() {
        let mut plan = plan();
        let question: plan::Question = serde_json::from_value(serde_json::json!({
            "what": "rows of public.a with NULL in b", "count": "c", "keys": "k", "query": "q", "mend": "m",
        }))
        .unwrap();
        let unanswered = Some("permission denied for table a".to_owned());
        plan.preflight = vec![apply::Answer { question, rows: None, such_as: Vec::new(), unanswered }];
        for text in [text(&plan, Options::default()), markdown(&plan, &[]), html(&plan, &[])] {
            assert!(text.contains("not all questions to the rows had an answer"), "{text}");
            assert!(!text.contains("in the way"), "{text}");
        }
        plan.preflight[0].rows = Some(2);
        plan.preflight[0].unanswered = None;
        for text in [text(&plan, Options::default()), markdown(&plan, &[]), html(&plan, &[])] {
            assert!(text.contains("rows are in the way, and the scripts would stop"), "{text}");
        }
    }

    #[test]
    fn a_page_needs_nothing_from_elsewhere_and_nothing_breaks_out_of_it() {
        let page = html(&plan(), &[]);
        for forbidden in ["http:", "https:", "src=", "@import", "users <all>"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert!(page.contains("users &lt;all&gt;"));
    }

    #[test]
    fn hazards_are_asked_for_and_accepted() {
        let mut plan = plan();
        plan.settings.demand = vec!["table-rewrite".to_owned()];
        let unaccepted = plan.unaccepted(&[]);
        insta::assert_snapshot!("refusal", refusal(&unaccepted, false));
        assert!(text(&plan, Options::default()).contains("(must be accepted)"));
        let allow = ["table-rewrite".to_owned()];
        assert!(text(&plan, Options { allow: &allow, ..Options::default() }).contains("(accepted)"));
    }
}
