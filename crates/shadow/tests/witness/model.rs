//! The model sees whatever the witness sees, or says by name that no kind reads it; and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Database, Error};
use kinds::{Id, Model, Spec};
use testkit::statements;

use crate::bench;
use crate::{HARMLESS, MUTATIONS};

/// Mutations of what the model names as read by no kind, and how it names it.
const NAMED: [(&str, &str); 1] = [(
    "grant on a member of an extension",
    "privileges on extensions.hstore(pg_catalog.text,pg_catalog.text) of extension hstore",
)];

/// Mutations that only the witness sees, and why.
const ONLY_THE_WITNESS: [(&str, &str); 1] =
    [("database owner", "a fact of the server, after which it is decided who owns what says nothing")];

/// Harmless changes that the model sees, and why.
const SEEN_ALL_THE_SAME: [(&str, &str); 1] =
    [("role that nothing here names", "all roles are read; those that no YAML declares are not compared")];

fn model(database: &mut Database) -> Model {
    let major = database.version().major;
    let mut snapshot = database.snapshot().unwrap();
    kinds::read::introspect(&mut snapshot, major).unwrap_or_else(|error| panic!("{major}: {error}"))
}

/// What the database would be like after the change, which is rolled back: see [`bench::witness_after`].
fn model_after(database: &mut Database, change: &str) -> Result<Model, Error> {
    database.run(&format!("BEGIN ISOLATION LEVEL REPEATABLE READ;\n{change}"))?;
    Ok(model(database))
}

/// The ids of what differs, and what is named as unread in one of the two only.
fn differences(one: &Model, other: &Model) -> BTreeSet<String> {
    let specs = |model: &Model| -> BTreeMap<Id, Spec> {
        model.objects().map(|object| (object.id.clone(), object.spec.clone())).collect()
    };
    let (left, right) = (specs(one), specs(other));
    let ids = left.keys().chain(right.keys()).filter(|id| left.get(id) != right.get(id));
    let unread = |model: &Model| model.unread.iter().cloned().collect::<BTreeSet<_>>();
    ids.map(ToString::to_string).chain(unread(one).symmetric_difference(&unread(other)).cloned()).collect()
}

#[test]
fn the_model_sees_every_mutation_or_names_what_it_does_not_read() {
    bench::on_every_major(|bench| {
        let mut base = bench.base("base");
        let before = model(&mut base);
        let mutations = statements::for_major(MUTATIONS, bench.major());
        let mut wrong = Vec::new();
        for mutation in &mutations {
            let after = model_after(&mut base, &mutation.sql)
                .unwrap_or_else(|error| panic!("{}: {}: {error}", bench.major(), mutation.name));
            let seen = !differences(&before, &after).is_empty();
            let named = NAMED.iter().find(|(name, _)| *name == mutation.name).map(|(_, unread)| *unread);
            let excused = ONLY_THE_WITNESS.iter().any(|(name, _)| *name == mutation.name);
            match (seen, named, excused) {
                (true, None, false) | (false, None, true) => {}
                (false, Some(unread), false) if before.unread.iter().any(|line| line == unread) => {}
                (seen, named, _) => wrong.push((&mutation.name, seen, named)),
            }
        }
        println!("{}: {} mutations, {} wrong", bench.major(), mutations.len(), wrong.len());
        assert!(
            wrong.is_empty(),
            "{}: name, seen, named: {wrong:#?}\nunread: {:#?}",
            bench.major(),
            before.unread
        );
    });
}

#[test]
fn the_model_sees_nothing_else() {
    bench::on_every_major(|bench| {
        let mut base = bench.base("base");
        let before = model(&mut base);
        let mut wrong = Vec::new();
        for change in statements::for_major(HARMLESS, bench.major()) {
            let seen = match model_after(&mut base, &change.sql) {
                Ok(after) => differences(&before, &after),
                Err(error) => [error.to_string()].into(),
            };
            let excused = SEEN_ALL_THE_SAME.iter().any(|(name, _)| *name == change.name);
            if seen.is_empty() == excused {
                wrong.push((change.name, seen));
            }
        }
        assert!(wrong.is_empty(), "{}: {wrong:#?}", bench.major());
    });
}
