//! Values that come back by writing the rows as they are: on the way forward again, and on the way back where PostgreSQL cannot write a
//! table anew by itself, because others change with it.

use kinds::kinds::column::{needs_value, sources};
use kinds::{Id, Kind, Lock, Model, Spec, Work};

use super::put_back::{Return, column_now, comes, data_type, drop_archive, if_kept};
use super::{Kept, KeptColumn, Key, What, content, of_a_row};
use crate::Request;
use crate::changes::Changes;
use crate::rules::rename::ASIDE;
use crate::rules::undisturbed::{Triggers, around, undisturbed};

/// On the way back.
pub(super) fn come_back(
    request: &Request<'_>,
    changes: &Changes,
    kept: &Kept,
    table: &Id,
    (key, columns): (&Key, &[KeptColumn]),
) -> Option<Return> {
    let now = |column: &KeptColumn| column_now(request, kept, table, column);
    let own: Vec<Id> = columns.iter().filter_map(now).map(|object| object.id.clone()).collect();
    let (mut all, mut nullable) = (Vec::new(), Vec::new());
    for id in own.iter().filter(|id| comes(request, changes, id)) {
        let shared: Vec<Id> = [vec![id.clone()], with_sources(request.to, id)].concat();
        let is_needed = |id: &Id| match request.to.get(id).map(|object| &object.spec) {
            Some(Spec::Column(column)) => needs_value(column, id, request.to),
            _ => false,
        };
        nullable.extend(shared.iter().filter(|id| is_needed(id)).cloned());
        all.extend(shared);
    }
    if all.is_empty() {
        return None;
    }
    let name = |column: &KeptColumn| Some(sql::ident(now(column)?.id.name()));
    let data_type = |column: &KeptColumn| now(column).map(data_type);
    let update = update(kept, table, &name, &data_type)?;
    let are_there = |trigger: &Id| !changes.goes(trigger);
    let (off, on) = around(request.from, table, &Triggers { are_there: &are_there, have_parts: &|_| true });
    let [off, on] = [off, on].map(|statements| statements.into_iter().map(|statement| statement.sql));
    let statements = off.chain([update]).chain(on).collect();
    let statements = within_identities(request.to, &own, statements);
    let block = if_kept(kept, &[statements, vec![drop_archive(kept)]].concat());
    let read = match key {
        Key::Columns(_) => Vec::new(),
        Key::Content(staying) => staying.iter().filter_map(now).map(|object| object.id.clone()).collect(),
    };
    Some(Return {
        id: table.clone(),
        statements: vec![block.lock(Lock::AccessExclusive, table.sql()).work(Work::Rewrite)],
        columns: all,
        nullable,
        read: Some(read),
        in_place: true,
    })
}

/// The columns of all tables above that a column is of.
fn with_sources(model: &Model, column: &Id) -> Vec<Id> {
    let above = sources(model, column);
    let further: Vec<Id> = above.iter().flat_map(|source| with_sources(model, source)).collect();
    [above, further].concat()
}

/// On the way forward again: in the names that the objects have then, `of` the table.
pub(super) fn come_back_again(request: &Request<'_>, kept: &Kept, of: &Id) -> Vec<String> {
    let What::Values { columns, .. } = &kept.what else { return Vec::new() };
    let then = |column: &KeptColumn| request.directives.before(&kept.of.child(Kind::Column, &column.name));
    let name = |column: &KeptColumn| {
        let id = then(column);
        // It has its own name back by then.
        Some(sql::ident(id.name().strip_prefix(ASIDE).unwrap_or(id.name())))
    };
    let data_type =
        |column: &KeptColumn| request.from.get(&kept.of.child(Kind::Column, &column.name)).map(data_type);
    let Some(update) = update(kept, of, &name, &data_type) else { return Vec::new() };
    let statements = undisturbed(request.start, of, update);
    within_identities(request.start, &columns.iter().map(then).collect::<Vec<Id>>(), statements)
}

/// The statements with identities that take no other value out of the way.
fn within_identities(model: &Model, columns: &[Id], statements: Vec<String>) -> Vec<String> {
    let is_always = |id: &&Id| {
        let identities = model.children_of_kind(id, Kind::Identity).into_iter();
        identities
            .map(|object| &object.spec)
            .any(|spec| matches!(spec, Spec::Identity(identity) if identity.always))
    };
    let identities: Vec<&Id> = columns.iter().filter(is_always).collect();
    if statements.is_empty() || identities.is_empty() {
        return statements;
    }
    let set = |word: &str| {
        let action = |id: &&Id| format!("ALTER COLUMN {} SET GENERATED {word}", sql::ident(id.name()));
        let actions: Vec<String> = identities.iter().map(action).collect();
        format!("ALTER TABLE {} {}", identities[0].relation_sql(), actions.join(", "))
    };
    [vec![set("BY DEFAULT")], statements, vec![set("ALWAYS")]].concat()
}

/// The statement that writes the values, where they are what they became; with the names and types that the columns have then.
fn update(
    kept: &Kept,
    table: &Id,
    name: &dyn Fn(&KeptColumn) -> Option<String>,
    data_type: &dyn Fn(&KeptColumn) -> Option<String>,
) -> Option<String> {
    let What::Values { key, columns, .. } = &kept.what else { return None };
    let mut sets = Vec::new();
    for column in columns {
        let name = name(column)?;
        let given = column.given_back(&format!("k.{}", column.sql()), &data_type(column)?);
        sets.push(match column.image {
            Some(_) => format!(
                "{name} = CASE WHEN t.{name}::text IS NOT DISTINCT FROM k.{} THEN {given} ELSE t.{name} END",
                column.image_sql()
            ),
            None => format!("{name} = {given}"),
        });
    }
    let rows = kept.rows_of(table);
    let (source, found) = match key {
        Key::Columns(key) => {
            let names: Vec<String> = key.iter().map(name).collect::<Option<_>>()?;
            let mut names = names.into_iter();
            (kept.archive.clone(), of_a_row(key, |_| names.next().unwrap_or_default()))
        }
        Key::Content(staying) => {
            let images = columns.iter().filter(|column| column.image.is_some());
            let images = images.map(|column| Some(format!("{}::text", name(column)?)));
            let values: Vec<String> = staying.iter().map(name).chain(images).collect::<Option<_>>()?;
            (format!("({})", content::found(&kept.archive, &rows, &values)), content::is_there())
        }
    };
    Some(format!("UPDATE {rows} AS t SET {}\nFROM {source} AS k WHERE {found}", sets.join(", ")))
}
