//! What the YAML says about how to get there, beside what it says about the end.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Id, Kind};

/// Directives by the object, under its new name, that they stand at. They do nothing once done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directives {
    /// `renamed_from`: the old name.
    pub renames: BTreeMap<Id, Former>,
    /// `backfill` of a column: an expression over the row as it was.
    pub backfills: BTreeMap<Id, String>,
    /// `backfill_batch` of a new column: how many rows get their value in one transaction, on the way forward.
    pub batches: BTreeMap<Id, u32>,
    /// The same of a column that is there and refuses NULL from now on, for the rows that have NULL in it.
    pub batches_of_nulls: BTreeMap<Id, u32>,
    /// On a way back: the `backfill` that a column has on the way forward, where rows get that rather than the default.
    pub backfilled: BTreeMap<Id, String>,
    /// `using` and `using_back` of a column whose type changes.
    pub conversions: BTreeMap<Id, Conversion>,
    /// `map`, `map_back` and `strategy` of an enum type.
    pub enums: BTreeMap<Id, EnumDirective>,
}

/// What an object was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// The schema that it stood in, by the name that this had then, where that was another one.
    pub schema: Option<String>,
    /// Its own name.
    pub name: String,
}

impl Former {
    /// As the YAML says it: `old_name`, or `old_schema.old_name` where it stands in a schema. There a name that has a dot in it is
    /// written in double quotes.
    pub(crate) fn parse(id: &Id, text: &str) -> Former {
        let stands_in_schema = id.parent().is_some_and(|parent| parent.kind() == Kind::Schema);
        let plain = || Former { schema: None, name: text.to_owned() };
        if !stands_in_schema || !text.contains('.') {
            return plain();
        }
        let mut quoted = false;
        let parts = text.split(|c| {
            quoted ^= c == '"';
            c == '.' && !quoted
        });
        let unquoted = |part: &str| {
            let inner = part.strip_prefix('"').and_then(|part| part.strip_suffix('"'));
            inner.map_or(part.to_owned(), |inner| inner.replace("\"\"", "\""))
        };
        let mut parts: Vec<String> = parts.map(unquoted).collect();
        match (parts.pop(), parts.pop()) {
            (Some(name), None) => Former { schema: None, name },
            (Some(name), schema) if parts.is_empty() => {
                let other = schema.filter(|schema| id.schema() != Some(schema.as_str()));
                Former { schema: other, name }
            }
            _ => plain(),
        }
    }

    /// The old id of what is called `id` now: in the parent that it has now, or in the other schema.
    pub fn of(&self, id: &Id) -> Id {
        let old = id.renamed(self.name.as_str());
        match &self.schema {
            Some(schema) => old.moved_to(Some(Id::root(Kind::Schema, schema.as_str()))),
            None => old,
        }
    }
}

impl fmt::Display for Former {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => f.write_str(&sql::qualified(&[schema, &self.name])),
            None => f.write_str(&self.name),
        }
    }
}

/// How an enum type changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The cheapest that the mapping allows.
    #[default]
    Auto,
    /// `RENAME VALUE` and `ADD VALUE`: milliseconds; the type keeps its OID.
    RenameAndAdd,
    /// A new type takes the place of the old one; tables that use it are rewritten.
    Swap,
}

/// How values become values of another type, where a cast is not what is meant: expressions over the row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversion {
    /// On this way; a cast where nothing is said.
    pub using: Option<String>,
    /// On the opposite one.
    pub using_back: Option<String>,
}

impl Conversion {
    fn inverted(&self) -> Conversion {
        Conversion { using: self.using_back.clone(), using_back: self.using.clone() }
    }
}

/// What becomes of rows when an enum type changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnumDirective {
    /// Old value to new value, on the way forward.
    pub map: BTreeMap<String, String>,
    /// New value to old value, on the way back, for what [`EnumDirective::map`] does not tell.
    pub map_back: BTreeMap<String, String>,
    /// On the way back, what `map` comes to where each new value had one old value; a value that the old type had too, and that
    /// was not mapped to another, stays what it is.
    pub implied: BTreeMap<String, String>,
    /// How.
    pub strategy: Strategy,
    /// Whether a value that is added is used in the same transaction, which PostgreSQL allows of a new type only. Nobody writes this
    /// in the YAML: the planner finds it of ways back.
    pub used_at_once: bool,
}

impl EnumDirective {
    /// The same for the way back: values mapped one to one are mapped back, `map_back` says the rest.
    #[must_use]
    pub fn inverted(&self) -> EnumDirective {
        let mut implied: BTreeMap<String, String> = BTreeMap::new();
        for (old, new) in &self.map {
            let sources = self.map.values().filter(|value| *value == new).count();
            if sources == 1 {
                implied.insert(new.clone(), old.clone());
            }
        }
        EnumDirective {
            map: self.map_back.clone(),
            map_back: self.map.clone(),
            implied,
            strategy: self.strategy,
            used_at_once: false,
        }
    }
}

impl Directives {
    /// The directives for the way back: what was renamed from a to b is renamed from b to a.
    #[must_use]
    pub fn inverted(&self) -> Directives {
        let mut renames = BTreeMap::new();
        for (id, former) in &self.renames {
            let schema = former.schema.as_ref().and_then(|_| id.schema()).map(str::to_owned);
            renames.insert(self.before(id), Former { schema, name: id.name().to_owned() });
        }
        let enums =
            self.enums.iter().map(|(id, directive)| (self.before(id), directive.inverted())).collect();
        let conversions = self.conversions.iter();
        let conversions =
            conversions.map(|(id, conversion)| (self.before(id), conversion.inverted())).collect();
        let backfills = self.backfills.iter();
        let backfilled = backfills.map(|(id, value)| (self.before(id), value.clone())).collect();
        let before =
            |batches: &BTreeMap<Id, u32>| batches.iter().map(|(id, size)| (self.before(id), *size)).collect();
        Directives {
            renames,
            backfills: BTreeMap::new(),
            batches: before(&self.batches),
            batches_of_nulls: before(&self.batches_of_nulls),
            backfilled,
            conversions,
            enums,
        }
    }

    /// The same under other ids; without those of objects that get none.
    #[must_use]
    pub fn with_ids(&self, id: impl Fn(&Id) -> Option<Id>) -> Directives {
        fn all<V: Clone>(of: &BTreeMap<Id, V>, id: impl Fn(&Id) -> Option<Id>) -> BTreeMap<Id, V> {
            of.iter().filter_map(|(old, value)| Some((id(old)?, value.clone()))).collect()
        }
        Directives {
            renames: all(&self.renames, &id),
            backfills: all(&self.backfills, &id),
            batches: all(&self.batches, &id),
            batches_of_nulls: all(&self.batches_of_nulls, &id),
            backfilled: all(&self.backfilled, &id),
            conversions: all(&self.conversions, &id),
            enums: all(&self.enums, &id),
        }
    }

    /// What an object was called before all renames.
    pub fn before(&self, id: &Id) -> Id {
        let former = self.renames.get(id);
        let own = former.map_or(id.clone(), |former| former.of(id));
        match id.parent() {
            Some(parent) if former.is_none_or(|former| former.schema.is_none()) => {
                own.moved_to(Some(self.before(parent)))
            }
            _ => own,
        }
    }

    /// What an object that was called `id` before is called after all renames.
    pub fn after(&self, id: &Id) -> Id {
        let mut moves = self.renames.iter().filter(|(_, former)| former.schema.is_some());
        if let Some((new, _)) = moves.find(|(new, former)| former.of(new) == *id) {
            return new.clone();
        }
        let parent = id.parent().map(|parent| self.after(parent));
        let moved = id.moved_to(parent);
        // What stands in one parent stands together, by kind: see the order of [`Id`].
        let first = moved.renamed("").with_signature(None);
        let near = self.renames.range(first..);
        let mut near =
            near.take_while(|(new, _)| new.kind() == moved.kind() && new.parent() == moved.parent());
        let renamed = near.find(|(new, former)| former.schema.is_none() && former.of(new) == moved);
        renamed.map_or(moved, |(new, _)| new.clone())
    }
}
