//! Access methods.

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// An access method that no extension brings (manual, `CREATE ACCESS METHOD`; catalog `pg_am`).
    AccessMethod, AccessMethodDoc [comment] {
        /// True for a method of tables, false for one of indexes.
        table: bool,
        /// The function that tells PostgreSQL how.
        handler: String,
    }
}

placed!(AccessMethodDoc in database);

impl Keyed for AccessMethod {
    const KIND: Kind = Kind::AccessMethod;
}

impl ObjectKind for AccessMethod {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', a.amname, 'spec', jsonb_build_object('table', a.amtype = 't', 'handler', a.amhandler::oid::regproc::text)) \
             FROM pg_am AS a WHERE {}",
            query::address("pg_am", "a.oid", "0"),
            query::user_made("a.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let of = if self.table { "TABLE" } else { "INDEX" };
        vec![Statement::new(format!("CREATE ACCESS METHOD {} TYPE {of} HANDLER {}", id.sql(), self.handler))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP ACCESS METHOD {}", id.sql()))]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Replace("PostgreSQL cannot change an access method".to_owned())
    }
}
