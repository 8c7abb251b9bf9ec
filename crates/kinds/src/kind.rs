//! What every object kind answers, and the one list of kinds.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Demand, Id, Model, Statement};

/// What a kind needs to know to write its SQL.
pub struct Context<'a> {
    /// The catalog that is there.
    pub from: &'a Model,
    /// The catalog that is wanted.
    pub to: &'a Model,
    /// The server's major version.
    pub version: u32,
    /// The role that runs the statements: it owns what it makes.
    pub user: &'a str,
}

/// How one object becomes another of the same id.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// In place.
    Alter(Vec<Statement>),
    /// In place, but whatever uses the object in an expression or a query (views, policies, triggers, generated
    /// columns ...) must be gone meanwhile, and comes back after.
    AlterAlone(Vec<Statement>),
    /// By dropping it and making it anew, for the reason given; what depends on it goes and comes back with it.
    Replace(String),
}

/// An object kind: how it is read, written, changed and dropped.
///
/// One file a kind, and the type that implements this is what the kind's catalog query yields as `spec`.
pub trait ObjectKind: Serialize + DeserializeOwned + Clone + PartialEq + std::fmt::Debug {
    /// The catalog query of the kind, or `None` where this version has no such thing.
    ///
    /// One JSON object a row: `at` (address `[class, oid, subobject]`), `in` (address of the parent), `name`, `spec`,
    /// and where they apply `signature`, `also` (addresses that mean the same object), `owner`, `acl` and `acldefault`
    /// (see [`crate::read`]), `position`. Rows of extension members and of system schemas are left out by the reader.
    fn query(version: u32) -> Option<String>;

    /// Makes the object (without its children).
    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement>;

    /// Drops the object.
    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement>;

    /// Turns the object into `to`, which differs from it.
    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change;

    /// Gives the object another name; `None` where PostgreSQL has no such statement.
    fn rename(&self, _id: &Id, _to: &str) -> Option<Statement> {
        None
    }

    /// Moves the object to another schema, with all that PostgreSQL leaves behind of it.
    fn set_schema(&self, id: &Id, schema: &str) -> Vec<Statement> {
        vec![crate::set_schema::statement(&self.address(id), id, schema)]
    }

    /// How `COMMENT ON`, `ALTER ... OWNER TO` and `DROP` address the object: `TABLE public.users`.
    fn address(&self, id: &Id) -> String {
        format!("{} {}", id.kind().keyword(), id.sql())
    }

    /// An SQL expression over `e` that yields the object's definition as text, or NULL where there is none; scripts compare it with
    /// what was proven. `e.object` is the quoted name as `to_regclass` takes it, `e.parent` that of what it stands in, `e.name` the
    /// plain name, `e.signature` the argument types.
    fn definition() -> Option<&'static str> {
        None
    }

    /// What the object demands of rows that are there before it takes the place of `before`, if there is one.
    fn demands(&self, _before: Option<&Self>, _id: &Id, _context: &Context<'_>) -> Vec<Demand> {
        Vec::new()
    }

    /// Whether two objects of different names are the same but for the name, so that a rename turns one into the other.
    fn same_but_for_name(&self, _to: &Self) -> bool {
        false
    }
}

/// Makes the `Kind` and `Spec` enums out of the one list of kinds, which is in the order of creation.
macro_rules! kinds {
    ($( $variant:ident $module:ident $name:literal $keyword:literal, )*) => {
        /// The kinds of object, in the order in which they are made.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs, reason = "each is documented in its own file")]
        pub enum Kind { $( $variant, )* }

        impl Kind {
            /// All kinds, in order.
            pub const ALL: &'static [Kind] = &[ $( Kind::$variant, )* ];

            /// The kind's name in messages: `materialized view`.
            pub fn name(self) -> &'static str {
                match self { $( Kind::$variant => $name, )* }
            }

            /// The file of the kind, without `.rs`.
            pub fn file(self) -> &'static str {
                match self { $( Kind::$variant => stringify!($module), )* }
            }

            /// The keyword in `COMMENT ON ...` and `DROP ...`.
            pub fn keyword(self) -> &'static str {
                match self { $( Kind::$variant => $keyword, )* }
            }

            /// The catalog query of the kind on this major version.
            pub fn query(self, version: u32) -> Option<String> {
                match self { $( Kind::$variant => <$crate::kinds::$module::$variant as $crate::ObjectKind>::query(version), )* }
            }

            /// See [`ObjectKind::definition`].
            pub fn definition(self) -> Option<&'static str> {
                match self { $( Kind::$variant => <$crate::kinds::$module::$variant as $crate::ObjectKind>::definition(), )* }
            }

            /// The definition of an object of this kind, from a catalog row.
            pub fn spec(self, value: &serde_json::Value) -> Result<Spec, serde_json::Error> {
                match self { $( Kind::$variant => serde::Deserialize::deserialize(value).map(Spec::$variant), )* }
            }
        }

        /// The definition of an object of any kind.
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        #[serde(untagged)]
        #[allow(missing_docs, reason = "each is documented in its own file")]
        pub enum Spec { $( $variant($crate::kinds::$module::$variant), )* }

        impl Spec {
            /// The kind that this is a definition of.
            pub fn kind(&self) -> Kind {
                match self { $( Spec::$variant(_) => Kind::$variant, )* }
            }

            /// See [`ObjectKind::create`].
            pub fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
                match self { $( Spec::$variant(spec) => spec.create(id, context), )* }
            }

            /// See [`ObjectKind::drop`].
            pub fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
                match self { $( Spec::$variant(spec) => spec.drop(id, context), )* }
            }

            /// See [`ObjectKind::alter`]; specs of two kinds replace each other.
            pub fn alter(&self, to: &Spec, id: &Id, context: &Context<'_>) -> Change {
                match (self, to) {
                    $( (Spec::$variant(from), Spec::$variant(to)) => from.alter(to, id, context), )*
                    _ => Change::Replace("its kind changes".to_owned()),
                }
            }

            /// See [`ObjectKind::rename`].
            pub fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
                match self { $( Spec::$variant(spec) => spec.rename(id, to), )* }
            }

            /// See [`ObjectKind::set_schema`].
            pub fn set_schema(&self, id: &Id, schema: &str) -> Vec<Statement> {
                match self { $( Spec::$variant(spec) => spec.set_schema(id, schema), )* }
            }

            /// See [`ObjectKind::address`].
            pub fn address(&self, id: &Id) -> String {
                match self { $( Spec::$variant(spec) => spec.address(id), )* }
            }

            /// See [`ObjectKind::demands`].
            pub fn demands(&self, before: Option<&Spec>, id: &Id, context: &Context<'_>) -> Vec<Demand> {
                match (self, before) {
                    $( (Spec::$variant(spec), Some(Spec::$variant(before))) => spec.demands(Some(before), id, context), )*
                    $( (Spec::$variant(spec), _) => spec.demands(None, id, context), )*
                }
            }

            /// See [`ObjectKind::same_but_for_name`].
            pub fn same_but_for_name(&self, to: &Spec) -> bool {
                match (self, to) {
                    $( (Spec::$variant(from), Spec::$variant(to)) => from.same_but_for_name(to), )*
                    #[allow(unreachable_patterns, reason = "holds while the list has one kind")]
                    _ => false,
                }
            }
        }

        $( impl From<$crate::kinds::$module::$variant> for Spec {
            fn from(spec: $crate::kinds::$module::$variant) -> Spec { Spec::$variant(spec) }
        } )*
    };
}

kinds! {
    // Variant         file                 name in messages          keyword
    Role               role                 "role"                    "ROLE",
    Membership         membership           "membership"              "MEMBERSHIP",
    RoleSetting        role_setting         "setting"                 "SETTING",
    Database           database             "database"                "DATABASE",
    DatabaseSetting    database_setting     "setting"                 "SETTING",
    Schema             schema               "schema"                  "SCHEMA",
    Extension          extension            "extension"               "EXTENSION",
    Enum               enum_type            "type"                    "TYPE",
    Collation          collation            "collation"               "COLLATION",
    Language           language             "language"                "LANGUAGE",
    Domain             domain               "domain"                  "DOMAIN",
    DomainConstraint   domain_constraint    "domain constraint"       "CONSTRAINT",
    Composite          composite_type       "composite type"          "TYPE",
    Attribute          attribute            "attribute"               "COLUMN",
    Range              range_type           "range type"              "TYPE",
    Base               base_type            "base type"               "TYPE",
    Function           function             "function"                "FUNCTION",
    Operator           operator             "operator"                "OPERATOR",
    Aggregate          aggregate            "aggregate"               "AGGREGATE",
    Cast               cast                 "cast"                    "CAST",
    Transform          transform            "transform"               "TRANSFORM",
    Conversion         conversion           "conversion"              "CONVERSION",
    AccessMethod       access_method        "access method"           "ACCESS METHOD",
    OperatorFamily     operator_family      "operator family"         "OPERATOR FAMILY",
    OperatorClass      operator_class       "operator class"          "OPERATOR CLASS",
    TextSearchParser   text_search_parser   "text search parser"      "TEXT SEARCH PARSER",
    TextSearchTemplate text_search_template "text search template"    "TEXT SEARCH TEMPLATE",
    TextSearchDictionary text_search_dictionary "text search dictionary" "TEXT SEARCH DICTIONARY",
    TextSearchConfiguration text_search_configuration "text search configuration" "TEXT SEARCH CONFIGURATION",
    ForeignDataWrapper foreign_data_wrapper "foreign-data wrapper"    "FOREIGN DATA WRAPPER",
    Server             server               "server"                  "SERVER",
    UserMapping        user_mapping         "user mapping"            "USER MAPPING",
    Sequence           sequence             "sequence"                "SEQUENCE",
    Table              table                "table"                   "TABLE",
    ForeignTable       foreign_table        "foreign table"           "FOREIGN TABLE",
    Column             column               "column"                  "COLUMN",
    NotNull            not_null             "not null"                "CONSTRAINT",
    Identity           identity             "identity"                "SEQUENCE",
    ColumnDefault      column_default       "default"                 "DEFAULT",
    Partition          partition            "partition bound"         "TABLE",
    Inheritance        inheritance          "parents"                 "TABLE",
    Constraint         constraint           "constraint"              "CONSTRAINT",
    Index              index                "index"                   "INDEX",
    ReplicaIdentity    replica_identity     "replica identity"        "TABLE",
    ClusterMark        cluster_mark         "cluster mark"            "TABLE",
    Statistics         statistics           "statistics"              "STATISTICS",
    View               view                 "view"                    "VIEW",
    MaterializedView   materialized_view    "materialized view"       "MATERIALIZED VIEW",
    ViewColumn         view_column          "view column"             "COLUMN",
    Trigger            trigger              "trigger"                 "TRIGGER",
    Rule               rule                 "rule"                    "RULE",
    Policy             policy               "policy"                  "POLICY",
    RowLevelSecurity   row_level_security   "row level security"      "TABLE",
    Publication        publication          "publication"             "PUBLICATION",
    PublicationTable   publication_table    "published table"         "TABLE",
    PublicationSchema  publication_schema   "published schema"        "SCHEMA",
    Subscription       subscription         "subscription"            "SUBSCRIPTION",
    Owner              owner                "owner"                   "OWNER",
    SequenceOwner      sequence_owner       "owning column"           "SEQUENCE",
    Grant              grant                "grant"                   "GRANT",
    Comment            comment              "comment"                 "COMMENT",
    DefaultPrivilege   default_privilege    "default privilege"       "DEFAULT PRIVILEGE",
    SecurityLabel      security_label       "security label"          "SECURITY LABEL",
    SeedRows           seed_rows            "rows"                    "ROWS",
    // Fires for schema changes: made last.
    EventTrigger       event_trigger        "event trigger"           "EVENT TRIGGER",
}

impl Kind {
    /// Whether it is a fact about another object rather than a thing with a name of its own.
    pub fn is_attached(self) -> bool {
        matches!(
            self,
            Kind::ColumnDefault
                | Kind::NotNull
                | Kind::Identity
                | Kind::Partition
                | Kind::Inheritance
                | Kind::ReplicaIdentity
                | Kind::ClusterMark
                | Kind::SequenceOwner
                | Kind::RowLevelSecurity
                | Kind::Owner
                | Kind::Grant
                | Kind::Comment
                | Kind::Membership
                | Kind::RoleSetting
                | Kind::DatabaseSetting
                | Kind::SecurityLabel
                | Kind::SeedRows
        )
    }

    /// Whether its name is written behind that of its parent: `users.role`.
    pub fn is_dotted(self) -> bool {
        matches!(self, Kind::Column | Kind::ViewColumn | Kind::Attribute)
    }

    /// Whether it is a table, with rows here or elsewhere.
    pub fn is_table(self) -> bool {
        matches!(self, Kind::Table | Kind::ForeignTable)
    }

    /// Whether it is a type of its own (a table has one too, but is more).
    pub fn is_type(self) -> bool {
        matches!(self, Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range | Kind::Base)
    }

    /// The word between an attached kind and its object: `owner of table users`.
    pub fn preposition(self) -> &'static str {
        match self {
            Kind::Comment | Kind::Grant | Kind::RowLevelSecurity | Kind::SecurityLabel => "on",
            _ => "of",
        }
    }

    /// The kind of this name in messages.
    pub fn parse(word: &str) -> Option<Kind> {
        Kind::named(word).first().copied()
    }

    /// The kinds of a name in settings: `policy`, `materialized view`, and `type` for types of every sort; plural and underscores are
    /// understood.
    pub fn named(word: &str) -> Vec<Kind> {
        let word = word.replace('_', " ").to_lowercase();
        let names = |kind: Kind| [kind.name().to_owned(), kind.file().replace('_', " ")];
        let is_meant = |kind: Kind| names(kind).iter().any(|name| word == *name || word == plural(name));
        let kinds = Kind::ALL.iter().copied();
        let any_type = matches!(word.as_str(), "type" | "types");
        kinds.filter(|kind| is_meant(*kind) || (any_type && kind.is_type())).collect()
    }

    /// The names of all kinds, each once.
    pub fn words() -> impl Iterator<Item = &'static str> {
        Kind::ALL.iter().map(|kind| kind.name())
    }

    /// The JSON Schema of a list of kinds, in the singular or the plural.
    pub fn list_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let plurals = Kind::words().map(plural);
        let words: Vec<String> = Kind::words().map(str::to_owned).chain(plurals).collect();
        schemars::json_schema!({ "type": "array", "items": { "type": "string", "enum": words } })
    }
}

/// `policies`, `classes`, `tables`; what ends in `s` already is taken as one.
fn plural(name: &str) -> String {
    match name.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if name.ends_with("ss") || name.ends_with('x') => format!("{name}es"),
        None if name.ends_with('s') => name.to_owned(),
        None => format!("{name}s"),
    }
}
