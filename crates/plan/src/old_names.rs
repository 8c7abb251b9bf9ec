//! Text that still says an old name. The body of a function and its settings are text to PostgreSQL: a rename leaves them behind,
//! and they fail when they are next run. What is said here is found by the parsers of `sql`, never by searching for words alone.

use std::collections::BTreeSet;

use kinds::kinds::function::Function;
use kinds::{Directives, Id, Kind, Model, Spec};
use serde::Serialize;
use sql::{Certainty, Mention, Role};

/// A place in the text of a function that speaks of something by the name that it had before a rename.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OldName {
    /// The function, under its new name.
    #[serde(serialize_with = "in_words")]
    pub function: Id,
    /// What is renamed, under the names that it and what it stands in had before.
    #[serde(serialize_with = "in_words")]
    pub was: Id,
    /// The same under its new names.
    #[serde(serialize_with = "in_words")]
    pub now: Id,
    /// Where the word begins in the body, in bytes; none for a setting.
    pub offset: Option<usize>,
    /// How many bytes the word takes.
    pub len: usize,
    /// How sure it is that the word means the object.
    #[serde(serialize_with = "certainty_word")]
    pub certainty: Certainty,
    /// Whether the desired state says another text than the database holds: then somebody has looked at it.
    pub changed: bool,
}

fn in_words<S: serde::Serializer>(id: &Id, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn certainty_word<S: serde::Serializer>(certainty: &Certainty, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(word(*certainty))
}

/// `certain`, `probable` or `possible`.
pub fn word(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Certain => "certain",
        Certainty::Probable => "probable",
        Certainty::Possible => "possible",
    }
}

/// Every place in the functions of the desired state that says the old name of what the directives rename.
pub fn old_names(before: &Model, desired: &Model, directives: &Directives) -> Vec<OldName> {
    let renamed: Vec<Renamed> =
        directives.renames.keys().filter_map(|now| Renamed::of(now, before, desired, directives)).collect();
    if renamed.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for object in desired.objects() {
        let Spec::Function(function) = &object.spec else { continue };
        let former = before.get(&directives.before(&object.id)).map(|object| &object.spec);
        let changed = !matches!(former, Some(Spec::Function(former)) if former.body == function.body);
        let text = Text::of(&object.id, function, &renamed, desired);
        let of_body = text.mentions.iter().filter_map(|mention| {
            let (renamed, certainty) = text.meaning(mention, &renamed)?;
            Some((renamed, Some(mention.offset), mention.len, certainty))
        });
        let of_settings = settings(function, &renamed).map(|renamed| (renamed, None, 0, Certainty::Certain));
        for (renamed, offset, len, certainty) in of_body.chain(of_settings) {
            let (function, was, now) = (object.id.clone(), renamed.was.clone(), renamed.now.clone());
            found.push(OldName { function, was, now, offset, len, certainty, changed });
        }
    }
    found
}

/// Something that is renamed and that texts may speak of.
struct Renamed {
    was: Id,
    now: Id,
    /// Whether the name means something else once the rename is done, so that saying it need not be wrong.
    taken: bool,
    /// Whether it gets another schema.
    moves: bool,
}

impl Renamed {
    fn of(now: &Id, before: &Model, desired: &Model, directives: &Directives) -> Option<Renamed> {
        let was = directives.before(now);
        if !before.contains(&was) || !desired.contains(now) || roles(now.kind()).is_empty() {
            return None;
        }
        // A column has namesakes everywhere; of all else one namesake in any schema may be what is meant.
        let is_namesake = |id: &Id| {
            id.name() == was.name()
                && id != now
                && shares_names(id.kind(), now.kind())
                && (!is_column(now) || id.parent() == now.parent())
        };
        let taken = desired.ids().any(is_namesake);
        let moves = directives.renames.get(now).is_some_and(|former| former.schema.is_some());
        Some(Renamed { was, now: now.clone(), taken, moves })
    }

    fn is_column(&self) -> bool {
        is_column(&self.now)
    }

    /// Whether it has another schema and no other name: then no more than its old name with the old schema is wrong for sure.
    fn only_moves(&self) -> bool {
        self.moves && self.was.name() == self.now.name()
    }
}

fn is_column(id: &Id) -> bool {
    matches!(id.kind(), Kind::Column | Kind::ViewColumn)
}

/// What a word may be that means an object of this kind.
fn roles(kind: Kind) -> &'static [Role] {
    match kind {
        Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView => {
            &[Role::Relation, Role::Type]
        }
        Kind::Sequence => &[Role::Relation],
        Kind::Column | Kind::ViewColumn => &[Role::Column],
        Kind::Function | Kind::Aggregate => &[Role::Function],
        kind if kind.is_type() => &[Role::Type],
        Kind::Schema => &[Role::Schema],
        _ => &[],
    }
}

fn shares_names(one: Kind, other: Kind) -> bool {
    roles(one).iter().any(|role| roles(other).contains(role))
}

/// The settings of a function that name a schema which is renamed.
fn settings<'r>(function: &Function, renamed: &'r [Renamed]) -> impl Iterator<Item = &'r Renamed> {
    let path = function.settings.0.iter().find(|(name, _)| name == "search_path");
    let named: BTreeSet<String> =
        path.into_iter().flat_map(|(_, value)| sql::words(value)).map(|word| word.text).collect();
    renamed.iter().filter(move |renamed| {
        renamed.now.kind() == Kind::Schema && !renamed.taken && named.contains(renamed.was.name())
    })
}

/// The text of a function, and what is needed to know what its words mean.
struct Text<'a> {
    mentions: Vec<Mention>,
    /// The tables whose triggers run the function: `new` and `old` are their rows.
    trigger_tables: Vec<&'a Id>,
}

impl<'a> Text<'a> {
    fn of(id: &'a Id, function: &Function, renamed: &[Renamed], desired: &'a Model) -> Text<'a> {
        let tables = renamed.iter().filter(|renamed| renamed.is_column()).flat_map(|renamed| {
            [&renamed.was, &renamed.now].into_iter().filter_map(|id| id.parent()).map(Id::name)
        });
        let names: BTreeSet<&str> = renamed.iter().map(|renamed| renamed.was.name()).chain(tables).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let body = function.body.as_deref().unwrap_or_default();
        Text {
            mentions: sql::mentions(&function.language, body, &names),
            trigger_tables: desired
                .dependents(id)
                .filter(|user| user.id.kind() == Kind::Trigger)
                .filter_map(|trigger| trigger.id.parent())
                .collect(),
        }
    }

    /// What is renamed that a word means, and how surely it does.
    fn meaning<'r>(&self, mention: &Mention, renamed: &'r [Renamed]) -> Option<(&'r Renamed, Certainty)> {
        let candidates = renamed.iter().filter(|renamed| renamed.was.name() == mention.name);
        let certainties = candidates.filter_map(|renamed| Some((renamed, self.certainty(mention, renamed)?)));
        certainties.max_by_key(|(_, certainty)| *certainty)
    }

    fn certainty(&self, mention: &Mention, renamed: &Renamed) -> Option<Certainty> {
        let most = if renamed.taken { Certainty::Possible } else { Certainty::Certain };
        let certainty = match mention.role {
            Role::Text | Role::Unknown if renamed.is_column() => {
                self.speaks_of_table(renamed).then_some(mention.certainty)
            }
            Role::Text | Role::Unknown => Some(mention.certainty),
            role if !roles(renamed.now.kind()).contains(&role) => None,
            Role::Column => self.column(mention, renamed),
            Role::Schema => Some(mention.certainty),
            _ => match mention.qualifier.last() {
                Some(schema) if renamed.only_moves() => {
                    (renamed.was.schema() == Some(schema.as_str())).then_some(mention.certainty)
                }
                None if renamed.only_moves() => Some(Certainty::Possible),
                Some(schema) => {
                    is_called(renamed.was.parent(), renamed.now.parent(), schema).then_some(mention.certainty)
                }
                None => Some(mention.certainty),
            },
        };
        certainty.map(|certainty| certainty.min(most))
    }

    fn column(&self, mention: &Mention, renamed: &Renamed) -> Option<Certainty> {
        let table = renamed.now.parent()?;
        match mention.qualifier.last().map(String::as_str) {
            None => self.speaks_of_table(renamed).then_some(mention.certainty),
            Some(relation) if is_called(renamed.was.parent(), Some(table), relation) => {
                Some(mention.certainty)
            }
            Some("new" | "old") if !self.trigger_tables.is_empty() => {
                let others = self.trigger_tables.iter().filter(|other| **other != table).count();
                match (self.trigger_tables.contains(&table), others) {
                    (false, _) => None,
                    (true, 0) => Some(mention.certainty),
                    (true, _) => Some(Certainty::Probable.min(mention.certainty)),
                }
            }
            Some("excluded") => self.speaks_of_table(renamed).then_some(Certainty::Probable),
            Some(_) => self.speaks_of_table(renamed).then_some(Certainty::Possible),
        }
    }

    /// Whether the text names the column's table, by its old name or its new one, or runs on its rows.
    fn speaks_of_table(&self, renamed: &Renamed) -> bool {
        let naming = [Role::Relation, Role::Type, Role::Text];
        let mut named = self.mentions.iter().filter(|mention| naming.contains(&mention.role));
        named.any(|mention| is_called(renamed.was.parent(), renamed.now.parent(), &mention.name))
            || renamed.now.parent().is_some_and(|table| self.trigger_tables.contains(&table))
    }
}

/// Whether `name` is the old or the new name of something.
fn is_called(was: Option<&Id>, now: Option<&Id>, name: &str) -> bool {
    was.is_some_and(|id| id.name() == name) || now.is_some_and(|id| id.name() == name)
}
