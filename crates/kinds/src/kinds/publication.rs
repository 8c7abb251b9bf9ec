//! Publications.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::kinds::publication_schema::PublicationSchema;
use crate::kinds::publication_table::PublicationTable;
use crate::{Change, Context, Id, Kind, ObjectKind, Spec, Statement, query};

/// A publication (manual, `CREATE PUBLICATION`; catalog `pg_publication`). Its tables and schemas are objects of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    /// Whether it is for all tables, those to come too.
    #[serde(default)]
    pub all_tables: bool,
    /// `insert`, `update`, `delete`, `truncate`.
    pub publish: BTreeSet<String>,
    /// Whether changes of partitions are published as those of the partitioned table.
    #[serde(default)]
    pub via_partition_root: bool,
    /// Whether stored generated columns are published (PostgreSQL 18).
    #[serde(default)]
    pub generated_columns: bool,
}

/// What is published where nothing is said.
const OPERATIONS: [&str; 4] = ["insert", "update", "delete", "truncate"];

impl Publication {
    fn usual() -> Publication {
        let publish = OPERATIONS.iter().map(|word| (*word).to_owned()).collect();
        Publication { all_tables: false, publish, via_partition_root: false, generated_columns: false }
    }

    /// The parameters in which `to` differs.
    fn parameters(&self, to: &Publication) -> Vec<String> {
        let mut parameters = Vec::new();
        if self.publish != to.publish {
            let publish: Vec<&str> =
                OPERATIONS.iter().copied().filter(|word| to.publish.contains(*word)).collect();
            parameters.push(format!("publish = {}", sql::literal(&publish.join(", "))));
        }
        if self.via_partition_root != to.via_partition_root {
            parameters.push(format!("publish_via_partition_root = {}", to.via_partition_root));
        }
        if self.generated_columns != to.generated_columns {
            let word = if to.generated_columns { "stored" } else { "none" };
            parameters.push(format!("publish_generated_columns = {word}"));
        }
        parameters
    }
}

impl ObjectKind for Publication {
    fn query(version: u32) -> Option<String> {
        let generated = if version >= 18 { "p.pubgencols = 's'" } else { "false" };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', p.pubname, {}, \
             'spec', jsonb_build_object('all_tables', p.puballtables, 'via_partition_root', p.pubviaroot, 'generated_columns', {generated}, \
             'publish', to_jsonb(array_remove(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END, \
             CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END], NULL)))) \
             FROM pg_publication AS p WHERE {}",
            query::address("pg_publication", "p.oid", "0"),
            query::owner("p.pubowner"),
            query::user_made("p.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let all = if self.all_tables { " FOR ALL TABLES" } else { "" };
        let mut sql = format!("CREATE PUBLICATION {}{all}", id.sql());
        let parameters = Publication::usual().parameters(self);
        if !parameters.is_empty() {
            _ = write!(sql, " WITH ({})", parameters.join(", "));
        }
        vec![Statement::new(sql)]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(format!("DROP PUBLICATION {}", id.sql()))
                .clients(format!("subscriptions to {} stop", id.sql())),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if self.all_tables != to.all_tables {
            return Change::Replace(
                "a publication for all tables cannot become one for some, nor the other way".to_owned(),
            );
        }
        let parameters = self.parameters(to).join(", ");
        Change::Alter(vec![Statement::new(format!("ALTER PUBLICATION {} SET ({parameters})", id.sql()))])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER PUBLICATION {} RENAME TO {}", id.sql(), sql::ident(to)))
                .clients(format!("subscriptions to {} stop", id.sql())),
        )
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT concat_ws(' ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot) \
             FROM pg_catalog.pg_publication AS p WHERE p.pubname = e.name)",
        )
    }
}

/// A publication as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PublicationDoc {
    /// The name that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether it is for all tables, those to come too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all_tables: bool,
    /// Tables, by their names in SQL: `public.orders`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub tables: IndexMap<String, PublishedTableDoc>,
    /// Schemas of which all tables are published (PostgreSQL 15).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schemas: Vec<String>,
    /// What is published: `insert`, `update`, `delete`, `truncate`; all where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publish: Option<Vec<Operation>>,
    /// Whether changes of partitions are published as those of the partitioned table.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub via_partition_root: bool,
    /// Whether stored generated columns are published (PostgreSQL 18).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub generated_columns: bool,
}

/// What is done to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// New rows.
    Insert,
    /// Changed rows.
    Update,
    /// Deleted rows.
    Delete,
    /// All rows gone at once.
    Truncate,
}

const ORDER: [Operation; 4] = [Operation::Insert, Operation::Update, Operation::Delete, Operation::Truncate];

/// How a table is published.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PublishedTableDoc {
    /// The columns that are published; all where nothing is said (PostgreSQL 15).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The rows that are published; all where nothing is said (PostgreSQL 15).
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub filter: Option<String>,
}

impl PublicationDoc {
    pub(crate) fn lower(&self, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = Id::root(Kind::Publication, name);
        declared.add(id.clone(), self.publication(), 0, node);
        let at = |section: &str, name: &str| node.and_then(|node| node.at([section, name]));
        for (name, doc) in &self.tables {
            let table = PublicationTable { columns: doc.columns.clone(), filter: doc.filter.clone() };
            declared.add(id.child(Kind::PublicationTable, name.as_str()), table, 0, at("tables", name));
        }
        for (place, name) in self.schemas.iter().enumerate() {
            let place = at("schemas", &place.to_string());
            declared.add(id.child(Kind::PublicationSchema, name.as_str()), PublicationSchema {}, 0, place);
        }
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: None,
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.facts(&id, &facts, true, node);
    }

    fn publication(&self) -> Publication {
        let word = |operation: &Operation| {
            let place = ORDER.iter().position(|other| other == operation);
            place.map(|place| OPERATIONS[place].to_owned())
        };
        Publication {
            all_tables: self.all_tables,
            publish: self.publish.as_deref().unwrap_or(&ORDER).iter().filter_map(word).collect(),
            via_partition_root: self.via_partition_root,
            generated_columns: self.generated_columns,
        }
    }

    pub(crate) fn raise_all(raise: &Raise<'_>) -> IndexMap<String, PublicationDoc> {
        let mut all = IndexMap::new();
        for object in raise.model.objects() {
            if let Spec::Publication(publication) = &object.spec {
                all.insert(object.id.name().to_owned(), Self::raise(raise, &object.id, publication));
            }
        }
        all
    }

    fn raise(raise: &Raise<'_>, id: &Id, publication: &Publication) -> PublicationDoc {
        let published = OPERATIONS.iter().zip(ORDER).filter(|(word, _)| publication.publish.contains(**word));
        let published: Vec<Operation> = published.map(|(_, operation)| operation).collect();
        let tables =
            raise.children(id, Kind::PublicationTable).into_iter().filter_map(|(id, spec)| match spec {
                Spec::PublicationTable(table) => {
                    let doc =
                        PublishedTableDoc { columns: table.columns.clone(), filter: table.filter.clone() };
                    Some((id.name().to_owned(), doc))
                }
                _ => None,
            });
        let schemas = raise.children(id, Kind::PublicationSchema).into_iter();
        PublicationDoc {
            renamed_from: None,
            comment: raise.comment(id),
            owner: raise.owner(id),
            all_tables: publication.all_tables,
            tables: tables.collect(),
            schemas: schemas.map(|(id, _)| id.name().to_owned()).collect(),
            publish: (published != ORDER).then_some(published),
            via_partition_root: publication.via_partition_root,
            generated_columns: publication.generated_columns,
        }
    }
}
