//! What to do and to look at before the first script.

use std::collections::BTreeSet;

use kinds::kinds::constraint::ForeignKey;
use kinds::{Id, Kind, Object, Spec, Work};

use super::queries::table;
use super::{Book, Item, numbered, scripts, values};
use crate::escape::{code, fenced, markdown as escaped};
use crate::part::forward_steps;

pub(super) fn preflight(book: &Book<'_>) -> String {
    let mut items = vec![backup(book), staging(book)];
    items.extend(rows(book));
    items.extend(counts(book));
    items.extend(dependent_types(book));
    items.extend(sizes(book));
    items.push(statement_timeout(book));
    items.extend(lock_waits(book));
    items.push(long_transactions());
    numbered(
        "Before: pre-flight list",
        "All of these before the first script. The queries only read, unless they say so.",
        &items,
    )
}

/// The catalog as text, without the lines in which pg_dump puts a random key.
pub(super) const DUMP_CATALOG: &str =
    "pg_dump --schema-only \"$DATABASE_URL\" | grep -vE '^\\\\(un)?restrict '";

fn backup(book: &Book<'_>) -> Item {
    let commands = format!(
        "pg_dump --format=custom --file=before.dump \"$DATABASE_URL\"\npg_restore --list before.dump | tail -n 3\n\
         # The old catalog, to hold the result of {} against:\n{DUMP_CATALOG} > before.sql",
        book.rollback
    );
    Item::new("Backup", fenced("sh", &commands))
}

fn staging(book: &Book<'_>) -> Item {
    let all: Vec<&str> =
        book.files.iter().copied().chain([book.rollback]).chain(book.files.iter().copied()).collect();
    let commands = format!(
        "createdb staging && pg_restore --no-owner --dbname=staging before.dump\n\
         for script in {}; do\n  psql -X -v ON_ERROR_STOP=1 -f \"$script\" staging || break\ndone",
        all.join(" ")
    );
    let text = "On a copy with the real rows: forward, back, and forward again. This also tells how long each script takes. \
                The copy needs the same roles and the same major version.\n\n";
    Item::new("Test on staging", text.to_owned() + &fenced("sh", &commands))
}

/// Foreign keys that the plan makes or renames, or of whose columns or tables it renames one; as they are after.
pub(super) fn touched_foreign_keys<'a>(book: &Book<'a>) -> Vec<&'a Object> {
    let outline = &book.outline;
    let changed: BTreeSet<&Id> = outline.changed.iter().map(|(_, after)| &after.id).collect();
    let is_touched = |object: &&Object| {
        let Some(key) = foreign_key(object) else { return false };
        let table = object.id.relation_sql();
        let renamed = |id: &Id| match id.kind() {
            Kind::Table => id.sql() == table || id.sql() == key.references,
            Kind::Column => id.relation_sql() == table && key.columns.contains(&sql::ident(id.name())),
            _ => *id == object.id,
        };
        outline.is_new(&object.id)
            || changed.contains(&object.id)
            || outline.renamed.iter().any(|(_, id)| renamed(id))
    };
    let constraints = outline.after.objects().filter(|object| object.id.kind() == Kind::Constraint);
    constraints.filter(is_touched).collect()
}

/// What a foreign key refers by, and to.
pub(super) fn foreign_key(object: &Object) -> Option<ForeignKey> {
    match &object.spec {
        Spec::Constraint(constraint) => constraint.foreign_key(),
        _ => None,
    }
}

/// What the scripts demand of the rows.
fn rows(book: &Book<'_>) -> Option<Item> {
    let mut text = String::new();
    for ask in &book.plan.scripts.asks {
        text.push_str(&format!(
            "There must be no {}:\n\n{}\nIf there are any (this writes): {}\n\n",
            escaped(&ask.what),
            fenced("sql", &format!("{};", ask.query)),
            code(&ask.mend)
        ));
    }
    (!text.is_empty()).then(|| Item::new("Rows that the scripts refuse", text))
}

/// The figures that the verification is held against.
fn counts(book: &Book<'_>) -> Option<Item> {
    let changes = values::changes(book);
    let columns = changes.iter().flat_map(|change| &change.columns);
    let before: Vec<String> = columns
        .filter_map(|column| book.outline.before(column))
        .map(|object| values::distribution(&object.id))
        .collect();
    let text = "Write down the answer: the verification is held against it.\n\n";
    (!before.is_empty())
        .then(|| Item::new("Rows by value, before", text.to_owned() + &fenced("sql", &before.join("\n"))))
}

/// What hangs on the types that give way to new ones.
fn dependent_types(book: &Book<'_>) -> Option<Item> {
    let mut text = String::new();
    for change in values::changes(book) {
        let name = sql::literal(&change.before.sql());
        let query = format!(
            "SELECT DISTINCT pg_describe_object(classid, objid, objsubid) AS object FROM pg_depend\n\
             WHERE refclassid = 'pg_type'::regclass AND deptype = 'n'\n  \
             AND refobjid IN (to_regtype({name}), (SELECT typarray FROM pg_type WHERE oid = to_regtype({name})))\nORDER BY 1;"
        );
        let mut known: Vec<String> =
            book.plan.before.dependents(change.before).map(|object| code(&object.id.to_string())).collect();
        known.sort();
        let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        text.push_str(&format!(
            "{} When the plan was made, these used it: {known}. What has come since makes the scripts stop.\n\n{}\n",
            code(&change.before.to_string()),
            fenced("sql", &query)
        ));
    }
    (!text.is_empty()).then(|| Item::new("What depends on the types that change", text))
}

/// Tables that are read or written whole.
fn sizes(book: &Book<'_>) -> Option<Item> {
    let steps: Vec<_> = forward_steps(book.plan).collect();
    let heavy: Vec<(&str, Work)> = scripts::locked(&steps)
        .into_iter()
        .map(|(relation, (_, work))| (relation, work))
        .filter(|(_, work)| *work > Work::Catalog)
        .collect();
    if heavy.is_empty() {
        return None;
    }
    let names: Vec<String> =
        heavy.iter().map(|(relation, _)| format!("to_regclass({})", sql::literal(relation))).collect();
    let query = format!(
        "SELECT oid::regclass AS relation, reltuples::bigint AS rows, pg_size_pretty(pg_total_relation_size(oid)) AS size\n\
         FROM pg_class WHERE oid IN ({}) ORDER BY pg_total_relation_size(oid) DESC;",
        names.join(", ")
    );
    let rewritten = heavy.iter().any(|(_, work)| *work == Work::Rewrite);
    let room = "A table that is written anew needs its own size again on disk, and as much WAL.\n\n";
    let text = if rewritten { room } else { "The larger, the longer they are blocked.\n\n" };
    Some(Item::new(
        "Size of the tables that are read or written whole",
        text.to_owned() + &fenced("sql", &query),
    ))
}

fn statement_timeout(book: &Book<'_>) -> Item {
    let settings = ["lock_timeout", "statement_timeout"].map(|name| (name, setting(book, name)));
    let rows: Vec<Vec<String>> =
        settings.into_iter().filter_map(|(name, value)| Some(vec![code(name), code(&value?)])).collect();
    let text = format!(
        "Each script sets its own, for its transaction only; the role's and the database's do not count:\n\n{}\n\
         A pooler or an editor in between may have a limit of its own. What is in force otherwise:\n\n{}",
        table(&["setting", "value in the scripts"], &rows),
        fenced(
            "sql",
            "SELECT name, setting, unit, source FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout');"
        )
    );
    Item::new("Timeouts", text)
}

/// The value that the scripts give a setting.
pub(super) fn setting(book: &Book<'_>, name: &str) -> Option<String> {
    let text = &book.plan.scripts.forward.first()?.text;
    let (_, rest) = text.split_once(&format!("SET LOCAL {name} = '"))?;
    Some(rest.split_once('\'')?.0.to_owned())
}

fn lock_waits(book: &Book<'_>) -> Option<Item> {
    let steps: Vec<_> = forward_steps(book.plan).collect();
    let names: Vec<String> = scripts::locked(&steps)
        .into_keys()
        .filter(|name| book.plan.before.ids().any(|id| id.sql() == **name))
        .map(|name| format!("to_regclass({})", sql::literal(name)))
        .collect();
    if names.is_empty() {
        return None;
    }
    let query = format!(
        "SELECT a.pid, a.usename, a.state, now() - a.xact_start AS open_for, l.relation::regclass, l.mode, l.granted, left(a.query, 60) AS query\n\
         FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)\n\
         WHERE a.pid <> pg_backend_pid() AND l.relation IN ({})\nORDER BY a.xact_start;",
        names.join(", ")
    );
    let text = "Who holds or awaits locks on what the scripts lock. Long waits here are long waits for the scripts:\n\n";
    Some(Item::new("Lock waits", text.to_owned() + &fenced("sql", &query)))
}

fn long_transactions() -> Item {
    let query = "SELECT pid, usename, state, now() - xact_start AS open_for, left(query, 60) AS query FROM pg_stat_activity\n\
                 WHERE xact_start < now() - interval '1 minute' AND pid <> pg_backend_pid()\nORDER BY xact_start;";
    let text = "None of these should be open when a script starts: it would wait for them, and everybody else for it.\n\n";
    Item::new("Long transactions", text.to_owned() + &fenced("sql", query))
}
