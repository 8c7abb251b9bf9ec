//! Values that come back by writing the rows as they are: on the way forward again, and on the way back where PostgreSQL cannot write a
//! table anew by itself, because others change with it, or where only an attribute of a value comes back.

use std::collections::BTreeMap;

use kinds::kinds::column::{accepting_null, needs_value};
use kinds::{Id, Kind, Lock, Model, Object, Retype, Spec, Work};

use super::put_back::{Return, column_now, comes, data_type, drop_archive, former, given_up, if_kept_else};
use super::{Kept, KeptColumn, Key, What, content, of_a_row, shared};
use crate::Request;
use crate::changes::{Action, Changes};
use crate::graph::with_sources;
use crate::rules::rename::ASIDE;
use crate::rules::undisturbed::{Triggers, around, updated, updated_undisturbed};

/// Where a kept value goes to: a column, quoted, or an attribute of its values; and the type.
struct Target {
    column: String,
    attribute: Option<String>,
    data_type: String,
}

/// On the way back.
pub(super) fn come_back(
    request: &Request<'_>,
    changes: &Changes,
    kept: &Kept,
    table: &Id,
    (key, columns): (&Key, &[KeptColumn]),
) -> Option<Return> {
    let now = |column: &KeptColumn| column_now(request, kept, table, column);
    let own: Vec<Id> = columns.iter().filter_map(now).map(|object| object.id.clone()).collect();
    let (mut all, mut nullable, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for column in columns {
        let (Some(part), Some(whole)) = (&column.part, now(column)) else { continue };
        let attribute = request.directives.after(&part.attribute);
        if matches!(changes.actions.get(&attribute), Some(Action::Create)) {
            all.push(whole.id.clone());
            after.push(attribute);
        }
    }
    for id in &own {
        let all_of_it = with_sources(request.to, id);
        // A child table's is altered with that of its parent.
        let is_altered = matches!(shared::action(request, changes, id), Some(Action::Alter(_)));
        let with_parent = is_altered && all_of_it.iter().any(|id| comes(request, changes, id));
        if !with_parent && !comes(request, changes, id) {
            continue;
        }
        let is_needed = |id: &Id| match request.to.get(id).map(|object| &object.spec) {
            Some(Spec::Column(column)) => needs_value(column, id, request.to),
            _ => false,
        };
        nullable.extend(all_of_it.iter().filter(|id| is_needed(id)).cloned());
        all.extend(all_of_it);
    }
    if all.is_empty() {
        return None;
    }
    let target = |column: &KeptColumn| {
        let object = now(column)?;
        let attribute = column.part.as_ref().map(|part| request.directives.after(&part.attribute));
        target(request.to, object, attribute.as_ref())
    };
    let updates = updates(kept, table, &target)?;
    let are_there = |trigger: &Id| !changes.goes(trigger);
    let (off, on) = around(request.from, table, &Triggers { are_there: &are_there, have_parts: &|_| true });
    let [off, on] = [off, on].map(|statements| statements.into_iter().map(|statement| statement.sql));
    let statements = off.chain(updated(request.from, table, updates)).chain(on).collect();
    let statements = within_identities(request.to, &own, statements);
    let refuse = all.iter().filter_map(|id| refuse_null(request, id)).collect::<Vec<_>>();
    let given_up = given_up(request, kept, table, key);
    let found = [statements, refuse.clone(), given_up, vec![drop_archive(kept)]].concat();
    let block = if_kept_else(kept, &found, &refuse);
    let block = block.lock(Lock::AccessExclusive, table.sql()).work(Work::Rewrite);
    let read = match key {
        Key::Columns(_) => Vec::new(),
        Key::Content(staying) => staying.iter().filter_map(now).map(|object| object.id.clone()).collect(),
    };
    let (read, in_place) = (Some(read), true);
    Some(Return { after, columns: all, nullable, read, in_place, ..Return::of(table.clone(), vec![block]) })
}

/// The statement that gives a column its type where that is a domain which refuses NULL: until then it has what that is over.
fn refuse_null(request: &Request<'_>, id: &Id) -> Option<String> {
    let Spec::Column(column) = &request.to.get(id)?.spec else { return None };
    let is_added = !request.from.contains(id) && accepting_null(column, request.to) != column.data_type;
    let retype = Retype {
        column: id.clone(),
        data_type: column.data_type.clone(),
        collation: column.collation.clone(),
        using: None,
    };
    is_added.then(|| retype.statement().sql)
}

/// Where a column, or an attribute of its values, is.
fn target(model: &Model, column: &Object, attribute: Option<&Id>) -> Option<Target> {
    let typed = attribute.map_or(Some(column), |attribute| model.get(attribute))?;
    let data_type = match &typed.spec {
        Spec::Attribute(attribute) => attribute.data_type.clone(),
        _ => data_type(typed),
    };
    let attribute = attribute.map(|attribute| sql::ident(attribute.name()));
    Some(Target { column: sql::ident(column.id.name()), attribute, data_type })
}

/// On the way forward again: in the names that the objects have then, `of` the table.
pub(super) fn come_back_again(request: &Request<'_>, kept: &Kept, of: &Id) -> Vec<String> {
    let What::Values { columns, .. } = &kept.what else { return Vec::new() };
    let then =
        |column: &KeptColumn| former(request, request.from, &kept.of.child(Kind::Column, column.whole()));
    let target = |column: &KeptColumn| {
        let object = request.from.get(&kept.of.child(Kind::Column, column.whole()))?;
        let attribute = column.part.as_ref().map(|part| &part.attribute);
        let now = target(request.from, object, attribute)?;
        let attribute = attribute.map(|attribute| sql::ident(request.directives.before(attribute).name()));
        let id = then(column);
        // It has its own name back by then.
        let column = sql::ident(id.name().strip_prefix(ASIDE).unwrap_or(id.name()));
        Some(Target { column, attribute, ..now })
    };
    let Some(updates) = updates(kept, of, &target) else { return Vec::new() };
    let statements = updated_undisturbed(request.start, of, updates);
    within_identities(request.start, &columns.iter().map(then).collect::<Vec<Id>>(), statements)
}

/// The statements with identities that take no other value out of the way.
fn within_identities(model: &Model, columns: &[Id], statements: Vec<String>) -> Vec<String> {
    let is_always = |id: &&Id| {
        let identities = model.children_of_kind(id, Kind::Identity).into_iter();
        identities
            .map(|object| &object.spec)
            .any(|spec| matches!(spec, Spec::Identity(identity) if identity.always))
    };
    let identities: Vec<&Id> = columns.iter().filter(is_always).collect();
    if statements.is_empty() || identities.is_empty() {
        return statements;
    }
    let set = |word: &str| {
        let action = |id: &&Id| format!("ALTER COLUMN {} SET GENERATED {word}", sql::ident(id.name()));
        let actions: Vec<String> = identities.iter().map(action).collect();
        format!("ALTER TABLE {} {}", identities[0].relation_sql(), actions.join(", "))
    };
    [vec![set("BY DEFAULT")], statements, vec![set("ALWAYS")]].concat()
}

/// The statements that write the values where they are what they became: one for whole columns, and one for each column that gets back
/// attributes of its values, unless it has none at all by then.
fn updates(kept: &Kept, table: &Id, target: &dyn Fn(&KeptColumn) -> Option<Target>) -> Option<Vec<String>> {
    let What::Values { key, columns, .. } = &kept.what else { return None };
    let mut sets: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for column in columns {
        let Target { column: name, attribute, data_type } = target(column)?;
        let given = column.given_back(&format!("k.{}", column.sql()), &data_type);
        let set = match (&column.image, &attribute) {
            (Some(_), _) => format!(
                "{name} = CASE WHEN t.{name}::text IS NOT DISTINCT FROM k.{} THEN {given} ELSE t.{name} END",
                column.image_sql()
            ),
            (None, None) => format!("{name} = {given}"),
            (None, Some(attribute)) => format!("{name}.{attribute} = {given}"),
        };
        sets.entry(attribute.map(|_| name)).or_default().push(set);
    }
    let name = |column: &KeptColumn| Some(target(column)?.column);
    let rows = kept.rows_of(table);
    let (source, found) = match key {
        Key::Columns(key) => {
            let names: Vec<String> = key.iter().map(name).collect::<Option<_>>()?;
            let mut names = names.into_iter();
            (kept.archive.clone(), of_a_row(key, |_| names.next().unwrap_or_default()))
        }
        Key::Content(staying) => {
            let images = columns.iter().filter(|column| column.image.is_some());
            let images = images.map(|column| Some(format!("{}::text", name(column)?)));
            let values: Vec<String> = staying.iter().map(name).chain(images).collect::<Option<_>>()?;
            (format!("({})", content::found(&kept.archive, &rows, &values)), content::is_there())
        }
    };
    let update = |(whole, sets): (Option<String>, Vec<String>)| {
        let has_value = whole.map_or_else(String::new, |name| format!(" AND t.{name} IS DISTINCT FROM NULL"));
        format!("UPDATE {rows} AS t SET {}\nFROM {source} AS k WHERE {found}{has_value}", sets.join(", "))
    };
    Some(sets.into_iter().map(update).collect())
}
