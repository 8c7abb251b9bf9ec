//! Columns that are added to tables with rows, and columns that refuse NULL from now on.

use kinds::kinds::column::{Column, accepting_null};
use kinds::kinds::identity::comes_later;
use kinds::{Demand, Id, Kind, Lock, Mend, ObjectKind, Rows, Spec, Statement, Work};

use super::undisturbed::updated_undisturbed;
use crate::Request;
use crate::changes::{Action, Changes};
use crate::rules::batches;

/// `ADD COLUMN` for a table that has rows: with its default, so that they get it; then the values of the `backfill`, written by a
/// rewrite that fires no trigger and is filtered by no policy; then NOT NULL.
pub(crate) fn column_with_values(
    request: &Request<'_>,
    column: &Column,
    id: &Id,
    backfill: Option<&str>,
) -> Vec<Statement> {
    let context = request.context();
    let Some(backfill) = backfill else { return column.create(id, &context) };
    let (table, name) = (id.relation_sql(), sql::ident(id.name()));
    let not_null = request.to.children_of_kind(id, Kind::NotNull).into_iter().next();
    let mut statements = vec![without_not_null(request, column, id)];
    if batches::of_new_column(request, id).is_some() {
        statements.push(batches::marked(id));
        statements.extend(column.settings(id, &context));
        return statements;
    }
    // A subquery cannot stand in USING.
    let update = format!("UPDATE {table} SET {name} = ({backfill})");
    let updates = if sql::contains_subquery(backfill) {
        updated_undisturbed(request.from, id.top(), [update])
    } else {
        Vec::new()
    };
    let using = format!("ALTER COLUMN {name} TYPE {} USING ({backfill})", column.data_type);
    match updates.is_empty() {
        true => statements.push(Statement::alter_table(&table, using).work(Work::Rewrite).pass(1)),
        false => statements.extend(
            updates
                .into_iter()
                .map(|sql| Statement::new(sql).lock(Lock::AccessExclusive, &table).work(Work::Rewrite)),
        ),
    }
    statements.extend(column.settings(id, &context).into_iter().map(|statement| statement.pass(2)));
    if let Some(not_null) = not_null {
        if let Some(first) = statements.first_mut() {
            first.demands.extend(demand(id, backfill, None));
        }
        statements.extend(
            not_null.spec.create(&not_null.id, &context).into_iter().map(|statement| statement.pass(2)),
        );
    }
    statements
}

/// That a backfill yields a value for the rows that need one, as far as that can be asked before the plan has changed anything: where it
/// is made of the row alone and of PostgreSQL's own functions.
pub(crate) fn demand(column: &Id, backfill: &str, needed: Option<&str>) -> Option<Demand> {
    let is_own = |function: &Vec<String>| match function.as_slice() {
        [schema, _] => schema == "pg_catalog",
        parts => parts.len() == 1,
    };
    let (table, name) = (column.top(), sql::ident(column.name()));
    // The rows are asked for under another name of their table.
    let is_qualified = sql::words(backfill).iter().any(|word| word.text == table.name());
    if is_qualified || sql::contains_subquery(backfill) || !sql::functions_called(backfill).iter().all(is_own)
    {
        return None;
    }
    let columns = sql::columns_of(backfill).iter().map(|name| table.child(Kind::Column, name)).collect();
    let needed = needed.map(|needed| format!("{needed} AND ")).unwrap_or_default();
    let rows = Rows::Where {
        condition: format!("{needed}({backfill}) IS NULL"),
        what: format!("for which the backfill of {name} yields NULL"),
        mend: Mend::Declare(format!("let the backfill of {name} say what they get: coalesce(..., ...)")),
    };
    Some(Demand { relation: table.clone(), only: false, columns, rows })
}

/// A column that gets the values that it had, and refuses NULL only then.
pub(crate) fn nullable_column(request: &Request<'_>, column: &Column, id: &Id) -> Vec<Statement> {
    let accepting = Column { data_type: accepting_null(column, request.to).to_owned(), ..column.clone() };
    let mut statements = vec![without_not_null(request, &accepting, id)];
    statements.extend(column.settings(id, &request.context()));
    statements
}

/// `ADD COLUMN` without `NOT NULL`.
fn without_not_null(request: &Request<'_>, column: &Column, id: &Id) -> Statement {
    let context = request.context();
    let clause = column.clause(id, &context, !comes_later(id, &context));
    let not_null = request.to.children_of_kind(id, Kind::NotNull).into_iter().next();
    let nullable = match not_null.map(|object| (&object.spec, &object.id)) {
        Some((Spec::NotNull(not_null), id)) => {
            clause.strip_suffix(&not_null.clause(id, &context)).unwrap_or(&clause)
        }
        _ => &clause,
    };
    Statement::alter_table(&id.relation_sql(), format!("ADD COLUMN {nullable}"))
}

/// What is lost where nothing is kept of rows that had NULL.
pub(crate) fn which_had_null(relation: &str, name: &str) -> String {
    format!("which rows of {relation} had NULL in {name} is not kept anywhere")
}

/// What rows get in a column that is there and refuses NULL from this round on, where they have NULL in it.
pub(crate) fn for_nulls<'r>(request: &Request<'r>, changes: &Changes, column: &Id) -> Option<&'r str> {
    let backfill = request.directives.backfills.get(column)?;
    let not_null = request.to.children_of_kind(column, Kind::NotNull).into_iter().next()?;
    let comes = matches!(changes.actions.get(&not_null.id), Some(Action::Create))
        && request.from.children_of_kind(column, Kind::NotNull).is_empty();
    let stays = request.from.contains(column) && !changes.goes(column) && !changes.goes(column.top());
    (comes && stays).then_some(backfill.as_str())
}
