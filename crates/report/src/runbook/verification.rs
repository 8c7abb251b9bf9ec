//! What to look at after the last script, and what it must show.

use std::collections::BTreeMap;

use kinds::{Id, Kind, Object, Spec};

use super::queries::{Presence, presence, table};
use super::{Book, Item, numbered, preflight, values};
use crate::escape::{code, fenced};

pub(super) fn verification(book: &Book<'_>) -> String {
    let mut items = Vec::new();
    items.extend(there(book, "Tables and views", &[Kind::Table, Kind::View, Kind::MaterializedView]));
    items.extend(there(book, "Types", &[Kind::Enum, Kind::Domain, Kind::Composite, Kind::Range, Kind::Base]));
    items.extend(distribution(book));
    items.extend(there(book, "Columns", &[Kind::Column]));
    items.extend(there(book, "Functions", &[Kind::Function]));
    items.extend(policies(book));
    items.extend(orphans(book));
    items.push(in_sync());
    numbered(
        "After: verification",
        "Each script verifies by itself what it reached, and undoes itself otherwise. This is for your own eyes.",
        &items,
    )
}

/// What is renamed, new or gone, of some kinds.
fn there(book: &Book<'_>, title: &str, kinds: &[Kind]) -> Option<Item> {
    let outline = &book.outline;
    let mut questions: BTreeMap<(Id, bool), Presence> = BTreeMap::new();
    let mut ask = |id: &Id, expected: bool| {
        if kinds.contains(&id.kind())
            && let Some(question) = Presence::of(id, expected)
        {
            questions.insert((id.clone(), !expected), question);
        }
    };
    for (old, new) in &outline.renamed {
        ask(new, true);
        ask(&now(book, old), false);
    }
    outline.new.iter().for_each(|object| ask(&object.id, true));
    outline.gone.iter().for_each(|object| ask(&now(book, &object.id), false));
    let questions: Vec<Presence> = questions.into_values().collect();
    (!questions.is_empty()).then(|| Item::new(title, presence(&questions)))
}

/// An old name in what its parent is called now.
fn now(book: &Book<'_>, old: &Id) -> Id {
    let parent = old.parent().filter(|parent| parent.kind() != Kind::Schema);
    let parent = parent.and_then(|parent| book.outline.now(parent));
    parent.map_or(old.clone(), |parent| old.moved_to(Some(parent.clone())))
}

fn distribution(book: &Book<'_>) -> Option<Item> {
    let mut text = String::new();
    for change in values::changes(book) {
        let name = sql::literal(&change.after.sql());
        let labels = format!(
            "SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = to_regtype({name});"
        );
        text.push_str(&format!("{}\nExpected: {}\n\n", fenced("sql", &labels), code(&change.new.join(", "))));
        for column in &change.columns {
            text.push_str(&format!(
                "{}\n{}\n",
                fenced("sql", &values::distribution(column)),
                expected(&change)
            ));
        }
    }
    (!text.is_empty()).then(|| Item::new("Enum values and rows by value", text))
}

/// The distribution in terms of the one before.
fn expected(change: &values::Change<'_>) -> String {
    let mut text = "Expected, against the figures from before:\n\n".to_owned();
    for value in change.new {
        let mut sources: Vec<&String> =
            change.map.iter().filter(|(_, to)| *to == value).map(|(from, _)| from).collect();
        if change.old.contains(value) && !change.map.contains_key(value) {
            sources.push(value);
        }
        let sum = sources.iter().map(|source| code(source)).collect::<Vec<_>>().join(" and ");
        text.push_str(&match sources.as_slice() {
            [] => format!("- {}: no rows yet\n", code(value)),
            [same] if *same == value => format!("- {}: as many as before\n", code(value)),
            _ => format!("- {}: as many as {sum} had before\n", code(value)),
        });
    }
    text
}

/// Tables with row-level security: whether it is on, and how many policies they have.
fn policies(book: &Book<'_>) -> Option<Item> {
    let touches = |kind: Kind| !book.outline.touched(kind).is_empty();
    let goes = book.outline.gone.iter().any(|object| object.id.kind() == Kind::Policy);
    if !(touches(Kind::Policy) || touches(Kind::RowLevelSecurity) || goes) {
        return None;
    }
    let after = book.outline.after;
    let mut rows: BTreeMap<String, (bool, usize)> = BTreeMap::new();
    for object in after.objects() {
        match &object.spec {
            Spec::RowLevelSecurity(security) => {
                rows.entry(object.id.relation_sql()).or_default().0 = security.enabled;
            }
            Spec::Policy(_) => rows.entry(object.id.relation_sql()).or_default().1 += 1,
            _ => {}
        }
    }
    let names: Vec<String> = rows.keys().map(|name| format!("to_regclass({})", sql::literal(name))).collect();
    let query = format!(
        "SELECT format('%I.%I', n.nspname, c.relname) AS \"table\", c.relrowsecurity AS rls, count(p.oid) AS policies\n\
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_policy AS p ON p.polrelid = c.oid\n\
         WHERE c.oid IN ({})\nGROUP BY 1, 2 ORDER BY 1;",
        names.join(", ")
    );
    let expected: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(name, (enabled, count))| {
            vec![code(&name), if enabled { "t" } else { "f" }.to_owned(), count.to_string()]
        })
        .collect();
    let text = fenced("sql", &query) + "\nExpected:\n\n" + &table(&["table", "rls", "policies"], &expected);
    Some(Item::new("Row-level security and policies", text))
}

fn orphans(book: &Book<'_>) -> Option<Item> {
    let count = |object: &Object| {
        let columns = preflight::foreign_key(object)?.columns.join(", ");
        let what = sql::literal(&format!("{columns} of {}", object.id.relation_sql()));
        let orphans = plan::orphans_of(book.outline.after, object)?;
        Some(format!("SELECT {what} AS what, count(*) AS orphans\n{orphans}"))
    };
    let counts: Vec<String> = preflight::touched_foreign_keys(book).into_iter().filter_map(count).collect();
    let text = fenced("sql", &(counts.join("\nUNION ALL\n") + ";")) + "\nExpected: 0 in every row\n";
    (!counts.is_empty()).then(|| Item::new("Orphaned rows", text))
}

fn in_sync() -> Item {
    let text =
        fenced("sh", "endstate check --db \"$DATABASE_URL\"; echo $?") + "\nExpected: `In sync` and 0\n";
    Item::new("All of it", text)
}
