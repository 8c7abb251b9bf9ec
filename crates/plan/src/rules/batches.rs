//! Values that the rows get a batch at a time, each in a transaction of its own, so that nobody waits for long: of a column that comes, or
//! where they have NULL in one that refuses it from now on.
//!
//! First comes a check that says that the column waits for its values, with the column where that is new; then the values, in a script
//! that is no transaction and ends by dropping the check; then all that needs the column. Where that script is interrupted, the check is
//! still there. A column that was there before has another check when it has its values, so that the database is seen to stand behind
//! that script; what was written as NULL since gets its value together with `NOT NULL`.

use std::collections::BTreeSet;

use kinds::kinds::range_type;
use kinds::{Id, Kind, Lock, Model, Spec, Statement};

use super::{backfill, batch};
use crate::archive;
use crate::changes::{Action, Changes};
use crate::{Error, Request, Round, Step, Verb};

/// What the names of such checks start with: of a column that comes, of one that is there, and of that one when it has its values.
const COMES: &str = "endstate_fills_";
const WAITS: &str = "endstate_waits_";
const FILLED: &str = "endstate_filled_";
const ALL: [&str; 3] = [COMES, WAITS, FILLED];

/// Whether any column of a catalog that has come waits for its values.
pub(crate) fn any_waits(model: &Model) -> bool {
    model.ids().any(|id| is_mark_of(id, COMES))
}

/// Whether a column waits for its values, or has just got them, in a catalog that scripts have been interrupted in.
pub fn waits_for_values(model: &Model, column: &Id) -> bool {
    ALL.iter().any(|prefix| model.contains(&mark(column, prefix)))
}

/// Whether something is such a check.
pub(crate) fn is_mark(id: &Id) -> bool {
    ALL.iter().any(|prefix| is_mark_of(id, prefix))
}

fn is_mark_of(id: &Id, prefix: &str) -> bool {
    id.kind() == Kind::Constraint && id.name().starts_with(prefix)
}

fn mark(column: &Id, prefix: &str) -> Id {
    let name = format!("{prefix}{}", range_type::clipped(column.name(), 45));
    column.top().child(Kind::Constraint, &name)
}

/// How many rows a batch has, where a column that comes gets its values so.
pub(crate) fn of_new_column(request: &Request<'_>, column: &Id) -> Option<u32> {
    let there = |model: &Model| model.contains(column.top());
    let size = request.directives.batches.get(column).copied();
    size.filter(|_| request.forward && there(request.start) && there(request.from))
}

/// Whether a column that was there before has its values by now, but for what was written as NULL since.
pub(crate) fn is_filled(request: &Request<'_>, column: &Id) -> bool {
    request.from.contains(&mark(column, FILLED))
}

/// Whether a way back comes to where such a column did not have its values yet; it is told by the name that it had when they came.
pub(crate) fn goes_back_before(changes: &Changes, column: &Id) -> bool {
    matches!(changes.actions.get(&mark(column, WAITS)), Some(Action::Drop))
}

/// What a row has in such a column before it has its value, as a condition.
pub(super) fn as_added(model: &Model, column: &Id) -> Option<String> {
    let name = sql::ident(column.name());
    match model.get(&column.child(Kind::ColumnDefault, "")).map(|object| &object.spec) {
        Some(Spec::ColumnDefault(default)) => {
            let value = &default.expression;
            let value = if value.ends_with("::text") { value.clone() } else { format!("({value})::text") };
            sql::columns_computed_from(&default.expression)
                .map(|_| format!("{name}::text IS NOT DISTINCT FROM {value}"))
        }
        _ => Some(format!("{name} IS NULL")),
    }
}

/// The condition that a row still waits for its value, at whatever boundary the database stands.
pub(crate) fn waits(model: &Model, column: &Id) -> Option<String> {
    let marked = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = {}::pg_catalog.regclass AND conname = {})",
        sql::literal(&column.relation_sql()),
        sql::literal(mark(column, COMES).name())
    );
    Some(format!("{} AND {marked}", as_added(model, column)?))
}

/// The check that says that a column waits.
pub(crate) fn marked(column: &Id) -> Statement {
    add_mark(column, COMES)
}

fn add_mark(column: &Id, prefix: &str) -> Statement {
    let (table, name) = (column.relation_sql(), sql::ident(column.name()));
    let check = sql::ident(mark(column, prefix).name());
    Statement::alter_table(
        &table,
        format!("ADD CONSTRAINT {check} CHECK ({name} IS NULL OR {name} IS NOT NULL) NOT VALID"),
    )
}

/// Takes out of the changes what must wait for values; the round that writes some, or that prepares for it, which is next where nothing
/// else is left to do.
pub(crate) fn postpone(request: &Request<'_>, changes: &mut Changes) -> Result<Option<Round>, Error> {
    if !request.forward {
        // It goes with its column.
        changes.actions.retain(|id, _| !is_mark_of(id, COMES));
        return Ok(None);
    }
    let has_mark = |column: &&Id| waiting_mark(request, column).is_some();
    let comes = |column: &&Id| {
        matches!(changes.actions.get(column), Some(Action::Create))
            && of_new_column(request, column).is_some()
    };
    let of_nulls = &request.directives.batches_of_nulls;
    let refuses = |column: &&Id| {
        of_nulls.contains_key(*column)
            && !is_filled(request, column)
            && backfill::for_nulls(request, changes, column).is_some()
    };
    let all = || request.directives.batches.keys().chain(of_nulls.keys());
    let waits = all().any(|column| has_mark(&column));
    // Where one waits, what needs the others waits with it, so that it takes no script in between.
    let done = |column: &&Id| waits && request.from.contains(column);
    let columns: BTreeSet<&Id> =
        all().filter(|column| done(column) || comes(column) || refuses(column)).collect();
    let next = match all().find(has_mark) {
        _ if columns.is_empty() => return Ok(None),
        Some(first) => Some(values(request, changes, first)?),
        None => prepared(request, changes, columns.iter().copied().filter(refuses).collect())?,
    };
    let marks = |column: &Id| ALL.map(|prefix| mark(column, prefix));
    let mut waiting: BTreeSet<Id> = columns.iter().flat_map(|column| marks(column)).collect();
    // Values may be made of columns that go.
    let tables: BTreeSet<&Id> = columns.iter().map(|column| column.top()).collect();
    let going = |(id, action): &(&Id, &Action)| {
        id.kind() == Kind::Column && tables.contains(id.top()) && matches!(action, Action::Drop)
    };
    waiting.extend(changes.actions.iter().filter(going).map(|(id, _)| id.clone()));
    let spared = |id: &Id| columns.contains(id) || id.kind() == Kind::ColumnDefault;
    changes.postpone(request, waiting, |need| columns.contains(need), spared);
    Ok(next)
}

/// The check that says that a column waits for its values, where there is one.
fn waiting_mark(request: &Request<'_>, column: &Id) -> Option<Id> {
    [COMES, WAITS].map(|prefix| mark(column, prefix)).into_iter().find(|mark| request.from.contains(mark))
}

/// The checks of columns that are there, and what of their rows is kept.
fn prepared(request: &Request<'_>, changes: &Changes, columns: Vec<&Id>) -> Result<Option<Round>, Error> {
    let mut round = Round::new(Vec::new(), true);
    for column in columns {
        // Whether that can be done is said before anything is.
        batch::fill(request, column, None)?;
        if let Some(kept) = archive::kept_by_batches(request, changes, column) {
            let statements = archive::room_for(request, &kept);
            let save = |statement| Step::new(Verb::Save, column, statement, None);
            round.steps.extend(statements.into_iter().map(save));
            round.kept.push(kept);
        }
        let check = mark(column, WAITS);
        let mut add = add_mark(column, WAITS);
        let null = format!("t.{} IS NULL", sql::ident(column.name()));
        let backfill = request.directives.backfills.get(column);
        add.demands.extend(backfill.and_then(|value| backfill::demand(column, value, Some(&null))));
        round.steps.push(Step::new(Verb::Create, &check, add, None));
    }
    Ok((!round.steps.is_empty()).then_some(round))
}

/// The values of one column, and that it waits no more.
fn values(request: &Request<'_>, changes: &Changes, column: &Id) -> Result<Round, Error> {
    let why = Some("a batch at a time, as the YAML says".to_owned());
    let kept = archive::kept_by_batches(request, changes, column);
    let fill = Step::new(Verb::Fill, column, batch::fill(request, column, kept.as_ref())?, why);
    let (waits, filled) = (mark(column, WAITS), mark(column, FILLED));
    let altered = |action: String| {
        let table = column.relation_sql();
        Statement::new(format!("ALTER TABLE {table} {action}")).lock(Lock::AccessExclusive, &table)
    };
    let name = |check: &Id| sql::ident(check.name());
    let done = if request.from.contains(&waits) {
        let rename = altered(format!("RENAME CONSTRAINT {} TO {}", name(&waits), name(&filled)));
        Step::rename(&waits, &filled, rename)
    } else {
        let check = mark(column, COMES);
        Step::new(Verb::Drop, &check, altered(format!("DROP CONSTRAINT {}", name(&check))), None)
    };
    Ok(Round::new(vec![fill, done], true))
}
