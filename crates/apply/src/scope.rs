//! What is managed, and what is only context.

use std::collections::BTreeSet;

use kinds::{Declared, Directives, Id, Kind, Model, Object, Spec};

use crate::pattern::Pattern;
use crate::settings::Manage;

/// Tells which objects may be touched.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    schemas: Option<BTreeSet<String>>,
    kinds: Option<BTreeSet<Kind>>,
    never_drop: BTreeSet<Kind>,
    kept: BTreeSet<Id>,
    except: Vec<Pattern>,
    roles: BTreeSet<String>,
    default_privileges: BTreeSet<String>,
    foreign_extensions: BTreeSet<String>,
    database: bool,
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
            kinds: manage.kinds.as_deref().map(named),
            never_drop: named(&manage.never_drop),
            kept: BTreeSet::new(),
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
        in_scope
            && self.is_of_managed_kind(id)
            && !self.except.iter().any(|pattern| chain().any(|id| pattern.matches(id)))
            && !chain().any(|id| self.kept.contains(id))
    }

    /// Whether its kind is managed, or that of what it stands in or is a fact about; all that stands in a schema is not the schema's.
    fn is_of_managed_kind(&self, id: &Id) -> bool {
        let Some(kinds) = &self.kinds else { return true };
        let mut chain = std::iter::once(id).chain(id.ancestors());
        chain.any(|one| {
            let stands_in_schema = one.kind() == Kind::Schema && one != id;
            let is_fact_of_it = id.kind().is_attached() && id.parent() == Some(one);
            kinds.contains(&one.kind()) && (!stands_in_schema || is_fact_of_it)
        })
    }

    /// Takes what is of a kind that is never dropped, and not wanted, out of what may be touched; and tells which objects these are.
    /// `live` has the names that all have after the renames.
    pub(crate) fn keep(&mut self, live: &Model, desired: &Model, directives: &Directives) -> Vec<Object> {
        let candidates = live.objects().filter(|object| self.never_drop.contains(&object.id.kind()));
        let unwanted = candidates.filter(|object| !desired.contains(&object.id) && self.manages(&object.id));
        let kept: BTreeSet<Id> = unwanted.map(|object| object.id.clone()).collect();
        let stays = |id: &Id| std::iter::once(id).chain(id.ancestors()).any(|id| kept.contains(id));
        let objects = live.objects().filter(|object| stays(&object.id) && !desired.contains(&object.id));
        let objects = objects.cloned().collect();
        self.kept.extend(kept.iter().map(|id| directives.before(id)));
        self.kept.extend(kept);
        objects
    }

    /// The managed part of a catalog, with the schemas that it stands in; `public` stays, or it would be said to be absent.
    pub fn of(&self, model: &Model) -> Model {
        let managed = |id: &Id| self.manages(id);
        let schemas: BTreeSet<&str> = model.ids().filter(|id| managed(id)).filter_map(Id::schema).collect();
        let is_around =
            |id: &Id| id.kind() == Kind::Schema && (schemas.contains(id.name()) || id.name() == "public");
        let mut part = model.clone();
        part.retain(|object| managed(&object.id) || is_around(&object.id));
        part
    }

    /// What the YAML declares and is not managed, so that nothing comes of it: the outermost objects, with their places.
    pub(crate) fn ignored(&self, declared: &Declared) -> Vec<String> {
        let is_outermost = |id: &Id| {
            id.ancestors().all(|ancestor| {
                self.manages(ancestor)
                    || !declared.places.contains_key(ancestor)
                    || ancestor.kind() == Kind::Schema
            })
        };
        let ignored = declared
            .places
            .iter()
            .filter(|(id, _)| !self.manages(id) && is_outermost(id) && id.kind() != Kind::Schema);
        ignored.map(|(id, place)| format!("{id} (declared at {place}, which does nothing)")).collect()
    }

    /// What is there and is not managed: the outermost objects, parts of them not named again.
    pub fn unmanaged(&self, model: &Model) -> Vec<String> {
        let is_open = |id: &Id| {
            let schema = id.kind() == Kind::Schema;
            schema && self.schemas.as_ref().is_none_or(|schemas| schemas.contains(id.name()))
        };
        let outermost = |id: &Id| match id.parent() {
            // The database is always there; what is said of it may not be.
            None if id.kind() == Kind::Database => model.ids().any(|other| other.is_within(id)),
            None => id.kind() != Kind::Role,
            Some(parent) => self.manages(parent) || (is_open(parent) && !id.kind().is_attached()),
        };
        let name = |id: &Id| match self.kept.contains(id) {
            true => format!("{id} (the YAML does not declare it; it stays because of never_drop)"),
            false => id.to_string(),
        };
        // The database is always there; what is said of it may not be.
        let told = |id: &Id| id.kind() != Kind::Database || model.ids().any(|other| other.is_within(id));
        model.ids().filter(|id| !self.manages(id) && outermost(id) && told(id)).map(name).collect()
    }
}

fn named(words: &[String]) -> BTreeSet<Kind> {
    words.iter().flat_map(|word| Kind::named(word)).collect()
}
