//! What the YAML declares: objects to be built, and directives, each with its place in a file.

use std::collections::{BTreeMap, BTreeSet};

use yaml::{Node, Place, Problem};

use crate::kinds::{comment::Comment, grant::Grant, owner::Owner};
use crate::privileges::{self, Privileges};
use crate::{Dependency, Directives, EnumDirective, Former, Id, Kind, Model, Object, Spec, syntax};

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
    /// Where the texts of functions stand.
    pub bodies: BTreeMap<Id, Place>,
    /// What is declared not to be there, although PostgreSQL makes it by itself.
    pub absent: BTreeMap<Id, Option<Place>>,
    /// Everything that is wrong with it.
    pub problems: Vec<Problem>,
    /// Bodies of functions that do not parse: no matter where the database has them just so.
    pub body_problems: Vec<Problem>,
    /// Owners of what says nothing about its owner: [`Declared::own`] names them.
    unnamed_owners: BTreeSet<Id>,
    /// What is declared a second time; its parts are not reported one by one.
    repeated: BTreeSet<Id>,
}

/// What any named object may carry.
#[derive(Default)]
pub(crate) struct Facts<'a> {
    pub(crate) comment: Option<&'a String>,
    pub(crate) owner: Option<&'a String>,
    pub(crate) grants: Option<&'a Grants>,
    pub(crate) renamed_from: Option<&'a String>,
}

/// Privileges by grantee; `public` is everybody. Who is not named has what the object gives by default: the owner everything, everybody
/// the use of functions, types and languages, all others nothing.
pub type Grants = BTreeMap<String, Vec<Privilege>>;

/// `select`, `insert` ... or `all`; with ` with grant option` where the grantee may pass it on, and ` granted by ROLE` where that is
/// not the owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Privilege(pub String);

impl schemars::JsonSchema for Privilege {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Privilege".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let plain = privileges::WORDS.iter().map(|word| (*word).to_owned());
        let words: Vec<String> =
            plain.clone().chain(plain.map(|word| format!("{word} with grant option"))).collect();
        let granted_by = format!("^({})( with grant option)? granted by .", privileges::WORDS.join("|"));
        schemars::json_schema!({ "anyOf": [{ "type": "string", "enum": words }, { "type": "string", "pattern": granted_by }] })
    }
}

impl Declared {
    /// Adds an object; a second one of the same id is a problem that names both places.
    pub(crate) fn add(&mut self, id: Id, spec: impl Into<Spec>, position: usize, node: Option<&Node>) {
        if id.ancestors().any(|ancestor| self.repeated.contains(ancestor)) {
            return;
        }
        if let Some(place) = node.map(|node| node.name_place().clone()) {
            if let Some(first) = self.places.get(&id) {
                let mut problem = Problem::new(format!("{id} is declared twice"), &place);
                problem.label = Some("again here".to_owned());
                problem.also.push((first.clone(), "first declared here".to_owned()));
                self.problems.push(problem);
                self.repeated.insert(id);
                return;
            }
            self.places.insert(id.clone(), place);
        }
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        self.objects.push(Object { id, spec: spec.into(), needs: BTreeMap::new(), position, age: None });
    }

    /// Whether there is such an object already.
    pub(crate) fn contains(&self, id: &Id) -> bool {
        self.objects.iter().any(|object| object.id == *id)
    }

    /// Adds the owner of an object: the one named, or the one that [`Declared::own`] names.
    pub(crate) fn add_owner(&mut self, id: &Id, role: Option<&String>, node: Option<&Node>) {
        let owner = id.child(Kind::Owner, "");
        if role.is_none() {
            self.unnamed_owners.insert(owner.clone());
        }
        let role = role.cloned().unwrap_or_default();
        self.add(owner, Owner { role }, 0, node.and_then(|node| node.get("owner")));
    }

    /// Names the owner of what says nothing about its owner: known only once the live database is.
    pub fn own(&mut self, role: &str) {
        for object in self.objects.iter_mut().filter(|object| self.unnamed_owners.contains(&object.id)) {
            object.spec = Owner { role: role.to_owned() }.into();
        }
    }

    /// Adds owner, comment, grants and the rename of an object.
    pub(crate) fn facts(&mut self, id: &Id, facts: &Facts<'_>, owned: bool, node: Option<&Node>) {
        if owned {
            self.add_owner(id, facts.owner, node);
        }
        if let Some(text) = facts.comment {
            let place = node.and_then(|node| node.get("comment"));
            self.add(id.child(Kind::Comment, ""), Comment { text: text.clone(), default: None }, 0, place);
        }
        for (grantee, privileges) in facts.grants.into_iter().flatten() {
            let place = node.and_then(|node| node.at(["grants", grantee]));
            for (grantor, privileges) in self.by_grantor(privileges, place) {
                // What the grantee has by default is taken away first, so that it has what is written and no more.
                let default = if matches!(id.kind(), Kind::Column | Kind::ViewColumn) {
                    Privileges::new()
                } else {
                    ["all".to_owned()].into()
                };
                let grant = id.child(Kind::Grant, grantee.clone()).with_signature(grantor);
                self.add(grant, Grant { privileges, default }, 0, place);
            }
        }
        if let Some(old) = facts.renamed_from
            && let former = Former::parse(id, old)
            && let Some(other) = self.directives.renames.insert(id.clone(), former.clone())
            && other != former
            && !self.repeated.contains(id)
        {
            let place = node.and_then(|node| node.get("renamed_from")).map(|node| node.place.clone());
            let message = format!("{id} is said to be renamed from {old} and from {other}");
            self.problems.push(Problem { message, place, ..Problem::default() });
        }
    }

    /// What one grantee is granted, by grantor; an empty list is of the owner, who grants nothing.
    pub(crate) fn by_grantor(
        &mut self,
        privileges: &[Privilege],
        place: Option<&Node>,
    ) -> BTreeMap<Option<String>, Privileges> {
        let mut by: BTreeMap<Option<String>, Privileges> = BTreeMap::new();
        for (index, text) in privileges.iter().enumerate() {
            match privileges::parse(&text.0) {
                Ok((privilege, grantor)) => {
                    by.entry(grantor).or_default().insert(privilege);
                }
                Err(problem) => {
                    let place =
                        place.and_then(|node| node.at([index.to_string()])).map(|node| node.place.clone());
                    self.problems.push(Problem { place, ..problem });
                }
            }
        }
        if privileges.is_empty() {
            by.entry(None).or_default();
        }
        by
    }

    /// Puts grants in order: who is not granted the grant option yet grants nothing, and PostgreSQL only warns of it.
    pub(crate) fn chain_grants(&mut self) {
        let by_others =
            |id: &Id| matches!(id.kind(), Kind::Grant | Kind::Membership) && id.signature().is_some();
        if !self.objects.iter().any(|object| by_others(&object.id)) {
            return;
        }
        let model: Model = self.objects.iter().cloned().collect();
        for object in self.objects.iter_mut().filter(|object| by_others(&object.id)) {
            let needs = crate::read::granted_to_grantor(&model, &object.id);
            object.needs.extend(needs.into_iter().map(|need| (need, Dependency::Normal)));
        }
    }

    /// Notes how an enum type changes.
    pub(crate) fn enum_directive(&mut self, id: &Id, directive: EnumDirective) {
        if directive != EnumDirective::default() {
            self.directives.enums.insert(id.clone(), directive);
        }
    }

    /// Where in the YAML a byte of the statement that makes an object comes from.
    pub fn locate(&self, id: &Id, statement: &str, offset: usize) -> Option<Place> {
        self.located(id, None, statement, offset)
    }

    /// The same, where it comes from the value of one key of the object.
    pub fn locate_in(&self, id: &Id, key: &str, statement: &str, offset: usize) -> Option<Place> {
        self.located(id, Some(key), statement, offset)
    }

    /// Where a key of an object is declared, else where the object is.
    pub fn place_of(&self, id: &Id, key: &str) -> Option<Place> {
        let place = self.place(id)?;
        let (Some(document), _) = yaml::parse(&place.source) else { return Some(place.clone()) };
        let node = syntax::named(&document, place)?;
        Some(node.get(key).map_or_else(|| place.clone(), |node| node.name_place().clone()))
    }

    fn located(&self, id: &Id, key: Option<&str>, statement: &str, offset: usize) -> Option<Place> {
        let place = self.place(id)?;
        let token = statement.get(offset..).unwrap_or_default();
        let quoted = token.strip_prefix('"').and_then(|rest| rest.find('"')).map(|end| end + 2);
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
        let len = quoted.unwrap_or_else(|| token.find(|c| !is_name(c)).unwrap_or(token.len()));
        let (Some(document), _) = yaml::parse(&place.source) else { return Some(place.clone()) };
        let node = syntax::named(&document, place)?;
        let node = key.and_then(|key| node.get(key)).unwrap_or(node);
        Some(syntax::place(node, statement, offset, len))
    }

    /// Where in the YAML of an object a name stands, else where the object is declared.
    pub fn locate_name(&self, id: &Id, name: &str) -> Option<Place> {
        let place = self.place(id)?;
        let (Some(document), _) = yaml::parse(&place.source) else { return Some(place.clone()) };
        let node = syntax::named(&document, place)?;
        Some(syntax::name(node, name).unwrap_or_else(|| place.clone()))
    }

    /// Where an object, or what it stands in, is declared.
    pub fn place(&self, id: &Id) -> Option<&Place> {
        std::iter::once(id).chain(id.ancestors()).find_map(|id| self.places.get(id))
    }
}
