//! The YAML document: what stands at its top level, and how a catalog becomes one.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants, Privilege};
use crate::kinds::{
    access_method::AccessMethodDoc, aggregate::AggregateDoc, cast::CastDoc, collation::CollationDoc,
    conversion::ConversionDoc, database::DatabaseDoc, default_privilege::DefaultPrivilegesDoc,
    event_trigger::EventTriggerDoc, extension::ExtensionDoc, foreign_data_wrapper::ForeignDataWrapperDoc,
    foreign_table::ForeignTableDoc, function::FunctionDoc, language::LanguageDoc,
    materialized_view::MaterializedViewDoc, operator::OperatorDoc, operator_class::OperatorClassDoc,
    operator_family::OperatorFamilyDoc, publication::PublicationDoc, role::RoleDoc, schema::Schema,
    security_label, security_label::SecurityLabels, sequence::SequenceDoc, server::ServerDoc,
    statistics::StatisticsDoc, subscription::SubscriptionDoc, table::TableDoc,
    text_search_configuration::TextSearchConfigurationDoc, text_search_dictionary::TextSearchDictionaryDoc,
    text_search_parser::TextSearchParserDoc, text_search_template::TextSearchTemplateDoc,
    transform::TransformDoc, view::ViewDoc,
};
use crate::type_doc::TypeDoc;
use crate::{Id, Kind, Model, Spec, privileges, syntax};

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
            /// The database itself. Without this section nothing of it is touched.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub database: Option<DatabaseDoc>,
            /// Extensions by name.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub extensions: IndexMap<String, ExtensionDoc>,
            /// Languages of functions, by name.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub languages: IndexMap<String, LanguageDoc>,
            /// Casts by their types: `integer AS my_type`.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub casts: IndexMap<String, CastDoc>,
            /// Transforms by type and language: `hstore language plpython3u`.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub transforms: IndexMap<String, TransformDoc>,
            /// Access methods by name.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub access_methods: IndexMap<String, AccessMethodDoc>,
            /// Foreign-data wrappers by name.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub foreign_data_wrappers: IndexMap<String, ForeignDataWrapperDoc>,
            /// Foreign servers by name.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub servers: IndexMap<String, ServerDoc>,
            /// What the objects that a role makes are open to from the start.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub default_privileges: Vec<DefaultPrivilegesDoc>,
            /// Publications by name.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub publications: IndexMap<String, PublicationDoc>,
            /// Subscriptions by name.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub subscriptions: IndexMap<String, SubscriptionDoc>,
            /// Event triggers by name.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub event_triggers: IndexMap<String, EventTriggerDoc>,
            /// Security labels by provider and object, as SQL names it: `sepgsql: { "TABLE public.users": secret }`.
            #[serde(skip_serializing_if = "IndexMap::is_empty")]
            pub security_labels: SecurityLabels,
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
            /// True for `public` where the database has no such schema: it is there where nothing is said.
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            pub absent: bool,
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
    /// Aggregates by name and arguments: `total(integer)`, `every(*)`.
    aggregates: AggregateDoc,
    /// Operators by name and operands: `=== (integer, integer)`.
    operators: OperatorDoc,
    /// Operator families by name and index method: `my_ops using btree`.
    operator_families: OperatorFamilyDoc,
    /// Operator classes by name and index method: `my_ops using btree`.
    operator_classes: OperatorClassDoc,
    /// Collations by name.
    collations: CollationDoc,
    /// Conversions between encodings, by name.
    conversions: ConversionDoc,
    /// Text search parsers by name.
    text_search_parsers: TextSearchParserDoc,
    /// Text search templates by name.
    text_search_templates: TextSearchTemplateDoc,
    /// Text search dictionaries by name.
    text_search_dictionaries: TextSearchDictionaryDoc,
    /// Text search configurations by name.
    text_search_configurations: TextSearchConfigurationDoc,
    /// Tables by name.
    tables: TableDoc,
    /// Foreign tables by name.
    foreign_tables: ForeignTableDoc,
    /// Extended statistics by name.
    statistics: StatisticsDoc,
    /// Views by name.
    views: ViewDoc,
    /// Materialized views by name.
    materialized_views: MaterializedViewDoc,
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
        let mut grants = Grants::new();
        for object in self.model.children_of_kind(id, Kind::Grant) {
            let Spec::Grant(grant) = &object.spec else { continue };
            let privileges =
                grant.privileges.iter().map(|one| Privilege(privileges::write(one, object.id.signature())));
            grants.entry(object.id.name().to_owned()).or_default().extend(privileges);
        }
        (!grants.is_empty()).then_some(grants)
    }

    /// The objects of a kind in a parent, with their names.
    pub fn children(&self, parent: &Id, kind: Kind) -> Vec<(&Id, &Spec)> {
        self.model.of_kind_in(Some(parent), kind).map(|object| (&object.id, &object.spec)).collect()
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
        if let Some(doc) = &self.database {
            doc.lower(node.and_then(|node| node.get("database")), declared);
        }
        for (name, doc) in &self.extensions {
            doc.lower(name, node.and_then(|node| node.at(["extensions", name])), declared);
        }
        self.lower_roots(node, declared);
        for (name, doc) in &self.publications {
            doc.lower(name, node.and_then(|node| node.at(["publications", name])), declared);
        }
        for (name, doc) in &self.event_triggers {
            doc.lower(name, node.and_then(|node| node.at(["event_triggers", name])), declared);
        }
        security_label::lower_all(&self.security_labels, node, declared);
        for (name, doc) in &self.schemas {
            doc.lower(name, node.and_then(|node| node.at(["schemas", name])), declared);
        }
        for (place, doc) in self.default_privileges.iter().enumerate() {
            doc.lower(node.and_then(|node| node.at(["default_privileges", &place.to_string()])), declared);
        }
        lower_sections(self, &Id::root(Kind::Schema, "public"), node, declared);
    }

    fn lower_roots(&self, node: Option<&Node>, declared: &mut Declared) {
        let at = |section: &str, name: &str| node.and_then(|node| node.at([section, name]));
        self.languages.iter().for_each(|(name, doc)| doc.lower(name, at("languages", name), declared));
        self.casts.iter().for_each(|(name, doc)| doc.lower(name, at("casts", name), declared));
        self.transforms.iter().for_each(|(name, doc)| doc.lower(name, at("transforms", name), declared));
        self.access_methods
            .iter()
            .for_each(|(name, doc)| doc.lower(name, at("access_methods", name), declared));
        self.foreign_data_wrappers
            .iter()
            .for_each(|(name, doc)| doc.lower(name, at("foreign_data_wrappers", name), declared));
        self.servers.iter().for_each(|(name, doc)| doc.lower(name, at("servers", name), declared));
        self.subscriptions
            .iter()
            .for_each(|(name, doc)| doc.lower(name, at("subscriptions", name), declared));
    }

    /// The document that says what a catalog is.
    pub fn raise(raise: &Raise<'_>) -> Document {
        let mut document = Document {
            database: DatabaseDoc::raise(raise),
            extensions: ExtensionDoc::raise_all(raise),
            languages: LanguageDoc::raise_all(raise),
            casts: CastDoc::raise_all(raise),
            transforms: TransformDoc::raise_all(raise),
            access_methods: AccessMethodDoc::raise_all(raise),
            foreign_data_wrappers: ForeignDataWrapperDoc::raise_all(raise),
            servers: ServerDoc::raise_all(raise),
            default_privileges: DefaultPrivilegesDoc::raise_all(raise),
            publications: PublicationDoc::raise_all(raise),
            subscriptions: SubscriptionDoc::raise_all(raise),
            event_triggers: EventTriggerDoc::raise_all(raise),
            security_labels: security_label::raise_all(raise),
            ..Document::default()
        };
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
        if !raise.model.contains(&Id::root(Kind::Schema, "public")) {
            document.schemas.insert("public".to_owned(), SchemaDoc { absent: true, ..SchemaDoc::default() });
        }
        document
    }
}

impl SchemaDoc {
    fn lower(&self, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = Id::root(Kind::Schema, name);
        if self.absent {
            declared.absent.insert(id, node.map(|node| node.place.clone()));
            return;
        }
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        // Each file may say a part of what stands in a schema.
        if !declared.contains(&id) {
            declared.add(id.clone(), Schema {}, 0, node);
        }
        declared.facts(&id, &facts, self.owner.is_some(), node);
        lower_schema_sections(self, &id, node, declared);
    }
}

/// Checks the YAML of a workspace and turns it into objects; everything wrong is in [`Declared::problems`].
pub fn declare(documents: &[Node]) -> Declared {
    let schema = Document::schema();
    let mut declared = Declared::default();
    for node in documents {
        let problems = yaml::check(node, &schema, &mut check_sql);
        if !problems.is_empty() {
            declared.problems.extend(problems);
            continue;
        }
        match serde_json::from_value::<Document>(yaml::coerce(node, &schema)) {
            Ok(document) => {
                let first = declared.objects.len();
                document.lower(Some(node), &mut declared);
                syntax::check(&mut declared, first, node);
            }
            Err(error) => declared.problems.push(yaml::Problem::new(error.to_string(), &node.place)),
        }
    }
    let public = Id::root(Kind::Schema, "public");
    if !declared.absent.contains_key(&public) && !declared.contains(&public) {
        declared.add(public.clone(), Schema {}, 0, None);
    }
    let schemas = declared.objects.iter().map(|object| &object.id).filter(|id| id.kind() == Kind::Schema);
    // Schema public comes with the database, and so does its owner.
    for schema in schemas.filter(|id| **id != public).cloned().collect::<Vec<_>>() {
        if !declared.contains(&schema.child(Kind::Owner, "")) {
            declared.add_owner(&schema, None, None);
        }
    }
    declared.chain_grants();
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn parsed(path: &str, text: &str) -> Node {
        let source = Arc::new(yaml::Source { path: path.into(), text: text.into() });
        yaml::parse(&source).0.unwrap()
    }

    /// The places of what is declared twice, when two files say the same.
    fn twice(text: &str) -> Vec<(String, String)> {
        let declared = declare(&[parsed("a.yaml", text), parsed("b.yaml", text)]);
        let problems = declared.problems.iter().filter(|problem| problem.message.ends_with("declared twice"));
        problems
            .map(|problem| (problem.also[0].0.to_string(), problem.place.as_ref().unwrap().to_string()))
            .collect()
    }

    #[test]
    fn an_object_of_any_section_is_declared_once() {
        let schema = serde_json::to_value(Document::schema()).unwrap();
        let sections = schema["properties"].as_object().unwrap().keys();
        for section in sections
            .filter(|section| !matches!(section.as_str(), "schemas" | "default_privileges" | "database"))
        {
            let object = match section.as_str() {
                "casts" => "integer AS text: {}",
                "transforms" => "hstore language sql: {}",
                "functions" | "aggregates" => "f(integer): {}",
                "operators" => "=== (integer, integer): {}",
                "operator_families" | "operator_classes" => "x using btree: {}",
                "event_triggers" => "x: { on: ddl_command_end, function: f }",
                "security_labels" => "x: { TABLE t: secret }",
                _ => "x: {}",
            };
            let found = twice(&format!("{section}:\n  {object}\n"));
            assert_eq!(found.len(), 1, "{section}: {found:?}");
            assert!(found[0].0.starts_with("a.yaml:2:") && found[0].1.starts_with("b.yaml:2:"), "{found:?}");
        }
        assert_eq!(twice("database: {}\n").len(), 1);
        let defaults = "default_privileges:\n- for: a\n  tables:\n    b: [select]\n";
        assert_eq!(twice(defaults), [("a.yaml:4:5".to_owned(), "b.yaml:4:5".to_owned())]);
    }

    #[test]
    fn parts_of_a_schema_may_stand_in_many_files() {
        let one = "schemas:\n  app:\n    comment: One\n    tables:\n      a: {}\n";
        let other = "schemas:\n  app:\n    tables:\n      b: {}\n  public:\n    tables:\n      c: {}\n";
        let declared = declare(&[
            parsed("a.yaml", one),
            parsed("b.yaml", other),
            parsed("c.yaml", "tables:\n  d: {}\n"),
        ]);
        assert_eq!(declared.problems, []);
        let tables = declared.objects.iter().filter(|object| object.id.kind() == Kind::Table);
        let tables: Vec<String> = tables.map(|object| object.id.short()).collect();
        assert_eq!(tables, ["app.a", "app.b", "c", "d"]);
        assert_eq!(declared.objects.iter().filter(|object| object.id.kind() == Kind::Schema).count(), 2);
        let public = "schemas:\n  public:\n    tables:\n      d: {}\n";
        let declared = declare(&[parsed("a.yaml", public), parsed("b.yaml", "tables:\n  d: {}\n")]);
        assert_eq!(declared.problems.len(), 1);
    }
}
