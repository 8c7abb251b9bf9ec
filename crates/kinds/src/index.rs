//! Finds objects of a model by something else than their ids, without looking at all of them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use crate::{Id, Kind, Object, Spec};

/// Made when it is first asked, and forgotten when the model changes.
#[derive(Clone, Default)]
pub(crate) struct Index(OnceLock<Tables>);

#[derive(Clone, Default)]
struct Tables {
    needed_by: BTreeMap<Id, Vec<Id>>,
    relations: BTreeMap<String, Vec<Id>>,
    attached_to: BTreeMap<String, Vec<Id>>,
    constraints: BTreeMap<String, Vec<Id>>,
}

impl Index {
    pub(crate) fn forget(&mut self) {
        self.0.take();
    }

    pub(crate) fn needed_by(&self, objects: &BTreeMap<Id, Object>, id: &Id) -> &[Id] {
        found(&self.tables(objects).needed_by, id)
    }

    pub(crate) fn relations(&self, objects: &BTreeMap<Id, Object>, name: &str) -> &[Id] {
        found(&self.tables(objects).relations, name)
    }

    pub(crate) fn attached_to(&self, objects: &BTreeMap<Id, Object>, name: &str) -> &[Id] {
        found(&self.tables(objects).attached_to, name)
    }

    pub(crate) fn constraints(&self, objects: &BTreeMap<Id, Object>, name: &str) -> &[Id] {
        found(&self.tables(objects).constraints, name)
    }

    fn tables(&self, objects: &BTreeMap<Id, Object>) -> &Tables {
        self.0.get_or_init(|| {
            let mut tables = Tables::default();
            objects.values().for_each(|object| tables.add(object));
            tables
        })
    }
}

impl Tables {
    fn add(&mut self, object: &Object) {
        let id = &object.id;
        for need in object.needs.keys() {
            self.needed_by.entry(need.clone()).or_default().push(id.clone());
        }
        if id.kind().is_table() || matches!(id.kind(), Kind::View | Kind::MaterializedView | Kind::Sequence) {
            self.relations.entry(id.sql()).or_default().push(id.clone());
        }
        // Indexes stand in their tables, but are named in the schema.
        if id.kind() == Kind::Index {
            let name = sql::qualified(&[id.schema().unwrap_or_default(), id.name()]);
            self.relations.entry(name).or_default().push(id.clone());
        }
        if matches!(id.kind(), Kind::Constraint | Kind::NotNull | Kind::DomainConstraint) {
            let name = sql::qualified(&[id.schema().unwrap_or_default(), id.name()]);
            self.constraints.entry(name).or_default().push(id.clone());
        }
        let parents = match &object.spec {
            Spec::Partition(partition) => std::slice::from_ref(&partition.of),
            Spec::Inheritance(inheritance) => inheritance.parents.as_slice(),
            _ => &[],
        };
        for parent in parents {
            self.attached_to.entry(parent.clone()).or_default().push(id.clone());
        }
    }
}

fn found<'a, K: Ord + ?Sized, Q: Ord + std::borrow::Borrow<K>>(
    table: &'a BTreeMap<Q, Vec<Id>>,
    key: &K,
) -> &'a [Id] {
    table.get(key).map_or(&[], Vec::as_slice)
}

/// It says nothing that the model does not say.
impl PartialEq for Index {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Index")
    }
}
