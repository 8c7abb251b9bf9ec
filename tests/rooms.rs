//! The walls: which crate may know which, which crate holds which door, and that the list of kinds is the folder.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "this is a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// From the top down: a crate may depend on those below it, never on those above.
const ROOMS: [&str; 9] = [
    "endstate",
    "endstate-report",
    "endstate-apply",
    "endstate-plan",
    "endstate-shadow",
    "endstate-kinds",
    "endstate-catalog",
    "endstate-yaml",
    "endstate-sql",
];

/// Packages that only one crate may depend on.
const DOORS: [(&str, &str); 4] = [
    ("pg_query", "endstate-sql"),
    ("sqlparser", "endstate-sql"),
    ("serde-saphyr", "endstate-yaml"),
    ("postgres", "endstate-catalog"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What each package of the workspace depends on when it is built, by package name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let built = dependencies.filter(|dependency| dependency["kind"].is_null());
            (text(&package["name"]), built.map(|dependency| text(&dependency["name"])).collect())
        })
        .collect()
}

#[test]
fn no_crate_reaches_up() {
    let dependencies = dependencies();
    for (place, room) in ROOMS.iter().enumerate() {
        let up: Vec<&&str> =
            ROOMS[..=place].iter().filter(|above| dependencies[*room].contains(**above)).collect();
        assert!(up.is_empty(), "{room} reaches up to {up:?}");
    }
    for (catalog, leaf) in [
        ("endstate-catalog", "endstate-yaml"),
        ("endstate-catalog", "endstate-sql"),
        ("endstate-yaml", "endstate-sql"),
    ] {
        assert!(!dependencies[catalog].contains(leaf), "{catalog} needs no {leaf}: doors stand apart");
    }
    assert!(!dependencies["endstate-plan"].contains("endstate-catalog"), "planning is pure");
}

#[test]
fn each_door_is_in_one_crate() {
    for (name, dependencies) in dependencies() {
        for (door, room) in DOORS {
            assert!(
                !dependencies.contains(door) || name == room,
                "{name} goes through {door}, which is {room}'s door"
            );
        }
    }
}

#[test]
fn the_list_of_kinds_is_the_folder() {
    let folder = root().join("crates/kinds/src/kinds");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "mod")
        .collect();
    let listed: BTreeSet<String> = kinds::Kind::ALL.iter().map(|kind| kind.file().to_owned()).collect();
    let missing: Vec<&String> = listed.difference(&files).collect();
    assert!(missing.is_empty(), "kinds without a file of their own: {missing:?}");
    let unlisted: Vec<&String> = files.difference(&listed).collect();
    assert!(unlisted.is_empty(), "files of the kinds' folder that are no kind: {unlisted:?}");
}
