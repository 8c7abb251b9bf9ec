//! The rows of a table that has no key are told apart by all that stays of them.
//!
//! Rows that are equal in that get back what is kept of them in any order: nobody can tell which of them was which. A row that is
//! changed meanwhile is another one.

use kinds::kinds::column;
use kinds::{Id, Kind, Spec};

use super::KeptColumn;
use super::find::{comes_back, is_alike};
use crate::Request;
use crate::changes::{Action, Changes};
use crate::rules::backfill;

/// In an archive: a sum over what stays of a row, and its number among those for which that is the same.
pub(super) const KEY: [&str; 2] = ["endstate_row", "endstate_number"];
/// The table that has a row, and its place there: it holds while nobody writes.
pub(super) const PLACE: [&str; 2] = ["endstate_table", "endstate_place"];
/// The system columns that tell that place, with their types.
pub(super) const PLACE_NOW: [(&str, &str); 2] = [("tableoid", "pg_catalog.oid"), ("ctid", "pg_catalog.tid")];

/// The columns that stay, where the rows may be told by these and by what the kept ones come to.
pub(super) fn staying(
    request: &Request<'_>,
    changes: &Changes,
    table: &Id,
    kept: &[KeptColumn],
) -> Option<Vec<KeptColumn>> {
    let mut staying = Vec::new();
    let mut is_converted = kept.iter().any(|kept| kept.image.is_some());
    for object in request.from.children_of_kind(table, Kind::Column) {
        let Spec::Column(column) = &object.spec else { continue };
        let is_kept = kept.iter().any(|kept| kept.whole() == object.id.name());
        let goes = matches!(changes.actions.get(&object.id), Some(Action::Drop));
        if column.generated.is_some() || is_kept || goes {
            continue;
        }
        let Some(Spec::Column(to)) = request.to.get(&object.id).map(|object| &object.spec) else { continue };
        let swapped = object.needs.keys().any(|need| need.kind().is_type() && changes.goes(need));
        let is_filled = backfill::for_nulls(request, changes, &object.id).is_some();
        if swapped || is_filled || changes.goes(&object.id) {
            return None;
        }
        if !is_alike(column, to) {
            if !comes_back(request, changes, object) {
                return None;
            }
            is_converted = true;
        }
        staying.push(KeptColumn::plain(object.id.name(), column, request.from));
    }
    // A value is the same once it has been converted back: before, nobody could tell which rows lack what a column needs.
    let is_needed = |kept: &KeptColumn| {
        let id = table.child(Kind::Column, &kept.name);
        let column = request.from.get(&id).map(|object| &object.spec);
        let needs =
            matches!(column, Some(Spec::Column(column)) if column::needs_value(column, &id, request.from));
        kept.image.is_none() && needs
    };
    let is_hidden = kept.iter().any(KeptColumn::is_one_way) || is_converted && kept.iter().any(is_needed);
    (!is_hidden).then_some(staying)
}

/// What tells a row, for a list of columns: the sum over the values of what stays of it, and its number.
pub(super) fn told(values: &[String]) -> Vec<String> {
    let sum = format!("pg_catalog.md5(ROW({})::text)", values.join(", "));
    let [row, number] = KEY;
    vec![format!("{sum} AS {row}"), format!("pg_catalog.row_number() OVER (PARTITION BY {sum}) AS {number}")]
}

/// Yields what is kept of the rows of a table, each with its place now.
pub(super) fn found(archive: &str, table: &str, values: &[String]) -> String {
    let place = PLACE_NOW.iter().zip(PLACE).map(|((now, _), place)| format!("{now} AS {place}"));
    let list: Vec<String> = place.chain(told(values)).collect();
    format!(
        "SELECT * FROM (SELECT {} FROM {table}) AS r JOIN {archive} AS k USING ({})",
        list.join(", "),
        KEY.join(", ")
    )
}

/// The condition that what is found, `k`, is of the row `t`.
pub(super) fn is_there() -> String {
    let is_it = PLACE_NOW.iter().zip(PLACE).map(|((now, _), place)| format!("k.{place} = t.{now}"));
    is_it.collect::<Vec<_>>().join(" AND ")
}
