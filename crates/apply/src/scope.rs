//! What is managed, and what is only context.

use std::collections::BTreeSet;

use kinds::{Declared, Id, Kind, Model, Spec};

use crate::settings::Manage;

/// Tells which objects may be touched.
#[derive(Debug, Default)]
pub struct Scope {
    schemas: Option<BTreeSet<String>>,
    except: Vec<Pattern>,
    roles: BTreeSet<String>,
    default_privileges: BTreeSet<String>,
    foreign_extensions: BTreeSet<String>,
    database: bool,
}

/// `kind name`, with `*` for any run of characters; parts of a name are separated by dots.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    kind: Option<Kind>,
    name: String,
}

impl Pattern {
    /// Reads `policy *`, `table users`, `column users.role`, `foreign table x*`.
    pub(crate) fn parse(text: &str) -> Pattern {
        let text = text.trim();
        let words: Vec<&str> = text.splitn(2, ' ').collect();
        // The longest run of words that is a kind, the rest is the name.
        for (place, _) in text.match_indices(' ').collect::<Vec<_>>().into_iter().rev() {
            if let Some(kind) = Kind::parse(&text[..place]) {
                return Pattern { kind: Some(kind), name: text[place + 1..].trim().to_owned() };
            }
        }
        match Kind::parse(words[0]) {
            Some(kind) if words.len() == 1 => Pattern { kind: Some(kind), name: "*".to_owned() },
            _ => Pattern { kind: None, name: text.to_owned() },
        }
    }

    /// Whether it is for every object of its kind.
    pub(crate) fn is_for_all(&self) -> bool {
        self.name == "*"
    }

    /// Whether it names this object itself.
    pub(crate) fn matches(&self, id: &Id) -> bool {
        self.kind.is_none_or(|kind| kind == id.kind()) && names(id).iter().any(|name| like(&self.name, name))
    }
}

/// `users.role`, `public.users.role`, and the name alone where it stands in nothing but a schema.
fn names(id: &Id) -> Vec<String> {
    let mut parts = vec![id.name().to_owned()];
    let mut with_arguments = id.signature().map(|signature| format!("{}({signature})", id.name()));
    for ancestor in id.ancestors().filter(|ancestor| ancestor.kind() != Kind::Schema) {
        parts.insert(0, ancestor.name().to_owned());
        with_arguments = None;
    }
    let short = parts.join(".");
    let mut names = vec![short.clone()];
    names.extend(id.schema().map(|schema| format!("{schema}.{short}")));
    names.extend(with_arguments);
    names
}

/// `LIKE` with `*`.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|text| {
            text.char_indices()
                .map(|(place, _)| place)
                .chain([text.len()])
                .any(|place| like(rest, &text[place..]))
        }),
    }
}

impl Scope {
    /// The scope of a workspace over a live database.
    pub fn new(manage: &Manage, declared: &Declared, live: &Model) -> Scope {
        let schemas: Option<BTreeSet<String>> =
            manage.schemas.as_ref().map(|names| names.iter().cloned().collect());
        let roles = declared.objects.iter().filter(|object| object.id.kind() == Kind::Role);
        let defaults = declared.objects.iter().filter(|object| object.id.kind() == Kind::DefaultPrivilege);
        let foreign = live.objects().filter(|object| match &object.spec {
            Spec::Extension(extension) => {
                schemas.as_ref().is_some_and(|schemas| !schemas.contains(&extension.schema))
            }
            _ => false,
        });
        let declared_extension = |name: &str| declared.places.contains_key(&Id::root(Kind::Extension, name));
        Scope {
            foreign_extensions: foreign
                .map(|object| object.id.name().to_owned())
                .filter(|name| !declared_extension(name))
                .collect(),
            schemas,
            except: manage.except.iter().map(|text| Pattern::parse(text)).collect(),
            database: declared.objects.iter().any(|object| object.id.kind() == Kind::Database),
            roles: roles.map(|object| object.id.name().to_owned()).collect(),
            default_privileges: defaults
                .filter_map(|object| object.id.signature().map(str::to_owned))
                .collect(),
        }
    }

    /// Whether an object may be touched.
    pub fn manages(&self, id: &Id) -> bool {
        let root = id.ancestors().last().unwrap_or(id);
        let in_scope = match root.kind() {
            Kind::Schema => self.schemas.as_ref().is_none_or(|schemas| schemas.contains(root.name())),
            Kind::Database => self.database,
            Kind::Role => self.roles.contains(root.name()),
            // Those of no schema are of all schemas, so also of those that are not managed.
            Kind::DefaultPrivilege => {
                self.schemas.is_none()
                    || root.signature().is_some_and(|of| self.default_privileges.contains(of))
            }
            Kind::Extension => !self.foreign_extensions.contains(root.name()),
            _ => true,
        };
        let chain = || std::iter::once(id).chain(id.ancestors());
        in_scope && !self.except.iter().any(|pattern| chain().any(|id| pattern.matches(id)))
    }
}
