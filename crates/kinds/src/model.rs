//! A catalog as endstate sees it: objects by identity, each with what it needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::index::Index;
use crate::{Id, Kind, Spec};

/// How one object leans on another (manual, `pg_depend.deptype`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Dependency {
    /// Must be dropped before the other can be.
    Normal,
    /// Goes silently when the other is dropped: an index with its column.
    Auto,
    /// Is a part of how the other is implemented.
    Internal,
}

/// One object of a catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// What it is called.
    pub id: Id,
    /// What it is.
    pub spec: Spec,
    /// What it needs, as `pg_depend` has it; never itself or what it stands in.
    pub needs: BTreeMap<Id, Dependency>,
    /// Where it stands among its siblings, where that means something (columns); not part of its definition.
    pub position: i64,
    /// The OID of the index, of what is one or has one: PostgreSQL looks at what is alike in this order. None in what people declare;
    /// not part of its definition.
    pub age: Option<u32>,
}

/// A whole catalog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    objects: BTreeMap<Id, Object>,
    /// How many there are of each kind.
    counts: BTreeMap<Kind, usize>,
    /// What the catalog holds and no kind reads: user-owned objects by kind and name, for people to see.
    pub unread: Vec<String>,
    /// What is looked up by something else than its id.
    index: Index,
}

impl Model {
    /// Adds an object, or puts it in place of the one of the same id.
    pub fn insert(&mut self, object: Object) {
        self.index.forget();
        let kind = object.id.kind();
        if self.objects.insert(object.id.clone(), object).is_none() {
            *self.counts.entry(kind).or_default() += 1;
        }
    }

    /// Takes an object out.
    pub fn remove(&mut self, id: &Id) -> Option<Object> {
        self.index.forget();
        let removed = self.objects.remove(id)?;
        if let Some(count) = self.counts.get_mut(&id.kind()) {
            *count -= 1;
        }
        Some(removed)
    }

    /// Whether there is any object of a kind: what concerns none need not be looked for.
    pub fn has_any(&self, kind: Kind) -> bool {
        self.counts.get(&kind).is_some_and(|count| *count > 0)
    }

    /// The object of this id.
    pub fn get(&self, id: &Id) -> Option<&Object> {
        self.objects.get(id)
    }

    /// The object of this id, to be changed.
    pub fn get_mut(&mut self, id: &Id) -> Option<&mut Object> {
        self.index.forget();
        self.objects.get_mut(id)
    }

    /// Whether there is an object of this id.
    pub fn contains(&self, id: &Id) -> bool {
        self.objects.contains_key(id)
    }

    /// All objects in the order of their ids.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// All ids in order.
    pub fn ids(&self) -> impl Iterator<Item = &Id> {
        self.objects.keys()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The objects that stand directly in `parent`, by position, then name.
    pub fn children<'a>(&'a self, parent: &'a Id) -> Vec<&'a Object> {
        let first = parent.child(Kind::ALL[0], "");
        let mut children: Vec<&Object> =
            self.from(first).take_while(|object| object.id.parent() == Some(parent)).collect();
        children.sort_by(|a, b| (a.id.kind(), a.position, &a.id).cmp(&(b.id.kind(), b.position, &b.id)));
        children
    }

    /// The objects of one kind that stand directly in `parent`, by position, then name.
    pub fn children_of_kind<'a>(&'a self, parent: &'a Id, kind: Kind) -> Vec<&'a Object> {
        let mut children: Vec<&Object> = self.of_kind_in(Some(parent), kind).collect();
        children.sort_by_key(|object| object.position);
        children
    }

    /// The objects of one kind that stand directly in `parent`, or in nothing, by name.
    pub fn of_kind_in<'a, 'p>(
        &'a self,
        parent: Option<&'p Id>,
        kind: Kind,
    ) -> impl Iterator<Item = &'a Object> + use<'a, 'p> {
        let first = parent.map_or_else(|| Id::root(kind, ""), |parent| parent.child(kind, ""));
        self.from(first).take_while(move |object| object.id.kind() == kind && object.id.parent() == parent)
    }

    /// The objects from an id on. What stands in one parent stands together, by kind: see the order of [`Id`].
    fn from(&self, first: Id) -> impl Iterator<Item = &Object> {
        self.objects.range(first..).map(|(_, object)| object)
    }

    /// An object and all that stands in it, at any depth; nothing where there is no such object.
    pub fn with_parts<'a>(&'a self, id: &'a Id) -> Vec<&'a Object> {
        let mut found: Vec<&Object> = self.get(id).into_iter().collect();
        let mut next = 0;
        while let Some(object) = found.get(next) {
            found.extend(self.children(&object.id));
            next += 1;
        }
        found
    }

    /// Objects that need `id`, directly, in the order of their ids.
    pub fn dependents<'a>(&'a self, id: &Id) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.index(self.index.needed_by(&self.objects, id))
    }

    /// The relations of this quoted name with its schema: `public.users`.
    pub fn relations<'a>(&'a self, sql: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.index(self.index.relations(&self.objects, sql))
    }

    /// Partitions and children, each as the object that says so, of the table of this quoted name.
    pub fn attached_to<'a>(&'a self, sql: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.index(self.index.attached_to(&self.objects, sql))
    }

    /// The constraints of all tables and domains of a schema that have the name of this one, without it.
    pub fn namesakes<'a>(&'a self, constraint: &'a Id) -> impl Iterator<Item = &'a Object> {
        let name = sql::qualified(&[constraint.schema().unwrap_or_default(), constraint.name()]);
        let found = self.index(self.index.constraints(&self.objects, &name));
        found.filter(move |object| object.id != *constraint)
    }

    fn index<'a>(&'a self, ids: &'a [Id]) -> impl Iterator<Item = &'a Object> + use<'a> {
        ids.iter().filter_map(|id| self.objects.get(id))
    }

    /// The model with only the objects that `keep` wants.
    pub fn retain(&mut self, keep: impl Fn(&Object) -> bool) {
        self.index.forget();
        self.objects.retain(|_, object| keep(object));
        self.counts.clear();
        for id in self.objects.keys() {
            *self.counts.entry(id.kind()).or_default() += 1;
        }
    }
}

impl FromIterator<Object> for Model {
    fn from_iter<T: IntoIterator<Item = Object>>(objects: T) -> Self {
        let mut model = Model::default();
        objects.into_iter().for_each(|object| model.insert(object));
        model
    }
}
