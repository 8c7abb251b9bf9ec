//! The objects that a plan touches, by what they stand in.

use std::collections::BTreeMap;

use apply::Plan;
use kinds::{Id, Kind};

use crate::escape::html as escaped;
use crate::outline::Outline;
use crate::part::parts;

/// What happens to an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Renamed,
    New,
    Changed,
    Gone,
}

impl Mark {
    fn class(self) -> &'static str {
        match self {
            Mark::Renamed => "renamed",
            Mark::New => "new",
            Mark::Changed => "changed",
            Mark::Gone => "gone",
        }
    }
}

/// One line of the tree.
struct Leaf {
    id: Id,
    mark: Mark,
    label: String,
}

/// Links to the scripts, and the objects.
pub(super) fn tree(plan: &Plan) -> String {
    let links = parts(plan).iter().map(|part| link(part.file, part.file)).collect::<String>();
    let rollback = link("rollback", &plan.scripts.rollback.file);
    let mut tops: BTreeMap<Id, Vec<Leaf>> = BTreeMap::new();
    for (top, leaf) in leaves(&Outline::of(plan)) {
        tops.entry(top).or_default().push(leaf);
    }
    let branches: String = tops.iter_mut().map(|(top, leaves)| branch(top, leaves)).collect();
    format!("<h4>Scripts</h4><ul>{links}{rollback}</ul><h4>Objects</h4>\n{branches}")
}

fn link(anchor: &str, label: &str) -> String {
    format!("<li><a href=\"#{}\">{}</a></li>", escaped(anchor), escaped(label))
}

fn leaves(outline: &Outline<'_>) -> Vec<(Id, Leaf)> {
    let mut leaves = Vec::new();
    let mut add = |id: &Id, mark: Mark, label: String| {
        if !matches!(id.kind(), Kind::Comment | Kind::Owner | Kind::SequenceOwner) {
            // What is gone stood in something that may have another name by now.
            let top = id.top();
            let now = outline.now(top).filter(|_| mark == Mark::Gone);
            let top = now.unwrap_or(top).clone();
            leaves.push((top, Leaf { id: id.clone(), mark, label }));
        }
    };
    for (old, new) in &outline.renamed {
        let was = if old.name() == new.name() { old.sql() } else { sql::ident(old.name()) };
        add(new, Mark::Renamed, format!("{}, was {was}", label(new)));
    }
    for object in &outline.new {
        add(&object.id, Mark::New, label(&object.id));
    }
    for (_, object) in &outline.changed {
        if !outline.renamed.iter().any(|(_, new)| *new == object.id) {
            add(&object.id, Mark::Changed, label(&object.id));
        }
    }
    for object in &outline.gone {
        add(&object.id, Mark::Gone, label(&object.id));
    }
    leaves
}

/// What stands in something else is named without it.
fn label(id: &Id) -> String {
    match id.parent() {
        Some(parent) if parent.kind() != Kind::Schema && !id.kind().is_attached() => {
            format!("{} {}", id.kind().name(), sql::ident(id.name()))
        }
        _ => id.to_string(),
    }
}

fn branch(top: &Id, leaves: &mut Vec<Leaf>) -> String {
    leaves.sort_by(|a, b| (a.mark, &a.id).cmp(&(b.mark, &b.id)));
    let own = leaves.iter().position(|leaf| leaf.id.depth() == top.depth()).map(|place| leaves.remove(place));
    let (class, label) = own.map_or(("same", top.to_string()), |leaf| (leaf.mark.class(), leaf.label));
    if leaves.is_empty() {
        return format!("<p class=\"{class}\">{}</p>\n", escaped(&label));
    }
    let items: String = leaves
        .iter()
        .map(|leaf| format!("<li class=\"{}\">{}</li>", leaf.mark.class(), escaped(&leaf.label)))
        .collect();
    format!(
        "<details open><summary class=\"{class}\">{}</summary><ul>{items}</ul></details>\n",
        escaped(&label)
    )
}
