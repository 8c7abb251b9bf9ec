//! How a collation changes under columns: a new one takes its place, and the columns keep their values.

use std::collections::BTreeMap;

use kinds::{Id, Kind, Lock, Object, Spec, Statement, Work};

use crate::Request;
use crate::changes::{Action, Changes};

/// PostgreSQL cannot change a collation, and to drop it would take the columns that use it along.
pub(crate) fn swap(request: &Request<'_>, changes: &mut Changes) {
    let replaced = |(id, action): (&Id, &Action)| {
        (id.kind() == Kind::Collation && matches!(action, Action::Replace { .. })).then(|| id.clone())
    };
    let collations: Vec<Id> = changes.actions.iter().filter_map(replaced).collect();
    for id in collations {
        let columns: Vec<&Object> =
            request.from.dependents(&id).filter(|object| keeps_values(object, changes)).collect();
        let Some(Spec::Collation(to)) = request.to.get(&id).map(|object| &object.spec) else { continue };
        if columns.is_empty() {
            continue;
        }
        let new = id.renamed(format!("{}_new", id.name()));
        let mut statements = kinds::ObjectKind::create(to, &new, &request.context());
        statements.extend(retyped(&columns, &new));
        statements.push(Statement::new(format!("DROP COLLATION {}", id.sql())));
        statements.push(Statement::new(format!(
            "ALTER COLLATION {} RENAME TO {}",
            new.sql(),
            sql::ident(id.name())
        )));
        for object in
            request.from.dependents(&id).filter(|object| !columns.iter().any(|column| column.id == object.id))
        {
            super::type_swap::go_and_come_back(request, changes, object, &id);
        }
        changes.alone.extend(columns.iter().map(|column| column.id.clone()));
        changes.actions.insert(id.clone(), Action::Alter(statements));
        super::type_swap::remake_parts(request, changes, &id);
    }
}

fn keeps_values(object: &Object, changes: &Changes) -> bool {
    matches!(&object.spec, Spec::Column(column) if column.generated.is_none() && !column.inherited)
        && !changes.goes(&object.id)
}

/// `ALTER COLUMN name TYPE text COLLATE name_new`, a statement a table. Rows are not written anew, indexes are.
fn retyped(columns: &[&Object], new: &Id) -> Vec<Statement> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in columns {
        let Spec::Column(column) = &object.spec else { continue };
        let action = format!(
            "ALTER COLUMN {} TYPE {} COLLATE {}",
            sql::ident(object.id.name()),
            column.data_type,
            new.sql()
        );
        tables.entry(object.id.relation_sql()).or_default().push(action);
    }
    let alter = |(table, actions): (String, Vec<String>)| {
        Statement::new(format!("ALTER TABLE {table}\n    {}", actions.join(",\n    ")))
            .lock(Lock::AccessExclusive, table)
            .work(Work::Build)
    };
    tables.into_iter().map(alter).collect()
}
