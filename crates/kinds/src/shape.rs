//! Kinds whose YAML has the very fields of their definition: both are made from one list.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::{Id, Kind, Spec};

/// A definition that the `object!` macro made, and how its YAML key and its id follow from each other.
pub(crate) trait Keyed: Into<Spec> + Clone {
    /// The kind.
    const KIND: Kind;

    /// The id of what stands under this key.
    fn id(parent: Option<&Id>, key: &str) -> Id {
        match parent {
            Some(parent) => parent.child(Self::KIND, key),
            None => Id::root(Self::KIND, key),
        }
    }

    /// The key of an object; none where the YAML leaves it out.
    fn key(&self, id: &Id) -> Option<String> {
        Some(id.name().to_owned())
    }
}

/// The YAML of such a definition.
pub(crate) trait Shape: Sized {
    /// The definition.
    type Spec: Keyed;
    /// Whether such an object has an owner.
    const OWNED: bool;
    /// What is declared.
    fn spec(&self) -> Self::Spec;
    /// What is said beside the definition.
    fn facts(&self) -> Facts<'_>;
    /// The YAML of an object.
    fn raised(raise: &Raise<'_>, id: &Id, spec: &Self::Spec) -> Self;
    /// The definition inside one of any kind.
    fn within(spec: &Spec) -> Option<&Self::Spec>;
}

/// Declares what stands under a key.
pub(crate) fn lower<D: Shape>(
    doc: &D,
    parent: Option<&Id>,
    key: &str,
    node: Option<&Node>,
    declared: &mut Declared,
) -> Id {
    let id = D::Spec::id(parent, key);
    declared.add(id.clone(), doc.spec(), 0, node);
    declared.facts(&id, &doc.facts(), D::OWNED, node);
    id
}

/// The YAML of all objects of the kind in a parent, by key.
pub(crate) fn raise_all<D: Shape>(raise: &Raise<'_>, parent: Option<&Id>) -> IndexMap<String, D> {
    let objects = raise.model.of_kind_in(parent, D::Spec::KIND);
    objects
        .filter_map(|object| {
            let spec = D::within(&object.spec)?;
            Some((spec.key(&object.id)?, D::raised(raise, &object.id, spec)))
        })
        .collect()
}

/// Whether a field says nothing.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Options in their order, as `OPTIONS (name 'value')` has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options(pub Vec<(String, String)>);

impl Options {
    /// `name 'value', name 'value'`; none where there is none.
    pub(crate) fn list(&self) -> Option<String> {
        let options: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{} {}", sql::ident(name), sql::literal(value)))
            .collect();
        (!options.is_empty()).then(|| options.join(", "))
    }

    /// ` OPTIONS (...)`, or nothing.
    pub(crate) fn clause(&self) -> String {
        self.list().map(|list| format!(" OPTIONS ({list})")).unwrap_or_default()
    }

    /// `OPTIONS (SET ..., ADD ..., DROP ...)` from these to those, which come out in their order.
    pub(crate) fn change(&self, to: &Options) -> Option<String> {
        let name = |(name, _): &(String, String)| name.clone();
        let kept: Vec<String> =
            self.0.iter().map(name).filter(|name| to.0.iter().any(|(other, _)| other == name)).collect();
        let in_order = to.0.iter().map(name).take(kept.len()).eq(kept.iter().cloned());
        let mut actions = Vec::new();
        for (name, _) in self.0.iter().filter(|(name, _)| !in_order || !kept.contains(name)) {
            actions.push(format!("DROP {}", sql::ident(name)));
        }
        for (name, value) in &to.0 {
            let set = in_order && kept.contains(name);
            if !set || !self.0.contains(&(name.clone(), value.clone())) {
                let verb = if set { "SET" } else { "ADD" };
                actions.push(format!("{verb} {} {}", sql::ident(name), sql::literal(value)));
            }
        }
        (!actions.is_empty()).then(|| format!("OPTIONS ({})", actions.join(", ")))
    }
}

impl Serialize for Options {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Options {
    /// From a map as in the YAML, or from pairs as catalog queries yield them.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Pairs(Vec<(String, String)>),
            Map(IndexMap<String, String>),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Pairs(pairs) => Options(pairs),
            Form::Map(map) => Options(map.into_iter().collect()),
        })
    }
}

impl schemars::JsonSchema for Options {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Options".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        IndexMap::<String, String>::json_schema(generator)
    }
}

/// Makes a definition and its YAML out of one list of fields.
///
/// In brackets: what the YAML has beside them (`renamed_from`, `comment`, `owner`, `grants`); after `derived`: what only the catalog knows.
macro_rules! object {
    (
        $(#[$meta:meta])* $spec:ident, $doc:ident [$($fact:ident)*] {
            $( $(#[$field_meta:meta])* $field:ident: $type:ty, )*
        } $( derived { $( $(#[$derived_meta:meta])* $derived:ident: $derived_type:ty, )* } )?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $spec {
            $( $(#[$field_meta])* #[serde(skip_serializing_if = "crate::shape::is_default")] pub $field: $type, )*
            $($( $(#[$derived_meta])* pub $derived: $derived_type, )*)?
        }

        crate::shape::object!(@doc $(#[$meta])* $doc [$($fact)*] {} { $( $(#[$field_meta])* $field: $type, )* });

        impl crate::shape::Shape for $doc {
            type Spec = $spec;
            const OWNED: bool = crate::shape::object!(@owned $($fact)*);

            fn spec(&self) -> $spec {
                $spec { $( $field: self.$field.clone(), )* $($( $derived: Default::default(), )*)? }
            }

            fn facts(&self) -> crate::declared::Facts<'_> {
                #[allow(clippy::needless_update, reason = "some kinds have all facts")]
                crate::declared::Facts { $( $fact: self.$fact.as_ref(), )* ..Default::default() }
            }

            #[allow(unused_variables, reason = "user mappings have nothing but their definition")]
            fn raised(raise: &crate::document::Raise<'_>, id: &crate::Id, spec: &$spec) -> $doc {
                $doc { $( $field: spec.$field.clone(), )* $( $fact: crate::shape::object!(@raise $fact raise id), )* }
            }

            fn within(spec: &crate::Spec) -> Option<&$spec> {
                match spec {
                    crate::Spec::$spec(spec) => Some(spec),
                    _ => None,
                }
            }
        }
    };
    (@doc $(#[$meta:meta])* $doc:ident [] { $($fact:tt)* } { $( $(#[$field_meta:meta])* $field:ident: $type:ty, )* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct $doc {
            $($fact)*
            $( $(#[$field_meta])* #[serde(skip_serializing_if = "crate::shape::is_default")] pub $field: $type, )*
        }
    };
    (@doc $(#[$meta:meta])* $doc:ident [renamed_from $($rest:ident)*] { $($fact:tt)* } $fields:tt) => {
        crate::shape::object!(@doc $(#[$meta])* $doc [$($rest)*] { $($fact)*
            /// The name that it had before.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub renamed_from: Option<String>,
        } $fields);
    };
    (@doc $(#[$meta:meta])* $doc:ident [comment $($rest:ident)*] { $($fact:tt)* } $fields:tt) => {
        crate::shape::object!(@doc $(#[$meta])* $doc [$($rest)*] { $($fact)*
            /// What people should know of it.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub comment: Option<String>,
        } $fields);
    };
    (@doc $(#[$meta:meta])* $doc:ident [owner $($rest:ident)*] { $($fact:tt)* } $fields:tt) => {
        crate::shape::object!(@doc $(#[$meta])* $doc [$($rest)*] { $($fact)*
            /// The role that owns it, where that is not the owner of the database.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub owner: Option<String>,
        } $fields);
    };
    (@doc $(#[$meta:meta])* $doc:ident [grants $($rest:ident)*] { $($fact:tt)* } $fields:tt) => {
        crate::shape::object!(@doc $(#[$meta])* $doc [$($rest)*] { $($fact)*
            /// Privileges by grantee; `public` is everybody.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub grants: Option<crate::Grants>,
        } $fields);
    };
    (@owned owner $($rest:ident)*) => { true };
    (@owned $other:ident $($rest:ident)*) => { crate::shape::object!(@owned $($rest)*) };
    (@owned) => { false };
    (@raise renamed_from $raise:ident $id:ident) => { None };
    (@raise $fact:ident $raise:ident $id:ident) => { $raise.$fact($id) };
}

/// Gives the YAML of a kind its place: `schema` for what stands in a schema, `database` for what stands in none.
macro_rules! placed {
    ($doc:ident in schema) => {
        impl $doc {
            pub(crate) fn lower(
                &self,
                schema: &crate::Id,
                key: &str,
                node: Option<&yaml::Node>,
                declared: &mut crate::declared::Declared,
            ) {
                crate::shape::lower(self, Some(schema), key, node, declared);
            }

            pub(crate) fn raise_all(
                raise: &crate::document::Raise<'_>,
                schema: &crate::Id,
            ) -> indexmap::IndexMap<String, $doc> {
                crate::shape::raise_all(raise, Some(schema))
            }
        }
    };
    ($doc:ident in database) => {
        impl $doc {
            pub(crate) fn lower(
                &self,
                key: &str,
                node: Option<&yaml::Node>,
                declared: &mut crate::declared::Declared,
            ) {
                crate::shape::lower(self, None, key, node, declared);
            }

            pub(crate) fn raise_all(raise: &crate::document::Raise<'_>) -> indexmap::IndexMap<String, $doc> {
                crate::shape::raise_all(raise, None)
            }
        }
    };
}

pub(crate) use {object, placed};
