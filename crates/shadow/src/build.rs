//! Builds a catalog on an empty database.
//!
//! PostgreSQL is the judge of what can be made when: what fails is tried again after the rest, until nothing more succeeds.
//! What is left then is wrong, and is reported with the server's own words.

mod columns;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use catalog::Database;
use kinds::kinds::constraint::twins_before;
use kinds::{Context, Id, Kind, Model, Object, ObjectKind, Spec, shell_type};

/// A statement that could not be run.
#[derive(Debug)]
pub struct Failure {
    /// The object that it was to make.
    pub id: Id,
    /// The statement.
    pub statement: String,
    /// What the server said.
    pub error: catalog::Error,
}

/// Objects that are made together.
struct Unit {
    id: Id,
    statements: Vec<String>,
    error: Option<catalog::Error>,
    /// Whether an empty function stands in for it.
    stands: bool,
}

/// How the names in the definitions are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// As a catalog prints them: everything outside `pg_catalog` is qualified.
    Qualified,
    /// As a person writes them: first in the object's own schema, then in `public`.
    Written,
}

/// Makes all objects; those that exist already (roles, schema `public`) are brought in line.
pub fn build(
    database: &mut Database,
    objects: &[Object],
    major: u32,
    names: Names,
) -> Result<(), Vec<Failure>> {
    let model: Model = objects.iter().cloned().collect();
    let existing = existing(database).map_err(one)?;
    let units = units(&model, &existing, major, names);
    database
        .run("SET check_function_bodies = off; SET client_min_messages = warning; SET row_security = off")
        .map_err(one)?;
    if names == Names::Qualified && all_at_once(database, &units) {
        return Ok(());
    }
    // Default privileges come late, or they would open to others what is built here; event triggers last, or they would fire for what
    // is tried again.
    let (events, units): (Vec<Unit>, Vec<Unit>) =
        units.into_iter().partition(|unit| unit.id.top().kind() == Kind::EventTrigger);
    let (last, first): (Vec<Unit>, Vec<Unit>) =
        units.into_iter().partition(|unit| unit.id.kind() == Kind::DefaultPrivilege);
    one_by_one(database, first, &model, names)?;
    one_by_one(database, last, &model, names)?;
    one_by_one(database, events, &model, names)
}

/// Takes schema `public`, which every new database has, away.
pub fn drop_public(database: &mut Database) -> Result<(), catalog::Error> {
    database.run("DROP SCHEMA IF EXISTS public").map(|_| ())
}

/// Each object on its own, again and again until all are there or none succeeds.
fn one_by_one(
    database: &mut Database,
    mut units: Vec<Unit>,
    model: &Model,
    names: Names,
) -> Result<(), Vec<Failure>> {
    let mut names = names;
    let mut refused = Vec::new();
    loop {
        let before = units.len();
        let mut path = None;
        let mut failed: Vec<Unit> = Vec::new();
        for mut unit in units {
            if failed.iter().any(|other| waits_for(model, &unit.id, &other.id)) {
                failed.push(unit);
                continue;
            }
            if let Err(error) = run(database, &unit, names, &mut path) {
                unit.error = Some(error);
                failed.push(unit);
            }
        }
        units = failed;
        if units.is_empty() {
            return if refused.is_empty() { Ok(()) } else { Err(failures(refused, units)) };
        }
        if units.len() == before && !stand_in(database, &mut units, model, names, &mut path) {
            if names == Names::Written {
                let nothing = Model::default();
                // What is tried here hangs on no version.
                let context = Context { from: &nothing, to: model, version: 0, user: "" };
                let without = columns::without_the_bad(database, &mut units, &context, &mut path);
                if without.is_empty() {
                    return Err(failures(refused, units));
                }
                refused.extend(without);
            }
            // An index or a materialized view runs functions, whose bodies may find names by the search path of their users.
            names = Names::Written;
        }
    }
}

fn is_typed(model: &Model, id: &Id) -> bool {
    matches!(model.get(id).map(|object| &object.spec), Some(Spec::Table(table)) if table.of_type.is_some())
}

/// Whether an object is not tried as long as another one is not there, though the server would take it.
fn waits_for(model: &Model, id: &Id, other: &Id) -> bool {
    let is_fact = id.kind().is_attached();
    let of_view = id.parent().is_some_and(|parent| parent.kind() == Kind::View);
    let gives = matches!(id.kind(), Kind::Owner | Kind::Grant) && of_view;
    match other.kind() {
        // Attributes are added in their order, and a type that tables are of gets no further ones.
        Kind::Attribute => {
            is_typed(model, id) || id.kind() == Kind::Attribute && id.parent() == other.parent()
        }
        // A materialized view is filled with the rights of the owners of the views that it reads, which need not be enough.
        Kind::MaterializedView => gives,
        // Who owns the shell of a type must be the one that makes the type.
        kind if kind.is_type() => is_fact && id.parent() == Some(other),
        _ => false,
    }
}

fn one(error: catalog::Error) -> Vec<Failure> {
    vec![Failure { id: Id::root(Kind::Schema, "public"), statement: String::new(), error }]
}

/// All failures, those of columns among them, but for what failed only because something else did.
fn failures(refused: Vec<(Id, Failure)>, units: Vec<Unit>) -> Vec<Failure> {
    let is_consequence = |unit: &Unit| {
        let missing = unit.error.as_ref().and_then(catalog::Error::server).and_then(missing_name);
        let is_missing = |other: &Id| *other != unit.id && missing.as_deref() == Some(other.name());
        units.iter().any(|other| is_missing(&other.id))
            || refused.iter().any(|(column, _)| is_missing(column))
    };
    let consequences: Vec<bool> = units.iter().map(is_consequence).collect();
    let all = refused.is_empty() && consequences.iter().all(|consequence| *consequence);
    let roots = units.into_iter().zip(consequences).filter(|(_, consequence)| all || !consequence);
    let roots = roots.filter_map(|(unit, _)| {
        unit.error.map(|error| Failure { id: unit.id, statement: unit.statements.join(";\n"), error })
    });
    refused.into_iter().map(|(_, failure)| failure).chain(roots).collect()
}

/// The name, without its schema, of what a server says does not exist: `function auth.jwt() does not exist`.
pub fn missing_name(error: &catalog::ServerError) -> Option<String> {
    const UNDEFINED: [&str; 5] = ["42883", "42P01", "42704", "42703", "3F000"];
    if !UNDEFINED.contains(&error.code.as_str()) {
        return None;
    }
    let message = error.message.as_str();
    let name = match message.split('"').nth(1) {
        Some(quoted) => quoted,
        None => message.split(' ').nth(1)?.split('(').next()?,
    };
    Some(name.rsplit('.').next().unwrap_or(name).to_owned())
}

/// Makes what others need that it needs itself: functions whose bodies refer, by way of others, to themselves, empty first, and types
/// whose functions take them as shells. The whole is made in the next turn.
fn stand_in(
    database: &mut Database,
    units: &mut [Unit],
    model: &Model,
    names: Names,
    path: &mut Option<String>,
) -> bool {
    let mut made = false;
    for unit in units {
        let Some(spec) = model.get(&unit.id).map(|object| &object.spec) else { continue };
        let first = match spec {
            Spec::Function(function) if function.sql_body.is_some() => function.stub(&unit.id, "").sql,
            Spec::Base(_) | Spec::Range(_) => shell_type::shell(&unit.id).sql,
            _ => continue,
        };
        let first = Unit { id: unit.id.clone(), statements: vec![first], error: None, stands: true };
        if unit.stands || run(database, &first, names, path).is_err() {
            continue;
        }
        if let Spec::Function(function) = spec {
            unit.statements = vec![function.replacement(&unit.id).sql];
        }
        unit.stands = true;
        made = true;
    }
    made
}

/// Everything in one round trip, which is one transaction; the order is that of the dependencies and nearly always right.
fn all_at_once(database: &mut Database, units: &[Unit]) -> bool {
    let all: Vec<&str> = units.iter().flat_map(|unit| &unit.statements).map(String::as_str).collect();
    database.run(&format!("SET search_path = ''; {}", all.join(";\n"))).is_ok()
}

fn run(
    database: &mut Database,
    unit: &Unit,
    names: Names,
    path: &mut Option<String>,
) -> Result<(), catalog::Error> {
    let wanted = match (names, unit.id.schema()) {
        (Names::Written, Some(schema)) => format!("{}, public", sql::ident(schema)),
        (Names::Written, None) => "public".to_owned(),
        (Names::Qualified, _) => "''".to_owned(),
    };
    if path.as_ref() != Some(&wanted) {
        database.run(&format!("SET search_path = {wanted}"))?;
        *path = Some(wanted);
    }
    if unit.statements.is_empty() {
        return Ok(());
    }
    database.run(&unit.statements.join(";\n")).map(|_| ())
}

/// What is there before anything is built.
struct Existing {
    roles_and_schemas: BTreeSet<Id>,
    /// The role that builds.
    user: String,
}

fn existing(database: &mut Database) -> Result<Existing, catalog::Error> {
    let rows = database.select(
        "SELECT 'role', rolname FROM pg_roles UNION ALL SELECT 'schema', nspname FROM pg_namespace UNION ALL SELECT 'user', current_user",
    )?;
    let mut existing = Existing { roles_and_schemas: BTreeSet::new(), user: String::new() };
    for row in rows {
        let mut columns = row.into_iter().flatten();
        let (Some(what), Some(name)) = (columns.next(), columns.next()) else { continue };
        match what.as_str() {
            "role" => existing.roles_and_schemas.insert(Id::root(Kind::Role, name)),
            "schema" => existing.roles_and_schemas.insert(Id::root(Kind::Schema, name)),
            _ => {
                existing.user = name;
                true
            }
        };
    }
    Ok(existing)
}

fn units(model: &Model, existing: &Existing, major: u32, names: Names) -> Vec<Unit> {
    let nothing = Model::default();
    let context = Context { from: &nothing, to: model, version: major, user: "" };
    let mut units = Vec::new();
    for object in ordered(model, names) {
        let statements: Vec<String> = match &object.spec {
            Spec::Column(column) if stands_in_table(model, &object.id) => {
                let settings = column.settings(&object.id, &context);
                let asserted = column.assert_type(&object.id, model).filter(|_| names == Names::Written);
                if settings.is_empty() && asserted.is_none() {
                    continue;
                }
                asserted.into_iter().chain(settings).map(|statement| statement.sql).collect()
            }
            Spec::Function(_) if shell_type::of_function(model, object).is_some() => continue,
            // They are said in CREATE TABLE.
            Spec::Partition(_) | Spec::Inheritance(_) if stands_in_table(model, &object.id) => continue,
            Spec::NotNull(not_null) if stands_behind_column(model, &object.id, not_null) => continue,
            Spec::NotNull(not_null) => not_null.of_partition(&object.id, &context),
            Spec::Schema(_) if existing.roles_and_schemas.contains(&object.id) => continue,
            Spec::Role(role) if existing.roles_and_schemas.contains(&object.id) => {
                vec![role.imposed(&object.id, &existing.user).sql]
            }
            table if object.id.kind().is_table() => table
                .create_table(&object.id, &clauses(&columns(&context, &object.id)), model)
                .into_iter()
                .collect(),
            // Neither triggers nor foreign keys matter here: the rows are those of a catalog, not those of a plan.
            Spec::SeedRows(rows) => {
                let inserts = rows.create(&object.id, &context).into_iter().map(|statement| statement.sql);
                let role = |value: &str| [format!("SET session_replication_role = {value}")];
                role("replica").into_iter().chain(inserts).chain(role("origin")).collect()
            }
            spec => spec.create(&object.id, &context).into_iter().map(|statement| statement.sql).collect(),
        };
        let statements = statements.into_iter().map(|sql| crate::imitated(&sql).unwrap_or(sql)).collect();
        units.push(Unit { id: object.id.clone(), statements, error: None, stands: false });
    }
    units
}

fn stands_behind_column(model: &Model, id: &Id, not_null: &kinds::kinds::not_null::NotNull) -> bool {
    let column = id.parent().and_then(|column| model.get(column));
    not_null.valid
        && matches!(column.map(|column| &column.spec), Some(Spec::Column(column)) if !column.inherited)
}

fn stands_in_table(model: &Model, column: &Id) -> bool {
    column.parent().and_then(|table| model.get(table)).is_some_and(|table| table.id.kind().is_table())
}

/// The columns that `CREATE TABLE` says, each with its clause.
fn columns(context: &Context<'_>, id: &Id) -> Vec<(Id, String)> {
    let columns = context.to.children_of_kind(id, Kind::Column).into_iter();
    columns
        .filter_map(|object| match &object.spec {
            Spec::Column(column) if !column.inherited => {
                Some((object.id.clone(), column.inline(&object.id, context, false)))
            }
            _ => context.to.children_of_kind(&object.id, Kind::NotNull).into_iter().find_map(|part| {
                let Spec::NotNull(not_null) = &part.spec else { return None };
                Some((object.id.clone(), not_null.of_child(&part.id, context)?))
            }),
        })
        .filter(|(_, clause)| !clause.is_empty())
        .collect()
}

fn clauses(columns: &[(Id, String)]) -> Vec<String> {
    columns.iter().map(|(_, clause)| clause.clone()).collect()
}

/// A partition's constraint and that of its parent.
fn is_twin(one: &Id, other: &Id) -> bool {
    one.kind() == Kind::Constraint && other.kind() == Kind::Constraint && one.parent() != other.parent()
}

/// What partitions have under their own names is made before their parents' twins, which find it; all else after, or it would be found,
/// too.
fn generation(model: &Model, id: &Id, names: Names) -> isize {
    let generation =
        isize::try_from(kinds::kinds::inheritance::generation(model, id.top())).unwrap_or(isize::MAX);
    if is_part(model, id, names) { -generation } else { generation }
}

/// Whether a constraint of a partition is part of one of a table above it. What people write does not say so: there it is one if it says the
/// same.
fn is_part(model: &Model, id: &Id, names: Names) -> bool {
    let Some(Spec::Constraint(constraint)) = model.get(id).map(|object| &object.spec) else { return false };
    let says_the_same = |object: &Object| match &object.spec {
        Spec::Constraint(above) => {
            above.constraint_type == constraint.constraint_type
                && above.definition.eq_ignore_ascii_case(&constraint.definition)
        }
        _ => false,
    };
    let is_taken = |object: &Object| {
        let mut siblings = model.of_kind_in(id.parent(), Kind::Constraint);
        siblings.any(|part| matches!(&part.spec, Spec::Constraint(part) if part.parent.as_deref() == Some(object.id.name())))
    };
    let above = || kinds::kinds::inheritance::parents(model, id.top());
    let is_open = |object: &Object| says_the_same(object) && !is_taken(object);
    let is_written =
        || above().iter().any(|table| model.of_kind_in(Some(table), Kind::Constraint).any(is_open));
    constraint.parent.is_some()
        || constraint.index_parent.is_some()
        || names == Names::Written && is_written()
}

/// The attributes that stand before one.
fn earlier_siblings<'a>(model: &'a Model, object: &'a Object) -> impl Iterator<Item = &'a Id> {
    let parent = object.id.parent().filter(|_| object.id.kind() == Kind::Attribute);
    let siblings = parent.into_iter().flat_map(|parent| model.children_of_kind(parent, Kind::Attribute));
    siblings.filter(|sibling| sibling.position < object.position).map(|sibling| &sibling.id)
}

fn has_index(object: &Object) -> bool {
    match &object.spec {
        Spec::Constraint(constraint) => constraint.has_index(),
        Spec::Index(_) => true,
        _ => false,
    }
}

/// The key or index of a table above that a key is part of.
fn whole<'a>(model: &'a Model, key: &Object) -> Option<&'a Object> {
    let Spec::Constraint(part) = &key.spec else { return None };
    let name = part.parent.as_ref().or(part.index_parent.as_ref()).filter(|_| part.has_index())?;
    let is_named = |key: &&Object| {
        let qualified = sql::qualified(&[key.id.schema().unwrap_or_default(), key.id.name()]);
        has_index(key) && [key.id.name(), qualified.as_str()].contains(&name.as_str())
    };
    let above = kinds::kinds::inheritance::parents(model, key.id.top());
    above.iter().flat_map(|table| keys_of(model, table)).find(is_named)
}

fn keys_of<'a>(model: &'a Model, table: &Id) -> impl Iterator<Item = &'a Object> {
    let kinds = [Kind::Constraint, Kind::Index].into_iter();
    let parts = kinds.flat_map(|kind| model.of_kind_in(Some(table), kind));
    parts.filter(|part| has_index(part))
}

/// Which of the keys of a table is made first: as those that they are part of.
fn turn(model: &Model, key: &Object) -> impl Ord + use<> {
    let wholes = std::iter::successors(whole(model, key), |above| whole(model, above));
    let mut line: Vec<_> =
        std::iter::once(key).chain(wholes).map(|key| (key.id.kind(), key.age, key.id.clone())).collect();
    line.reverse();
    (Reverse(line.len()), line)
}

/// For a key that is part of one of a table above it: whatever could take it there is made before, and has its own part by then.
fn rivals_above<'a>(model: &'a Model, object: &Object, names: Names) -> Vec<&'a Id> {
    let Some(above) = whole(model, object) else { return Vec::new() };
    let is_before = |key: &&Object| turn(model, key) < turn(model, above);
    let siblings = keys_of(model, above.id.top()).filter(is_before).map(|key| &key.id);
    let mut found: Vec<&Id> = siblings.collect();
    found.extend(rivals_above(model, above, names));
    found.extend(indexes_above(model, above, names));
    found
}

/// For an index that a partition has for itself: those of the tables above it, which would otherwise take it for their part.
fn indexes_above<'a>(model: &'a Model, object: &Object, names: Names) -> Vec<&'a Id> {
    let is_part = || match &object.spec {
        Spec::Index(index) => index.parent.is_some(),
        _ => is_part(model, &object.id, names),
    };
    if !has_index(object) || is_part() || !model.contains(&object.id.top().child(Kind::Partition, "")) {
        return Vec::new();
    }
    let mut above: Vec<Id> = kinds::kinds::inheritance::parents(model, object.id.top());
    let mut found = Vec::new();
    while let Some(table) = above.pop() {
        above.extend(kinds::kinds::inheritance::parents(model, &table));
        found.extend(keys_of(model, &table).map(|key| &key.id));
    }
    found
}

/// By kind, and where the dependencies are known, each object after what it needs.
fn ordered(model: &Model, names: Names) -> Vec<&Object> {
    let mut waiting: BTreeMap<&Id, BTreeSet<&Id>> = BTreeMap::new();
    let mut followers: BTreeMap<&Id, Vec<&Id>> = BTreeMap::new();
    for object in model.objects() {
        let needs = object
            .needs
            .iter()
            .filter(|(_, how)| !(object.id.kind() == Kind::Sequence && **how == kinds::Dependency::Auto));
        let needs =
            needs.filter(|(need, how)| !(**how == kinds::Dependency::Auto && is_twin(&object.id, need)));
        let needs =
            needs.map(|(need, _)| need).chain(object.id.ancestors()).chain(earlier_siblings(model, object));
        let above = indexes_above(model, object, names);
        let rivals = rivals_above(model, object, names);
        let needs = needs.chain(above.iter().copied()).chain(rivals.iter().copied());
        // A column is made with its table: what it needs, the table needs.
        let owner = match object.id.kind() {
            Kind::ViewColumn => object.id.parent().unwrap_or(&object.id),
            Kind::Column | Kind::Partition | Kind::Inheritance if stands_in_table(model, &object.id) => {
                object.id.parent().unwrap_or(&object.id)
            }
            _ => &object.id,
        };
        for need in needs.filter(|need| model.contains(need) && *need != owner && !need.is_within(owner)) {
            waiting.entry(owner).or_default().insert(need);
            followers.entry(need).or_default().push(owner);
        }
        waiting.entry(&object.id).or_default();
    }
    let rank = |id: &Id| {
        let object = model.get(id);
        let late = matches!(object.map(|o| &o.spec), Some(Spec::Constraint(c)) if c.references.is_some() || c.definition.starts_with("FOREIGN"));
        (
            id.kind(),
            late,
            generation(model, id, names),
            twins_before(model, id).len(),
            object.and_then(|object| object.age),
            object.map_or(0, |object| object.position),
            id.clone(),
        )
    };
    let mut ready: BTreeSet<_> =
        waiting.iter().filter(|(_, needs)| needs.is_empty()).map(|(id, _)| (rank(id), *id)).collect();
    let mut order: Vec<&Object> = Vec::new();
    let mut done: BTreeSet<&Id> = BTreeSet::new();
    while let Some((_, id)) = ready.pop_first() {
        order.extend(model.get(id));
        done.insert(id);
        for follower in followers.get(id).into_iter().flatten() {
            if let Some(needs) = waiting.get_mut(follower) {
                needs.remove(id);
                if needs.is_empty() && !done.contains(follower) {
                    ready.insert((rank(follower), follower));
                }
            }
        }
    }
    order.extend(model.objects().filter(|object| !done.contains(&object.id)));
    order
}
