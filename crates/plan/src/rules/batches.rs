//! Values that the rows get of a new column, a batch at a time, each in a transaction of its own, so that nobody waits for long.
//!
//! The column comes first, with a check that says that it waits for its values; then the values, in a script that is no transaction and
//! ends by dropping the check; then all that needs the column. Where that script is interrupted, the check is still there.

use std::collections::BTreeSet;

use kinds::kinds::{inheritance, range_type};
use kinds::{Id, Kind, Lock, Model, Spec, Statement, Work};

use super::undisturbed::undisturbed;
use crate::changes::{Action, Changes};
use crate::{Error, Request, Round, Step, Verb};

/// What the name of such a check starts with.
const MARK: &str = "endstate_fills_";

/// Whether any column of a catalog waits for its values.
pub(crate) fn any_waits(model: &Model) -> bool {
    model.ids().any(is_mark)
}

/// Whether something is such a check.
pub(crate) fn is_mark(id: &Id) -> bool {
    id.kind() == Kind::Constraint && id.name().starts_with(MARK)
}

fn mark(column: &Id) -> Id {
    let name = format!("{MARK}{}", range_type::clipped(column.name(), 45));
    column.top().child(Kind::Constraint, &name)
}

/// How many rows a batch has, where a column that comes gets its values so.
pub(crate) fn of_new_column(request: &Request<'_>, column: &Id) -> Option<u32> {
    let there = |model: &Model| model.contains(column.top());
    let size = request.directives.batches.get(column).copied();
    size.filter(|_| request.forward && there(request.start) && there(request.from))
}

/// What a row has in such a column before it has its value, as a condition.
fn as_added(model: &Model, column: &Id) -> Option<String> {
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
        sql::literal(mark(column).name())
    );
    Some(format!("{} AND {marked}", as_added(model, column)?))
}

/// The check that comes with such a column.
pub(crate) fn marked(column: &Id) -> Statement {
    let (table, name) = (column.relation_sql(), sql::ident(column.name()));
    let check = sql::ident(mark(column).name());
    Statement::alter_table(
        &table,
        format!("ADD CONSTRAINT {check} CHECK ({name} IS NULL OR {name} IS NOT NULL) NOT VALID"),
    )
}

/// Takes out of the changes what must wait for values; the script that writes some, which is next where nothing else is left to do.
pub(crate) fn postpone(request: &Request<'_>, changes: &mut Changes) -> Result<Option<Round>, Error> {
    if !request.forward {
        // It goes with its column.
        changes.actions.retain(|id, _| !is_mark(id));
        return Ok(None);
    }
    let has_mark = |column: &&Id| request.from.contains(&mark(column));
    let comes = |column: &&Id| {
        matches!(changes.actions.get(column), Some(Action::Create))
            && of_new_column(request, column).is_some()
    };
    let all = || request.directives.batches.keys();
    let waits = all().any(|column| has_mark(&column));
    // Where one waits, what needs the others waits with it, so that it takes no script in between.
    let filled = |column: &&Id| waits && request.from.contains(column);
    let columns: BTreeSet<&Id> = all().filter(|column| filled(column) || comes(column)).collect();
    let Some(first) = all().find(has_mark).or_else(|| columns.first().copied()) else {
        return Ok(None);
    };
    let fills = round(request, first)?;
    let mut waiting: BTreeSet<Id> = columns.iter().map(|column| mark(column)).collect();
    // Values may be made of columns that go.
    let tables: BTreeSet<&Id> = columns.iter().map(|column| column.top()).collect();
    let going = |(id, action): &(&Id, &Action)| {
        id.kind() == Kind::Column && tables.contains(id.top()) && matches!(action, Action::Drop)
    };
    waiting.extend(changes.actions.iter().filter(going).map(|(id, _)| id.clone()));
    let spared = |id: &Id| columns.contains(id) || id.kind() == Kind::ColumnDefault;
    changes.postpone(request, waiting, |need| columns.contains(need), spared);
    Ok(columns.iter().any(has_mark).then_some(fills))
}

/// The values of one column, and that it waits no more.
fn round(request: &Request<'_>, column: &Id) -> Result<Round, Error> {
    let step = Step::new(
        Verb::Fill,
        column,
        fill(request, column)?,
        Some("a batch at a time, as the YAML says".to_owned()),
    );
    let (table, check) = (column.relation_sql(), mark(column));
    let drop = format!("ALTER TABLE {table} DROP CONSTRAINT {}", sql::ident(check.name()));
    let drop = Statement::new(drop).lock(Lock::AccessExclusive, &table);
    Ok(Round::new(vec![step, Step::new(Verb::Drop, &check, drop, None)], true))
}

/// Goes through the rows by their key. What somebody has written meanwhile stays.
fn fill(request: &Request<'_>, column: &Id) -> Result<Statement, Error> {
    let impossible = |reason: &str| Error::Impossible { id: column.clone(), reason: reason.to_owned() };
    let directives = request.directives;
    let (Some(backfill), Some(size)) = (directives.backfills.get(column), directives.batches.get(column))
    else {
        return Err(impossible("`backfill_batch` needs a `backfill`"));
    };
    let table = column.top();
    let partitioned = matches!(request.from.get(table).map(|object| &object.spec), Some(Spec::Table(spec)) if spec.partition_by.is_some());
    let key = request.from.children_of_kind(table, Kind::Constraint).into_iter().find_map(|object| {
        match &object.spec {
            Spec::Constraint(constraint) => constraint.primary_key(),
            _ => None,
        }
    });
    let key = key.filter(|_| partitioned || !inheritance::has_children(request.from, Some(table)));
    let Some(key) = key else {
        return Err(impossible(
            "batches go through the rows by the primary key, and the table has none of all its rows",
        ));
    };
    let (relation, name) = (table.sql(), sql::ident(column.name()));
    let Some(added) = as_added(request.to, column) else {
        return Err(impossible(
            "its default gives another value each time, so that nobody knows which rows still have it",
        ));
    };
    let names: Vec<String> = key.iter().map(|name| sql::ident(name)).collect();
    let listed = |prefix: &str| {
        let names = (0..names.len()).map(|number| format!("{prefix}_{}", number + 1));
        names.collect::<Vec<_>>().join(", ")
    };
    let (key, from, until) = (names.join(", "), listed("endstate_from"), listed("endstate_until"));
    let (starts, ends) = (row_compared(&names, &key, ">=", &from), row_compared(&names, &key, "<", &until));
    let declared = |prefix: &str| -> String {
        let of = |(number, name): (usize, &String)| {
            format!("    {prefix}_{} {relation}.{name}%TYPE;\n", number + 1)
        };
        names.iter().enumerate().map(of).collect()
    };
    let update = format!(
        "UPDATE {relation} SET {name} = ({backfill})\n        WHERE {starts} AND (endstate_last OR {ends}) AND {added}"
    );
    let statements = undisturbed(request.from, table, update);
    if statements.is_empty() {
        return Err(impossible("rules of the table would do something else"));
    }
    let statements = statements.iter().map(|sql| format!("        {sql};\n")).collect::<Vec<_>>().concat();
    let body = format!(
        "\nDECLARE\n    endstate_last boolean;\n{}{}BEGIN\n    \
         SELECT {key} INTO {from} FROM {relation} ORDER BY {key} LIMIT 1;\n    \
         LOOP\n        \
         SELECT {key} INTO {until} FROM {relation} WHERE {starts} ORDER BY {key} OFFSET {size} LIMIT 1;\n        \
         endstate_last := NOT FOUND;\n\
         {statements}        COMMIT;\n        \
         EXIT WHEN endstate_last;\n        \
         SELECT {until} INTO {from};\n    \
         END LOOP;\nEND;\n",
        declared("endstate_from"),
        declared("endstate_until"),
    );
    let lock = if statements.contains("ALTER TABLE") { Lock::ShareRowExclusive } else { Lock::RowExclusive };
    let statement = Statement::new(format!("DO {}", sql::dollar_tagged("endstate", &body)));
    Ok(statement.lock(lock, relation).work(Work::Scan).outside_of_transaction())
}

/// `id < other`, or `(a, b) < (c, d)` for a key of several columns.
fn row_compared(names: &[String], one: &str, operator: &str, other: &str) -> String {
    match names.len() {
        1 => format!("{one} {operator} {other}"),
        _ => format!("({one}) {operator} ({other})"),
    }
}
