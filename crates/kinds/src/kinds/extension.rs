//! Extensions.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::{Change, Context, Hazard, Id, Kind, ObjectKind, Spec, Statement, query};

/// An extension (manual, "Packaging Related Objects into an Extension"; catalog `pg_extension`).
///
/// Its members belong to it: they are neither compared nor written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    /// The schema that its members are made in.
    pub schema: String,
    /// The version installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether it may be moved to another schema.
    #[serde(default)]
    pub relocatable: bool,
}

impl ObjectKind for Extension {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', e.extname, 'spec', jsonb_build_object('schema', n.nspname, \
             'version', e.extversion, 'relocatable', e.extrelocatable), 'commentdefault', a.comment) \
             FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace \
             LEFT JOIN pg_available_extensions() AS a ON a.name = e.extname WHERE {}",
            query::address("pg_extension", "e.oid", "0"),
            query::user_made("e.oid")
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let version = match &self.version {
            Some(version) => format!(" VERSION {}", sql::literal(version)),
            None => String::new(),
        };
        vec![Statement::new(format!(
            "CREATE EXTENSION {} WITH SCHEMA {}{version}",
            id.sql(),
            sql::ident(&self.schema)
        ))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(format!("DROP EXTENSION {}", id.sql()))
                .hazard(Hazard::ClientBreak, format!("what extension {} offers is gone", id.sql())),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if is_older(to.version.as_deref(), self.version.as_deref()) {
            return Change::Replace("an extension cannot be taken back to an older version".to_owned());
        }
        let mut statements = Vec::new();
        if self.schema != to.schema {
            if !self.relocatable {
                return Change::Replace("the extension cannot be moved to another schema".to_owned());
            }
            statements.push(Statement::new(format!(
                "ALTER EXTENSION {} SET SCHEMA {}",
                id.sql(),
                sql::ident(&to.schema)
            )));
        }
        if let (true, Some(version)) = (self.version != to.version, &to.version) {
            statements.push(Statement::new(format!(
                "ALTER EXTENSION {} UPDATE TO {}",
                id.sql(),
                sql::literal(version)
            )));
        }
        Change::Alter(statements)
    }
}

/// Whether one version comes before another, number by number: `1.9` before `1.10`. Extensions come with scripts that lead forward.
fn is_older(one: Option<&str>, other: Option<&str>) -> bool {
    let numbers = |version: &str| -> Vec<u64> {
        version.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
    };
    matches!((one, other), (Some(one), Some(other)) if numbers(one) < numbers(other))
}

/// An extension as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExtensionDoc {
    /// The schema that its members are made in; `public` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The version; the server's default where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What people should know of it; what its author says where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl ExtensionDoc {
    pub(crate) fn lower(&self, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = Id::root(Kind::Extension, name);
        let schema = self.schema.clone().unwrap_or_else(|| "public".to_owned());
        declared.add(
            id.clone(),
            Extension { schema, version: self.version.clone(), relocatable: false },
            0,
            node,
        );
        declared.facts(&id, &Facts { comment: self.comment.as_ref(), ..Facts::default() }, false, node);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>) -> IndexMap<String, ExtensionDoc> {
        let mut all = IndexMap::new();
        for object in raise.model.objects() {
            if let Spec::Extension(extension) = &object.spec {
                let doc = ExtensionDoc {
                    schema: (extension.schema != "public").then(|| extension.schema.clone()),
                    version: extension.version.clone(),
                    comment: raise.comment(&object.id),
                };
                all.insert(object.id.name().to_owned(), doc);
            }
        }
        all
    }
}
