//! Reshapes an ordered plan into statements that a person would have written: columns and constraints inside `CREATE TABLE`,
//! actions on one table in one `ALTER TABLE`. Nothing moves before what it must come after.

use std::collections::{BTreeMap, BTreeSet};

use kinds::kinds::composite_type::Composite;
use kinds::{Id, Kind, Lock, Spec, Statement};

use crate::Request;
use crate::archive::MovedBack;
use crate::graph::Node;
use crate::round::{Step, Verb};

/// A statement in the making.
struct Group {
    ids: Vec<(Verb, Id)>,
    reasons: BTreeSet<String>,
    body: Body,
}

enum Body {
    /// One statement, as it is.
    Whole(Statement),
    /// `CREATE TABLE`, `CREATE DOMAIN` or `CREATE TYPE` with its clauses, by the object that each is for.
    Create { create: Statement, clauses: Vec<(Id, String)> },
    /// `ALTER TABLE` with its actions.
    Alter { relation: String, pass: u8, statements: Vec<Statement> },
}

/// Merges what can be merged and renders the rest.
pub(crate) fn merge(request: &Request<'_>, mut nodes: Vec<Node>, moved: &[MovedBack]) -> Vec<Step> {
    moved.iter().for_each(|back| move_back(request, &mut nodes, back));
    let mut groups = Groups::default();
    // The group in which each node's last statement ended up.
    let mut landed: Vec<Option<usize>> = Vec::new();
    for node in nodes {
        let mut floor = node.after.iter().filter_map(|place| landed[*place]).max();
        for statement in node.statements.clone() {
            let place = groups.place(&node, statement, floor);
            floor = floor.max(Some(place));
        }
        landed.push(floor);
    }
    let mut steps: Vec<Step> = Vec::new();
    for step in groups.all.into_iter().map(|group| group.step(request)) {
        match steps.last_mut().filter(|last| grants_the_same(&last.statement, &step.statement)) {
            Some(last) => add_grantee(last, step),
            None => steps.push(step),
        }
    }
    steps
}

/// Puts what makes a table, and all that has stayed on it, into the statement that moves it back.
fn move_back(request: &Request<'_>, nodes: &mut [Node], back: &MovedBack) {
    let comes =
        |node: &Node| node.verb == Verb::Create && (node.id == back.table || back.parts.contains(&node.id));
    let own: Vec<usize> = (0..nodes.len()).filter(|place| comes(&nodes[*place])).collect();
    let made = own.iter().map(|place| {
        let after =
            nodes[*place].after.iter().filter_map(|earlier| own.iter().position(|other| other == earlier));
        Node { after: after.collect(), reason: None, ..nodes[*place].clone() }
    });
    let made: Vec<String> =
        merge(request, made.collect(), &[]).into_iter().map(|step| step.statement.sql).collect();
    let Some(statement) = back.statement(request, &made) else { return };
    for place in own {
        let is_table = nodes[place].id == back.table;
        let demands = nodes[place].statements.drain(..).flat_map(|statement| statement.demands).collect();
        if is_table {
            nodes[place].statements = vec![Statement { demands, ..statement.clone() }];
            nodes[place].is_whole = true;
        }
    }
}

/// Whether two statements differ in the grantee alone.
fn grants_the_same(one: &Statement, other: &Statement) -> bool {
    let Some((head, _, tail)) = &one.grantees else { return false };
    matches!(&other.grantees, Some((other_head, _, other_tail)) if head == other_head && tail == other_tail)
}

/// One statement for the grantees of two.
fn add_grantee(step: &mut Step, other: Step) {
    let (Some((head, grantees, tail)), Some((_, grantee, _))) =
        (&step.statement.grantees, &other.statement.grantees)
    else {
        return;
    };
    let merged = Statement::grant(head, format!("{grantees}, {grantee}"), tail);
    step.statement = Statement { sql: merged.sql, grantees: merged.grantees, ..step.statement.clone() };
    step.objects.extend(other.objects);
    step.ids.extend(other.ids);
    step.reason = step.reason.take().or(other.reason);
}

/// Groups in the making, and where to look for one that takes a statement.
#[derive(Default)]
struct Groups {
    all: Vec<Group>,
    creates: BTreeMap<Id, Vec<usize>>,
    alters: BTreeMap<(String, u8), Vec<usize>>,
}

impl Groups {
    /// Puts a statement into the first group that takes it and stands no earlier than `floor`, or into one of its own.
    fn place(&mut self, node: &Node, statement: Statement, floor: Option<usize>) -> usize {
        let start = floor.unwrap_or(0);
        let created = node.id.ancestors().filter_map(|ancestor| self.creates.get(ancestor)).flatten();
        let action = statement.action.as_ref().map(|(relation, _)| (relation.clone(), statement.pass));
        let altered = action.and_then(|key| self.alters.get(&key)).into_iter().flatten();
        let takes = |place: &usize| *place >= start && self.all[*place].takes(node, &statement);
        if let Some(host) = created.chain(altered).copied().filter(takes).min() {
            self.all[host].add(node, statement);
            return host;
        }
        let (group, place) = (Group::start(node, statement), self.all.len());
        match &group.body {
            Body::Create { .. } => self.creates.entry(node.id.clone()).or_default().push(place),
            Body::Alter { relation, pass, .. } => {
                self.alters.entry((relation.clone(), *pass)).or_default().push(place);
            }
            Body::Whole(_) => {}
        }
        self.all.push(group);
        place
    }
}

impl Group {
    fn start(node: &Node, statement: Statement) -> Group {
        let body = match (&statement.action, node.shown, node.id.kind()) {
            _ if node.is_whole => Body::Whole(statement),
            (_, Verb::Create, Kind::Table | Kind::ForeignTable | Kind::Domain | Kind::Composite) => {
                Body::Create { create: statement, clauses: Vec::new() }
            }
            (Some((relation, _)), _, _) => {
                Body::Alter { relation: relation.clone(), pass: statement.pass, statements: vec![statement] }
            }
            _ => Body::Whole(statement),
        };
        let reasons = node.reason.iter().cloned().collect();
        Group { ids: vec![(node.shown, node.id.clone())], reasons, body }
    }

    fn takes(&self, node: &Node, statement: &Statement) -> bool {
        match (&self.body, &statement.action) {
            (Body::Create { .. }, _) => {
                let own = node.id.ancestors().any(|ancestor| *ancestor == self.ids[0].1);
                let fits = |clause: &String| !clause.is_empty() || self.takes_part(&node.id);
                own && node.verb == Verb::Create && statement.clause.as_ref().is_some_and(fits)
            }
            (Body::Alter { relation, pass, .. }, Some((other, action))) => {
                relation == other && *pass == statement.pass && !action.starts_with("VALIDATE")
            }
            _ => false,
        }
    }

    /// A default, an identity or `NOT NULL` can stand behind its column when the column is there.
    fn takes_part(&self, id: &Id) -> bool {
        let Body::Create { clauses, .. } = &self.body else { return false };
        match id.parent().filter(|parent| parent.kind() == Kind::Column) {
            Some(column) => clauses.iter().any(|(owner, _)| owner == column),
            None => true,
        }
    }

    fn add(&mut self, node: &Node, statement: Statement) {
        if !self.ids.contains(&(node.shown, node.id.clone())) {
            self.ids.push((node.shown, node.id.clone()));
        }
        self.reasons.extend(node.reason.iter().cloned());
        match &mut self.body {
            Body::Create { create, clauses } => {
                clauses.push((node.id.clone(), statement.clause.unwrap_or_default()));
                create.also.extend(statement.also);
            }
            Body::Alter { statements, .. } => statements.push(statement),
            Body::Whole(_) => {}
        }
    }

    fn step(self, request: &Request<'_>) -> Step {
        let statement = match self.body {
            Body::Whole(statement) => statement,
            Body::Create { create, clauses } => {
                let whole = create_whole(request, &self.ids[0].1, create, &clauses);
                Statement { sql: sql::as_printed(&whole.sql), ..whole }
            }
            Body::Alter { relation, statements, .. } => alter_table(&relation, statements),
        };
        let objects = self.ids.iter().map(|(verb, id)| (*verb, id.to_string())).collect();
        let reason =
            (!self.reasons.is_empty()).then(|| self.reasons.into_iter().collect::<Vec<_>>().join("; "));
        Step { objects, ids: self.ids, renamed_to: None, statement, reason }
    }
}

/// `CREATE` with everything that can stand in it.
fn create_whole(request: &Request<'_>, id: &Id, create: Statement, clauses: &[(Id, String)]) -> Statement {
    let lines: Vec<&str> = clauses.iter().map(|(_, clause)| clause.as_str()).collect();
    match request.to.get(id).map(|object| &object.spec) {
        Some(Spec::Domain(domain)) => Statement { sql: domain.create_with(id, &lines), ..create },
        Some(Spec::Composite(_)) => Statement { sql: Composite::create_with(id, &lines), ..create },
        _ => create_table(request, id, create, clauses),
    }
}

fn create_table(request: &Request<'_>, id: &Id, create: Statement, clauses: &[(Id, String)]) -> Statement {
    let Some(table) = request.to.get(id).map(|object| &object.spec) else { return create };
    let mut lines = Vec::new();
    for (owner, clause) in clauses {
        let values = [Kind::ColumnDefault, Kind::Identity];
        let valued =
            clauses.iter().any(|(other, _)| values.contains(&other.kind()) && other.parent() == Some(owner));
        let line = match request.to.get(owner).map(|object| &object.spec) {
            Some(Spec::Column(column)) => column.inline(owner, &request.context(), valued),
            _ => clause.clone(),
        };
        lines.extend(Some(line).filter(|line| !line.is_empty()));
    }
    match table.create_table(id, &lines, request.to) {
        Some(sql) => Statement { sql, ..create },
        None => create,
    }
}

/// One `ALTER TABLE` that does what several would, under the strongest of their locks.
fn alter_table(relation: &str, statements: Vec<Statement>) -> Statement {
    let actions: Vec<&str> = statements
        .iter()
        .filter_map(|statement| statement.action.as_ref().map(|(_, action)| action.as_str()))
        .collect();
    let sql = match actions.as_slice() {
        [action] => format!("ALTER TABLE {relation} {action}"),
        many => format!("ALTER TABLE {relation}\n    {}", many.join(",\n    ")),
    };
    let mut merged = Statement::new(sql);
    merged.lock =
        statements.iter().filter_map(|statement| statement.lock.clone()).max_by_key(|(lock, _)| *lock);
    merged.work = statements.iter().map(|statement| statement.work).max().unwrap_or(kinds::Work::Catalog);
    merged.also = statements.iter().flat_map(|statement| statement.also.clone()).collect();
    let notices: Vec<String> = statements.iter().filter_map(|statement| statement.clients.clone()).collect();
    merged.clients = (!notices.is_empty()).then(|| notices.join("; "));
    merged.hazards = statements.iter().flat_map(|statement| statement.hazards.clone()).collect();
    merged.kept = statements.iter().flat_map(|statement| statement.kept.clone()).collect();
    merged.kept.dedup();
    merged.demands = statements.iter().flat_map(|statement| statement.demands.clone()).collect();
    if merged.lock.is_none() {
        merged = merged.lock(Lock::AccessExclusive, relation);
    }
    merged
}
