//! What the YAML declares: objects to be built, and directives, each with its place in a file.

use std::collections::BTreeMap;

use yaml::{Node, Place, Problem};

use crate::kinds::{comment::Comment, grant::Grant, owner::Owner};
use crate::{Directives, EnumDirective, Id, Kind, Object, Spec};

/// All that the YAML says.
///
/// The objects are what a person wrote, not what PostgreSQL makes of it: they serve to build the desired catalog on a shadow,
/// which is then read back. Nothing else is ever compared with them.
#[derive(Debug, Default)]
pub struct Declared {
    /// In the order in which they are written.
    pub objects: Vec<Object>,
    /// What the YAML says about the way.
    pub directives: Directives,
    /// Where each object is declared.
    pub places: BTreeMap<Id, Place>,
    /// Everything that is wrong with it.
    pub problems: Vec<Problem>,
    /// Who owns what says nothing about its owner.
    pub default_owner: String,
}

/// What any named object may carry.
#[derive(Default)]
pub(crate) struct Facts<'a> {
    pub(crate) comment: Option<&'a String>,
    pub(crate) owner: Option<&'a String>,
    pub(crate) grants: Option<&'a Grants>,
    pub(crate) renamed_from: Option<&'a String>,
}

/// Privileges by grantee; `public` is everybody.
pub type Grants = BTreeMap<String, Vec<Privilege>>;

/// `select`, `insert` ...; with ` with grant option` where the grantee may pass it on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Privilege(pub String);

const PRIVILEGES: [&str; 14] = [
    "select", "insert", "update", "delete", "truncate", "references", "trigger", "maintain", "usage", "create",
    "connect", "temporary", "execute", "set",
];

impl schemars::JsonSchema for Privilege {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Privilege".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let plain = PRIVILEGES.iter().map(|word| (*word).to_owned());
        let words: Vec<String> = plain.clone().chain(plain.map(|word| format!("{word} with grant option"))).collect();
        schemars::json_schema!({ "type": "string", "enum": words })
    }
}

impl Declared {
    /// Adds an object; a second one of the same id is a problem that names both places.
    pub(crate) fn add(&mut self, id: Id, spec: impl Into<Spec>, position: usize, node: Option<&Node>) {
        if let Some(place) = node.map(|node| node.place.clone()) {
            if let Some(first) = self.places.get(&id) {
                let mut problem = Problem::new(format!("{id} is declared twice"), &place);
                problem.also.push((first.clone(), "first declared here".to_owned()));
                self.problems.push(problem);
                return;
            }
            self.places.insert(id.clone(), place);
        }
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        self.objects.push(Object { id, spec: spec.into(), needs: BTreeMap::new(), position });
    }

    /// Adds owner, comment, grants and the rename of an object.
    pub(crate) fn facts(&mut self, id: &Id, facts: &Facts<'_>, owned: bool, node: Option<&Node>) {
        if owned {
            let role = facts.owner.cloned().unwrap_or_else(|| self.default_owner.clone());
            self.add(id.child(Kind::Owner, ""), Owner { role }, 0, node.and_then(|node| node.get("owner")));
        }
        if let Some(text) = facts.comment {
            let place = node.and_then(|node| node.get("comment"));
            self.add(id.child(Kind::Comment, ""), Comment { text: text.clone() }, 0, place);
        }
        for (grantee, privileges) in facts.grants.into_iter().flatten() {
            let privileges = privileges.iter().map(|privilege| privilege.0.clone()).collect();
            // What PUBLIC has by default is taken away first, so that it has what is written and no more.
            let default = if grantee == "public" { ["all".to_owned()].into() } else { Default::default() };
            let place = node.and_then(|node| node.at(["grants", grantee]));
            self.add(id.child(Kind::Grant, grantee.clone()), Grant { privileges, default }, 0, place);
        }
        if let Some(old) = facts.renamed_from {
            self.directives.renames.insert(id.clone(), old.clone());
        }
    }

    /// Notes how an enum type changes.
    pub(crate) fn enum_directive(&mut self, id: &Id, directive: EnumDirective) {
        if directive != EnumDirective::default() {
            self.directives.enums.insert(id.clone(), directive);
        }
    }

    /// Where an object, or what it stands in, is declared.
    pub fn place(&self, id: &Id) -> Option<&Place> {
        std::iter::once(id).chain(id.ancestors()).find_map(|id| self.places.get(id))
    }
}
