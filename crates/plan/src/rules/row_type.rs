//! PostgreSQL writes no row of a table anew while a column elsewhere has the table's row type. Such columns are put by: they have a
//! composite type of texts meanwhile, which every value goes into and comes out of unharmed.

use std::collections::{BTreeMap, BTreeSet};

use kinds::kinds::inheritance;
use kinds::{Id, Kind, Lock, Object, Spec, Statement, Work, assignment};

use super::conversion::Converter;
use super::type_swap::{free_name, go_and_come_back, one_dimension};
use crate::Request;
use crate::changes::{Action, Changes};
use crate::graph::Graph;
use crate::round::Verb;

/// Finds the columns that have the row type of a table whose rows are written anew, and puts them by.
pub(crate) fn put_by(request: &Request<'_>, changes: &mut Changes) {
    let tables: BTreeSet<Id> = changes
        .actions
        .iter()
        .filter(|(id, action)| is_rewritten(request, changes, id, action))
        .map(|(id, _)| id.top().clone())
        .filter(|table| table.kind() == Kind::Table && !changes.goes(table) && request.from.contains(table))
        .collect();
    for table in with_children(request, tables) {
        for (user, is_array) in users(request, changes, &table) {
            suspend(request, changes, &table, user, is_array);
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

/// Tables with their partitions and children, which change with them.
fn with_children(request: &Request<'_>, mut tables: BTreeSet<Id>) -> BTreeSet<Id> {
    loop {
        let above =
            |id: &&Id| inheritance::parents(request.from, id).iter().any(|parent| tables.contains(parent));
        let all = request.from.ids().filter(|id| id.kind() == Kind::Table && !tables.contains(*id));
        let more: Vec<Id> = all.filter(above).cloned().collect();
        if more.is_empty() {
            return tables;
        }
        tables.extend(more);
    }
}

/// The columns that have a table's row type, or an array of it, before and after.
fn users<'a>(request: &'a Request<'_>, changes: &Changes, table: &'a Id) -> Vec<(&'a Object, bool)> {
    let name = table.sql();
    let found = request.from.dependents(table).filter_map(|user| {
        let Spec::Column(from) = &user.spec else { return None };
        let is_array = from.data_type == format!("{name}[]");
        let stays = matches!(request.to.get(&user.id).map(|object| &object.spec), Some(Spec::Column(to)) if to.data_type == from.data_type);
        let own = !from.inherited && from.generated.is_none() && user.id.top().kind() == Kind::Table;
        let whole = stays && !changes.goes(&user.id) && !changes.goes(user.id.top()) && !changes.suspends(&user.id);
        (own && whole && (is_array || from.data_type == name)).then_some((user, is_array))
    });
    found.collect()
}

/// The column has texts while its table is another one's type; what holds expressions over it is away.
fn suspend(request: &Request<'_>, changes: &mut Changes, table: &Id, user: &Object, is_array: bool) {
    let Some(values) = values(request, changes, table) else { return };
    let aside = free_name(request, changes, table, "endstate_row");
    let meanwhile = table.renamed(&aside).sql();
    let (of, column) = (user.id.relation_sql(), sql::ident(user.id.name()));
    let retype = |data_type: &str, using: String| {
        Statement::new(format!("ALTER TABLE {of} ALTER COLUMN {column} TYPE {data_type} USING {using}"))
            .lock(Lock::AccessExclusive, &of)
            .work(Work::Rewrite)
    };
    let array = if is_array { "[]" } else { "" };
    let texts = format!("{meanwhile}{array}");
    let create = Statement::new(format!("CREATE TYPE {meanwhile} AS ({})", attributes(request, table)));
    let leave = vec![create, retype(&texts, format!("{column}::text::{texts}"))];
    let (row, drop) = (table.sql(), Statement::new(format!("DROP TYPE {meanwhile}")));
    let value = |value: &str| {
        format!("CASE WHEN {value} IS DISTINCT FROM NULL THEN ROW({})::{row} END", values(value))
    };
    let mut resume = Vec::new();
    if is_array {
        let function = sql::qualified(&[table.schema().unwrap_or_default(), "endstate_convert"]);
        let body = format!(
            "SELECT CASE WHEN $1 IS NOT NULL THEN ARRAY(SELECT {} FROM generate_subscripts($1, 1) AS i ORDER BY i)::{row}[] END",
            value("$1[i]")
        );
        resume.push(Statement::new(format!(
            "CREATE FUNCTION {function}({texts}) RETURNS {row}[] LANGUAGE sql AS {}",
            sql::dollar(&body)
        )));
        let mut back = retype(&format!("{row}[]"), format!("{function}({column})"));
        back.demands.push(one_dimension(&user.id, &column));
        resume.push(back);
        resume.push(Statement::new(format!("DROP FUNCTION {function}({texts})")));
    } else {
        resume.push(retype(&row, value(&column)));
    }
    resume.push(drop);
    if let Some(Action::Alter(own)) = changes.actions.get(&user.id) {
        resume.extend(own.clone());
    }
    let reason = format!("holds texts while {table}, whose row type it has, changes");
    changes.actions.insert(user.id.clone(), Action::Suspend { leave, resume, reason });
    changes.alone.push(user.id.clone());
    changes.aside.insert(table.renamed(&aside), table.renamed(&aside));
    for part in request.from.dependents(&user.id) {
        let holds = matches!(part.id.kind(), Kind::Constraint | Kind::Index | Kind::Statistics);
        if holds && !changes.goes(&part.id) {
            go_and_come_back(request, changes, part, &user.id);
        }
    }
}

/// All columns of the table as it is, as texts.
fn attributes(request: &Request<'_>, table: &Id) -> String {
    let columns = request.from.children_of_kind(table, Kind::Column);
    let names: Vec<String> =
        columns.iter().map(|column| format!("{} text", sql::ident(column.id.name()))).collect();
    names.join(", ")
}

/// How the columns of a row as it will be come from the texts; none where an expression alone cannot say it.
fn values(request: &Request<'_>, changes: &Changes, table: &Id) -> Option<impl Fn(&str) -> String + use<>> {
    let mut fields: Vec<String> = Vec::new();
    // Those that stay keep their places, whatever the places are that are wanted.
    let mut columns = request.to.children_of_kind(table, Kind::Column);
    columns.sort_by_key(|column| match request.from.get(&column.id) {
        Some(from) if !changes.goes(&column.id) => (0, from.position),
        _ => (1, column.position),
    });
    for column in columns {
        let Spec::Column(to) = &column.spec else { continue };
        let mark = format!("\u{0}.{}", sql::ident(column.id.name()));
        let field = match request.from.get(&column.id).map(|object| &object.spec) {
            Some(Spec::Column(from)) if from.data_type == to.data_type => {
                converted(request, changes, &mark, &from.data_type)?
            }
            Some(Spec::Column(from)) => {
                let old = format!("({mark}::{})", from.data_type);
                assignment::using(&old, &from.data_type, &to.data_type, &request.context()).unwrap_or(old)
            }
            _ => "NULL".to_owned(),
        };
        fields.push(field);
    }
    let fields = fields.join(", ");
    Some(move |value: &str| fields.replace('\u{0}', &format!("({value})")))
}

/// A text as a value of a type that keeps its name, and may be another one all the same.
pub(super) fn converted(
    request: &Request<'_>,
    changes: &Changes,
    text: &str,
    data_type: &str,
) -> Option<String> {
    // The column comes back when all types have their own names.
    let mut aside = changes.aside.clone();
    aside.extend(changes.ahead.clone());
    let mut converter = Converter {
        request,
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

impl Graph<'_> {
    /// Columns are put by, or gone, before the table changes whose row type they have, and come back after.
    pub(crate) fn order_row_types(&mut self) {
        self.order_coming_row_types();
        let changes = self.changes;
        let away = |id: &&Id| id.kind() == Kind::Column && (changes.suspends(id) || changes.goes(id));
        let columns: Vec<Id> = changes.actions.keys().filter(away).cloned().collect();
        for column in columns {
            let held = if changes.goes(column.top()) { column.top() } else { &column };
            let needs = self.request.from.get(&column).map(|object| object.needs.keys().cloned().collect());
            let needs: Vec<Id> = needs.unwrap_or_default();
            let parts = self.request.to.objects().filter(|part| needs.contains(part.id.top()));
            for used in parts.flat_map(|part| part.needs.keys()).filter(|need| need.kind().is_type()) {
                self.before(self.there(used), self.at(&column, Verb::Create));
            }
            // A child table changes with those above it.
            let above = |table: &Id| {
                let both = [self.request.from, self.request.to];
                both.into_iter().flat_map(|model| inheritance::above(model, table)).collect::<Vec<Id>>()
            };
            let tables: Vec<Id> =
                needs.iter().filter(|need| need.kind() == Kind::Table).flat_map(above).collect();
            for (place, (id, _)) in self.snapshot() {
                let changes = matches!(id.kind(), Kind::Table | Kind::Column) && id.top() != column.top();
                let own = needs.contains(id.top()) || tables.contains(id.top());
                if changes && own {
                    self.before(self.at(held, Verb::Drop), Some(place));
                    self.before(Some(place), self.at(held, Verb::Create));
                }
                // Its default goes before, and is there again when it has its type.
                if id.is_within(&column) {
                    self.before(self.at(&id, Verb::Drop), self.at(&column, Verb::Drop));
                    self.before(self.at(&column, Verb::Create), self.at(&id, Verb::Create));
                }
            }
        }
    }

    /// A column that comes with the row type of a table does so when that has its shape.
    fn order_coming_row_types(&mut self) {
        for (place, (id, verb)) in self.snapshot() {
            if id.kind() != Kind::Column || verb != Verb::Create || self.changes.suspends(&id) {
                continue;
            }
            let needs = self.request.to.get(&id).into_iter().flat_map(|column| column.needs.keys());
            let tables: Vec<&Id> =
                needs.filter(|need| need.kind() == Kind::Table && *need != id.top()).collect();
            if tables.is_empty() {
                continue;
            }
            for (other, (part, _)) in self.snapshot() {
                if part.kind() == Kind::Column && tables.contains(&part.top()) {
                    self.before(Some(other), Some(place));
                }
            }
        }
    }
}
