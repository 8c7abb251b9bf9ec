//! Columns that are added to tables with rows, and columns that refuse NULL from now on.

use kinds::kinds::column::Column;
use kinds::{Id, Kind, Lock, ObjectKind, Spec, Statement, Work};

use super::undisturbed::undisturbed;
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
    let updates =
        if is_subquery(backfill) { undisturbed(request.from, id.top(), update) } else { Vec::new() };
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
        statements.extend(
            not_null.spec.create(&not_null.id, &context).into_iter().map(|statement| statement.pass(2)),
        );
    }
    statements
}

fn is_subquery(expression: &str) -> bool {
    expression.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "select")
}

/// A column that gets the values that it had, and refuses NULL only then.
pub(crate) fn nullable_column(request: &Request<'_>, column: &Column, id: &Id) -> Vec<Statement> {
    let mut statements = vec![without_not_null(request, column, id)];
    statements.extend(column.settings(id, &request.context()));
    statements
}

/// `ADD COLUMN` without `NOT NULL`.
fn without_not_null(request: &Request<'_>, column: &Column, id: &Id) -> Statement {
    let context = request.context();
    let clause = column.clause(id, &context, true);
    let not_null = request.to.children_of_kind(id, Kind::NotNull).into_iter().next();
    let nullable = match not_null.map(|object| (&object.spec, &object.id)) {
        Some((Spec::NotNull(not_null), id)) => {
            clause.strip_suffix(&not_null.clause(id, &context)).unwrap_or(&clause)
        }
        _ => &clause,
    };
    Statement::alter_table(&id.relation_sql(), format!("ADD COLUMN {nullable}"))
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
