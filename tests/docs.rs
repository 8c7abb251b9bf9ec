//! What `docs/rollback.md` shows is what happens: each block behind `<!-- name -->` is either what is done or what comes of it.
//! `INSTA_UPDATE=always` writes what comes of it into the page.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "this is a test")]

use std::fs;

use apply::Options;
use endstate_tests::{connect, conninfo, root};
use shadow::{Cluster, ClusterOptions};

/// The page, and where its blocks are.
struct Page {
    text: String,
    /// Blocks that are not what came of it.
    wrong: Vec<String>,
}

impl Page {
    /// Where the content of a block begins and ends.
    fn place(&self, name: &str) -> (usize, usize) {
        let mark = format!("<!-- {name} -->\n```");
        let mark = self.text.find(&mark).unwrap_or_else(|| panic!("no block {name}")) + mark.len();
        let start = mark + self.text[mark..].find('\n').unwrap() + 1;
        (start, start + self.text[start..].find("```").unwrap())
    }

    fn block(&self, name: &str) -> String {
        let (start, end) = self.place(name);
        self.text[start..end].to_owned()
    }

    fn shows(&mut self, name: &str, text: &str) {
        let (start, end) = self.place(name);
        let text = format!("{}\n", text.trim());
        if self.text[start..end] != text {
            self.wrong.push(format!("{name}:\n{}", testkit::diff(&self.text[start..end], &text)));
            self.text.replace_range(start..end, &text);
        }
    }
}

#[test]
fn the_page_about_rollbacks_is_true() {
    let path = root().join("docs/rollback.md");
    let mut page = Page { text: fs::read_to_string(&path).unwrap(), wrong: Vec::new() };
    let binaries = testkit::majors().pop().unwrap();
    let cluster = Cluster::start(&binaries, &ClusterOptions::default()).unwrap();
    connect(&cluster, "postgres").unwrap().run("CREATE DATABASE shop").unwrap();
    let run = |sql: &str| connect(&cluster, "shop").unwrap().run(sql).unwrap();
    let rows = |table: &str| {
        let sql = format!("SELECT t::text FROM {table} AS t ORDER BY id");
        let rows = connect(&cluster, "shop").unwrap().select(&sql).unwrap();
        rows.into_iter().flatten().flatten().collect::<Vec<String>>().join("\n")
    };
    run(&page.block("before"));
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("desired.yaml");
    fs::write(&schema, page.block("desired")).unwrap();
    let conninfo = conninfo(&cluster, "shop");
    let plan = apply::prepare(&Options { conninfo: conninfo.clone(), schema, sample: None }).unwrap();
    let archives = || {
        let mut all = apply::archives(&conninfo).unwrap();
        // Today, and what a page takes on disk, differ.
        all.iter_mut().for_each(|archive| archive.since = Some(("2026-11-25".to_owned(), 0)));
        report::archives(&all)
    };
    let [script] = <[apply::Script; 1]>::try_from(plan.scripts.forward.clone()).unwrap();
    let (_, change) = script.text.split_once("-- 2. The change.\n").unwrap();
    let (change, _) = change.split_once("\n-- What the rollback of this script kept").unwrap();
    page.shows("change", change);
    let shown = report::text(&plan, report::Options::default());
    page.shows("verdict", shown.lines().find(|line| line.starts_with("-- The way back is")).unwrap());
    run(&script.text);
    run(&page.block("between"));
    run(&plan.scripts.rollback.text);
    page.shows("users after the rollback", &rows("users"));
    page.shows("notes after the rollback", &rows("notes"));
    page.shows("archives after the rollback", &archives());
    run(&script.text);
    page.shows("users forward again", &rows("users"));
    page.shows("archives forward again", &archives());
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, &page.text).unwrap();
        return;
    }
    assert!(page.wrong.is_empty(), "docs/rollback.md is not true any more:\n{}", page.wrong.join("\n"));
}
