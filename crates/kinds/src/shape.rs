//! Kinds whose YAML has the very fields of their definition: both are made from one list.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::{Id, Kind, Spec, Statement};

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

/// Options, as `OPTIONS (name 'value')` has them. Their order is kept where they are written, and not looked at where they are compared.
///
/// What may be a secret is never read: it has no value here, and the YAML says `null`. Where it stays it is not touched; where it is
/// new it is made without, for people to set by hand.
#[derive(Clone, Debug, Default, Eq)]
pub struct Options(pub Vec<(String, Option<String>)>);

/// What stands in for a secret: it has the look of one, so that it is not read either.
const UNREAD: &str = "secret=";

impl Options {
    /// `name 'value', name 'value'`; none where there is none.
    pub(crate) fn list(&self) -> Option<String> {
        let literal = |value: &Option<String>| sql::literal(value.as_deref().unwrap_or(UNREAD));
        let options: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{} {}", sql::ident(name), literal(value))).collect();
        (!options.is_empty()).then(|| options.join(", "))
    }

    /// ` OPTIONS (...)`, or nothing.
    pub(crate) fn clause(&self) -> String {
        self.list().map(|list| format!(" OPTIONS ({list})")).unwrap_or_default()
    }

    /// `OPTIONS (SET ..., ADD ..., DROP ...)` from these to those, which come out in their order where no secret stays.
    pub(crate) fn change(&self, to: &Options) -> Option<String> {
        let names = |options: &Options| options.0.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let kept: Vec<String> = names(self).into_iter().filter(|name| names(to).contains(name)).collect();
        let secret = self.0.iter().any(|(name, value)| value.is_none() && kept.contains(name));
        let in_place = secret || names(to).starts_with(&kept);
        let mut actions = Vec::new();
        for (name, _) in self.0.iter().filter(|(name, _)| !in_place || !kept.contains(name)) {
            actions.push(format!("DROP {}", sql::ident(name)));
        }
        for option in &to.0 {
            let set = in_place && kept.contains(&option.0);
            if !set || !self.0.contains(option) {
                let verb = if set { "SET" } else { "ADD" };
                let value = sql::literal(option.1.as_deref().unwrap_or(UNREAD));
                actions.push(format!("{verb} {} {value}", sql::ident(&option.0)));
            }
        }
        (!actions.is_empty()).then(|| format!("OPTIONS ({})", actions.join(", ")))
    }

    /// The statement with what people must do after it, where it makes secrets that are not in `from`.
    pub(crate) fn asking(&self, from: &Options, statement: Statement, id: &Id) -> Statement {
        let new = self.0.iter().filter(|option| option.1.is_none() && !from.0.contains(option));
        let new: Vec<&str> = new.map(|(name, _)| name.as_str()).collect();
        if new.is_empty() {
            return statement;
        }
        statement.clients(format!("set {} of {id} by hand", new.join(", ")))
    }

    fn sorted(&self) -> BTreeMap<&str, Option<&str>> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect()
    }
}

impl PartialEq for Options {
    fn eq(&self, other: &Options) -> bool {
        self.sorted() == other.sorted()
    }
}

/// Words whose order means nothing: it is kept where they are written, and not looked at where they are compared.
#[derive(Clone, Debug, Default, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words(pub Vec<String>);

impl PartialEq for Words {
    fn eq(&self, other: &Words) -> bool {
        let sorted = |words: &Words| words.0.iter().cloned().collect::<BTreeSet<_>>();
        sorted(self) == sorted(other)
    }
}

/// Options whose order means nothing: it is kept where they are written, and not looked at where they are compared.
#[derive(Clone, Debug, Default, Eq, Deserialize)]
#[serde(from = "Options")]
pub struct Settings(pub Vec<(String, String)>);

impl Settings {
    fn sorted(&self) -> BTreeMap<&str, &str> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// `name = 'value', name = 'value'`; none where there is none.
    pub(crate) fn list(&self) -> Option<String> {
        let settings: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name} = {}", sql::literal(value))).collect();
        (!settings.is_empty()).then(|| settings.join(", "))
    }

    /// `SET (...)` and `RESET (...)`, as far as needed; what is set comes to stand behind what stays.
    pub(crate) fn change(&self, to: &Settings) -> Vec<String> {
        let has = |settings: &Settings, name: &str| settings.0.iter().any(|(other, _)| other == name);
        let mut set = to.clone();
        set.0.retain(|setting| !self.0.contains(setting));
        let stay = self.0.iter().filter(|(name, _)| has(to, name) && !has(&set, name));
        let reached = stay.chain(&set.0).map(|(name, _)| name);
        if !reached.eq(to.0.iter().map(|(name, _)| name)) {
            set = to.clone();
        }
        let gone = self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !has(to, name));
        let gone: Vec<&str> = gone.collect();
        let set = set.list().map(|list| format!("SET ({list})"));
        let reset = (!gone.is_empty()).then(|| format!("RESET ({})", gone.join(", ")));
        set.into_iter().chain(reset).collect()
    }
}

impl PartialEq for Settings {
    fn eq(&self, other: &Settings) -> bool {
        self.sorted() == other.sorted()
    }
}

impl From<Options> for Settings {
    fn from(options: Options) -> Settings {
        Settings(options.0.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect())
    }
}

impl Serialize for Settings {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.sorted())
    }
}

impl schemars::JsonSchema for Settings {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Settings".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        IndexMap::<String, String>::json_schema(generator)
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
            Pairs(Vec<(String, Option<String>)>),
            Map(IndexMap<String, Option<String>>),
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
        IndexMap::<String, Option<String>>::json_schema(generator)
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
            /// The name that it had before; of what stood in another schema `old_schema.old_name`.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(names: &str) -> Settings {
        Settings(names.chars().map(|name| (name.to_lowercase().to_string(), name.to_string())).collect())
    }

    #[test]
    fn settings_come_out_in_their_order() {
        let change = |from: &str, to: &str| settings(from).change(&settings(to)).join(" ");
        assert_eq!(change("ab", "aB"), "SET (b = 'B')");
        assert_eq!(change("ab", "Ab"), "SET (a = 'A', b = 'b')");
        assert_eq!(change("ab", "b"), "RESET (a)");
        assert_eq!(change("ab", "bc"), "SET (c = 'c') RESET (a)");
        assert_eq!(settings("ab"), settings("ba"));
    }
}
