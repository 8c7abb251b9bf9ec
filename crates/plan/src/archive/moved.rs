//! A table that goes is moved into the schema of the archives where it can be: that takes no time, however many rows it has, and its
//! indexes and constraints need not be made again when it comes back.
//!
//! In the archive it must hold up nothing: no type, function or role that goes later, and no row that others delete. So whatever reaches
//! out of the table (foreign keys, policies, triggers, privileges, defaults that draw from sequences ...) is taken off it first, and is
//! made anew on the way back like that of any other table. A table whose columns themselves reach out, by their types, is copied.

use std::collections::BTreeSet;

use kinds::kinds::grant::Grant;
use kinds::kinds::inheritance;
use kinds::{Dependency, Id, Kind, Lock, Model, Object, Spec, Statement};

use super::find::Saving;
use super::put_back::{if_kept_else, kept_of};
use super::{Archive, KEPT_AT, Kept, KeptColumn, SCHEMA, What, bare_archive_name, save, told_apart};
use crate::Request;
use crate::changes::{Action, Changes};
use crate::round::Verb;

/// A table that stands in the schema of the archives.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// Its name there.
    name: String,
    /// What has stayed on it.
    parts: Vec<(Id, Spec)>,
}

/// A table that comes back by being moved, with what has stayed on it.
#[derive(Debug)]
pub(crate) struct MovedBack {
    pub(crate) table: Id,
    /// What need not be made: it comes with the table.
    pub(crate) parts: BTreeSet<Id>,
    kept: Kept,
}

/// How the rows of a table that goes are kept by moving it; none where they must be copied.
pub(super) fn saving(
    request: &Request<'_>,
    changes: &Changes,
    table: &Id,
    columns: &[KeptColumn],
) -> Option<Saving> {
    let from = request.from;
    let is_everywhere = |default: &&Object| default.id.parent().is_none();
    if !is_plain(from, table) || given_to_new_tables(request, from, table).iter().any(is_everywhere) {
        return None;
    }
    let stays = staying(from, table)?;
    let parts: Vec<&Object> =
        from.with_parts(table).into_iter().filter(|part| stays.contains(&part.id)).collect();
    let name = bare_archive_name(request, table, &["rows"]);
    // All of it at once: who held its indexes first, and then waited for it, would meet those who do it the other way round.
    let mut statements = vec![save::schema(), save::locked(table)];
    statements.extend(taken_off(request, changes, table, &stays));
    let meanwhile = parts.iter().filter_map(|part| part.spec.rename(&part.id, &name_meanwhile(part, &name)?));
    statements.extend(meanwhile);
    statements.extend(from.get(table)?.spec.rename(table, &name));
    let parts = parts.into_iter().map(|part| (part.id.clone(), part.spec.clone())).collect();
    let archive = sql::qualified(&[SCHEMA, &name]);
    let stands = table.renamed(name.as_str());
    let what = What::Rows { columns: columns.to_vec(), moved: Some(Moved { name, parts }) };
    let kept = Kept { of: table.clone(), archive, what, again: Vec::new() };
    let goes = goes(request, &kept, &stands);
    Some(Saving { statements, goes, kept, saves: vec![(Verb::Drop, table.clone())] })
}

/// The statements with which it goes from where it stands.
fn goes(request: &Request<'_>, kept: &Kept, stands: &Id) -> Vec<Statement> {
    let archive = &kept.archive;
    let table = stands.sql();
    let locked = |sql: String| Statement::new(sql).lock(Lock::AccessExclusive, kept.of.sql());
    let mut statements = vec![locked(format!("ALTER TABLE {table} SET SCHEMA {SCHEMA}"))];
    let owner = request.from.get(&kept.of.child(Kind::Owner, ""));
    let is_own = |object: &Object| matches!(&object.spec, Spec::Owner(owner) if owner.role == request.user);
    if owner.is_some_and(|owner| !is_own(owner)) {
        statements.push(locked(format!("ALTER TABLE {archive} OWNER TO CURRENT_USER")));
    }
    statements.push(locked(format!(
        "ALTER TABLE {archive}\n    ADD COLUMN {KEPT_AT} timestamp with time zone DEFAULT pg_catalog.now(),\n    ENABLE ROW LEVEL SECURITY"
    )));
    statements.push(locked(kept.comment()));
    if let Some(first) = statements.first_mut() {
        first.clients = Some(format!("table {} is gone", kept.of.sql()));
        first.kept.push(kept.note());
    }
    statements
}

/// The tables of a way back that come back by being moved.
pub(crate) fn moved_back(request: &Request<'_>, changes: &Changes) -> Vec<MovedBack> {
    let Archive::Back { kept, .. } = request.archive else { return Vec::new() };
    kept.iter().filter_map(|kept| comes_back(request, changes, kept)).collect()
}

/// How a table comes back that has been moved; none where what has stayed on it is not what it shall have, so that its rows are copied.
fn comes_back(request: &Request<'_>, changes: &Changes, kept: &Kept) -> Option<MovedBack> {
    let What::Rows { moved: Some(moved), .. } = &kept.what else { return None };
    let table = kept_of(request, kept)?.id.clone();
    let [before, after] = [request.from, request.to].map(|model| given_to_new_tables(request, model, &table));
    let is_same = |(one, other): (&&Object, &&Object)| one.id == other.id && one.spec == other.spec;
    if before.len() != after.len() || !before.iter().zip(&after).all(is_same) {
        return None;
    }
    let is_made = |id: &Id| matches!(changes.actions.get(id), Some(Action::Create));
    let mut parts = BTreeSet::new();
    for (then, spec) in &moved.parts {
        let is_it = |part: &&Object| request.directives.before(&part.id) == *then;
        let part = request.to.with_parts(&table).into_iter().find(is_it)?;
        if part.spec != *spec || !is_made(&part.id) {
            return None;
        }
        parts.insert(part.id.clone());
    }
    is_made(&table).then(|| MovedBack { table, parts, kept: kept.clone() })
}

impl MovedBack {
    /// Whether it is what brings this back.
    pub(super) fn brings(&self, kept: &Kept) -> bool {
        self.kept == *kept
    }

    /// The statement that moves it back; it, and what would have stayed on it, is made by `otherwise` where its archive has been given up.
    pub(crate) fn statement(&self, request: &Request<'_>, otherwise: &[String]) -> Option<Statement> {
        let What::Rows { moved: Some(moved), .. } = &self.kept.what else { return None };
        let archive = &self.kept.archive;
        let schema = self.table.schema().unwrap_or_default();
        let mut back = vec![
            format!("ALTER TABLE {archive} DROP COLUMN {KEPT_AT}, DISABLE ROW LEVEL SECURITY"),
            format!("COMMENT ON TABLE {archive} IS NULL"),
            format!("ALTER TABLE {archive} SET SCHEMA {}", sql::ident(schema)),
        ];
        let table = request.to.get(&self.table)?;
        let own = table.spec.rename(&self.table.renamed(moved.name.as_str()), self.table.name());
        let parts = request.to.with_parts(&self.table);
        let names = parts.into_iter().filter(|part| self.parts.contains(&part.id)).filter_map(|part| {
            let meanwhile = part.id.renamed(name_meanwhile(part, &moved.name)?);
            part.spec.rename(&meanwhile, part.id.name())
        });
        let names = own.into_iter().chain(names);
        back.extend(names.map(|statement| statement.sql));
        // What a table gets that is made there.
        for default in given_to_new_tables(request, request.to, &self.table) {
            let Spec::DefaultPrivilege(given) = &default.spec else { continue };
            let grant = Grant { privileges: given.privileges.clone(), default: BTreeSet::new() };
            let id = self.table.child(Kind::Grant, default.id.name());
            back.extend(
                Spec::Grant(grant).create(&id, &request.context()).into_iter().map(|statement| statement.sql),
            );
        }
        let block = if_kept_else(&self.kept, &back, otherwise);
        Some(block.lock(Lock::AccessExclusive, self.table.sql()))
    }
}

/// What others get on each table that is made where this one is, by the role that runs the scripts.
fn given_to_new_tables<'m>(request: &Request<'_>, model: &'m Model, table: &Id) -> Vec<&'m Object> {
    let is_given = |object: &&Object| match &object.spec {
        Spec::DefaultPrivilege(default) => {
            let is_there = object.id.parent().is_none_or(|schema| table.is_within(schema));
            is_there && default.on == "tables" && default.role == request.user
        }
        _ => false,
    };
    model.objects().filter(is_given).collect()
}

/// What is named in a schema, rather than on its table, has another name in the archive, where other tables may have left the same.
fn name_meanwhile(part: &Object, table: &str) -> Option<String> {
    let named = match &part.spec {
        Spec::Constraint(constraint) => constraint.has_index(),
        Spec::Index(_) => true,
        _ => false,
    };
    named.then(|| told_apart(part.id.name(), 48, &format!("{table}\n{}", part.id.name())))
}

/// Whether the table is no part of others, has none, and needs nothing as a whole: a type or an access method.
fn is_plain(model: &Model, table: &Id) -> bool {
    let Some(object) = model.get(table) else { return false };
    let Spec::Table(spec) = &object.spec else { return false };
    spec.partition_by.is_none()
        && object.needs.keys().all(|need| table.is_within(need))
        && inheritance::parents(model, table).is_empty()
        && !inheritance::has_children(model, Some(table))
        // Their rows are compared, and would be written twice.
        && model.children_of_kind(table, Kind::SeedRows).is_empty()
}

/// What stays on the table: what needs nothing but the table. None where a column needs something else.
fn staying(model: &Model, table: &Id) -> Option<BTreeSet<Id>> {
    let may_stay = |part: &&Object| match &part.spec {
        Spec::Constraint(constraint) => constraint.references.is_none(),
        // That of the table tells what the archive keeps.
        Spec::Comment(_) => part.id.parent() != Some(table),
        _ => matches!(
            part.id.kind(),
            Kind::Column
                | Kind::ColumnDefault
                | Kind::NotNull
                | Kind::Index
                | Kind::ReplicaIdentity
                | Kind::ClusterMark
        ),
    };
    let mut stays: BTreeSet<Id> =
        model.with_parts(table).into_iter().filter(may_stay).map(|part| part.id.clone()).collect();
    loop {
        let reaches_out = |id: &&Id| {
            let needs = model.get(id).into_iter().flat_map(|part| part.needs.keys());
            let mut all = needs.chain(id.ancestors());
            all.any(|need| !stays.contains(need) && need != table && !table.is_within(need))
        };
        let goes: Vec<Id> = stays.iter().filter(reaches_out).cloned().collect();
        if goes.iter().any(|id| id.kind() == Kind::Column) {
            return None;
        }
        if goes.is_empty() {
            return Some(stays);
        }
        stays.retain(|id| !goes.contains(id));
    }
}

/// The statements that take off a table what would go with it, and reaches out of it; what needs something else of it first.
fn taken_off(request: &Request<'_>, changes: &Changes, table: &Id, stays: &BTreeSet<Id>) -> Vec<Statement> {
    let from = request.from;
    let belongs = |object: &&Object| {
        let mut owners = object.needs.iter().filter(|(_, how)| **how == Dependency::Auto);
        object.id.is_within(table) || owners.any(|(need, _)| need == table || need.is_within(table))
    };
    let drops = |id: &Id| matches!(changes.actions.get(id), Some(Action::Drop));
    // A publication that goes takes its tables along.
    let goes_with_another = |id: &Id| {
        let mut owners = id.ancestors().filter(|owner| !owner.is_within(table) && !table.is_within(owner));
        owners.any(|owner| owner != table && drops(owner))
    };
    let goes = |object: &&Object| {
        object.id != *table
            && !stays.contains(&object.id)
            && drops(&object.id)
            && !goes_with_another(&object.id)
    };
    let all: Vec<&Object> = from.objects().filter(belongs).filter(goes).collect();
    let ids: BTreeSet<&Id> = all.iter().map(|object| &object.id).collect();
    // What goes with something else that is taken off needs no statement.
    let mut left: Vec<&Object> =
        all.into_iter().filter(|object| !object.id.ancestors().any(|id| ids.contains(id))).collect();
    let mut statements = Vec::new();
    while !left.is_empty() {
        let is_needed = |object: &&Object| {
            let mut others = left.iter().filter(|other| other.id != object.id);
            others
                .any(|other| other.needs.keys().any(|need| *need == object.id || need.is_within(&object.id)))
        };
        let (rest, free): (Vec<&Object>, Vec<&Object>) = left.iter().partition(|object| is_needed(object));
        // Those that need each other go as they stand.
        let next = if free.is_empty() { left.clone() } else { free };
        statements.extend(next.iter().flat_map(|object| object.spec.drop(&object.id, &request.context())));
        left = if next.len() == left.len() { Vec::new() } else { rest };
    }
    statements.iter_mut().for_each(|statement| statement.hazards.clear());
    statements
}
