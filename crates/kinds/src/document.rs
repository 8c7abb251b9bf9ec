//! The YAML document: what stands at its top level, and how a catalog becomes one.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::kinds::{
    extension::ExtensionDoc, function::FunctionDoc, role::RoleDoc, schema::Schema,
    sequence::SequenceDoc, table::TableDoc, type_doc::TypeDoc, view::ViewDoc,
};
use crate::{Id, Kind, Model, Spec};

/// What stands in a schema, by section: one line a section makes the fields, the lowering and the raising.
macro_rules! sections {
    ($( $(#[doc = $doc:literal])* $section:ident: $type:ty, )*) => {
        /// The desired state of a database, or a part of it. Sections at the top level are those of schema `public`.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Document {
            /// Roles: shared by all databases of the server. A role that is only mentioned must exist and is not touched.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub roles: IndexMap<String, RoleDoc>,
            /// Extensions by name.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub extensions: IndexMap<String, ExtensionDoc>,
            /// Schemas by name, each with its sections; `public` may be left out.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub schemas: IndexMap<String, SchemaDoc>,
            $( $(#[doc = $doc])* #[serde(skip_serializing_if = "IndexMap::is_empty")] pub $section: IndexMap<String, $type>, )*
        }

        /// A schema and what stands in it.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct SchemaDoc {
            /// The name that it had before.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub renamed_from: Option<String>,
            /// What people should know of it.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub comment: Option<String>,
            /// The role that owns it, where that is not the owner of the database.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub owner: Option<String>,
            /// Privileges by grantee.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub grants: Option<Grants>,
            $( $(#[doc = $doc])* #[serde(skip_serializing_if = "IndexMap::is_empty")] pub $section: IndexMap<String, $type>, )*
        }

        fn lower_sections(document: &Document, schema: &Id, node: Option<&Node>, declared: &mut Declared) {
            $( for (name, doc) in &document.$section {
                doc.lower(schema, name, node.and_then(|node| node.at([stringify!($section), name])), declared);
            } )*
        }

        fn lower_schema_sections(document: &SchemaDoc, schema: &Id, node: Option<&Node>, declared: &mut Declared) {
            $( for (name, doc) in &document.$section {
                doc.lower(schema, name, node.and_then(|node| node.at([stringify!($section), name])), declared);
            } )*
        }

        fn raise_sections(model: &Raise<'_>, schema: &Id, document: &mut SchemaDoc) {
            $( document.$section = <$type>::raise_all(model, schema); )*
        }

        fn hoist_public(document: &mut Document, public: &mut SchemaDoc) {
            $( document.$section = std::mem::take(&mut public.$section); )*
        }
    };
}

sections! {
    /// Types by name.
    types: TypeDoc,
    /// Sequences by name; those of identity columns belong to the column.
    sequences: SequenceDoc,
    /// Functions and procedures by name and arguments: `owns_resource(resource_user_id uuid)`.
    functions: FunctionDoc,
    /// Tables by name.
    tables: TableDoc,
    /// Views by name.
    views: ViewDoc,
}

/// A catalog on its way into YAML.
pub struct Raise<'a> {
    /// The catalog.
    pub model: &'a Model,
    /// Owners that are this role are left out.
    pub default_owner: &'a str,
}

impl Raise<'_> {
    /// The comment of an object.
    pub fn comment(&self, id: &Id) -> Option<String> {
        match &self.model.get(&id.child(Kind::Comment, ""))?.spec {
            Spec::Comment(comment) => Some(comment.text.clone()),
            _ => None,
        }
    }

    /// The owner of an object, if it is not the default one.
    pub fn owner(&self, id: &Id) -> Option<String> {
        match &self.model.get(&id.child(Kind::Owner, ""))?.spec {
            Spec::Owner(owner) if owner.role != self.default_owner => Some(owner.role.clone()),
            _ => None,
        }
    }

    /// The privileges on an object that are not there by default.
    pub fn grants(&self, id: &Id) -> Option<Grants> {
        let grants: Grants = self
            .model
            .children_of_kind(id, Kind::Grant)
            .into_iter()
            .filter_map(|object| match &object.spec {
                Spec::Grant(grant) => {
                    let privileges = grant.privileges.iter().cloned().map(crate::declared::Privilege).collect();
                    Some((object.id.name().to_owned(), privileges))
                }
                _ => None,
            })
            .collect();
        (!grants.is_empty()).then_some(grants)
    }

    /// The objects of a kind in a parent, with their names.
    pub fn children(&self, parent: &Id, kind: Kind) -> Vec<(&Id, &Spec)> {
        self.model.objects().filter(|o| o.id.kind() == kind && o.id.parent() == Some(parent)).map(|o| (&o.id, &o.spec)).collect()
    }
}

impl Document {
    /// The JSON Schema of the YAML.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Document)
    }

    /// Adds what the document says to `declared`.
    pub fn lower(&self, node: Option<&Node>, declared: &mut Declared) {
        for (name, doc) in &self.roles {
            doc.lower(name, node.and_then(|node| node.at(["roles", name])), declared);
        }
        for (name, doc) in &self.extensions {
            doc.lower(name, node.and_then(|node| node.at(["extensions", name])), declared);
        }
        for (name, doc) in &self.schemas {
            doc.lower(name, node.and_then(|node| node.at(["schemas", name])), declared);
        }
        lower_sections(self, &Id::root(Kind::Schema, "public"), node, declared);
    }

    /// The document that says what a catalog is.
    pub fn raise(raise: &Raise<'_>) -> Document {
        let mut document = Document { extensions: ExtensionDoc::raise_all(raise), ..Document::default() };
        for object in raise.model.objects().filter(|object| object.id.kind() == Kind::Schema) {
            let mut schema = SchemaDoc {
                comment: raise.comment(&object.id),
                owner: raise.owner(&object.id),
                grants: raise.grants(&object.id),
                ..SchemaDoc::default()
            };
            raise_sections(raise, &object.id, &mut schema);
            if object.id.name() == "public" {
                hoist_public(&mut document, &mut schema);
                schema.owner = schema.owner.filter(|owner| owner != "pg_database_owner");
                schema.comment = schema.comment.filter(|comment| comment != "standard public schema");
                if schema == SchemaDoc::default() {
                    continue;
                }
            }
            document.schemas.insert(object.id.name().to_owned(), schema);
        }
        document
    }
}

impl SchemaDoc {
    fn lower(&self, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = Id::root(Kind::Schema, name);
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.add(id.clone(), Schema {}, 0, node);
        // Schema public comes with the database, and so does its owner.
        let owned = name != "public" || self.owner.is_some();
        declared.facts(&id, &facts, owned, node);
        lower_schema_sections(self, &id, node, declared);
    }
}

/// Checks the YAML of a workspace and turns it into objects; everything wrong is in [`Declared::problems`].
pub fn declare(documents: Vec<Node>, default_owner: &str) -> Declared {
    let schema = Document::schema();
    let mut declared = Declared { default_owner: default_owner.to_owned(), ..Declared::default() };
    for node in documents {
        let problems = yaml::check(&node, &schema, &mut check_sql);
        if !problems.is_empty() {
            declared.problems.extend(problems);
            continue;
        }
        match serde_json::from_value::<Document>(yaml::coerce(&node, &schema)) {
            Ok(document) => document.lower(Some(&node), &mut declared),
            Err(error) => declared.problems.push(yaml::Problem::new(error.to_string(), &node.place)),
        }
    }
    declared
}

/// Checks a fragment of SQL in the YAML, and points at the word in the file that is wrong.
fn check_sql(what: &str, node: &Node, problems: &mut Vec<yaml::Problem>) {
    let fragment = match what {
        "expression" => sql::Fragment::Expression,
        "type" => sql::Fragment::Type,
        "query" => sql::Fragment::Query,
        _ => return,
    };
    let Some(text) = node.text() else { return };
    if let Err(error) = sql::check(fragment, text) {
        let place = node.place.within(error.offset, error.len);
        problems.push(yaml::Problem::new(error.message, &place));
    }
}
