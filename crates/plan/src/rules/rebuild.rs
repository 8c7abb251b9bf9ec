//! Tables that PostgreSQL can change only by making them anew, with their rows: another way of partitioning, another type in a
//! partition key, columns that a child table shall have from its parent alone, or a typed table in another order.

use std::collections::BTreeMap;

use kinds::kinds::identity;
use kinds::kinds::inheritance;
use kinds::kinds::table::Table;
use kinds::{Id, Kind, Lock, Model, Object, Spec, Statement, Work, assignment};

use super::conversion::{Converter, type_named};
use super::foreign_key::data_type;
use super::undisturbed::inserted;
use super::{enum_change, sibling_rows, type_swap};
use crate::Request;
use crate::archive::{self, has_rows_elsewhere, told_apart};
use crate::changes::{Action, Changes};
use crate::table_order::has_above;

/// Marks tables that must be made anew, with their partitions and children: all columns of a child that leaves its parent become its own.
pub(crate) fn mark(request: &Request<'_>, changes: &mut Changes) {
    let mut reasons: BTreeMap<Id, &str> = BTreeMap::new();
    let swapped: Vec<Id> = enum_change::swapped(request).into_iter().map(|(id, _)| id).collect();
    for object in request.from.objects().filter(|object| (request.managed)(&object.id)) {
        let reason = reason(request, &swapped, object).or_else(|| key_goes(request, changes, object));
        if let Some(reason) = reason {
            reasons.entry(object.id.top().clone()).or_insert(reason);
        }
    }
    let roots: Vec<Id> = reasons.keys().cloned().collect();
    for root in roots {
        for partition in partitions(request, &root) {
            reasons.entry(partition).or_insert("it stands below a table that is made anew");
        }
    }
    for (table, reason) in reasons {
        changes.actions.insert(table, Action::Replace { reason: reason.to_owned() });
    }
}

fn reason(request: &Request<'_>, swapped: &[Id], object: &Object) -> Option<&'static str> {
    let to = request.to.get(&object.id)?;
    let table = object.id.top();
    match (&object.spec, &to.spec) {
        (Spec::Table(from), Spec::Table(to)) if from.partition_by != to.partition_by => {
            Some("PostgreSQL cannot change how a table is partitioned")
        }
        (Spec::Table(from), Spec::Table(to))
            if from.partition_by.is_some() && from.unlogged != to.unlogged =>
        {
            Some("PostgreSQL cannot change the persistence of a partitioned table")
        }
        (Spec::Table(_), Spec::Table(Table { of_type: Some(_), .. }))
            if !leads_to_order(request, &object.id) =>
        {
            Some("the columns of a typed table stand in the order of its type")
        }
        (Spec::Column(from), Spec::Column(to))
            if (&from.data_type, &from.collation) != (&to.data_type, &to.collation)
                || swapped.iter().any(|id| object.needs.contains_key(id)) =>
        {
            let key = match &request.from.get(table)?.spec {
                Spec::Table(table) => table.partition_by.clone()?,
                _ => return None,
            };
            is_named_in(object.id.name(), &key)
                .then_some("PostgreSQL cannot change the type of a partition key")
        }
        (Spec::Column(from), Spec::Column(to)) if !from.inherited && to.inherited => {
            let inherits = request.to.contains(&table.child(Kind::Inheritance, ""));
            inherits.then_some("PostgreSQL cannot make a column of its own one that only the parent has")
        }
        _ => None,
    }
}

/// Whether the columns of a table come to stand in the order that is wanted when some are added behind those that stay.
fn leads_to_order(request: &Request<'_>, table: &Id) -> bool {
    let columns = |model: &Model| -> Vec<Id> {
        let columns = model.children_of_kind(table, Kind::Column).into_iter();
        columns.map(|column| column.id.clone()).collect()
    };
    let (from, to) = (columns(request.from), columns(request.to));
    let stay = from.iter().filter(|column| to.contains(column));
    let come = to.iter().filter(|column| !from.contains(column));
    stay.chain(come).eq(&to)
}

/// What a partition key is made with cannot go without its table.
fn key_goes(request: &Request<'_>, changes: &Changes, object: &Object) -> Option<&'static str> {
    let Spec::Table(Table { partition_by: Some(_), .. }) = &object.spec else { return None };
    let made_with = |id: &&Id| matches!(id.kind(), Kind::OperatorClass | Kind::Function | Kind::Collation);
    let goes = object.needs.keys().filter(made_with).any(|id| changes.goes(id));
    (goes && request.to.contains(&object.id)).then_some("what its partition key is made with is made anew")
}

/// Whether a column is a word of a partition key as PostgreSQL prints it.
pub(crate) fn is_named_in(column: &str, key: &str) -> bool {
    let quoted = sql::ident(column);
    let within = |character: char| character.is_alphanumeric() || character == '_' || character == '"';
    key.match_indices(&quoted).any(|(place, _)| {
        let (before, after) = (&key[..place], &key[place + quoted.len()..]);
        !before.ends_with(within) && !after.starts_with(within)
    })
}

/// All partitions and children below a table that stay below it.
fn partitions(request: &Request<'_>, root: &Id) -> Vec<Id> {
    let below = |model: &Model, table: &Id| -> bool {
        let mut above = inheritance::parents(model, table);
        while let Some(parent) = above.pop() {
            if parent == *root {
                return true;
            }
            above.extend(inheritance::parents(model, &parent));
        }
        false
    };
    let attached = |id: &&Id| matches!(id.kind(), Kind::Partition | Kind::Inheritance);
    let places = request.from.ids().filter(attached).filter_map(Id::parent);
    places.filter(|table| below(request.from, table) && below(request.to, table)).cloned().collect()
}

/// Whether the rows of a table that is made anew are its own to keep: those of a partition come with its parent's.
pub(crate) fn keeps_rows(request: &Request<'_>, changes: &Changes, table: &Id) -> bool {
    // Those of a foreign table are elsewhere, and stay there.
    table.kind() == Kind::Table && is_replaced(changes, table) && !goes_with_parent(request, changes, table)
}

fn is_replaced(changes: &Changes, table: &Id) -> bool {
    matches!(changes.actions.get(table), Some(Action::Replace { .. }))
}

/// Whether the rows of a partition are put aside with those of the partitioned table, which is made anew.
pub(crate) fn goes_with_parent(request: &Request<'_>, changes: &Changes, table: &Id) -> bool {
    let parents = inheritance::parents(request.from, table);
    let partition = request.from.contains(&table.child(Kind::Partition, ""));
    partition && parents.iter().any(|parent| is_replaced(changes, parent))
}

/// What the rows of a table that is made anew lose on the way, column by column.
pub(crate) fn losses(request: &Request<'_>, table: &Id) -> Vec<String> {
    let columns = request.from.children_of_kind(table, Kind::Column).into_iter();
    columns.filter_map(|object| loss(request, object)).collect()
}

fn loss(request: &Request<'_>, object: &Object) -> Option<String> {
    let (id, Spec::Column(from)) = (&object.id, &object.spec) else { return None };
    if from.generated.is_some() {
        return None;
    }
    let Some(Spec::Column(to)) = request.to.get(id).map(|object| &object.spec) else {
        return Some(format!("{id} goes with its values"));
    };
    let context = request.context();
    let is_said = request.directives.conversions.contains_key(id);
    let is_lossy = || {
        let name = sql::ident(id.name());
        is_said || assignment::there_and_back(&name, &from.data_type, &to.data_type, &context).is_some()
    };
    if to.generated.is_some() || from.data_type != to.data_type && is_lossy() {
        return Some(format!("values of {id} that are not the same as {} do not come back", to.data_type));
    }
    type_swap::merges(request, object).next()
}

/// The tables that hold the rows of a table: itself with its partitions, or those of its partitions that are no foreign tables where
/// some are; none where all are.
fn holding(request: &Request<'_>, table: &Id) -> Vec<String> {
    let Some(Spec::Table(spec)) = request.from.get(table).map(|object| &object.spec) else {
        return Vec::new();
    };
    if spec.partition_by.is_none() {
        // Rows of a child table are no rows of its parent.
        return vec![format!("ONLY {}", table.sql())];
    }
    if !has_rows_elsewhere(request.from, table) {
        return vec![table.sql()];
    }
    let partitions = request.from.objects().filter(|object| match &object.spec {
        Spec::Table(spec) => spec.partition_by.is_none() && has_above(request.from, &object.id, table),
        _ => false,
    });
    partitions.map(|object| object.id.sql()).collect()
}

/// The statements around a table that is made anew: one that puts its rows aside, and those that put them back.
pub(crate) fn rows(
    request: &Request<'_>,
    changes: &Changes,
    table: &Id,
) -> Option<(Vec<Statement>, Vec<Statement>)> {
    if !keeps_rows(request, changes, table) {
        return None;
    }
    let sql = table.sql();
    let (made, aside) = aside(table);
    let columns = columns(request, changes, table);
    let kept: Vec<&str> = columns.iter().map(|column| column.aside.as_str()).collect();
    let kept = kept.join(", ");
    let holding = holding(request, table);
    let queries: Vec<String> = holding.iter().map(|from| format!("SELECT {kept} FROM {from}")).collect();
    if queries.is_empty() {
        return None;
    }
    let queries = queries.join("\nUNION ALL ");
    let mut save = Statement::new(format!("CREATE TEMPORARY TABLE {made} AS {queries}"))
        .lock(Lock::AccessExclusive, &sql)
        .work(Work::Scan);
    for object in request.from.children_of_kind(table, Kind::Column) {
        if let Spec::Column(column) = &object.spec {
            save.demands.extend(type_swap::demands(request, &object.id, &column.data_type));
        }
    }
    let mut back = Vec::new();
    if !columns.is_empty() {
        let list = |part: fn(&Kept) -> &str| columns.iter().map(part).collect::<Vec<_>>().join(", ");
        let (names, values) = (list(|column| &column.name), list(|column| &column.value));
        let into = sibling_rows::destination(request, changes, table);
        let sql = into.sql();
        let insert = |names: &str, values: &str| {
            format!("INSERT INTO {sql} ({names}) OVERRIDING SYSTEM VALUE\nSELECT {values} FROM {aside} AS t")
        };
        let plain = insert(&names, &values);
        let insert = match archive::into_rebuilt(request, table, &plain, &|given| {
            let of = |name: &str| given.iter().find(|(column, _)| column == name).map(|(_, value)| value);
            let there =
                columns.iter().map(|column| (&column.name, of(&column.name).unwrap_or(&column.value)));
            let is_new = |(name, _): &&(String, String)| !columns.iter().any(|column| column.name == *name);
            let new = given.iter().filter(is_new).map(|(name, value)| (name, value));
            let (names, values): (Vec<&str>, Vec<&str>) =
                there.chain(new).map(|(name, value)| (name.as_str(), value.as_str())).unzip();
            insert(&names.join(", "), &values.join(", "))
        }) {
            Some(block) => block,
            None => Statement::new(plain.trim_end_matches(" AS t")),
        };
        back.push(insert.lock(Lock::AccessExclusive, &sql).work(Work::Rewrite));
    }
    back.push(Statement::new(format!("DROP TABLE {aside}")));
    if request.to.contains(&table.child(Kind::Partition, ""))
        && let Some(parent) = inheritance::parents(request.to, table).first()
    {
        back = inserted(request, changes, parent, back);
    }
    let (numbers, go_on) = identities(request, table);
    back.extend(go_on);
    Some((std::iter::once(save).chain(numbers).collect(), back))
}

/// The table in which rows are put aside: as it is made, and as it is found.
pub(crate) fn aside(table: &Id) -> (String, String) {
    aside_as("rows", table)
}

fn aside_as(what: &str, table: &Id) -> (String, String) {
    let name = match table.schema() {
        Some(schema) => format!("{schema}.{}", table.name()),
        None => table.name().to_owned(),
    };
    let name = if name.len() > 50 { told_apart(&name, 40, &name) } else { name };
    let name = format!("{what} of {name}");
    (sql::ident(&name), sql::qualified(&["pg_temp", &name]))
}

/// A column whose values are put aside and back.
struct Kept {
    name: String,
    /// What is put aside: the value, or its text where its type goes or changes before the table is there again.
    aside: String,
    /// What is put back.
    value: String,
}

/// The columns that are there before and after.
fn columns(request: &Request<'_>, changes: &Changes, table: &Id) -> Vec<Kept> {
    let mut columns = Vec::new();
    for object in request.to.children_of_kind(table, Kind::Column) {
        let from = request.from.get(&object.id);
        if let (Some(Spec::Column(old)), Spec::Column(to)) = (from.map(|object| &object.spec), &object.spec)
            && to.generated.is_none()
        {
            let name = sql::ident(object.id.name());
            // The rows of a table are not written anew either while any table, be it this one, has its row type.
            let changes_shape = |table: &Id| changes.actions.keys().any(|id| id.is_within(table));
            let disturbs = |need: &Id| {
                (need.kind().is_type() || need.kind() == Kind::Extension) && changes.goes(need)
                    || need.kind() == Kind::Table && need != table && changes_shape(need)
            };
            let (aside, old_type) = match from.is_some_and(|object| object.needs.keys().any(disturbs)) {
                true => (format!("{name}::text AS {name}"), "text"),
                false => (name.clone(), old.data_type.as_str()),
            };
            let is_enum = type_named(request.from, old.data_type.trim_end_matches("[]"))
                .is_some_and(|(id, _)| id.kind() == Kind::Enum);
            let value = match old_type == "text" && is_enum && old.data_type == to.data_type {
                true => from_text(request, changes, &name, &old.data_type),
                false => said(request, &object.id, old_type == old.data_type)
                    .or_else(|| assignment::using(&name, old_type, &to.data_type, &request.context())),
            };
            columns.push(Kept { value: value.unwrap_or_else(|| name.clone()), name, aside });
        }
    }
    columns
}

/// A text as a value of a type that keeps its name, and may be another one all the same.
fn from_text(request: &Request<'_>, changes: &Changes, text: &str, data_type: &str) -> Option<String> {
    // The table comes back when all types have their own names.
    let mut aside = changes.aside.clone();
    aside.extend(changes.ahead.clone());
    let mut converter = Converter {
        request,
        changes,
        aside: &aside,
        ahead: &BTreeMap::new(),
        schema: "",
        functions: Vec::new(),
        arrays: Vec::new(),
    };
    let value = converter.convert(text, data_type, data_type);
    let plain = if value == text { format!("{text}::{data_type}") } else { value };
    converter.functions.is_empty().then_some(plain)
}

/// What the YAML says that values become, where they are put aside as they are.
fn said(request: &Request<'_>, column: &Id, as_they_are: bool) -> Option<String> {
    let using = request.directives.conversions.get(column)?.using.as_ref();
    using.filter(|_| as_they_are).map(|using| format!("({using})"))
}

/// Identities go on where they stood, from numbers that are put aside; those that come or count otherwise, behind the values of the rows.
fn identities(request: &Request<'_>, table: &Id) -> (Option<Statement>, Vec<Statement>) {
    let (made, aside) = aside_as("numbers", table);
    let columns = request.to.children_of_kind(table, Kind::Column).into_iter();
    let identities = columns.flat_map(|column| request.to.children_of_kind(&column.id, Kind::Identity));
    let (mut queries, mut back) = (Vec::new(), Vec::new());
    for object in identities {
        let (Spec::Identity(identity), Some(column)) = (&object.spec, object.id.parent()) else { continue };
        let before = request.from.children_of_kind(column, Kind::Identity).into_iter().next();
        let has_same_type = data_type(request.from, column) == data_type(request.to, column);
        let before = before.filter(|before| match &before.spec {
            Spec::Identity(before) => has_same_type && before.counts_like(identity),
            _ => false,
        });
        let Some(before) = before else {
            back.push(identity.go_on(&object.id, request.to));
            continue;
        };
        let name = sql::literal(column.name());
        queries.push(format!(
            "SELECT {name} AS name, last_value, is_called FROM {}",
            identity::sequence(&before.id)
        ));
        let sequence = sql::literal(&identity::sequence(&object.id));
        back.push(Statement::new(format!(
            "SELECT pg_catalog.setval({sequence}, last_value, is_called) FROM {aside} WHERE name = {name}"
        )));
    }
    if queries.is_empty() {
        return (None, back);
    }
    back.push(Statement::new(format!("DROP TABLE {aside}")));
    let save = format!("CREATE TEMPORARY TABLE {made} AS {}", queries.join("\nUNION ALL "));
    (Some(Statement::new(save)), back)
}
