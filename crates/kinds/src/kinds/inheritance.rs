//! The parents of a table that inherits.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::column;
use super::constraint::ConstraintType;
use crate::{Change, Context, Id, Kind, Lock, Model, Object, ObjectKind, Spec, Statement, Work, query};

/// `INHERITS (...)`: the tables that a table has columns and constraints from (catalog `pg_inherits`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inheritance {
    /// The tables, in order, quoted with their schemas.
    pub parents: Vec<String>,
}

impl Inheritance {
    /// The statements that lead from these parents to those; the order of parents means something, so that whatever would stand behind
    /// one that comes is taken away and given again.
    fn towards(&self, to: &[String], id: &Id) -> Vec<Statement> {
        let table = id.relation_sql();
        let stay = self.staying(to);
        let alter = |action: String| Statement::alter_table(&table, action);
        // PostgreSQL looks at the other actions of one ALTER TABLE before it lets go of a parent.
        let alone = |action: String| Statement { action: None, ..alter(action) };
        let go = self.parents.iter().filter(|parent| !stay.contains(parent));
        let go = go.map(|parent| alone(format!("NO INHERIT {parent}")));
        let come = to[stay.len()..].iter().map(|parent| alter(format!("INHERIT {parent}")));
        go.chain(come).collect()
    }

    /// The parents that stay in their places when these become those: the first of those, as far as they are in order here too.
    fn staying<'a>(&self, to: &'a [String]) -> &'a [String] {
        let mut own = self.parents.iter();
        let stay = to.iter().take_while(|parent| own.any(|other| other == *parent)).count();
        &to[..stay]
    }

    /// The parents that stay while others go and come, where nothing changes in them meanwhile.
    fn kept(&self, id: &Id, context: &Context<'_>) -> Vec<String> {
        let spec = |model: &Model| match model.get(id).map(|object| &object.spec) {
            Some(Spec::Inheritance(inheritance)) => inheritance.clone(),
            _ => Inheritance { parents: Vec::new() },
        };
        let (from, to) = (spec(context.from), spec(context.to));
        let stay = from.staying(&to.parents).to_vec();
        let above =
            |name: &String| context.from.relations(name).map(|parent| parent.id.clone()).collect::<Vec<_>>();
        let own = |model: &Model, parent: &Id| model.get(parent).map(|object| object.spec.clone());
        let differs = |parent: &Id| own(context.from, parent) != own(context.to, parent);
        let change = stay.iter().flat_map(above).any(|parent| differs(&parent) || changes(&parent, context));
        let change = change || not_null_is_renamed(id.top(), context);
        if from == to || change { Vec::new() } else { stay }
    }
}

impl ObjectKind for Inheritance {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', jsonb_build_array('pg_inherits'::regclass::oid, c.oid, 0), 'in', {}, 'name', '', \
             'needs', (SELECT jsonb_agg({}) FROM pg_inherits AS i WHERE i.inhrelid = c.oid), \
             'spec', jsonb_build_object('parents', (SELECT jsonb_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) \
             FROM pg_inherits AS i WHERE i.inhrelid = c.oid))) \
             FROM pg_class AS c WHERE c.relkind IN ('r', 'f') AND NOT c.relispartition AND c.oid IN (SELECT inhrelid FROM pg_inherits) AND {}",
            query::address("pg_class", "c.oid", "0"),
            query::address("pg_class", "i.inhparent", "0"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let mut statements = checked(id.top(), context);
        statements.extend(Inheritance { parents: self.kept(id, context) }.towards(&self.parents, id));
        demand_checks(&mut statements, id.top(), context);
        statements
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        self.towards(&self.kept(id, context), id)
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        // What is no longer inherited becomes a column of its own, which can go only then.
        if !to.parents.starts_with(&self.parents) {
            return Change::Replace("its columns come from other tables".to_owned());
        }
        // A table whose parents differ is compared as one without: so it is out while those change that it keeps.
        if parents(context.from, id.top()).iter().any(|parent| changes(parent, context)) {
            return Change::Replace("it gets another parent while one changes".to_owned());
        }
        let mut statements = checked(id.top(), context);
        statements.extend(self.towards(&to.parents, id));
        demand_checks(&mut statements, id.top(), context);
        Change::Alter(statements)
    }
}

/// An inherited check that holds for new rows alone is held against all, where it comes from a parent then that holds it for all of its own:
/// PostgreSQL takes no other child there.
fn checked(table: &Id, context: &Context<'_>) -> Vec<Statement> {
    let sql = table.sql();
    let checks = context.from.children_of_kind(table, Kind::Constraint).into_iter();
    let changes = checks.filter(|check| {
        context.to.contains(&check.id)
            && is_unchecked(context.from, &check.id)
            && !is_unchecked(context.to, &check.id)
    });
    let validate = |check: &Object| {
        let action = format!("VALIDATE CONSTRAINT {}", sql::ident(check.id.name()));
        let validate = Statement::alter_table(&sql, action);
        Statement { action: None, ..validate.lock(Lock::ShareUpdateExclusive, &sql).work(Work::Scan) }
    };
    changes.map(validate).collect()
}

/// What the checks demand of its rows that a table gets from parents which it joins.
fn demand_checks(statements: &mut [Statement], table: &Id, context: &Context<'_>) {
    let checks = context.to.of_kind_in(Some(table), Kind::Constraint);
    let demands = checks.filter_map(|check| match (&check.spec, context.from.get(&check.id)) {
        (Spec::Constraint(own), before) if own.inherited => {
            let before = before.and_then(|before| match &before.spec {
                Spec::Constraint(before) => Some(before),
                _ => None,
            });
            Some(own.demands(before, &check.id, context))
        }
        _ => None,
    });
    if let Some(last) = statements.last_mut() {
        last.demands.extend(demands.flatten());
    }
}

/// Whether a check that a table has from its parents alone is `NOT VALID` in all of those that say it.
pub(super) fn is_unchecked(model: &Model, check: &Id) -> bool {
    let Some(Spec::Constraint(own)) = model.get(check).map(|object| &object.spec) else { return false };
    if own.constraint_type != ConstraintType::Check || !own.inherited {
        return false;
    }
    let mut above = inherited_from(model, check).peekable();
    above.peek().is_some()
        && above.all(|check| match model.get(&check).map(|object| &object.spec) {
            Some(Spec::Constraint(above)) => above.not_valid || is_unchecked(model, &check),
            _ => false,
        })
}

/// The constraints of this name of the parents of its table.
fn inherited_from(model: &Model, check: &Id) -> impl Iterator<Item = Id> {
    let above = parents(model, check.top()).into_iter();
    above.map(|parent| parent.child(Kind::Constraint, check.name())).filter(|check| model.contains(check))
}

/// Whether a column refuses NULL under another name from now on (18): what it has from a parent stays as it is called.
fn not_null_is_renamed(table: &Id, context: &Context<'_>) -> bool {
    let names = |model: &Model, column: &Id| -> Vec<Id> {
        model.of_kind_in(Some(column), Kind::NotNull).map(|object| object.id.clone()).collect()
    };
    let mut columns = context.from.of_kind_in(Some(table), Kind::Column).map(|object| &object.id);
    columns.any(|column| {
        let (from, to) = (names(context.from, column), names(context.to, column));
        !from.is_empty() && !to.is_empty() && from != to
    })
}

/// Whether something changes that a table hands down.
fn changes(parent: &Id, context: &Context<'_>) -> bool {
    let handed_down = |model: &Model| -> Vec<(Id, Spec)> {
        let kinds = [Kind::Column, Kind::Constraint];
        let objects = kinds.into_iter().flat_map(|kind| model.of_kind_in(Some(parent), kind));
        let mut found: Vec<(Id, Spec)> =
            objects.map(|object| (object.id.clone(), object.spec.clone())).collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    };
    handed_down(context.from) != handed_down(context.to)
}

/// What a table has its columns from, quoted with their schemas: the partitioned table, or the tables inherited from.
pub fn parent_names(model: &Model, table: &Id) -> Vec<String> {
    let spec = |kind: Kind| model.get(&table.child(kind, "")).map(|object| &object.spec);
    match (spec(Kind::Partition), spec(Kind::Inheritance)) {
        (Some(Spec::Partition(partition)), _) => vec![partition.of.clone()],
        (_, Some(Spec::Inheritance(inheritance))) => inheritance.parents.clone(),
        _ => Vec::new(),
    }
}

/// The ids of what a table has its columns from.
pub fn parents(model: &Model, table: &Id) -> Vec<Id> {
    let attachment =
        [Kind::Partition, Kind::Inheritance].into_iter().find_map(|kind| model.get(&table.child(kind, "")));
    let needs = attachment.into_iter().flat_map(|object| object.needs.keys());
    let mut found: Vec<Id> = needs.filter(|id| id.kind().is_table()).cloned().collect();
    if found.is_empty() {
        let names = parent_names(model, table);
        // As people write it: without the schema where that is their own, or public.
        let near = [table.schema(), Some("public")].into_iter().flatten();
        let near: Vec<String> = near
            .flat_map(|schema| names.iter().map(move |name| format!("{}.{name}", sql::ident(schema))))
            .collect();
        let named = names.iter().chain(&near).flat_map(|name| model.relations(name)).map(|object| &object.id);
        let named: BTreeSet<&Id> = named.filter(|id| id.kind().is_table()).collect();
        found = named.into_iter().cloned().collect();
    }
    found
}

/// The ids of all that stands above a table, at any remove.
pub fn above(model: &Model, table: &Id) -> BTreeSet<Id> {
    let (mut found, mut queue) = (BTreeSet::new(), parents(model, table));
    while let Some(parent) = queue.pop() {
        if found.insert(parent.clone()) {
            queue.extend(parents(model, &parent));
        }
    }
    found
}

/// How many generations stand above a table.
pub fn generation(model: &Model, table: &Id) -> usize {
    let above = parents(model, table).into_iter().filter(|parent| parent != table);
    above.map(|parent| 1 + generation(model, &parent)).max().unwrap_or(0)
}

/// Whether what a table inherits comes to it by itself: it is made with its parents, or has them already.
pub fn follows(table: &Id, context: &Context<'_>) -> bool {
    !context.from.contains(table) || stays(table, context)
}

/// Whether what a table inherits goes from it by itself, because it has the same parents before and after: a partition whose bound
/// changes is back in its place before anything else is done to it.
pub fn stays(table: &Id, context: &Context<'_>) -> bool {
    parent_names(context.from, table) == parent_names(context.to, table)
}

/// Whether other tables have columns from this one.
pub fn has_children(model: &Model, table: Option<&Id>) -> bool {
    table.is_some_and(|table| model.attached_to(&table.sql()).next().is_some())
}

/// A column that a child table has of its own as well: columns become that when the table leaves its parents, so it leaves them
/// and comes back. Once a table, at the first of its columns that needs it.
pub(crate) fn renewed(own: &Id, context: &Context<'_>) -> Vec<Statement> {
    let table = own.top();
    let becomes_own = |id: &Id| {
        let inherited = |model: &Model| column::is_inherited(model, Some(id));
        id.parent() == Some(table)
            && inherited(context.from)
            && context.to.contains(id)
            && !inherited(context.to)
            && !column::sources(context.from, id).iter().all(|source| column::goes_alone(source, context))
    };
    let columns = context.from.of_kind_in(Some(table), Kind::Column);
    let first = columns.map(|object| &object.id).find(|id| becomes_own(id));
    let place = table.child(Kind::Inheritance, "");
    match context.from.get(&place).map(|object| &object.spec) {
        Some(Spec::Inheritance(parents)) if first == Some(own) && stays(table, context) => {
            let mut statements = parents.towards(&[], &place);
            statements.extend(Inheritance { parents: Vec::new() }.towards(&parents.parents, &place));
            statements
        }
        _ => Vec::new(),
    }
}
