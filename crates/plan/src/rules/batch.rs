//! The statement that gives rows their values of a column, a batch at a time.

use kinds::kinds::inheritance;
use kinds::{Hazard, Id, Kind, Lock, Spec, Statement, Work};

use super::undisturbed::updated_undisturbed;
use super::{backfill, batches};
use crate::archive::{self, Kept};
use crate::{Error, Request};

/// Goes through the rows by their key. What somebody has written meanwhile stays; which rows of a column that was there had NULL is `kept`.
pub(super) fn fill(request: &Request<'_>, column: &Id, kept: Option<&Kept>) -> Result<Statement, Error> {
    let impossible = |reason: &str| Error::Impossible { id: column.clone(), reason: reason.to_owned() };
    let directives = request.directives;
    let of_nulls = directives.batches_of_nulls.get(column);
    let size = of_nulls.or(directives.batches.get(column));
    let (Some(backfill), Some(size)) = (directives.backfills.get(column), size) else {
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
    let added = match of_nulls {
        Some(_) => Some(format!("{name} IS NULL")),
        None => batches::as_added(request.to, column),
    };
    let Some(added) = added else {
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
        "UPDATE {relation} SET {name} = ({backfill})\nWHERE {starts} AND (endstate_last OR {ends}) AND {added}"
    );
    let update = kept.map_or_else(|| update.clone(), |kept| archive::kept_with(kept, &update));
    let statements = updated_undisturbed(request.from, table, [update]);
    if statements.is_empty() {
        return Err(impossible("rules of the table would do something else"));
    }
    let indented = |sql: &String| sql::indented(sql, 8).unwrap_or_else(|| sql.clone());
    let statements =
        statements.iter().map(|sql| format!("        {};\n", indented(sql))).collect::<Vec<_>>().concat();
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
    let statement = statement.lock(lock, &relation).work(Work::Scan).outside_of_transaction();
    Ok(match (of_nulls, kept) {
        (Some(_), None) => statement.hazard(Hazard::DataLoss, backfill::which_had_null(&relation, &name)),
        (_, Some(kept)) => Statement { kept: vec![kept.note()], ..statement },
        _ => statement,
    })
}

/// `id < other`, or `(a, b) < (c, d)` for a key of several columns.
fn row_compared(names: &[String], one: &str, operator: &str, other: &str) -> String {
    match names.len() {
        1 => format!("{one} {operator} {other}"),
        _ => format!("({one}) {operator} ({other})"),
    }
}
