//! Transforms between types and languages.

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// How values of a type go into functions of a language, and come out (manual, `CREATE TRANSFORM`; catalog `pg_transform`), under
    /// `type language name`: `hstore language plpython3u`.
    Transform, TransformDoc [comment] {
        /// The function that makes the language's value, with its arguments.
        from_sql: Option<String>,
        /// The function that makes the type's value, with its arguments.
        to_sql: Option<String>,
    }
}

placed!(TransformDoc in database);

impl Keyed for Transform {
    const KIND: Kind = Kind::Transform;

    fn id(_parent: Option<&Id>, key: &str) -> Id {
        let (data_type, language) = key.rsplit_once(" language ").unwrap_or((key, ""));
        Id::root(Kind::Transform, data_type.trim()).with_signature(Some(language.trim().to_owned()))
    }

    fn key(&self, id: &Id) -> Option<String> {
        Some(format!("{} language {}", id.name(), id.signature().unwrap_or_default()))
    }
}

impl Transform {
    fn definition(&self, id: &Id, replace: &str) -> Statement {
        let clause = |word: &str, function: &Option<String>| {
            function.as_ref().map(|function| format!("{word} SQL WITH FUNCTION {function}"))
        };
        let clauses: Vec<String> =
            [clause("FROM", &self.from_sql), clause("TO", &self.to_sql)].into_iter().flatten().collect();
        Statement::new(format!("CREATE {replace}{} ({})", self.address(id), clauses.join(", ")))
    }
}

impl ObjectKind for Transform {
    fn query(_version: u32) -> Option<String> {
        let function =
            |column: &str| format!("CASE WHEN t.{column} <> 0 THEN t.{column}::regprocedure::text END");
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', format_type(t.trftype, NULL), 'signature', l.lanname, \
             'spec', jsonb_strip_nulls(jsonb_build_object('from_sql', {}, 'to_sql', {}))) \
             FROM pg_transform AS t JOIN pg_language AS l ON l.oid = t.trflang WHERE {}",
            query::address("pg_transform", "t.oid", "0"),
            function("trffromsql"),
            function("trftosql"),
            query::user_made("t.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![self.definition(id, "")]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(id)))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        Change::Alter(vec![to.definition(id, "OR REPLACE ")])
    }

    fn address(&self, id: &Id) -> String {
        format!("TRANSFORM FOR {} LANGUAGE {}", id.name(), sql::ident(id.signature().unwrap_or_default()))
    }
}
