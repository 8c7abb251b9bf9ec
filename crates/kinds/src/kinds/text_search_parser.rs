//! Text search parsers.

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// A text search parser (manual, `CREATE TEXT SEARCH PARSER`; catalog `pg_ts_parser`).
    TextSearchParser, TextSearchParserDoc [renamed_from comment] {
        /// The function that starts.
        start: String,
        /// The function that yields the next token.
        gettoken: String,
        /// The function that ends.
        end: String,
        /// The function that makes headlines.
        headline: Option<String>,
        /// The function that lists the token types.
        lextypes: String,
    }
}

placed!(TextSearchParserDoc in schema);

impl Keyed for TextSearchParser {
    const KIND: Kind = Kind::TextSearchParser;
}

impl ObjectKind for TextSearchParser {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', p.prsname, 'spec', jsonb_strip_nulls(jsonb_build_object(\
             'start', p.prsstart::oid::regproc::text, 'gettoken', p.prstoken::oid::regproc::text, 'end', p.prsend::oid::regproc::text, \
             'headline', CASE WHEN p.prsheadline <> 0 THEN p.prsheadline::oid::regproc::text END, 'lextypes', p.prslextype::oid::regproc::text))) \
             FROM pg_ts_parser AS p WHERE {}",
            query::address("pg_ts_parser", "p.oid", "0"),
            query::address("pg_namespace", "p.prsnamespace", "0"),
            query::user_made("p.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let headline =
            self.headline.as_ref().map(|headline| format!(", HEADLINE = {headline}")).unwrap_or_default();
        vec![Statement::new(format!(
            "CREATE TEXT SEARCH PARSER {} (START = {}, GETTOKEN = {}, END = {}, LEXTYPES = {}{headline})",
            id.sql(),
            self.start,
            self.gettoken,
            self.end,
            self.lextypes
        ))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(id)))]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Replace("PostgreSQL cannot change a text search parser".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER {} RENAME TO {}", self.address(id), sql::ident(to))))
    }
}
