//! What an object is called: its kind, its name, and the object that it stands in.

use std::fmt;
use std::sync::Arc;

use crate::Kind;

/// The identity of an object: `policy "own rows" in table users in schema public`.
///
/// Two objects of two catalogs are the same object when their ids are equal. Nothing but names is in it, never an OID.
/// The order is the order in which objects are listed: by kind of the outermost object, then its name, then inwards.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    parent: Option<Arc<Id>>,
    kind: Kind,
    name: String,
    signature: Option<String>,
}

impl Id {
    /// An object that stands in no other: a schema, a role, an extension.
    pub fn root(kind: Kind, name: impl Into<String>) -> Id {
        Id { parent: None, kind, name: name.into(), signature: None }
    }

    /// An object in another one: a table in a schema, a column in a table, a comment on a column.
    #[must_use]
    pub fn child(&self, kind: Kind, name: impl Into<String>) -> Id {
        Id { parent: Some(Arc::new(self.clone())), kind, name: name.into(), signature: None }
    }

    /// The same id with what tells objects of one name apart: a function's argument types, a grant's grantor.
    #[must_use]
    pub fn with_signature(mut self, signature: Option<String>) -> Id {
        self.signature = signature;
        self
    }

    /// The same object under another name.
    #[must_use]
    pub fn renamed(&self, name: impl Into<String>) -> Id {
        Id { name: name.into(), ..self.clone() }
    }

    /// The same object in another parent.
    #[must_use]
    pub fn moved_to(&self, parent: Option<Id>) -> Id {
        Id { parent: parent.map(Arc::new), ..self.clone() }
    }

    /// The kind of the object.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The object's own name, unquoted.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Argument types of a routine or operator as `format_type` prints them, or what else tells namesakes apart.
    pub fn signature(&self) -> Option<&str> {
        self.signature.as_deref()
    }

    /// The object that this one stands in.
    pub fn parent(&self) -> Option<&Id> {
        self.parent.as_deref()
    }

    /// The objects that this one stands in, from the nearest outwards.
    pub fn ancestors(&self) -> impl Iterator<Item = &Id> {
        std::iter::successors(self.parent(), |id| id.parent())
    }

    /// Whether this object stands in `other`, at any depth.
    pub fn is_within(&self, other: &Id) -> bool {
        self.ancestors().any(|ancestor| ancestor == other)
    }

    /// How many objects this one stands in.
    pub fn depth(&self) -> usize {
        self.ancestors().count()
    }

    /// The relation, type or routine that this object is part of: itself, or its outermost ancestor below the schema.
    pub fn top(&self) -> &Id {
        match self.parent() {
            Some(parent) if parent.kind != Kind::Schema => parent.top(),
            _ => self,
        }
    }

    /// The name of the schema that this object stands in, if it stands in one.
    pub fn schema(&self) -> Option<&str> {
        std::iter::once(self).chain(self.ancestors()).find(|id| id.kind == Kind::Schema).map(Id::name)
    }

    /// The quoted name with its schema, as SQL writes it: `public.users`, `public."My table"`.
    pub fn sql(&self) -> String {
        match self.parent() {
            Some(parent) if parent.kind == Kind::Schema => sql::qualified(&[parent.name(), &self.name]),
            _ => sql::ident(&self.name),
        }
    }

    /// The quoted name with schema and argument types, as `DROP FUNCTION` wants it.
    pub fn sql_with_arguments(&self) -> String {
        format!("{}({})", self.sql(), self.signature.as_deref().unwrap_or_default())
    }

    /// The quoted name of the relation that this object is a part of (a column's table, a policy's table).
    pub fn relation_sql(&self) -> String {
        self.parent().map(Id::sql).unwrap_or_default()
    }

    /// The id with one ancestor (or itself) put in place of another: how ids follow a rename.
    #[must_use]
    pub fn rebased(&self, from: &Id, to: &Id) -> Id {
        if self == from {
            return to.clone();
        }
        match self.parent() {
            None => self.clone(),
            Some(parent) => Id { parent: Some(Arc::new(parent.rebased(from, to))), ..self.clone() },
        }
    }
}

impl fmt::Display for Id {
    /// As people say it: `column users.role`, `policy "own rows" on users`, `comment on table users`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind.is_attached() {
            write!(f, "{}", self.kind.name())?;
            if !self.name.is_empty() {
                write!(f, " {}", sql::ident(&self.name))?;
            }
            return match self.parent() {
                Some(parent) => write!(f, " {} {parent}", self.kind.preposition()),
                None => Ok(()),
            };
        }
        write!(f, "{} ", self.kind.name())?;
        match self.parent() {
            Some(parent) if parent.kind != Kind::Schema => {
                if self.kind.is_dotted() {
                    write!(f, "{}.{}", parent.short(), sql::ident(&self.name))
                } else {
                    write!(f, "{} on {}", sql::ident(&self.name), parent.short())
                }
            }
            _ => f.write_str(&self.short()),
        }
    }
}

impl Id {
    /// The quoted name without `public.`, with argument types where the object has them.
    pub fn short(&self) -> String {
        let name = match self.parent() {
            Some(parent) if parent.kind == Kind::Schema && parent.name() != "public" => self.sql(),
            _ => sql::ident(&self.name),
        };
        match &self.signature {
            Some(signature) => format!("{name}({signature})"),
            None => name,
        }
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
