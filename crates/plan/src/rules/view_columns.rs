//! Columns of views that have got other names: PostgreSQL renames them in place, and whatever uses them follows.

use kinds::{Id, Kind, Spec};

use crate::Request;
use crate::round::Step;
use crate::rules::rename::ordered;

/// The names and types of a view's columns.
type Columns = [(String, String)];

/// The renames of columns of views and materialized views that stay.
///
/// A column is the same column where it has the same place and type: `CREATE OR REPLACE VIEW` takes no other.
pub(crate) fn renames(request: &Request<'_>) -> Vec<Step> {
    let mut levels: Vec<Vec<(Id, Id)>> = Vec::new();
    for view in request.to.objects().filter(|object| (request.managed)(&object.id)) {
        let Some(from) = request.from.get(&view.id) else { continue };
        let names = match (&from.spec, &view.spec) {
            (Spec::View(from), Spec::View(to)) => renamed(&from.columns, &to.columns),
            (Spec::MaterializedView(from), Spec::MaterializedView(to)) => renamed(&from.columns, &to.columns)
                .filter(|names| without_names(&from.query, names) == without_names(&to.query, names)),
            _ => None,
        };
        let column = |name: &str| view.id.child(Kind::ViewColumn, name);
        let level = names.into_iter().flatten().map(|(from, to)| (column(from), column(to)));
        levels.push(level.collect());
    }
    levels.retain(|level| !level.is_empty());
    if levels.is_empty() {
        return Vec::new();
    }
    let mut state = request.from.clone();
    levels.into_iter().flat_map(|level| ordered(&mut state, level)).collect()
}

/// Old and new names, where the columns differ in nothing else but that there may be more of them.
fn renamed<'a>(from: &'a Columns, to: &'a Columns) -> Option<Vec<(&'a str, &'a str)>> {
    let pairs = || from.iter().zip(to);
    let kept = from.len() <= to.len() && pairs().all(|((_, from), (_, to))| from == to);
    let names =
        pairs().map(|((from, _), (to, _))| (from.as_str(), to.as_str())).filter(|(from, to)| from != to);
    kept.then(|| names.collect())
}

/// A query without what it says about these names: is it the same but for them?
fn without_names(query: &str, names: &[(&str, &str)]) -> String {
    let words = names.iter().flat_map(|(from, to)| [*from, *to]);
    words.fold(query.to_owned(), |query, name| query.replace(&format!(" AS {}", sql::ident(name)), ""))
}
