//! Indexes of tables that are there already, built while others write (manual, `CREATE INDEX`, "Building Indexes Concurrently").
//!
//! Such a statement cannot stand in a transaction, so each has a script of its own, after all that can be done before.

use std::collections::BTreeSet;

use kinds::{Id, Kind, Spec};

use crate::changes::{Action, Changes};
use crate::{Request, Round, Step, Verb};

/// Takes such indexes, and what needs them, out of the changes; the first of them, which is next where nothing else is left to do.
pub(crate) fn postpone(request: &Request<'_>, changes: &mut Changes) -> Option<Round> {
    let is_new = |id: &&Id| matches!(changes.actions.get(id), Some(Action::Create));
    let indexes = request.to.ids().filter(is_new).filter(|id| is_concurrent(request, id));
    let waiting: BTreeSet<Id> = indexes.cloned().collect();
    let first = waiting.first()?.clone();
    // What stands in one that has been built already comes with the rest, so that it takes no script in between.
    let is_built = |need: &Id| need.kind() == Kind::Index && (request.concurrent)(need);
    changes.postpone(request, waiting, is_built, |_| false);
    let Some(Spec::Index(index)) = request.to.get(&first).map(|object| &object.spec) else { return None };
    let why = "built while others write, as the settings say".to_owned();
    let step = Step::new(Verb::Create, &first, index.create_concurrently(&first), Some(why));
    Some(Round::new(vec![step], true))
}

/// Whether an index is built so: of a table that was there at the start and has rows of its own.
fn is_concurrent(request: &Request<'_>, id: &Id) -> bool {
    let (Kind::Index, Some(table)) = (id.kind(), id.parent()) else { return false };
    let has_rows = |object: &kinds::Object| match &object.spec {
        Spec::Table(table) => table.partition_by.is_none(),
        Spec::MaterializedView(_) => true,
        _ => false,
    };
    let stays = |model: &kinds::Model| model.get(table).is_some_and(has_rows);
    let alone = matches!(request.to.get(id).map(|object| &object.spec), Some(Spec::Index(index)) if index.parent.is_none());
    (request.concurrent)(id) && alone && stays(request.start) && stays(request.from) && stays(request.to)
}
