//! How an enum type changes: by renaming and adding values, or by a new type that takes its place.

use std::collections::{BTreeMap, BTreeSet};

use kinds::kinds::enum_type::Enum;
use kinds::{EnumDirective, Guard, Id, Kind, Lock, Object, Spec, Statement, Strategy, Work};

use crate::changes::{Action, Changes};
use crate::round::{Step, Verb};
use crate::{Error, Request};

/// The enum types that differ, with what the YAML says about them.
fn changed<'a>(request: &'a Request<'_>) -> Vec<(&'a Id, &'a Enum, &'a Enum, EnumDirective)> {
    let mut changed = Vec::new();
    for object in request.to.objects().filter(|object| (request.managed)(&object.id)) {
        let from = request.from.get(&object.id).map(|from| &from.spec);
        if let (Some(Spec::Enum(from)), Spec::Enum(to)) = (from, &object.spec)
            && from != to
        {
            let directive = request.directives.enums.get(&object.id).cloned().unwrap_or_default();
            changed.push((&object.id, from, to, directive));
        }
    }
    changed
}

/// `RENAME VALUE` for values that the YAML maps one to one, where what is left to do is adding values.
pub(crate) fn renames(request: &Request<'_>) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    for (id, from, to, directive) in changed(request) {
        if directive.strategy == Strategy::Swap {
            continue;
        }
        let renamed = renamed(from, &directive);
        let possible = renamed.as_ref().is_some_and(|renamed| renamed.additions(to, id).is_some());
        if directive.strategy == Strategy::RenameAndAdd && !possible {
            let reason = "values go, are merged, or change their order".to_owned();
            return Err(Error::Strategy { id: id.clone(), reason });
        }
        if let (true, Some(renamed)) = (possible, renamed) {
            for (old, new) in from.values.iter().zip(&renamed.values).filter(|(old, new)| old != new) {
                let sql = format!("ALTER TYPE {} RENAME VALUE {} TO {}", id.sql(), sql::literal(old), sql::literal(new));
                let notice = format!("clients that write {} as {} fail", sql::literal(old), id.short());
                steps.push(Step::new(Verb::Rename, id, Statement::new(sql).clients(notice), None));
            }
        }
    }
    Ok(steps)
}

/// The type with its values mapped, if no two values become one.
fn renamed(from: &Enum, directive: &EnumDirective) -> Option<Enum> {
    let values: Vec<String> =
        from.values.iter().map(|value| directive.map.get(value).unwrap_or(value).clone()).collect();
    let distinct: BTreeSet<&String> = values.iter().collect();
    // A chain (a becomes b, b becomes c) would need an order of its own: the swap does it.
    let fresh = values.iter().zip(&from.values).all(|(new, old)| new == old || !from.values.contains(new));
    (distinct.len() == values.len() && fresh).then_some(Enum { values })
}

/// `ADD VALUE` for types that only gain values.
pub(crate) fn additions(request: &Request<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for (id, from, to, directive) in changed(request) {
        let mapped = directive.map.iter().any(|(old, new)| old != new && from.values.contains(old));
        if directive.strategy == Strategy::Swap || mapped {
            continue;
        }
        for statement in from.additions(to, id).unwrap_or_default() {
            steps.push(Step::new(Verb::Alter, id, statement, None));
        }
    }
    steps
}

/// A new type takes the place of the old one. What holds the type in an expression or a signature goes and comes back; the
/// columns are rewritten by `ALTER COLUMN ... TYPE ... USING`, which fires no trigger and is not filtered by policies.
pub(crate) fn swap(request: &Request<'_>, changes: &mut Changes) -> Result<(), Error> {
    for (id, from, to, directive) in changed(request) {
        let mut tables: BTreeMap<String, Vec<&Object>> = BTreeMap::new();
        for dependent in request.from.dependents(id) {
            match &dependent.spec {
                Spec::Column(_) if changes.goes(&dependent.id) => {}
                Spec::Column(column) if column.generated.is_none() => {
                    if column.data_type != id.sql() && column.data_type != format!("{}[]", id.sql()) {
                        let reason = format!("{} uses it in type {}", dependent.id, column.data_type);
                        return Err(Error::Impossible { id: id.clone(), reason });
                    }
                    tables.entry(dependent.id.relation_sql()).or_default().push(dependent);
                    changes.alone.push(dependent.id.clone());
                }
                _ => replace(request, changes, dependent, id),
            }
        }
        let statements = statements(id, from, to, &directive, &tables);
        changes.actions.insert(id.clone(), Action::Alter(statements));
        restore_parts(request, changes, id);
    }
    Ok(())
}

pub(crate) fn replace(request: &Request<'_>, changes: &mut Changes, dependent: &Object, around: &Id) {
    if changes.goes(&dependent.id) {
        return;
    }
    let action = if request.to.contains(&dependent.id) {
        Action::Replace { reason: format!("goes and comes back around {around}") }
    } else {
        Action::Drop
    };
    changes.actions.insert(dependent.id.clone(), action);
}

/// The new type has none of the old one's owner, comment and grants.
pub(crate) fn restore_parts(request: &Request<'_>, changes: &mut Changes, id: &Id) {
    let kinds = [Kind::Owner, Kind::Comment, Kind::Grant];
    for part in request.from.children(id).into_iter().filter(|part| kinds.contains(&part.id.kind())) {
        changes.actions.remove(&part.id);
    }
    for part in request.to.children(id).into_iter().filter(|part| kinds.contains(&part.id.kind())) {
        changes.actions.insert(part.id.clone(), Action::Create);
    }
}

fn statements(
    id: &Id,
    from: &Enum,
    to: &Enum,
    directive: &EnumDirective,
    tables: &BTreeMap<String, Vec<&Object>>,
) -> Vec<Statement> {
    let new = id.renamed(format!("{}_new", id.name()));
    let mut create = Statement::new(to.create_as(&new.sql()));
    create.guards = guards(id, from, to, directive, tables);
    let mut statements = vec![create];
    for (table, columns) in tables {
        let actions: Vec<String> = columns.iter().map(|column| retype(column, id, &new, from, directive)).collect();
        let sql = format!("ALTER TABLE {table}\n    {}", actions.join(",\n    "));
        statements.push(
            Statement::new(sql)
                .lock(Lock::AccessExclusive, table)
                .work(Work::Rewrite)
                .clients(format!("open sessions that used {} must reconnect", id.short())),
        );
    }
    statements.push(Statement::new(format!("DROP TYPE {}", id.sql())));
    statements.push(Statement::new(format!("ALTER TYPE {} RENAME TO {}", new.sql(), sql::ident(id.name()))));
    statements
}

/// `ALTER COLUMN role TYPE user_role_new USING (CASE ... END)::user_role_new`
fn retype(column: &Object, id: &Id, new: &Id, from: &Enum, directive: &EnumDirective) -> String {
    let name = sql::ident(column.id.name());
    let array = matches!(&column.spec, Spec::Column(spec) if spec.data_type != id.sql());
    let mapped: Vec<(&String, &String)> =
        directive.map.iter().filter(|(old, new)| from.values.contains(old) && old != new).collect();
    let using = match (array, mapped.is_empty()) {
        (false, true) => format!("{name}::text::{}", new.sql()),
        (true, true) => format!("{name}::text[]::{}[]", new.sql()),
        (false, false) => {
            let cases: Vec<String> = mapped
                .iter()
                .map(|(old, new)| format!("WHEN {} THEN {}", sql::literal(old), sql::literal(new)))
                .collect();
            format!("(CASE {name}::text {} ELSE {name}::text END)::{}", cases.join(" "), new.sql())
        }
        (true, false) => format!("{}::{}[]", replaced(&name, &mapped), new.sql()),
    };
    let suffix = if array { "[]" } else { "" };
    format!("ALTER COLUMN {name} TYPE {}{suffix} USING {using}", new.sql())
}

/// Nested `array_replace`, over marks that no value is, so that a chain of values does not run through.
fn replaced(name: &str, mapped: &[(&String, &String)]) -> String {
    let marked = |index: usize| sql::literal(&format!("endstate value {index}"));
    let mut expression = format!("{name}::text[]");
    for (index, (old, _)) in mapped.iter().enumerate() {
        expression = format!("array_replace({expression}, {}, {})", sql::literal(old), marked(index));
    }
    for (index, (_, new)) in mapped.iter().enumerate() {
        expression = format!("array_replace({expression}, {}, {})", marked(index), sql::literal(new));
    }
    expression
}

/// Rows whose value the new type does not have and nobody mapped.
fn guards(
    id: &Id,
    from: &Enum,
    to: &Enum,
    directive: &EnumDirective,
    tables: &BTreeMap<String, Vec<&Object>>,
) -> Vec<Guard> {
    let lost: Vec<&String> =
        from.values.iter().filter(|value| !to.values.contains(directive.map.get(*value).unwrap_or(value))).collect();
    let mut guards = Vec::new();
    for (table, columns) in tables {
        for column in columns {
            for value in &lost {
                let name = sql::ident(column.id.name());
                let array = matches!(&column.spec, Spec::Column(spec) if spec.data_type != id.sql());
                let holds = if array {
                    format!("{} = ANY ({name}::text[])", sql::literal(value))
                } else {
                    format!("{name}::text = {}", sql::literal(value))
                };
                guards.push(Guard {
                    what: format!("rows of {table} with {name} = {}", sql::literal(value)),
                    count: format!("SELECT count(*) FROM {table} WHERE {holds}"),
                    remedy: format!("{} will not have {}: map it to another value", id.short(), sql::literal(value)),
                });
            }
        }
    }
    guards
}
