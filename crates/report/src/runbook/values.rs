//! Enum types whose values change, the columns that hold them, and what becomes of the rows.

use std::collections::BTreeMap;

use kinds::{Id, Kind, Spec, Work};
use sql::color::{Class, highlight};

use super::Book;
use crate::part::forward_steps;

/// An enum type before and after.
pub(super) struct Change<'a> {
    pub(super) before: &'a Id,
    pub(super) after: &'a Id,
    pub(super) old: &'a [String],
    pub(super) new: &'a [String],
    /// The columns that hold it, by the names that they have after.
    pub(super) columns: Vec<Id>,
    /// What rows with an old value get.
    pub(super) map: BTreeMap<String, String>,
}

pub(super) fn changes<'a>(book: &'a Book<'_>) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    for (before, after) in &book.outline.changed {
        let (Spec::Enum(old), Spec::Enum(new)) = (&before.spec, &after.spec) else { continue };
        if old.values == new.values {
            continue;
        }
        let dependents = book.outline.after.dependents(&after.id);
        let mut map = mapped(book);
        map.retain(|from, to| old.values.contains(from) && new.values.contains(to));
        changes.push(Change {
            before: &before.id,
            after: &after.id,
            old: &old.values,
            new: &new.values,
            columns: dependents
                .filter(|object| object.id.kind() == Kind::Column)
                .map(|object| object.id.clone())
                .collect(),
            map,
        });
    }
    changes
}

/// What the statements that write values anew say: `WHEN 'old' THEN 'new'`, and `RENAME VALUE 'old' TO 'new'`.
fn mapped(book: &Book<'_>) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for statement in forward_steps(book.plan).map(|step| &step.statement) {
        if statement.work != Work::Rewrite && !statement.sql.contains(" RENAME VALUE ") {
            continue;
        }
        let tokens: Vec<(Class, &str)> = highlight(&statement.sql)
            .into_iter()
            .map(|token| (token.class, &statement.sql[token.range]))
            .collect();
        for window in tokens.windows(4) {
            if let [(_, "WHEN" | "VALUE"), (Class::String, old), (_, "THEN" | "TO"), (Class::String, new)] =
                window
            {
                map.insert(value(old), value(new));
            }
        }
    }
    map
}

/// The value of a plain literal.
fn value(literal: &str) -> String {
    literal.trim_start_matches(['E', 'e', ' ']).trim_matches('\'').replace("''", "'")
}

/// `SELECT role, count(*) FROM public.users GROUP BY role ORDER BY role;`
pub(super) fn distribution(column: &Id) -> String {
    let (name, table) = (sql::ident(column.name()), column.relation_sql());
    format!("SELECT {name}, count(*) FROM {table} GROUP BY {name} ORDER BY {name};")
}
