//! What must come before what, and one order that a person would choose.

use std::collections::{BTreeMap, BTreeSet};

use kinds::kinds::column::sources;
use kinds::kinds::constraint::Constraint;
use kinds::kinds::identity::comes_later;
use kinds::{Hazard, Id, Kind, Lock, Model, Object, Spec, Statement, shell_type};

use crate::archive::{self, Kept, MovedBack, Return, Saving};
use crate::changes::{Action, Changes};
use crate::round::Verb;
use crate::rules::{backfill, rebuild};
use crate::{Error, Request, rules};

/// What is done to one object, and what must have been done before.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) verb: Verb,
    /// What people are told: an object that lets go of something for a while is altered, not dropped and made.
    pub(crate) shown: Verb,
    pub(crate) id: Id,
    pub(crate) statements: Vec<Statement>,
    /// Whether its statement takes in nothing of others.
    pub(crate) is_whole: bool,
    pub(crate) reason: Option<String>,
    /// Positions of the nodes before this one; in the sorted list, positions in that list.
    pub(crate) after: BTreeSet<usize>,
}

pub(crate) type Key = (Id, Verb);

pub(crate) struct Graph<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) nodes: Vec<Node>,
    index: BTreeMap<Key, usize>,
    pub(crate) changes: &'a Changes,
    /// What goes by itself, and with what.
    gone_with: BTreeMap<Id, Id>,
    /// Whether even what goes by itself is dropped by a statement: needed where relations refer to each other in a circle.
    explicit: bool,
    /// Functions that need themselves: made empty, and filled in the next round.
    pub(crate) circles: BTreeMap<Id, BTreeSet<Id>>,
    /// The catalog as it looks to a table that is made anew: without it.
    without_anew: Option<Model>,
    /// What an archive keeps, and what comes back out of one.
    pub(crate) savings: Vec<Saving>,
    pub(crate) returns: Vec<Return>,
    pub(crate) moved: Vec<MovedBack>,
}

/// What is to be done, in its order.
pub(crate) struct Sorted {
    pub(crate) nodes: Vec<Node>,
    /// What is kept meanwhile.
    pub(crate) kept: Vec<Kept>,
    /// The tables that come back by being moved.
    pub(crate) moved: Vec<MovedBack>,
}

/// The steps in their order.
pub(crate) fn sorted(request: &Request<'_>, changes: &Changes) -> Result<Sorted, Error> {
    Graph::new(request, changes, false).sorted().or_else(|_| Graph::new(request, changes, true).sorted())
}

impl<'a> Graph<'a> {
    fn new(request: &'a Request<'a>, changes: &'a Changes, explicit: bool) -> Graph<'a> {
        let (nodes, index, gone_with) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let circles = rules::circle::functions(request.to);
        let without_anew = without_tables_made_anew(request, changes);
        let savings = archive::savings(request, changes, !explicit);
        // A table that is moved needs all its names at once; one that is made anew waits for less.
        let moved = if explicit { Vec::new() } else { archive::moved_back(request, changes) };
        let returns = archive::returns(request, changes, &moved);
        let mut graph = Graph {
            request,
            nodes,
            index,
            changes,
            gone_with,
            explicit,
            circles,
            without_anew,
            savings,
            returns,
            moved,
        };
        for (id, action) in &changes.actions {
            graph.add(id, action, changes);
        }
        graph.tell_of_other_locks();
        graph.add_archives();
        graph.add_sibling_rows();
        graph.order_creations();
        graph.order_drops();
        graph.order_names();
        graph.order_row_level_security();
        graph.order_owners();
        graph.order_materialized_views();
        graph.order_event_triggers();
        graph.order_swaps();
        graph.order_row_types();
        graph.order_overloads();
        graph.order_grants();
        graph.order_grantors();
        graph.order_attachments();
        graph.order_incomplete_indexes();
        graph.order_own_keys();
        graph.order_not_null();
        graph.order_inherited_not_null();
        graph.order_persistence();
        graph.order_references();
        graph.order_checks();
        graph.order_inherited_checks();
        graph.order_rows();
        graph.order_archives();
        graph.order_fills();
        graph.order_values();
        graph.order_moves();
        graph.order_sibling_rows();
        graph
    }

    fn add(&mut self, id: &Id, action: &Action, changes: &Changes) {
        if let (Action::Drop | Action::Replace { .. }, Some(from)) = (action, self.request.from.get(id)) {
            let statements = match self.goes_with(from, changes) {
                Some(other) => {
                    self.gone_with.insert(id.clone(), other);
                    Vec::new()
                }
                None => self.drop(from),
            };
            self.push(Verb::Drop, id, statements, action);
        }
        if let (Some((save, fill)), Kind::Table) = (rebuild::rows(self.request, changes, id), id.kind()) {
            // They are not lost, but for what they do not have any more.
            if let Some(drop) = self.at(id, Verb::Drop) {
                self.nodes[drop].statements.iter_mut().for_each(|statement| statement.hazards.clear());
                if let Some(statement) = self.nodes[drop].statements.first_mut() {
                    let losses = rebuild::losses(self.request, id).into_iter();
                    statement.hazards.extend(losses.map(|why| (Hazard::DataLoss, why)));
                }
            }
            self.push(Verb::Save, id, save, action);
            self.push(Verb::Fill, id, fill, action);
        }
        if let Some(drop) =
            self.at(id, Verb::Drop).filter(|_| rebuild::goes_with_parent(self.request, changes, id))
        {
            self.nodes[drop].statements.iter_mut().for_each(|statement| statement.hazards.clear());
        }
        if let (Action::Create | Action::Replace { .. }, Some(to)) = (action, self.request.to.get(id)) {
            let mut statements = self.creation(to, changes);
            let table = if id.kind() == Kind::Partition { id.top() } else { id };
            if let (Some(statement), true) = (statements.last_mut(), table.kind().is_table()) {
                statement.demands.extend(rules::partition_rows::demands(self.request, changes, table));
            }
            self.push(Verb::Create, id, statements, action);
        }
        match action {
            Action::Alter(statements) => self.push(Verb::Alter, id, statements.clone(), action),
            Action::Swap { rename, drop, .. } => self.add_swap(id, rename, drop, action, changes),
            Action::Suspend { leave, resume, .. } => {
                self.push(Verb::Drop, id, leave.clone(), action);
                self.push(Verb::Create, id, resume.clone(), action);
            }
            _ => {}
        }
    }

    /// A foreign key that goes with its table or column locks the table that it refers to.
    fn tell_of_other_locks(&mut self) {
        let mut locks: Vec<(Id, &str)> = Vec::new();
        for id in self.gone_with.keys() {
            if let Some(Spec::Constraint(constraint)) = self.request.from.get(id).map(|object| &object.spec)
                && let (Some(other), Some(root)) = (constraint.refers_to(id), self.gone_with(id))
            {
                locks.push((root, other));
            }
        }
        for (root, other) in locks {
            let statement =
                self.at(&root, Verb::Drop).and_then(|drop| self.nodes[drop].statements.first_mut());
            let lock = (Lock::AccessExclusive, other.to_owned());
            if let Some(statement) = statement.filter(|statement| !statement.also.contains(&lock)) {
                statement.also.push(lock);
            }
        }
    }

    /// The statements with which an object goes.
    fn drop(&self, object: &Object) -> Vec<Statement> {
        let mut savings = self.savings.iter();
        match savings.find(|saving| saving.kept.of == object.id && !saving.goes.is_empty()) {
            Some(saving) => saving.goes.clone(),
            None => object.spec.drop(&object.id, &self.request.context()),
        }
    }

    pub(crate) fn push(&mut self, verb: Verb, id: &Id, statements: Vec<Statement>, action: &Action) {
        // One of the statements of a swap says why.
        let telling = if self.request.to.contains(id) { Verb::Create } else { Verb::Drop };
        let reason = match action {
            Action::Swap { .. } if verb != telling => None,
            Action::Replace { reason } | Action::Swap { reason, .. } | Action::Suspend { reason, .. } => {
                Some(reason.clone())
            }
            _ => None,
        };
        let shown = match action {
            Action::Suspend { .. } => Verb::Alter,
            // That a type has a name of its own meanwhile is no rename to people.
            Action::Swap { .. } if verb == Verb::Rename && self.changes.ahead.contains_key(id) => {
                Verb::Create
            }
            Action::Swap { .. } if verb == Verb::Rename => Verb::Drop,
            _ => verb,
        };
        self.index.insert((id.clone(), verb), self.nodes.len());
        let (id, after, is_whole) = (id.clone(), BTreeSet::new(), false);
        self.nodes.push(Node { verb, shown, id, statements, is_whole, reason, after });
    }

    /// What PostgreSQL drops the object together with: what it stands in, or belongs to.
    fn goes_with(&self, object: &Object, changes: &Changes) -> Option<Id> {
        if object.id.kind() == Kind::UserMapping {
            return None;
        }
        if let Some(shell) = shell_type::of_function(self.request.from, object) {
            return Some(shell.clone()).filter(|id| changes.goes(id));
        }
        let holds_others = match &object.spec {
            Spec::Constraint(constraint) => constraint.references.is_some(),
            _ => matches!(object.id.kind(), Kind::Policy | Kind::Trigger | Kind::ColumnDefault),
        };
        if self.explicit && holds_others {
            return None;
        }
        let dropped = |id: &&Id| {
            let from = self.request.from.get(id).map(|object| &object.spec);
            // A partition's part of a trigger does not go: it only has nothing of its own any more.
            let stays = matches!(from, Some(Spec::Trigger(trigger)) if trigger.inherited.is_some());
            changes.goes(id) && from.is_some() && !stays && id.kind() != Kind::Schema
        };
        let ancestor = object.id.ancestors().filter(dropped).last();
        // A foreign key goes with nothing of the table that it refers to.
        let refers = matches!(&object.spec, Spec::Constraint(key) if key.references.is_some());
        let own = |need: &Id| !refers || need.top() == object.id.top() || need.name() == object.id.name();
        // A trigger needs another only as a part of it.
        let part = |need: &Id| (object.id.kind(), need.kind()) == (Kind::Trigger, Kind::Trigger);
        let owns = |need: &Id, how| how == kinds::Dependency::Auto || part(need);
        let owners = object.needs.iter().filter(|(need, how)| owns(need, **how) && own(need));
        // What a partition has of its parent's keys and indexes is its own once it has left.
        let table = object.id.top();
        let place = table.child(Kind::Partition, "");
        let leaves = changes.goes(&place) && !changes.goes(table) && !self.gets_another_bound(&place);
        let stays = leaves && matches!(object.id.kind(), Kind::Constraint | Kind::Index);
        let owners = owners.map(|(need, _)| need).filter(|need| !stays || need.top() == table);
        // By a statement it goes before the column does, which may have to wait for what needs another column of it.
        let owners = owners.filter(|need| !self.explicit || need.kind() != Kind::Column);
        ancestor.or_else(|| owners.filter(dropped).find(|_| dies_with(object))).cloned()
    }

    /// The statements that make an object; a column of a table that has rows comes with its default and its values.
    pub(crate) fn creation(&self, object: &Object, changes: &Changes) -> Vec<Statement> {
        let mut context = self.request.context();
        let id = &object.id;
        if let Some(from) = self.without_anew.as_ref().filter(|_| changes.comes(id.top())) {
            context.from = from;
        }
        let table_is_new = id.parent().is_some_and(|table| changes.comes(table));
        match &object.spec {
            Spec::Column(column)
                if !column.inherited && self.returns.iter().any(|back| back.nullable.contains(id)) =>
            {
                backfill::nullable_column(self.request, column, id)
            }
            Spec::Column(column) if !table_is_new && !column.inherited => backfill::column_with_values(
                self.request,
                column,
                id,
                self.request.directives.backfills.get(id).map(String::as_str),
            ),
            Spec::Function(function) if self.circles.contains_key(id) => vec![function.stub(id, "")],
            Spec::Function(_)
                if shell_type::of_function(context.to, object).is_some_and(|id| changes.comes(id)) =>
            {
                Vec::new()
            }
            Spec::ColumnDefault(_) | Spec::Identity(_) if self.comes_with_its_column(id, changes) => {
                Vec::new()
            }
            Spec::NotNull(not_null) if not_null.valid && self.comes_with_its_column(id, changes) => {
                Vec::new()
            }
            Spec::Partition(_) | Spec::Inheritance(_) if table_is_new => Vec::new(),
            spec => spec.create(id, &context),
        }
    }

    fn comes_with_its_column(&self, default: &Id, changes: &Changes) -> bool {
        let Some(column) = default.parent().filter(|column| column.kind() == Kind::Column) else {
            return false;
        };
        if default.kind() == Kind::Identity && comes_later(column, &self.request.context()) {
            return false;
        }
        let table_is_new = column.parent().is_some_and(|table| changes.comes(table));
        let waits =
            default.kind() == Kind::NotNull && self.returns.iter().any(|back| back.nullable.contains(column));
        changes.comes(column) && !table_is_new && !waits
    }

    /// Whether the object is made while its old form is still there: a type that is swapped, or a part of one.
    pub(crate) fn is_swapped(&self, id: &Id) -> bool {
        self.changes.swaps(self.gone_with(id).as_ref().unwrap_or(id))
    }

    pub(crate) fn before(&mut self, earlier: Option<usize>, later: Option<usize>) {
        if let (Some(earlier), Some(later)) = (earlier, later)
            && earlier != later
        {
            self.nodes[later].after.insert(earlier);
        }
    }

    pub(crate) fn at(&self, id: &Id, verb: Verb) -> Option<usize> {
        self.index.get(&(id.clone(), verb)).copied()
    }

    /// An object is dropped after whatever needed it is dropped or needs it no more.
    fn order_drops(&mut self) {
        let mut parts: Vec<(Id, Id)> = Vec::new();
        let changed = self.changes.actions.keys().filter_map(|id| self.request.from.get(id));
        for object in changed {
            parts.extend(object.needs.keys().map(|need| (object.id.clone(), need.clone())));
            let ancestors = object.id.ancestors().filter(|ancestor| !self.changes.suspends(ancestor));
            parts.extend(ancestors.map(|ancestor| (object.id.clone(), ancestor.clone())));
        }
        for (user, used) in parts {
            if shell_type::is_made_with(self.request.from, &user, &used) {
                continue;
            }
            let (drop_user, drop_used) = (self.at(&user, Verb::Drop), self.at(&used, Verb::Drop));
            self.before(drop_user, drop_used);
            // A foreign key that is away because a partition goes, which it refers to, comes back when that is gone.
            if user.kind() == Kind::Constraint && !self.request.to.contains(used.top()) {
                self.before(self.at(used.top(), Verb::Drop), self.at(&user, Verb::Create));
            }
            // Only a user that stays can be altered away from what goes. A mark on an index goes with it.
            let is_mark = matches!(user.kind(), Kind::ClusterMark | Kind::ReplicaIdentity);
            let stays = !is_mark && !used.is_within(&user) && !user.is_within(&used);
            let altered = self.at(&user, Verb::Alter).filter(|_| stays);
            self.before(altered, drop_used);
            for source in with_sources(self.request.from, &used).iter().skip(1) {
                self.before(altered, self.at(source, Verb::Drop));
                self.before(drop_user, self.at(source, Verb::Drop));
                self.before(drop_user, self.at(source, Verb::Alter));
            }
            if rules::dependents::lets_go(self.request, self.changes, &user) {
                self.before(self.at(&user, Verb::Alter), self.at(&used, Verb::Alter));
            }
            // A type that is put aside is there until its columns have moved, which waits for what the new one needs.
            if !self.changes.swaps(&user) {
                self.before(drop_user, self.at(&used, Verb::Alter));
            }
            // What goes silently with another is gone, and can come back, only when that one is gone.
            if let Some(root) = self.gone_with(&user) {
                let other = self.at(&root, Verb::Drop);
                if !self.is_swapped(&user) {
                    self.before(other, self.at(&user, Verb::Create));
                }
                let part =
                    used == root || used.is_within(&root) || self.gone_with(&used).as_ref() == Some(&root);
                // A partition's part of a constraint goes with the whole or with the partition, whichever is first.
                let of_used = |constraint: &Constraint| constraint.parent.as_deref() == Some(used.name());
                let from = self.request.from.get(&user).map(|object| &object.spec);
                let both = used.kind() == Kind::Constraint
                    && matches!(from, Some(Spec::Constraint(constraint)) if of_used(constraint));
                if !part && !both {
                    self.before(other, drop_used);
                    self.before(other, self.at(&used, Verb::Alter));
                }
            }
        }
    }

    /// What an object goes with that goes with nothing else.
    pub(crate) fn gone_with(&self, id: &Id) -> Option<Id> {
        let mut root = self.gone_with.get(id)?;
        while let Some(next) = self.gone_with.get(root) {
            root = next;
        }
        Some(root.clone())
    }

    /// A name must be free before it is given to something else. That of a constraint without an index is its table's matter alone.
    fn order_names(&mut self) {
        let in_table = |model: &Model, id: &Id| matches!(model.get(id).map(|object| &object.spec), Some(Spec::Constraint(constraint)) if !constraint.has_index());
        let mut leaving: BTreeMap<(Option<Id>, String), Vec<usize>> = BTreeMap::new();
        for (place, (id, verb)) in self.snapshot() {
            let leaves = if self.changes.swaps(&id) { Verb::Rename } else { Verb::Drop };
            let part = self.changes.ahead.contains_key(&id) || leaves == Verb::Drop && self.is_swapped(&id);
            if verb == leaves && !part && !self.changes.suspends(&id) && !in_table(self.request.from, &id) {
                // What goes by itself goes with another.
                let with = self.gone_with.get(&id).and_then(|other| self.at(other, Verb::Drop));
                leaving.entry(name_space(&id)).or_default().extend([place].into_iter().chain(with));
            }
        }
        for (place, (id, verb)) in self.snapshot() {
            if verb == Verb::Create && !in_table(self.request.to, &id) {
                for earlier in leaving.get(&name_space(&id)).cloned().unwrap_or_default() {
                    self.before(Some(earlier), Some(place));
                }
            }
        }
    }

    pub(crate) fn snapshot(&self) -> Vec<(usize, Key)> {
        self.nodes.iter().enumerate().map(|(place, node)| (place, (node.id.clone(), node.verb))).collect()
    }

    /// Kahn's algorithm, always taking the first of what is ready in the order that a person would choose.
    fn sorted(mut self) -> Result<Sorted, Error> {
        let mut waiting: Vec<BTreeSet<usize>> = self.nodes.iter().map(|node| node.after.clone()).collect();
        let mut followers: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (place, after) in waiting.iter().enumerate() {
            after.iter().for_each(|earlier| followers[*earlier].push(place));
        }
        let ranks: Vec<_> = self.nodes.iter().map(|node| self.rank(node)).collect();
        let mut ready: BTreeSet<_> = (0..self.nodes.len())
            .filter(|place| waiting[*place].is_empty())
            .map(|place| (ranks[place].clone(), place))
            .collect();
        let mut order = Vec::new();
        while let Some((_, place)) = ready.pop_first() {
            order.push(place);
            for follower in &followers[place] {
                waiting[*follower].remove(&place);
                if waiting[*follower].is_empty() {
                    ready.insert((ranks[*follower].clone(), *follower));
                }
            }
        }
        if order.len() < self.nodes.len() {
            return Err(self.circle(&order));
        }
        let mut position = vec![0; self.nodes.len()];
        order.iter().enumerate().for_each(|(new, old)| position[*old] = new);
        let mut nodes: Vec<Option<Node>> = self.nodes.drain(..).map(Some).collect();
        let mut sorted: Vec<Node> = order.iter().filter_map(|place| nodes[*place].take()).collect();
        for node in &mut sorted {
            node.after = node.after.iter().map(|earlier| position[*earlier]).collect();
        }
        let kept = self.savings.into_iter().map(|saving| saving.kept).collect();
        Ok(Sorted { nodes: sorted, kept, moved: self.moved })
    }

    /// What goes does so from the outside inwards, tables with their policies before functions before types; all else the other way
    /// round.
    fn rank(&self, node: &Node) -> (bool, isize, String, usize, Kind, i64, Id) {
        let goes = matches!(node.verb, Verb::Drop | Verb::Save);
        let model = if node.verb == Verb::Drop { self.request.from } else { self.request.to };
        let position = model.get(&node.id).map_or(0, |object| object.position);
        let top = node.id.top();
        let column = node.id.ancestors().find(|id| id.kind() == Kind::Column);
        let position = column.and_then(|column| model.get(column)).map_or(position, |object| object.position);
        let kind = if column.is_some() { Kind::Column } else { node.id.kind() };
        (
            !goes,
            if goes { -(top.kind() as isize) } else { top.kind() as isize },
            top.sql(),
            usize::from(kind != Kind::Column),
            kind,
            position,
            node.id.clone(),
        )
    }

    fn circle(&self, done: &[usize]) -> Error {
        let done: BTreeSet<usize> = done.iter().copied().collect();
        let stuck = self.nodes.iter().enumerate().filter(|(place, _)| !done.contains(place));
        let steps: Vec<String> = stuck
            .map(|(_, node)| {
                let after: Vec<String> = node
                    .after
                    .difference(&done)
                    .map(|place| format!("{:?} {}", self.nodes[*place].verb, self.nodes[*place].id))
                    .collect();
                format!("\n  {:?} {} after {}", node.verb, node.id, after.join(", "))
            })
            .collect();
        let holds_no_rows =
            |id: &Id| matches!(id.kind(), Kind::View | Kind::Policy | Kind::Function | Kind::ColumnDefault);
        let drops = self.nodes.iter().filter(|node| node.verb == Verb::Drop);
        let awaited: BTreeSet<&usize> = drops.flat_map(|node| node.after.difference(&done)).collect();
        let altered = awaited.into_iter().map(|place| &self.nodes[*place]);
        let altered = altered.filter(|node| node.verb == Verb::Alter && holds_no_rows(&node.id));
        let altered = altered.map(|node| node.id.clone()).collect();
        Error::Cycle { steps: steps.concat(), altered }
    }
}

/// What a table has from its parents comes with it when it is made, also where it was there before.
fn without_tables_made_anew(request: &Request<'_>, changes: &Changes) -> Option<Model> {
    let anew = |(id, action): (&Id, &Action)| {
        (id.kind() == Kind::Table && matches!(action, Action::Replace { .. })).then(|| id.clone())
    };
    let tables: Vec<Id> = changes.actions.iter().filter_map(anew).collect();
    let mut from = (!tables.is_empty()).then(|| request.from.clone())?;
    tables.iter().for_each(|table| drop(from.remove(table)));
    Some(from)
}

/// An object and, for a column of a partition or child table, the columns that it comes from.
pub(crate) fn with_sources(model: &Model, id: &Id) -> Vec<Id> {
    let mut all = vec![id.clone()];
    if id.kind() == Kind::Column {
        let mut next = 0;
        while next < all.len() {
            let found: Vec<Id> =
                sources(model, &all[next]).into_iter().filter(|source| !all.contains(source)).collect();
            all.extend(found);
            next += 1;
        }
    }
    all
}

/// What an object and, for one that is made with them, its parts need.
pub(crate) fn needs(model: &Model, id: &Id) -> Vec<(Id, kinds::Dependency)> {
    model
        .get(id)
        .map(|object| object.needs.iter().map(|(need, how)| (need.clone(), *how)).collect())
        .unwrap_or_default()
}

/// Objects that PostgreSQL drops silently with a column or relation that they belong to.
fn dies_with(object: &Object) -> bool {
    matches!(
        object.id.kind(),
        Kind::Index
            | Kind::Constraint
            | Kind::Sequence
            | Kind::Trigger
            | Kind::Policy
            | Kind::ColumnDefault
            | Kind::Statistics
            | Kind::PublicationTable
            | Kind::PublicationSchema
    )
}

/// Where a name must be unique: relations and types of a schema share one space, all else is by parent and kind.
pub(crate) fn name_space(id: &Id) -> (Option<Id>, String) {
    let schema = || id.ancestors().find(|ancestor| ancestor.kind() == Kind::Schema).cloned();
    match id.kind() {
        Kind::Table
        | Kind::ForeignTable
        | Kind::View
        | Kind::MaterializedView
        | Kind::Sequence
        | Kind::Index => (schema(), id.name().to_owned()),
        kind if kind.is_type() => (schema(), id.name().to_owned()),
        // A constraint's index is named in the schema, and so is an identity's sequence.
        Kind::Constraint | Kind::Identity => (schema(), id.name().to_owned()),
        Kind::Function | Kind::Aggregate => (schema(), id.sql_with_arguments()),
        kind => (
            id.parent().cloned(),
            format!("{} {} {}", kind.name(), id.name(), id.signature().unwrap_or_default()),
        ),
    }
}
