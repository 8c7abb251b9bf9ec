//! Tables of publications.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, Lock, ObjectKind, Statement, query};

/// A table in a publication (manual, `ALTER PUBLICATION`; catalog `pg_publication_rel`). Its name is the table's, as SQL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublicationTable {
    /// The columns that are published; none is all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The rows that are published: the `WHERE` expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

fn publication(id: &Id) -> String {
    id.parent().map(Id::sql).unwrap_or_default()
}

impl ObjectKind for PublicationTable {
    fn query(version: u32) -> Option<String> {
        let details = match version {
            15.. => {
                "'columns', (SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute AS a \
                 WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])), 'filter', pg_get_expr(r.prqual, r.prrelid)"
            }
            _ => "'columns', NULL",
        };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', r.prrelid::regclass::text, \
             'spec', jsonb_strip_nulls(jsonb_build_object({details}))) FROM pg_publication_rel AS r WHERE {}",
            query::address("pg_publication_rel", "r.oid", "0"),
            query::address("pg_publication", "r.prpubid", "0"),
            query::user_made("r.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        // ONLY, since tables that inherit from it are listed themselves.
        let mut sql = format!("ALTER PUBLICATION {} ADD TABLE ONLY {}", publication(id), id.name());
        if !self.columns.is_empty() {
            let columns: Vec<String> = self.columns.iter().map(|column| sql::ident(column)).collect();
            _ = write!(sql, " ({})", columns.join(", "));
        }
        if let Some(filter) = &self.filter {
            _ = write!(sql, " WHERE ({filter})");
        }
        vec![Statement::new(sql).lock(Lock::ShareUpdateExclusive, id.name())]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let sql = format!("ALTER PUBLICATION {} DROP TABLE ONLY {}", publication(id), id.name());
        vec![
            Statement::new(sql)
                .lock(Lock::ShareUpdateExclusive, id.name())
                .clients(format!("subscriptions no longer get changes of {}", id.name())),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        // There is no statement for one table; SET TABLE would name all of them.
        let mut statements: Vec<Statement> = self
            .drop(id, context)
            .into_iter()
            .map(|statement| Statement { clients: None, ..statement })
            .collect();
        statements.extend(to.create(id, context));
        Change::Alter(statements)
    }
}
