//! Columns that are added to tables with rows.

use kinds::kinds::column::Column;
use kinds::{Id, Kind, ObjectKind, Spec, Statement, Work};

use crate::Request;

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
    let clause = column.clause(id, request.to, true);
    let nullable = match not_null.map(|object| (&object.spec, &object.id)) {
        Some((Spec::NotNull(not_null), id)) => clause.strip_suffix(&not_null.clause(id)).unwrap_or(&clause),
        _ => &clause,
    };
    let using = format!("ALTER COLUMN {name} TYPE {} USING ({backfill})", column.data_type);
    let mut statements = vec![
        Statement::alter_table(&table, format!("ADD COLUMN {nullable}")),
        Statement::alter_table(&table, using).work(Work::Rewrite).pass(1),
    ];
    statements.extend(column.settings(id, &context).into_iter().map(|statement| statement.pass(2)));
    if let Some(not_null) = not_null {
        statements.extend(
            not_null.spec.create(&not_null.id, &context).into_iter().map(|statement| statement.pass(2)),
        );
    }
    statements
}
