//! Rows that have NULL in a column that refuses it from now on: what they get instead, and how they have NULL again.

use kinds::{Hazard, Id, Kind, Lock, Model, Spec, Statement, Work};

use super::find::{Saving, key, stands_alone};
use super::put_back::{Return, column_now, drop_archive, if_kept};
use super::{Kept, KeptColumn, What, archive_name, save};
use crate::Request;
use crate::changes::{Action, Changes};
use crate::round::Verb;
use crate::rules::backfill;
use crate::rules::undisturbed::undisturbed;

/// What is kept of a table, for each of its columns.
pub(super) fn savings(request: &Request<'_>, changes: &Changes, table: &Id) -> Vec<Saving> {
    let columns = request.from.children_of_kind(table, Kind::Column).into_iter();
    columns.filter_map(|column| saving(request, changes, table, &column.id)).collect()
}

fn saving(request: &Request<'_>, changes: &Changes, table: &Id, column: &Id) -> Option<Saving> {
    let backfill = backfill::for_nulls(request, changes, column)?;
    if goes_with_its_column(request, column) {
        return None;
    }
    let Some(Spec::Column(spec)) = request.from.get(column).map(|object| &object.spec) else { return None };
    let can_be_filled =
        |model: &Model| stands_alone(model, table) && !undisturbed(model, table, String::new()).is_empty();
    if !can_be_filled(request.from) || !can_be_filled(request.start) {
        return None;
    }
    let key = key(request, changes, table)?;
    let archive = archive_name(request, table, &[column.name(), "null"]);
    let column_kept = KeptColumn::plain(column.name(), spec, request.from);
    let what = What::Nulls { key, column: column_kept };
    let kept = Kept { of: table.clone(), archive, what, again: Vec::new() };
    let saves = vec![(Verb::Fill, column.clone())];
    Some(Saving { statements: save::nulls(request, &kept, backfill), goes: Vec::new(), kept, saves })
}

/// Whether the column came with this plan, and had its values in batches: what was written since has NULL at most, and nothing comes back.
fn goes_with_its_column(request: &Request<'_>, column: &Id) -> bool {
    request.forward && request.directives.batches.contains_key(column)
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
        Some((What::Nulls { key, column: own }, archive)) => format!(
            "UPDATE {relation} AS t SET {name} = k.{}{}\nFROM {archive} AS k WHERE {}",
            own.image_sql(),
            cast(request, column),
            of_a_row(key, KeptColumn::sql)
        ),
        _ => format!("UPDATE {relation} SET {name} = {backfill} WHERE {name} IS NULL"),
    };
    let lost = format!("which rows of {relation} had NULL in {name} is not kept anywhere");
    let statement = |sql: String| {
        let is_update = sql == update;
        let statement = Statement::new(sql).lock(Lock::ShareRowExclusive, &relation);
        match is_update {
            true if goes_with_its_column(request, column) => statement.work(Work::Scan),
            true => statement.work(Work::Scan).hazard(Hazard::DataLoss, &lost),
            false => statement,
        }
    };
    undisturbed(request.from, table, update.clone()).into_iter().map(statement).collect()
}

/// On the way back: NULL again, in the rows that still have what they got.
pub(super) fn come_back(
    request: &Request<'_>,
    changes: &Changes,
    kept: &Kept,
    table: &Id,
    (key, column): (&[KeptColumn], &KeptColumn),
) -> Option<Return> {
    let own = column_now(request, kept, table, column)?;
    let not_null = request.from.children_of_kind(&own.id, Kind::NotNull).into_iter().next()?;
    if !matches!(changes.actions.get(&not_null.id), Some(Action::Drop)) {
        return None;
    }
    let names: Vec<String> = key
        .iter()
        .map(|key| Some(sql::ident(column_now(request, kept, table, key)?.id.name())))
        .collect::<Option<_>>()?;
    let (relation, name) = (table.sql(), sql::ident(own.id.name()));
    let mut names = names.into_iter();
    let update = format!(
        "UPDATE {relation} AS t SET {name} = NULL FROM {} AS k WHERE {} AND t.{name}::text = k.{}",
        kept.archive,
        of_a_row(key, |_| names.next().unwrap_or_default()),
        column.image_sql()
    );
    let statements = [undisturbed(request.from, table, update), vec![drop_archive(kept)]].concat();
    let statement = if_kept(kept, &statements).lock(Lock::ShareRowExclusive, &relation).work(Work::Scan);
    Some(Return {
        id: own.id.clone(),
        statements: vec![statement],
        columns: Vec::new(),
        nullable: Vec::new(),
    })
}

/// The condition that what is kept, `k`, is of the row `t`.
fn of_a_row(key: &[KeptColumn], mut name: impl FnMut(&KeptColumn) -> String) -> String {
    let found: Vec<String> = key
        .iter()
        .map(|key| format!("k.{} = {}", key.sql(), key.as_kept(&format!("t.{}", name(key)))))
        .collect();
    found.join(" AND ")
}

/// From text to the column's type without its modifier: a value that is too long for it is refused, not cut off.
fn cast(request: &Request<'_>, column: &Id) -> String {
    let data_type = match request.to.get(column).map(|object| &object.spec) {
        Some(Spec::Column(column)) => column.data_type.as_str(),
        _ => "text",
    };
    let unmodified = match (data_type.find('('), data_type.find(')')) {
        (Some(start), Some(end)) => format!("{}{}", &data_type[..start], &data_type[end + 1..]),
        _ => data_type.to_owned(),
    };
    if unmodified == "text" { String::new() } else { format!("::{unmodified}") }
}
