//! Conversions between encodings.

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// A conversion between encodings (manual, `CREATE CONVERSION`; catalog `pg_conversion`).
    Conversion, ConversionDoc [renamed_from comment owner] {
        /// The encoding that it converts from.
        from: String,
        /// The encoding that it converts to.
        to: String,
        /// The function that converts.
        function: String,
        /// Whether it is the default for these encodings in its schema.
        default: bool,
    }
}

placed!(ConversionDoc in schema);

impl Keyed for Conversion {
    const KIND: Kind = Kind::Conversion;
}

impl ObjectKind for Conversion {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', c.conname, {}, 'spec', jsonb_build_object('default', c.condefault, \
             'from', pg_encoding_to_char(c.conforencoding), 'to', pg_encoding_to_char(c.contoencoding), 'function', c.conproc::oid::regproc::text)) \
             FROM pg_conversion AS c WHERE {}",
            query::address("pg_conversion", "c.oid", "0"),
            query::address("pg_namespace", "c.connamespace", "0"),
            query::owner("c.conowner"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let default = if self.default { "DEFAULT " } else { "" };
        vec![Statement::new(format!(
            "CREATE {default}CONVERSION {} FOR {} TO {} FROM {}",
            id.sql(),
            sql::literal(&self.from),
            sql::literal(&self.to),
            self.function
        ))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP CONVERSION {}", id.sql()))]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Replace("PostgreSQL cannot change a conversion".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER CONVERSION {} RENAME TO {}", id.sql(), sql::ident(to))))
    }
}
