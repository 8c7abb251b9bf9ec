//! How a type that PostgreSQL cannot change becomes another one: both are there for a while, the columns move over by
//! `ALTER COLUMN ... TYPE ... USING` (which fires no trigger and is filtered by no policy), and the old one is dropped without
//! `CASCADE`, which shows that nothing was forgotten. No column is ever dropped for its type. So does a collation, which PostgreSQL
//! cannot change either.
//!
//! Two types of one name cannot be: either the new one is made as `role_new` and renamed when the old one is gone, or the old one is
//! put aside and the new one has its name from the start. The first is what people write; the second is needed where something
//! meanwhile finds the type by its name (see [`is_made_ahead`]).

use std::collections::{BTreeMap, BTreeSet};

use kinds::kinds::column::Column;
use kinds::kinds::inheritance;
use kinds::kinds::range_type::clipped;
use kinds::{
    Demand, Hazard, Id, Kind, Lock, Mend, Model, Object, Retype, Rows, Spec, Statement, Work, shell_type,
};

use super::conversion::{self, Converter, type_named};
use super::enum_change;
use crate::changes::{Action, Changes};
use crate::graph::name_space;
use crate::{Error, Request};

/// Finds the types that must be made anew, and plans it with all that uses them.
pub(crate) fn changed_types(request: &Request<'_>, changes: &mut Changes) -> Result<(), Error> {
    let mut roots: BTreeMap<Id, String> = enum_change::swapped(request).into_iter().collect();
    for (id, action) in &changes.actions {
        match (id.kind(), action) {
            (kind, Action::Replace { reason }) if kind.is_type() || kind == Kind::Collation => {
                roots.entry(id.clone()).or_insert_with(|| reason.clone());
            }
            (kind, Action::Drop) if kind.is_type() && has_successor(request, id) => {
                roots.insert(id.clone(), "it becomes a type of another sort".to_owned());
            }
            (Kind::Attribute, Action::Alter(_)) => {
                let composite = id.parent().filter(|composite| has_rows(request, changes, composite));
                let reason = "PostgreSQL cannot change the type of an attribute that rows have".to_owned();
                roots.extend(composite.map(|composite| (composite.clone(), reason)));
            }
            _ => {}
        }
    }
    roots.extend(tightened_domains(request, changes));
    // How a column moves hangs on all types that are put aside.
    let swaps: Vec<(&Id, Vec<Id>)> =
        roots.iter().map(|(id, reason)| (id, swap(request, changes, id, reason))).collect();
    for (root, types) in swaps {
        move_all_users(request, changes, &types, root)?;
    }
    suspend_typed_tables(request, changes);
    Ok(())
}

/// Whether a type of another sort takes the place of one.
fn has_successor(request: &Request<'_>, id: &Id) -> bool {
    type_named(request.to, &id.sql()).is_some()
}

/// Domains that get a constraint which PostgreSQL cannot check because rows hold the domain inside of something else.
fn tightened_domains(request: &Request<'_>, changes: &Changes) -> Vec<(Id, String)> {
    let tightens = |id: &Id| {
        let not_null = |model: &Model| matches!(model.get(id).map(|object| &object.spec), Some(Spec::Domain(domain)) if domain.not_null);
        match (&request.to.get(id).map(|object| &object.spec), changes.actions.get(id)) {
            (
                Some(Spec::DomainConstraint(constraint)),
                Some(Action::Create | Action::Alter(_) | Action::Replace { .. }),
            ) => constraint.is_valid().then(|| id.parent().cloned()).flatten(),
            (Some(Spec::Domain(_)), Some(Action::Alter(_)))
                if not_null(request.to) && !not_null(request.from) =>
            {
                Some(id.clone())
            }
            _ => None,
        }
    };
    let domains: BTreeSet<Id> = changes.actions.keys().filter_map(tightens).collect();
    let reason = "PostgreSQL cannot check a constraint of a domain inside of arrays, ranges and rows";
    let inside = domains.into_iter().filter(|domain| is_inside(request, changes, domain));
    inside.map(|domain| (domain, reason.to_owned())).collect()
}

/// Whether rows hold the type inside of an array, a range or a composite.
fn is_inside(request: &Request<'_>, changes: &Changes, id: &Id) -> bool {
    request.from.dependents(id).any(|user| match &user.spec {
        Spec::Column(column) => column.data_type != id.sql() && !changes.goes(&user.id),
        Spec::Domain(domain) if domain.data_type == id.sql() => is_inside(request, changes, &user.id),
        Spec::Domain(_) | Spec::Range(_) => has_rows(request, changes, &user.id),
        Spec::Attribute(_) => user.id.parent().is_some_and(|composite| has_rows(request, changes, composite)),
        _ => false,
    })
}

/// Whether a column that stays has the type, or a type made of it.
fn has_rows(request: &Request<'_>, changes: &Changes, id: &Id) -> bool {
    any_user(request, changes, id, |spec| matches!(spec, Spec::Column(column) if column.generated.is_none()))
}

/// The same, or whether a typed table that stays is of the type.
fn is_stored(request: &Request<'_>, changes: &Changes, id: &Id) -> bool {
    any_user(request, changes, id, |spec| match spec {
        Spec::Column(column) => column.generated.is_none(),
        Spec::Table(_) => true,
        _ => false,
    })
}

fn any_user(request: &Request<'_>, changes: &Changes, id: &Id, wanted: fn(&Spec) -> bool) -> bool {
    let built = made_of(request, id);
    built
        .iter()
        .any(|id| request.from.dependents(id).any(|user| wanted(&user.spec) && !changes.goes(&user.id)))
}

/// A type, and the types that are made of it.
fn made_of(request: &Request<'_>, id: &Id) -> BTreeSet<Id> {
    let mut found = BTreeSet::from([id.clone()]);
    let mut queue = vec![id.clone()];
    while let Some(id) = queue.pop() {
        for user in request.from.dependents(&id) {
            let user = if user.id.kind() == Kind::Attribute { user.id.parent() } else { Some(&user.id) };
            let Some(user) = user.filter(|user| user.kind().is_type()) else { continue };
            if found.insert(user.clone()) {
                queue.push(user.clone());
            }
        }
    }
    found
}

/// Makes a type anew, with the types that are made of it; what comes of that for others is added to the changes.
pub(crate) fn replace(
    request: &Request<'_>,
    changes: &mut Changes,
    root: &Id,
    reason: &str,
) -> Result<(), Error> {
    let types = swap(request, changes, root, reason);
    move_all_users(request, changes, &types, root)
}

/// Makes a type anew, with the types that are made of it: those whose users must move over.
fn swap(request: &Request<'_>, changes: &mut Changes, root: &Id, reason: &str) -> Vec<Id> {
    let stored = is_stored(request, changes, root);
    let types: Vec<Id> = made_of(request, root).into_iter().filter(|id| !changes.swaps(id)).collect();
    for id in &types {
        let stays = request.to.contains(id);
        let reason =
            if id == root { reason.to_owned() } else { format!("goes and comes back around {root}") };
        let action = match (stored, stays) {
            (true, true) if types.len() == 1 && is_made_ahead(request, changes, id) => {
                make_ahead(request, changes, id, reason)
            }
            (true, _) if stays || has_successor(request, id) => put_aside(request, changes, id, reason),
            (_, true) => Action::Replace { reason },
            _ => Action::Drop,
        };
        changes.actions.insert(id.clone(), action);
        remake_parts(request, changes, id);
    }
    if stored { types } else { Vec::new() }
}

fn move_all_users(
    request: &Request<'_>,
    changes: &mut Changes,
    types: &[Id],
    root: &Id,
) -> Result<(), Error> {
    types.iter().try_for_each(|id| move_users(request, changes, id, root))
}

/// Whether the new type can be made as `role_new`: an enum that nothing needs by its own name until the columns have moved. That is not
/// so for types that are made of it, for columns that become another type meanwhile, and where a check or an index calls functions
/// while rows are written anew and the body of a function speaks of the type: it must find the new one.
fn is_made_ahead(request: &Request<'_>, changes: &Changes, id: &Id) -> bool {
    let is_enum = |model: &Model| matches!(model.get(id).map(|object| &object.spec), Some(Spec::Enum(_)));
    let columns: Vec<&Object> =
        request.from.dependents(id).filter(|user| user.id.kind() == Kind::Column).collect();
    let moves = |column: &&Object| changes.goes(&column.id) || keeps_type(request, column);
    let tables: BTreeSet<&Id> = columns.iter().filter_map(|column| column.id.parent()).collect();
    let calls = || {
        let parts = request.from.objects().filter(|object| {
            matches!(object.id.kind(), Kind::Constraint | Kind::Index | Kind::Column)
                && object.id.parent().is_some_and(|table| tables.contains(table))
        });
        parts.into_iter().any(|part| part.needs.keys().any(|need| need.kind() == Kind::Function))
    };
    let speaks = || {
        request.from.objects().any(|object| match &object.spec {
            Spec::Function(function) => {
                let body = function.body.as_deref().unwrap_or_default();
                !sql::mentions(&function.language, body, &[id.name()]).is_empty()
            }
            _ => false,
        })
    };
    is_enum(request.from) && is_enum(request.to) && columns.iter().all(moves) && !(calls() && speaks())
}

/// The new type comes under a name of its own, and gets that of the old one when this is gone.
fn make_ahead(request: &Request<'_>, changes: &mut Changes, id: &Id, reason: String) -> Action {
    let ahead = id.renamed(free_name(request, changes, id, &format!("{}_new", clipped(id.name(), 50))));
    changes.ahead.insert(id.clone(), ahead.clone());
    let context = request.context();
    let Some(object) = request.from.get(id) else { return Action::Drop };
    let rename = object.spec.rename(&ahead, id.name()).into_iter();
    let rename = rename.map(|statement| Statement::new(statement.sql)).collect();
    Action::Swap { rename, drop: object.spec.drop(id, &context), reason }
}

/// The old type stands aside under a name of its own.
fn put_aside(request: &Request<'_>, changes: &mut Changes, id: &Id, reason: String) -> Action {
    let free = free_name(request, changes, id, &format!("endstate_old_{}", clipped(id.name(), 45)));
    let aside = id.renamed(&free);
    changes.aside.insert(id.clone(), aside.clone());
    let Some(object) = request.from.get(id) else { return Action::Drop };
    let functions = shell_type::functions(request.from, id);
    let free_their_names = functions.iter().filter_map(|function| {
        let name = format!("endstate_old_{}", clipped(function.id.name(), 45));
        function.spec.rename(&function.id, &free_name(request, changes, &function.id, &name))
    });
    let statements = match &object.spec {
        Spec::Range(range) => range.put_aside(id, &free),
        spec => spec.rename(id, &free).into_iter().collect(),
    };
    // That clients see the type under this name lasts no longer than the transaction.
    let rename = free_their_names.chain(statements).map(|statement| Statement::new(statement.sql)).collect();
    let drop = match functions.is_empty() {
        true => object.spec.drop(&aside, &request.context()),
        false => shell_type::drop_with(&functions, &aside, &request.context()),
    };
    Action::Swap { rename, drop, reason }
}

/// Free names are found as PostgreSQL finds them for arrays: by trying.
pub(crate) fn free_name(request: &Request<'_>, changes: &Changes, id: &Id, name: &str) -> String {
    let taken = |name: &str| {
        let wanted = id.renamed(name);
        let space = name_space(&wanted);
        let is_there = |model: &Model| model.ids().any(|other| name_space(other) == space);
        changes.aside.values().chain(changes.ahead.values()).any(|other| *other == wanted)
            || is_there(request.from)
            || is_there(request.to)
    };
    let numbered = (1..).map(|number| format!("{name}_{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// Whether a column that its table has from a parent becomes its own, at least until it has another one.
fn leaves_parent(request: &Request<'_>, column: &Id) -> bool {
    let gets_another = !inheritance::stays(column.top(), &request.context());
    gets_another
        || matches!(request.to.get(column).map(|object| &object.spec), Some(Spec::Column(to)) if !to.inherited)
}

/// Whether a column has the type of the same name before and after.
fn keeps_type(request: &Request<'_>, column: &Object) -> bool {
    matches!(
        (&column.spec, request.to.get(&column.id).map(|object| &object.spec)),
        (Spec::Column(from), Some(Spec::Column(to))) if from.data_type == to.data_type
    )
}

/// Whether a column goes from a type that is put aside to one that comes: of the same name, or made of the same type.
pub(super) fn moves(request: &Request<'_>, changes: &Changes, column: &Object) -> bool {
    let to = request.to.get(&column.id);
    let comes = |to: &Object| to.needs.keys().any(|need| need.kind().is_type() && changes.swaps(need));
    let said = request.directives.conversions.contains_key(&column.id);
    keeps_type(request, column) || !said && to.is_some_and(comes)
}

/// The new type has none of the old one's owner, comments, grants, attributes and constraints.
pub(crate) fn remake_parts(request: &Request<'_>, changes: &mut Changes, id: &Id) {
    for part in request.from.objects().filter(|part| part.id.is_within(id)) {
        changes.actions.insert(part.id.clone(), Action::Drop);
    }
    if !request.to.contains(id) {
        return;
    }
    for part in request.to.objects().filter(|part| part.id.is_within(id)) {
        let action = match changes.actions.get(&part.id) {
            Some(Action::Drop) => Action::Replace { reason: format!("comes with {id}") },
            _ => Action::Create,
        };
        changes.actions.insert(part.id.clone(), action);
    }
}

/// Whatever uses a type that is put aside: columns move over, all else goes and comes back.
fn move_users(request: &Request<'_>, changes: &mut Changes, id: &Id, root: &Id) -> Result<(), Error> {
    for user in request.from.dependents(id) {
        match &user.spec {
            // What is made anew has the new type from the start.
            _ if changes.goes(&user.id) || changes.goes(user.id.top()) || user.id.top().kind().is_type() => {}
            // It moves with its parent's, and views over it must be away as well.
            Spec::Column(column) if column.inherited && !leaves_parent(request, &user.id) => {
                changes.alone.push(user.id.clone());
            }
            // It moves with its type.
            Spec::Column(_) if id.kind() == Kind::Collation && has_swapped_type(changes, user) => {}
            Spec::Column(column) if column.generated.is_none() => retype(request, changes, user, root)?,
            Spec::Table(table) if table.of_type.as_deref() == Some(&id.sql()) => {
                suspend(request, changes, &user.id);
            }
            Spec::Table(_) => return Err(in_partition_key(&user.id, root)),
            _ => go_and_come_back(request, changes, user, root),
        }
    }
    Ok(())
}

fn has_swapped_type(changes: &Changes, column: &Object) -> bool {
    column.needs.keys().any(|need| need.kind().is_type() && changes.swaps(need))
}

fn in_partition_key(user: &Id, root: &Id) -> Error {
    let what = if root.kind() == Kind::Collation { "collation" } else { "type" };
    let reason =
        format!("{user} is partitioned by it, and PostgreSQL cannot change the {what} of a partition key");
    Error::Impossible { id: root.clone(), reason }
}

pub(crate) fn go_and_come_back(request: &Request<'_>, changes: &mut Changes, user: &Object, around: &Id) {
    let action = if request.to.contains(&user.id) {
        Action::Replace { reason: format!("goes and comes back around {around}") }
    } else {
        Action::Drop
    };
    changes.actions.insert(user.id.clone(), action);
}

/// A column moves over to the new type; it stands alone meanwhile, and so do foreign keys over it.
fn retype(request: &Request<'_>, changes: &mut Changes, user: &Object, root: &Id) -> Result<(), Error> {
    let table = user.id.parent().and_then(|table| request.from.get(table));
    if let Some(Spec::Table(spec)) = table.map(|table| &table.spec)
        && spec
            .partition_by
            .as_ref()
            .is_some_and(|key| sql::words(key).iter().any(|word| word.text == user.id.name()))
    {
        return Err(in_partition_key(&user.id, root));
    }
    let mut statements = if moves(request, changes, user) {
        moving(request, changes, &changes.aside, user)
    } else {
        Vec::new()
    };
    if let Some(Action::Alter(own)) = changes.actions.get(&user.id) {
        let moved = !statements.is_empty();
        let others = own.iter().filter(|statement| !(moved && statement.retype.is_some()));
        statements.extend(others.cloned());
    }
    changes.actions.insert(user.id.clone(), Action::Alter(statements));
    changes.alone.push(user.id.clone());
    let foreign_keys = request.from.dependents(&user.id);
    for key in foreign_keys
        .filter(|key| matches!(&key.spec, Spec::Constraint(constraint) if constraint.references.is_some()))
    {
        if !changes.goes(&key.id) {
            go_and_come_back(request, changes, key, root);
        }
    }
    Ok(())
}

/// Which values of a column cannot be told apart any more, because values of an enum type are merged.
pub(super) fn merges<'a>(request: &'a Request<'_>, column: &'a Object) -> impl Iterator<Item = String> + 'a {
    let holds = |id: &Id| made_of(request, id).iter().any(|made| column.needs.contains_key(made));
    let enums = request.from.objects().filter(|object| object.id.kind() == Kind::Enum);
    enums.filter_map(move |object| {
        let merged = enum_change::merged(request, &object.id).filter(|_| holds(&object.id))?;
        Some(format!("{} does not tell what it was: {merged}", column.id))
    })
}

/// `ALTER COLUMN role TYPE user_role USING (CASE ... END)::user_role`
pub(super) fn moving(
    request: &Request<'_>,
    changes: &Changes,
    aside: &BTreeMap<Id, Id>,
    user: &Object,
) -> Vec<Statement> {
    let Some(Spec::Column(column)) = request.to.get(&user.id).map(|object| &object.spec) else {
        return Vec::new();
    };
    let Spec::Column(Column { data_type: from, .. }) = &user.spec else { return Vec::new() };
    let name = sql::ident(user.id.name());
    let schema = user.id.schema().unwrap_or_default();
    let ahead = &changes.ahead;
    let mut converter =
        Converter { request, changes, aside, ahead, schema, functions: Vec::new(), arrays: Vec::new() };
    if user.id.top().kind() == Kind::ForeignTable {
        // Its rows are elsewhere: there is nothing to convert.
        let data_type = converter.named(&column.data_type);
        let retype = Retype { column: user.id.clone(), data_type, collation: None, using: None };
        return vec![retype.statement().work(Work::Catalog)];
    }
    let assigned = converter.assigned(&name, from, &column.data_type);
    let using = assigned.unwrap_or_else(|| converter.convert(&name, from, &column.data_type));
    let (data_type, collation) = (converter.named(&column.data_type), column.collation.clone());
    // Where only its collation is another one, rows are not written anew, but indexes are.
    let is_same = using == name && data_type == *from;
    let using = (!is_same).then_some(using);
    let retype = Retype { column: user.id.clone(), data_type, collation, using };
    if is_same {
        return vec![retype.statement().work(Work::Build)];
    }
    let mut alter = retype.statement();
    if has_swapped_type(changes, user) {
        alter = alter.clients(format!("open sessions that used {} must reconnect", user.id.short()));
    }
    alter.demands = demands(request, &user.id, from);
    alter.demands.extend(within(request, &user.id, (from, &column.data_type)));
    alter.hazards.extend(merges(request, user).map(|why| (Hazard::DataLoss, why)));
    if converter.loses(from, &column.data_type) {
        let why = format!("not all that values of {} are made of comes back", user.id);
        alter.hazards.push((Hazard::DataLoss, why));
    }
    alter.demands.extend(converter.arrays.iter().map(|array| one_dimension(&user.id, array)));
    let function = converter.function();
    let mut statements: Vec<Statement> =
        converter.functions.iter().map(|one| Statement::new(one.create(&function))).collect();
    statements.push(alter);
    statements.extend(converter.functions.iter().rev().map(|one| Statement::new(one.drop(&function))));
    statements
}

/// Rows whose value is made of something that the new type does not have room for.
fn within(request: &Request<'_>, column: &Id, (from, to): (&str, &str)) -> Option<Demand> {
    let name = sql::ident(column.name());
    let condition = conversion::refused(request, &name, (from, to), 1)?;
    let mend = Mend::Change { or: Some("say how with using".to_owned()) };
    Some(demand(column, format!("whose {name} does not fit {to} as it shall be"), condition, mend))
}

/// The function that converts arrays goes along one dimension.
fn one_dimension(column: &Id, array: &str) -> Demand {
    demand(
        column,
        format!("with arrays of more than one dimension in {array}"),
        format!("array_ndims({array}) > 1"),
        Mend::Change {
            or: Some(
                "say how with using: only arrays of one dimension are converted by themselves".to_owned(),
            ),
        },
    )
}

fn demand(column: &Id, what: String, condition: String, mend: Mend) -> Demand {
    let (relation, columns) = (column.top().clone(), vec![column.clone()]);
    Demand { relation, columns, only: false, rows: Rows::Where { condition, what, mend } }
}

/// Rows whose value the new type does not have and nobody mapped.
pub(super) fn demands(request: &Request<'_>, column: &Id, data_type: &str) -> Vec<Demand> {
    let (element, is_array) = match data_type.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (data_type, false),
    };
    match type_named(request.from, element) {
        Some((_, Spec::Domain(domain))) if !is_array => demands(request, column, &domain.data_type),
        Some((id, Spec::Enum(_))) => {
            let lost = enum_change::lost(request, id).into_iter();
            lost.map(|value| holding(column, &sql::literal(&value), is_array, id)).collect()
        }
        _ => Vec::new(),
    }
}

fn holding(column: &Id, value: &str, is_array: bool, id: &Id) -> Demand {
    let name = sql::ident(column.name());
    let holds =
        if is_array { format!("{value} = ANY ({name}::text[])") } else { format!("{name}::text = {value}") };
    let mend = match is_array {
        true => Mend::Set(format!("{name} = array_replace({name}, {value}, ...)")),
        false => Mend::Change { or: Some(format!("map {value} of {} to another value", id.short())) },
    };
    demand(column, format!("with {name} = {value}"), holds, mend)
}

/// A typed table lets go of its type while a column of it has another one.
pub(super) fn let_go_of_type(request: &Request<'_>, changes: &mut Changes, table: &Id) {
    if of_type(request.from, table).is_some() {
        suspend(request, changes, table);
    }
}

/// A typed table is let go of its type while that changes.
fn suspend(request: &Request<'_>, changes: &mut Changes, table: &Id) {
    if changes.goes(table) || changes.suspends(table) {
        return;
    }
    let of = |model: &Model| of_type(model, table);
    // PostgreSQL checks the other actions of one ALTER TABLE before it lets go of the type.
    let action = |action: String| {
        Statement::new(format!("ALTER TABLE {} {action}", table.sql()))
            .lock(Lock::AccessExclusive, table.sql())
    };
    let leave = of(request.from).iter().map(|_| action("NOT OF".to_owned())).collect();
    let mut resume = match changes.actions.get(table) {
        Some(Action::Alter(own)) => own.clone(),
        _ => Vec::new(),
    };
    resume.extend(of(request.to).iter().map(|name| action(format!("OF {name}"))));
    let reason = "a typed table is let go of its type while that changes".to_owned();
    changes.actions.insert(table.clone(), Action::Suspend { leave, resume, reason });
}

fn of_type(model: &Model, table: &Id) -> Option<String> {
    match &model.get(table)?.spec {
        Spec::Table(table) => table.of_type.clone(),
        _ => None,
    }
}

/// Typed tables whose type changes in place, and those that get another one or none.
fn suspend_typed_tables(request: &Request<'_>, changes: &mut Changes) {
    for table in request.from.ids().filter(|id| id.kind() == Kind::Table && request.to.contains(id)) {
        let of = of_type(request.from, table);
        let composite = of.as_ref().and_then(|name| type_named(request.from, name)).map(|(id, _)| id);
        let changes_shape =
            changes.actions.keys().any(|id| id.kind() == Kind::Attribute && id.parent() == composite);
        if of != of_type(request.to, table)
            || composite.is_some_and(|composite| changes_shape || changes.goes(composite))
        {
            suspend(request, changes, table);
        }
    }
}

/// Sessions that had compiled a function in PL/pgSQL go on with the type that is gone until the function is replaced, by itself
/// if need be.
pub(crate) fn reissue_functions(request: &Request<'_>, changes: &mut Changes) {
    let swapped: Vec<Id> = changes.actions.keys().filter(|id| changes.swaps(id)).cloned().collect();
    if swapped.is_empty() {
        return;
    }
    let mut names: Vec<&str> = swapped.iter().map(Id::name).collect();
    let columns = request.from.objects().filter(|object| object.id.kind() == Kind::Column);
    names.extend(
        columns
            .filter(|column| swapped.iter().any(|id| column.needs.contains_key(id)))
            .map(|column| column.id.name()),
    );
    for object in request.to.objects().filter(|object| (request.managed)(&object.id)) {
        let Spec::Function(function) = &object.spec else { continue };
        let stays = matches!(changes.actions.get(&object.id), None | Some(Action::Alter(_)))
            && request.from.contains(&object.id);
        if !stays
            || function.language != "plpgsql"
            || !has_type(function.body.as_deref().unwrap_or_default(), &names)
        {
            continue;
        }
        let replacement = || Action::Alter(vec![function.replacement(&object.id)]);
        changes.actions.entry(object.id.clone()).or_insert_with(replacement);
        changes.later.extend(swapped.iter().map(|id| (object.id.clone(), id.clone())));
    }
}

/// Whether a body in PL/pgSQL has something of a type that is named so, or of the type of a column that is: `users.role%TYPE`.
fn has_type(body: &str, names: &[&str]) -> bool {
    sql::mentions("plpgsql", body, names).iter().any(|mention| {
        let copied = body[mention.offset + mention.len..].trim_start().starts_with('%');
        copied || matches!(mention.role, sql::Role::Type | sql::Role::Unknown)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_body_has_of_a_type() {
        assert!(has_type("DECLARE r public.role; BEGIN END", &["role"]));
        assert!(has_type("BEGIN RETURN 'user'::public.role; END", &["role"]));
        assert!(has_type("DECLARE r public.users.rank%TYPE; BEGIN END", &["rank"]));
        assert!(!has_type("BEGIN UPDATE users SET rank = 1; RETURN 1; END", &["rank"]));
        assert!(!has_type("BEGIN RETURN 1; END -- role", &["role"]));
    }
}
