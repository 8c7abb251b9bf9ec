//! Text search templates.

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// A text search template (manual, `CREATE TEXT SEARCH TEMPLATE`; catalog `pg_ts_template`).
    TextSearchTemplate, TextSearchTemplateDoc [renamed_from comment] {
        /// The function that reads a dictionary's options.
        init: Option<String>,
        /// The function that looks a token up.
        lexize: String,
    }
}

placed!(TextSearchTemplateDoc in schema);

impl Keyed for TextSearchTemplate {
    const KIND: Kind = Kind::TextSearchTemplate;
}

impl ObjectKind for TextSearchTemplate {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', t.tmplname, 'spec', jsonb_strip_nulls(jsonb_build_object(\
             'init', CASE WHEN t.tmplinit <> 0 THEN t.tmplinit::oid::regproc::text END, 'lexize', t.tmpllexize::oid::regproc::text))) \
             FROM pg_ts_template AS t WHERE {}",
            query::address("pg_ts_template", "t.oid", "0"),
            query::address("pg_namespace", "t.tmplnamespace", "0"),
            query::user_made("t.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let init = self.init.as_ref().map(|init| format!("INIT = {init}, ")).unwrap_or_default();
        vec![Statement::new(format!(
            "CREATE TEXT SEARCH TEMPLATE {} ({init}LEXIZE = {})",
            id.sql(),
            self.lexize
        ))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(id)))]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Replace("PostgreSQL cannot change a text search template".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER {} RENAME TO {}", self.address(id), sql::ident(to))))
    }
}
