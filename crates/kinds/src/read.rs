//! Reads a catalog: a fixed number of set-based queries, whatever the size of the schema, in one round trip.
//!
//! Kinds yield rows that address each other as `pg_depend` does; here addresses become ids. What belongs to an extension or
//! stands in a schema that is not read is left out together with what stands in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::kinds::{comment::Comment, grant::Grant, owner::Owner, security_label::SecurityLabel};
use crate::{Dependency, Id, Kind, Model, Object, Seeds, Spec, query};

/// What can go wrong while reading.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refused a query.
    #[error(transparent)]
    Catalog(#[from] catalog::Error),
    /// A row is not what its kind expects: a bug in the kind's query.
    #[error("the catalog query of {kind} yields a row that its kind does not understand: {source}\n{row}")]
    Row {
        /// The kind's name.
        kind: &'static str,
        /// The row as it came.
        row: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// All rows of a table are declared, and it holds more than anybody would declare.
    #[error("{table} has more than {most} rows: too many for `other_rows: delete`")]
    TooManyRows {
        /// The table, in words.
        table: String,
        /// How many it may have.
        most: usize,
    },
}

/// The OID of `pg_class`, the same in every database.
const PG_CLASS: u32 = 1259;

/// `[class, oid, subobject]`, as `pg_depend` addresses objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Address(u32, u32, i32);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An OID comes as a JSON string, a subobject as a number.
        let [class, oid, subobject] = <[Value; 3]>::deserialize(deserializer)?;
        let number = |value: &Value| match value {
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        };
        let parts = (number(&class), number(&oid), number(&subobject));
        let (Some(class), Some(oid), Some(subobject)) = parts else {
            return Err(serde::de::Error::custom("an address is three numbers"));
        };
        let address = (u32::try_from(class), u32::try_from(oid), i32::try_from(subobject));
        let (Ok(class), Ok(oid), Ok(subobject)) = address else {
            return Err(serde::de::Error::custom("an address is out of range"));
        };
        Ok(Address(class, oid, subobject))
    }
}

#[derive(Deserialize)]
struct Row {
    at: Address,
    #[serde(default)]
    also: Option<Vec<Option<Address>>>,
    #[serde(default, rename = "in")]
    parent: Option<Address>,
    name: String,
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    position: Option<i64>,
    #[serde(default)]
    age: Option<u32>,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    acl: Option<Vec<AclItem>>,
    #[serde(default)]
    acldefault: Option<Vec<AclItem>>,
    #[serde(default)]
    needs: Option<Vec<Address>>,
    /// The comment that the object has where nobody ever said another.
    #[serde(default)]
    commentdefault: Option<String>,
    spec: Value,
}

/// Grantee, grantor, privilege, whether with grant option.
type AclItem = (String, String, String, bool);

/// The queries that [`assemble`] wants the rows of, in order.
pub fn queries(version: u32) -> Vec<String> {
    let kinds = Kind::ALL.iter().filter_map(|kind| kind.query(version));
    let secret = query::secret("split_part(c.text, '=', 1)", "substr(c.text, strpos(c.text, '=') + 1)");
    let shared = SHARED.iter().map(|text| query::for_version(&text.replace("{secret}", &secret), version));
    kinds.chain(shared).collect()
}

/// Comments, security labels, members of extensions with the arrays of their types, dependencies, all that a user made, what members of extensions were granted since, and what else nobody reads.
const SHARED: [&str; 7] = [
    "SELECT jsonb_build_array(jsonb_build_array(d.classoid, d.objoid, d.objsubid), d.description) FROM pg_description AS d \
     WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass \
     UNION ALL SELECT jsonb_build_array(jsonb_build_array(d.classoid, d.objoid, 0), d.description) FROM pg_shdescription AS d \
     WHERE d.classoid IN ('pg_authid'::regclass, 'pg_database'::regclass)",
    "SELECT jsonb_build_array(jsonb_build_array(l.classoid, l.objoid, l.objsubid), l.provider, l.label) FROM pg_seclabel AS l \
     UNION ALL SELECT jsonb_build_array(jsonb_build_array(l.classoid, l.objoid, 0), l.provider, l.label) FROM pg_shseclabel AS l \
     WHERE l.classoid = 'pg_authid'::regclass",
    "SELECT jsonb_build_array(jsonb_build_array(d.classid, d.objid, d.objsubid), jsonb_build_array(d.refclassid, d.refobjid, 0)) \
     FROM pg_depend AS d WHERE d.deptype = 'e' \
     UNION ALL SELECT jsonb_build_array(jsonb_build_array(d.classid, t.typarray, 0), jsonb_build_array(d.refclassid, d.refobjid, 0)) \
     FROM pg_depend AS d JOIN pg_type AS t ON t.oid = d.objid AND t.typarray <> 0 \
     WHERE d.deptype = 'e' AND d.classid = 'pg_type'::regclass",
    "SELECT jsonb_build_array(jsonb_build_array(d.classid, d.objid, d.objsubid), jsonb_build_array(d.refclassid, d.refobjid, d.refobjsubid), d.deptype::text) \
     FROM pg_depend AS d WHERE d.objid >= 16384 AND d.deptype IN ('n', 'a', 'i', 'P', 'S') \
     AND (d.refobjid >= 16384 OR d.refclassid = 'pg_namespace'::regclass)",
    include_str!("user_made.sql"),
    include_str!("member_privileges.sql"),
    include_str!("unread_facts.sql"),
];

/// Reads the catalog that a snapshot sees.
pub fn introspect(snapshot: &mut catalog::Snapshot<'_>, version: u32) -> Result<Model, Error> {
    let rows = snapshot.rows(&queries(version))?;
    assemble(version, rows)
}

/// The same with the rows that are declared.
pub fn introspect_with(
    snapshot: &mut catalog::Snapshot<'_>,
    version: u32,
    seeds: &Seeds,
) -> Result<Model, Error> {
    let mut model = introspect(snapshot, version)?;
    seeds.read(snapshot, &mut model)?;
    Ok(model)
}

/// Makes a model of the rows of [`queries`].
pub fn assemble(version: u32, rows: Vec<Vec<Value>>) -> Result<Model, Error> {
    let mut rows = rows.into_iter();
    let mut pending = Vec::new();
    for kind in Kind::ALL.iter().copied().filter(|kind| kind.query(version).is_some()) {
        for value in rows.next().unwrap_or_default() {
            pending.push((kind, parse::<Row>(kind.name(), value)?));
        }
    }
    let mut shared = || rows.next().unwrap_or_default();
    let comments: Vec<(Address, String)> = parse_all("comments", shared())?;
    let labels: Vec<(Address, String, String)> = parse_all("security labels", shared())?;
    let members: Vec<(Address, Address)> = parse_all("members of extensions", shared())?;
    let depends: Vec<(Address, Address, String)> = parse_all("dependencies", shared())?;
    let user_made: Vec<(Address, String)> = parse_all("user-made objects", shared())?;
    let member_privileges: Vec<String> = parse_all("privileges on members of extensions", shared())?;
    let unread_facts: Vec<String> = parse_all("facts that no kind reads", shared())?;

    let mut reader =
        Reader { members: members.iter().map(|(member, _)| *member).collect(), ..Reader::default() };
    reader.place(pending)?;
    for (member, extension) in members {
        if let Some(id) = reader.ids.get(&extension).cloned() {
            reader.ids.insert(member, id);
        }
    }
    reader.comment(comments);
    reader.label(labels);
    reader.depend(&depends);
    reader.need_roles();
    let unread = user_made.into_iter().filter(|(address, _)| !reader.ids.contains_key(address));
    reader.model.unread = unread.map(|(_, name)| name).chain(member_privileges).chain(unread_facts).collect();
    Ok(reader.model)
}

fn parse<T: for<'de> Deserialize<'de>>(kind: &'static str, value: Value) -> Result<T, Error> {
    T::deserialize(&value).map_err(|source| Error::Row { kind, row: value.to_string(), source })
}

fn parse_all<T: for<'de> Deserialize<'de>>(kind: &'static str, values: Vec<Value>) -> Result<Vec<T>, Error> {
    values.into_iter().map(|value| parse(kind, value)).collect()
}

#[derive(Default)]
struct Reader {
    ids: BTreeMap<Address, Id>,
    /// Addresses that are an object's own: only there does a comment speak of it.
    own: BTreeSet<Address>,
    members: BTreeSet<Address>,
    model: Model,
}

impl Reader {
    /// Gives every row its id, parents first: a row whose parent is not read is left out.
    fn place(&mut self, mut pending: Vec<(Kind, Row)>) -> Result<(), Error> {
        let mut given = Vec::new();
        loop {
            let before = pending.len();
            let mut waiting = Vec::new();
            for (kind, row) in pending {
                if self.members.contains(&row.at) {
                    continue;
                }
                match row.parent.map(|parent| self.ids.get(&parent).cloned()) {
                    Some(None) => waiting.push((kind, row)),
                    Some(Some(parent)) => given.extend(self.add(kind, Some(parent), row)?),
                    None => given.extend(self.add(kind, None, row)?),
                }
            }
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
            pending = waiting;
        }
        for (id, addresses) in given {
            let needed: Vec<Id> = addresses.iter().filter_map(|address| self.id(*address)).collect();
            if let Some(object) = self.model.get_mut(&id) {
                object.needs.extend(needed.into_iter().map(|need| (need, Dependency::Normal)));
            }
        }
        Ok(())
    }

    fn add(&mut self, kind: Kind, parent: Option<Id>, row: Row) -> Result<Option<(Id, Vec<Address>)>, Error> {
        let id = match parent {
            Some(parent) => parent.child(kind, row.name),
            None => Id::root(kind, row.name),
        }
        .with_signature(row.signature);
        self.ids.insert(row.at, id.clone());
        self.own.insert(row.at);
        for address in row.also.into_iter().flatten().flatten() {
            self.ids.insert(address, id.clone());
        }
        if let Some(role) = &row.owner {
            self.insert(id.child(Kind::Owner, ""), Owner { role: role.clone() }, 0);
        }
        if let (Some(acl), Some(default)) = (row.acl, row.acldefault) {
            // A column's owner is that of its relation.
            let owner = row.owner.or_else(|| self.owner(id.parent()?));
            self.grants(&id, &acl, &default, owner.as_deref());
        }
        let refused = |source| Error::Row { kind: kind.name(), row: row.spec.to_string(), source };
        let spec = kind.spec(&row.spec).map_err(refused)?;
        let position = row.position.unwrap_or(0);
        self.model.insert(Object { id: id.clone(), spec, needs: BTreeMap::new(), position, age: row.age });
        if let Some(default) = row.commentdefault {
            // That there is no comment must be said, until one is found.
            self.insert(
                id.child(Kind::Comment, ""),
                Comment { text: String::new(), default: Some(default) },
                0,
            );
        }
        Ok(row.needs.map(|needs| (id, needs)))
    }

    fn owner(&self, id: &Id) -> Option<String> {
        match &self.model.get(&id.child(Kind::Owner, ""))?.spec {
            Spec::Owner(owner) => Some(owner.role.clone()),
            _ => None,
        }
    }

    fn insert(&mut self, id: Id, spec: impl Into<crate::Spec>, position: i64) {
        self.model.insert(Object { id, spec: spec.into(), needs: BTreeMap::new(), position, age: None });
    }

    /// One object a grantee whose privileges are not its default ones.
    fn grants(&mut self, id: &Id, acl: &[AclItem], default: &[AclItem], owner: Option<&str>) {
        let has = by_grantee(acl, owner);
        let would = by_grantee(default, owner);
        let grantees: BTreeSet<_> = has.keys().chain(would.keys()).cloned().collect();
        for grantee in grantees {
            let privileges = has.get(&grantee).cloned().unwrap_or_default();
            let default = would.get(&grantee).cloned().unwrap_or_default();
            if privileges != default {
                let grant = id.child(Kind::Grant, grantee.0.clone()).with_signature(grantee.1.clone());
                self.insert(grant, Grant { privileges, default }, 0);
            }
        }
    }

    fn comment(&mut self, comments: Vec<(Address, String)>) {
        for (address, text) in comments {
            if self.members.contains(&Address(address.0, address.1, 0)) {
                continue;
            }
            let own = self.own.contains(&address);
            let Some(id) = self.ids.get(&address).filter(|_| own).map(|id| id.child(Kind::Comment, ""))
            else {
                continue;
            };
            let default = self.model.remove(&id).and_then(|object| match object.spec {
                Spec::Comment(comment) => comment.default,
                _ => None,
            });
            if default.as_ref() != Some(&text) {
                self.insert(id, Comment { text, default }, 0);
            }
        }
    }

    /// What names a role needs it; and who grants what another owns needs the grant option first.
    fn need_roles(&mut self) {
        let grantors = self
            .model
            .ids()
            .flat_map(|id| granted_to_grantor(&self.model, id).into_iter().map(|need| (id.clone(), need)));
        let named = self
            .model
            .objects()
            .flat_map(|object| roles(object).into_iter().map(|role| (object.id.clone(), role)));
        let named = named
            .map(|(id, role)| (id, Id::root(Kind::Role, role)))
            .filter(|(_, role)| self.model.contains(role));
        for (id, need) in named.chain(grantors).collect::<Vec<_>>() {
            if let Some(object) = self.model.get_mut(&id).filter(|_| !id.is_within(&need)) {
                object.needs.insert(need, Dependency::Normal);
            }
        }
    }

    fn label(&mut self, labels: Vec<(Address, String, String)>) {
        for (address, provider, label) in labels {
            if let Some(id) = self
                .ids
                .get(&address)
                .cloned()
                .filter(|_| !self.members.contains(&Address(address.0, address.1, 0)))
            {
                self.insert(id.child(Kind::SecurityLabel, provider), SecurityLabel { label }, 0);
            }
        }
    }

    /// The object at an address; a part that is no object of its own stands for the whole.
    fn id(&self, address: Address) -> Option<Id> {
        self.ids.get(&address).or_else(|| self.ids.get(&Address(address.0, address.1, 0))).cloned()
    }

    fn depend(&mut self, depends: &[(Address, Address, String)]) {
        for (from, to, deptype) in depends {
            let (Some(object), Some(needed)) = (self.id(*from), self.id(*to)) else { continue };
            if object == needed || object.is_within(&needed) || needed.is_within(&object) {
                continue;
            }
            // A partition's key comes before the index that its own becomes a part of: see [`crate::kinds::constraint`].
            if (object.kind(), needed.kind()) == (Kind::Constraint, Kind::Index) && deptype == "P" {
                continue;
            }
            // That a table has a parent is an object of its own.
            if object.kind().is_table() && needed.kind().is_table() {
                continue;
            }
            // An index goes with a column of its predicate, but not where it is a constraint's.
            let is_index_of_constraint = object.kind() == Kind::Constraint && from.0 == PG_CLASS;
            let dependency = match deptype.as_str() {
                "n" => Dependency::Normal,
                "a" if is_index_of_constraint => Dependency::Normal,
                "i" => Dependency::Internal,
                _ => Dependency::Auto,
            };
            if let Some(object) = self.model.get_mut(&object) {
                let known = object.needs.entry(needed).or_insert(dependency);
                *known = dependency.min(*known);
            }
        }
    }
}

/// What the grantor of a grant was granted on the same object, or on the relation that it is a column of; for a membership, the
/// grantor's own membership.
pub(crate) fn granted_to_grantor(model: &Model, id: &Id) -> Vec<Id> {
    let Some(grantor) = id.signature() else { return Vec::new() };
    let relation = id.parent().filter(|target| target.kind() == Kind::Column).and_then(Id::parent);
    let targets = match id.kind() {
        Kind::Grant => [id.parent(), relation],
        Kind::Membership => {
            let grantor = Id::root(Kind::Role, grantor);
            let own = model
                .children_of_kind(&grantor, Kind::Membership)
                .into_iter()
                .map(|object| object.id.clone());
            return own.filter(|other| other.name() == id.name()).collect();
        }
        _ => return Vec::new(),
    };
    let grants = targets.into_iter().flatten().flat_map(|target| model.children_of_kind(target, Kind::Grant));
    grants.map(|object| object.id.clone()).filter(|other| other.name() == grantor && other != id).collect()
}

/// The roles that an object names.
fn roles(object: &Object) -> Vec<String> {
    let grantee = object.id.name().to_owned();
    let mut roles = match &object.spec {
        Spec::Owner(owner) => vec![owner.role.clone()],
        Spec::Policy(policy) => policy.to.clone(),
        Spec::Grant(_) | Spec::Membership(_) => vec![grantee],
        Spec::DefaultPrivilege(default) => vec![grantee, default.role.clone()],
        _ => Vec::new(),
    };
    if matches!(object.id.kind(), Kind::Grant | Kind::Membership) {
        roles.extend(object.id.signature().map(str::to_owned));
    }
    roles
}

/// Privileges by grantee and, where that is not the owner, grantor.
fn by_grantee(acl: &[AclItem], owner: Option<&str>) -> BTreeMap<(String, Option<String>), BTreeSet<String>> {
    let mut grantees: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for (grantee, grantor, privilege, grantable) in acl {
        let by = (owner.is_some() && Some(grantor.as_str()) != owner).then(|| grantor.clone());
        let option = if *grantable { " with grant option" } else { "" };
        grantees.entry((grantee.clone(), by)).or_default().insert(format!("{privilege}{option}"));
    }
    grantees
}
