//! Rows that have NULL in a column that refuses it from now on: what they get instead, and how they have NULL again.

use kinds::{Hazard, Id, Kind, Lock, Model, Spec, Statement, Work, assignment};

use super::find::{Saving, key, stands_alone};
use super::put_back::{Return, column_now, drop_archive, if_kept};
use super::{Archive, KEPT_AT, Kept, KeptColumn, Key, What, archive_name, content, of_a_row, save};
use crate::Request;
use crate::changes::{Action, Changes};
use crate::round::Verb;
use crate::rules::undisturbed::{has_rules, updated_undisturbed};
use crate::rules::{backfill, batches};

/// What is kept of a table, for each of its columns.
pub(super) fn savings(request: &Request<'_>, changes: &Changes, table: &Id) -> Vec<Saving> {
    let columns = request.from.children_of_kind(table, Kind::Column).into_iter();
    columns.filter_map(|column| saving(request, changes, table, &column.id)).collect()
}

fn saving(request: &Request<'_>, changes: &Changes, table: &Id, column: &Id) -> Option<Saving> {
    let backfill = backfill::for_nulls(request, changes, column)?;
    if goes_with_its_column(request, column) || !can_be_filled(request.start, table) {
        return None;
    }
    // Most have their values by then, and are kept where these came in batches.
    let since = batches::is_filled(request, column).then_some("since");
    let kept = kept(request, changes, table, column, since).or_else(|| {
        // The very value is looked for: what the row alone does not tell might be another one a moment later.
        sql::columns_computed_from(backfill).filter(|_| since.is_none())?;
        by_content(request, changes, table, column)
    })?;
    let saves = vec![(Verb::Fill, column.clone())];
    Some(Saving { statements: save::nulls(request, &kept, backfill), goes: Vec::new(), kept, saves })
}

fn can_be_filled(model: &Model, table: &Id) -> bool {
    stands_alone(model, table) && !has_rules(model, table)
}

fn kept(
    request: &Request<'_>,
    changes: &Changes,
    table: &Id,
    column: &Id,
    since: Option<&str>,
) -> Option<Kept> {
    let Some(Spec::Column(spec)) = request.from.get(column).map(|object| &object.spec) else { return None };
    if !can_be_filled(request.from, table) {
        return None;
    }
    let key = Key::Columns(key(request, changes, table)?);
    let parts: Vec<&str> = [column.name(), "null"].into_iter().chain(since).collect();
    let archive = archive_name(request, table, &parts);
    let what = What::Nulls { key, column: KeptColumn::plain(column.name(), spec, request.from) };
    Some(Kept { of: table.clone(), archive, what, again: Vec::new() })
}

/// The same for a table without a key.
fn by_content(request: &Request<'_>, changes: &Changes, table: &Id, column: &Id) -> Option<Kept> {
    let Some(Spec::Column(spec)) = request.from.get(column).map(|object| &object.spec) else { return None };
    let is_by_key = key(request, changes, table).is_some();
    if is_by_key || !can_be_filled(request.from, table) {
        return None;
    }
    let column = KeptColumn::plain(column.name(), spec, request.from);
    let staying = content::staying(request, changes, table, std::slice::from_ref(&column))?;
    let archive = archive_name(request, table, &[&column.name, "null"]);
    let what = What::Nulls { key: Key::Content(staying), column };
    Some(Kept { of: table.clone(), archive, what, again: Vec::new() })
}

/// Whether the column came with this plan, and had its values in batches: what was written since has NULL at most, and nothing comes back.
fn goes_with_its_column(request: &Request<'_>, column: &Id) -> bool {
    request.forward && request.directives.batches.contains_key(column)
}

/// What is kept of a column whose rows get their values in batches.
pub(crate) fn kept_by_batches(request: &Request<'_>, changes: &Changes, column: &Id) -> Option<Kept> {
    let is_kept =
        !matches!(request.archive, Archive::Off) && request.directives.batches_of_nulls.contains_key(column);
    is_kept.then(|| kept(request, changes, column.top(), column, None))?
}

/// A statement that gives values to such rows, and keeps which they are in the same breath.
pub(crate) fn kept_with(kept: &Kept, update: &str) -> String {
    let What::Nulls { key: Key::Columns(key), column } = &kept.what else { return update.to_owned() };
    let names: Vec<String> = key.iter().map(KeptColumn::sql).collect();
    let values: Vec<String> = names.iter().zip(key).map(|(name, key)| key.as_kept(name)).collect();
    let (names, image) = (names.join(", "), column.image_sql());
    let update = sql::indented(update, 4).unwrap_or_else(|| update.to_owned());
    format!(
        "WITH endstate_filled AS (\n    {update}\n    RETURNING {names}, {}::text AS {image}\n)\n\
         INSERT INTO {} ({names}, {image}, {KEPT_AT})\n\
         SELECT {}, {image}, pg_catalog.now() FROM endstate_filled\n\
         ON CONFLICT ({names}) DO UPDATE SET {image} = excluded.{image}, {KEPT_AT} = excluded.{KEPT_AT}",
        column.sql(),
        kept.archive,
        values.join(", ")
    )
}

/// The statements that give a value to the rows that have NULL: what is kept of them, so that it is the very value that the way back
/// looks for. Empty where that would fire triggers or rules which are not the table's own.
pub(crate) fn fill(
    request: &Request<'_>,
    changes: &Changes,
    column: &Id,
    kept: Option<&Kept>,
) -> Vec<Statement> {
    let Some(backfill) = backfill::for_nulls(request, changes, column) else { return Vec::new() };
    let (table, name) = (column.top(), sql::ident(column.name()));
    let relation = table.sql();
    let update = match kept.map(|kept| (&kept.what, &kept.archive)) {
        Some((What::Nulls { key: Key::Columns(key), column: own }, archive)) => format!(
            "UPDATE {relation} AS t SET {name} = k.{}{}\nFROM {archive} AS k WHERE {}",
            own.image_sql(),
            cast(request, column),
            of_a_row(key, KeptColumn::sql)
        ),
        _ => format!("UPDATE {relation} SET {name} = {backfill} WHERE {name} IS NULL"),
    };
    let lost = backfill::which_had_null(&relation, &name);
    let statement = |sql: String| {
        let is_update = sql == update;
        let statement = Statement::new(sql).lock(Lock::ShareRowExclusive, &relation);
        match is_update {
            true if goes_with_its_column(request, column) => statement.work(Work::Scan),
            true => statement.work(Work::Scan).hazard(Hazard::DataLoss, &lost),
            false => statement,
        }
    };
    let mut statements: Vec<Statement> =
        updated_undisturbed(request.from, table, [update.clone()]).into_iter().map(statement).collect();
    if let Some(last) = statements.last_mut() {
        last.demands.extend(backfill::demand(column, backfill, Some(&format!("t.{name} IS NULL"))));
    }
    statements
}

/// On the way back: NULL again, in the rows that still have what they got.
pub(super) fn come_back(
    request: &Request<'_>,
    changes: &Changes,
    kept: &Kept,
    table: &Id,
    (key, column): (&Key, &KeptColumn),
) -> Option<Return> {
    let own = column_now(request, kept, table, column)?;
    let not_null = request.from.children_of_kind(&own.id, Kind::NotNull).into_iter().next();
    let accepts =
        not_null.is_some_and(|not_null| matches!(changes.actions.get(&not_null.id), Some(Action::Drop)));
    if !accepts && !batches::goes_back_before(changes, &table.child(Kind::Column, &column.name)) {
        return None;
    }
    let (relation, name) = (table.sql(), sql::ident(own.id.name()));
    let told_by = match key {
        Key::Columns(columns) | Key::Content(columns) => columns,
    };
    let told_by: Vec<Id> = told_by
        .iter()
        .map(|key| Some(column_now(request, kept, table, key)?.id.clone()))
        .collect::<Option<_>>()?;
    let names = told_by.iter().map(|id| sql::ident(id.name()));
    let (source, found, read) = match key {
        Key::Columns(key) => {
            let mut names = names;
            let found = of_a_row(key, |_| names.next().unwrap_or_default());
            (kept.archive.clone(), found, None)
        }
        Key::Content(_) => {
            let values: Vec<String> = names.chain([format!("{name}::text")]).collect();
            let source = format!("({})", content::found(&kept.archive, &relation, &values));
            (source, content::is_there(), Some(told_by))
        }
    };
    let update = format!(
        "UPDATE {relation} AS t SET {name} = NULL FROM {source} AS k WHERE {found} AND t.{name}::text = k.{}",
        column.image_sql()
    );
    let statements = [updated_undisturbed(request.from, table, [update]), vec![drop_archive(kept)]].concat();
    let statement = if_kept(kept, &statements).lock(Lock::ShareRowExclusive, &relation).work(Work::Scan);
    Some(Return { read, ..Return::of(own.id.clone(), vec![statement]) })
}

/// From text to the column's type without its modifier: a value that is too long for it is refused, not cut off.
fn cast(request: &Request<'_>, column: &Id) -> String {
    let data_type = match request.to.get(column).map(|object| &object.spec) {
        Some(Spec::Column(column)) => column.data_type.as_str(),
        _ => "text",
    };
    let unmodified = assignment::unmodified(data_type);
    if unmodified == "text" { String::new() } else { format!("::{unmodified}") }
}
