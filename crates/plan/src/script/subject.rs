//! A name for a script, from what it does.

use kinds::{Id, Kind};

use crate::{Round, Verb};

/// `rename_iso_agents_to_users`, `move_users_to_app`, `create_orders`, `change_users`: the weightiest thing that the rounds do.
pub fn subject(rounds: &[Round]) -> String {
    let steps = || {
        rounds
            .iter()
            .flat_map(|round| &round.steps)
            .flat_map(|step| step.ids.iter().map(move |id| (step, id)))
    };
    let relation =
        |id: &Id| matches!(id.kind(), Kind::Table | Kind::View | Kind::Enum | Kind::Schema | Kind::Function);
    let by_verb = |wanted: Verb| {
        let mut found: Vec<&Id> = steps()
            .filter(|(_, (verb, id))| *verb == wanted && relation(id))
            .map(|(_, (_, id))| id)
            .collect();
        found.sort_by_key(|id| (id.kind() != Kind::Table, (*id).clone()));
        found.into_iter().next()
    };
    if let Some(id) = by_verb(Verb::Rename) {
        let step = steps().find(|(_, (verb, other))| *verb == Verb::Rename && other == id);
        let new = step.and_then(|(step, _)| step.renamed_to.as_ref());
        if let Some(schema) = new.filter(|new| new.parent() != id.parent()).and_then(Id::schema) {
            return word(&format!("move_{}_to_{schema}", id.name()));
        }
        let words = || step.and_then(|(step, _)| step.statement.sql.rsplit(" TO ").next());
        let new = new.map(Id::name).or_else(words).unwrap_or_default();
        return word(&format!("rename_{}_to_{new}", id.name()));
    }
    let goes_and_comes = |id: &Id| {
        steps()
            .any(|(_, (verb, other))| *verb == Verb::Drop && other == id && by_verb(Verb::Create) == Some(id))
    };
    if let Some(id) = by_verb(Verb::Create).filter(|id| goes_and_comes(id)) {
        return word(&format!("change_{}", id.name()));
    }
    for (verb, text) in [(Verb::Create, "create"), (Verb::Drop, "drop"), (Verb::Alter, "change")] {
        if let Some(id) = by_verb(verb) {
            return word(&format!("{text}_{}", id.name()));
        }
    }
    if let Some((_, (_, id))) =
        steps().find(|(step, (verb, _))| *verb == Verb::Fill && step.statement.outside_of_transaction)
    {
        return word(&format!("fill_{}_{}", id.top().name(), id.name()));
    }
    let mut indexes = steps().filter(|(_, (verb, id))| *verb == Verb::Create && id.kind() == Kind::Index);
    if let (Some((_, (_, id))), None) = (indexes.next(), indexes.next()) {
        return word(&format!("create_{}", id.name()));
    }
    steps()
        .next()
        .map_or_else(|| "nothing".to_owned(), |(_, (_, id))| word(&format!("change_{}", id.top().name())))
}

/// A name that every file system takes.
fn word(text: &str) -> String {
    let mut word: String =
        text.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    while word.contains("__") {
        word = word.replace("__", "_");
    }
    word.trim_matches('_').chars().take(60).collect()
}
