//! PostgreSQL writes no row of a table anew while a column elsewhere has the table's row type, or a type made of it. Such columns are
//! put by: they have types of the same shape meanwhile, which every value goes into as a text.

use std::collections::{BTreeMap, BTreeSet};

use kinds::kinds::composite_type::Composite;
use kinds::kinds::range_type::clipped;
use kinds::{Change, Id, Kind, Object, Retype, Spec, Statement, Work};

use super::conversion;
use super::type_swap::{self, free_name, go_and_come_back};
use crate::Request;
use crate::changes::{Action, Changes};

/// Finds the columns whose values are made of rows of a table that are written anew, and puts them by.
pub(crate) fn put_by(request: &Request<'_>, changes: &mut Changes) {
    let tables: BTreeSet<Id> = changes
        .actions
        .iter()
        .filter(|(id, action)| is_rewritten(request, changes, id, action))
        .map(|(id, _)| id.top().clone())
        .filter(|table| table.kind().is_table() && !changes.goes(table) && request.from.contains(table))
        .collect();
    if tables.is_empty() {
        return;
    }
    let made = made_of_rows(request, changes, tables);
    let users = request.from.objects().filter(|object| holds(request, changes, &made, object));
    let users: Vec<&Object> = users.collect();
    for user in users {
        match &user.spec {
            Spec::Column(column) if column.generated.is_none() => {
                put_column_by(request, changes, &made, user);
            }
            _ => go_and_come_back(request, changes, user, &user.id),
        }
    }
}

/// Whether PostgreSQL writes all rows anew, or looks whether it must.
fn is_rewritten(request: &Request<'_>, changes: &Changes, id: &Id, action: &Action) -> bool {
    let column = || match request.to.get(id).map(|object| &object.spec) {
        Some(Spec::Column(column)) => Some(column),
        _ => None,
    };
    let filled = || {
        let parts = [Kind::ColumnDefault, Kind::Identity];
        let generated = column().is_some_and(|column| column.generated.is_some());
        let of_domain = request
            .to
            .get(id)
            .is_some_and(|column| column.needs.keys().any(|need| need.kind() == Kind::Domain));
        let has = |kind| !request.to.children_of_kind(id, kind).is_empty();
        generated || of_domain || parts.into_iter().any(has) || request.directives.backfills.contains_key(id)
    };
    match action {
        Action::Create | Action::Replace { .. } if id.kind() == Kind::Column => filled(),
        Action::Alter(statements) => {
            changes.alone.contains(id) || statements.iter().any(|statement| statement.work == Work::Rewrite)
        }
        _ => false,
    }
}

/// What is made of the rows of tables, at any depth: types, and tables that have columns of these, with partitions and children, which
/// change with them.
fn made_of_rows(request: &Request<'_>, changes: &Changes, tables: BTreeSet<Id>) -> BTreeSet<Id> {
    let mut queue: Vec<Id> = tables.iter().cloned().collect();
    let mut made = tables;
    while let Some(id) = queue.pop() {
        let name = id.sql();
        let users = request.from.dependents(&id).filter(|user| conversion::element(user) == Some(&name));
        let wholes = users.filter_map(|user| match user.id.kind() {
            Kind::Column if changes.goes(&user.id) || changes.goes(user.id.top()) => None,
            Kind::Column | Kind::Attribute => user.id.parent(),
            _ => Some(&user.id),
        });
        let below = request.from.attached_to(&name).filter_map(|place| place.id.parent());
        for whole in wholes.chain(below) {
            if made.insert(whole.clone()) {
                queue.push(whole.clone());
            }
        }
    }
    made
}

/// Whether rows hold what is made of the types: in columns that are a table's own and stay, and in materialized views.
fn holds(request: &Request<'_>, changes: &Changes, made: &BTreeSet<Id>, object: &Object) -> bool {
    let is_made = |data_type: &str| made.iter().any(|id| id.sql() == data_type.trim_end_matches("[]"));
    let stays = || !changes.goes(&object.id) && !changes.goes(object.id.top());
    match &object.spec {
        Spec::Column(column) => {
            let is_own = object.id.top().kind() == Kind::Table && !column.inherited;
            let comes_back = || column.generated.is_some() || type_swap::moves(request, changes, object);
            is_own && is_made(&column.data_type) && stays() && comes_back()
        }
        Spec::MaterializedView(view) => {
            view.columns.iter().any(|(_, data_type)| is_made(data_type)) && stays()
        }
        _ => false,
    }
}

/// The column has another type while tables change that its own is made of; what holds expressions over it is away.
fn put_column_by(request: &Request<'_>, changes: &mut Changes, made: &BTreeSet<Id>, user: &Object) {
    let (Spec::Column(from), Some(to)) = (&user.spec, request.to.get(&user.id)) else { return };
    let mut twins = Twins { request, changes, made, names: BTreeMap::new(), create: Vec::new() };
    let meanwhile = twins.of(&from.data_type);
    let Twins { names, create, .. } = twins;
    let using = Some(format!("{}::text::{meanwhile}", sql::ident(user.id.name())));
    let retype = Retype { column: user.id.clone(), data_type: meanwhile, collation: None, using };
    let drop = create.iter().rev().map(|(twin, _)| Statement::new(format!("DROP TYPE {}", twin.sql())));
    let drop: Vec<Statement> = drop.collect();
    let mut leave: Vec<Statement> = create.into_iter().map(|(_, create)| Statement::new(create)).collect();
    leave.push(retype.statement());
    let mut aside = changes.aside.clone();
    aside.extend(names.clone());
    let mut resume = type_swap::moving(request, changes, &aside, user);
    resume.extend(drop);
    if let Change::Alter(own) | Change::AlterAlone(own) =
        user.spec.alter(&to.spec, &user.id, &request.context())
    {
        resume.extend(own.into_iter().filter(|statement| statement.retype.is_none()));
    }
    let reason = "has another type while tables change that its own is made of".to_owned();
    changes.actions.insert(user.id.clone(), Action::Suspend { leave, resume, reason });
    changes.alone.push(user.id.clone());
    changes.aside.extend(names.into_values().map(|twin| (twin.clone(), twin)));
    type_swap::let_go_of_type(request, changes, user.id.top());
    for part in request.from.dependents(&user.id) {
        let holds = matches!(part.id.kind(), Kind::Constraint | Kind::Index | Kind::Statistics);
        if holds && !changes.goes(&part.id) {
            go_and_come_back(request, changes, part, &user.id);
        }
    }
}

/// Types of the same shape as those that are made of rows of tables that change.
struct Twins<'a> {
    request: &'a Request<'a>,
    changes: &'a Changes,
    made: &'a BTreeSet<Id>,
    /// Each type or table with its twin.
    names: BTreeMap<Id, Id>,
    /// The statements that make them, in their order.
    create: Vec<(Id, String)>,
}

impl Twins<'_> {
    /// The twin of a type, or the type itself where it is made of nothing that changes.
    fn of(&mut self, data_type: &str) -> String {
        let name = data_type.trim_end_matches("[]");
        let Some(id) = self.made.iter().find(|id| id.sql() == name) else { return data_type.to_owned() };
        if !self.names.contains_key(id) {
            self.make(id);
        }
        let twin = self.names.get(id).unwrap_or(id);
        twin.sql() + &data_type[name.len()..]
    }

    fn make(&mut self, id: &Id) {
        let name = format!("endstate_old_{}", clipped(id.name(), 45));
        let twin = id.renamed(free_name(self.request, self.changes, id, &name));
        let create = match self.request.from.get(id).map(|object| &object.spec) {
            Some(Spec::Domain(domain)) => {
                let of = self.of(&domain.data_type);
                format!("CREATE DOMAIN {} AS {of}", twin.sql())
            }
            Some(Spec::Range(range)) => {
                let of = self.of(&range.subtype);
                format!("CREATE TYPE {} AS RANGE (SUBTYPE = {of})", twin.sql())
            }
            _ => {
                let attributes = self.attributes(id);
                let attributes: Vec<&str> = attributes.iter().map(String::as_str).collect();
                Composite::create_with(&twin, &attributes)
            }
        };
        self.names.insert(id.clone(), twin.clone());
        self.create.push((twin, create));
    }

    /// Those of a row as it is. What does not stay is no more than a text, which needs no type that may go.
    fn attributes(&mut self, row: &Id) -> Vec<String> {
        let mut attributes = Vec::new();
        for (id, data_type) in conversion::attributes(self.request.from, row) {
            let data_type = match self.request.to.contains(id) {
                true => self.of(data_type),
                false => "text".to_owned(),
            };
            attributes.push(format!("{} {data_type}", sql::ident(id.name())));
        }
        attributes
    }
}
