//! Collations.

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// A collation (manual, `CREATE COLLATION`; catalog `pg_collation`).
    Collation, CollationDoc [renamed_from comment owner] {
        /// `icu` or `builtin` (PostgreSQL 17 and later); `libc` where nothing is said.
        provider: Option<String>,
        /// The locale.
        locale: Option<String>,
        /// The order of strings, where it is not that of `locale`.
        lc_collate: Option<String>,
        /// What letters are, where it is not as in `locale`.
        lc_ctype: Option<String>,
        /// True where equal strings may differ in their bytes.
        nondeterministic: bool,
        /// Rules beside those of the ICU locale (PostgreSQL 16 and later).
        rules: Option<String>,
    }
}

placed!(CollationDoc in schema);

impl Keyed for Collation {
    const KIND: Kind = Kind::Collation;
}

impl ObjectKind for Collation {
    fn query(version: u32) -> Option<String> {
        let locale = match version {
            ..=14 => "CASE WHEN c.collcollate = c.collctype THEN c.collcollate END",
            15..=16 => {
                "coalesce(c.colliculocale, CASE WHEN c.collcollate = c.collctype THEN c.collcollate END)"
            }
            _ => "coalesce(c.colllocale, CASE WHEN c.collcollate = c.collctype THEN c.collcollate END)",
        };
        let rules = if version >= 16 { "c.collicurules" } else { "NULL" };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', c.collname, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('provider', CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' WHEN 'd' THEN 'default' END, \
             'locale', {locale}, 'lc_collate', CASE WHEN c.collcollate <> c.collctype THEN c.collcollate END, \
             'lc_ctype', CASE WHEN c.collcollate <> c.collctype THEN c.collctype END, \
             'nondeterministic', NOT c.collisdeterministic, 'rules', {rules}))) FROM pg_collation AS c WHERE {}",
            query::address("pg_collation", "c.oid", "0"),
            query::address("pg_namespace", "c.collnamespace", "0"),
            query::owner("c.collowner"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let literal = |word: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{word} = {}", sql::literal(value)))
        };
        let clauses = [
            self.provider.as_ref().map(|provider| format!("PROVIDER = {provider}")),
            literal("LOCALE", &self.locale),
            literal("LC_COLLATE", &self.lc_collate),
            literal("LC_CTYPE", &self.lc_ctype),
            self.nondeterministic.then(|| "DETERMINISTIC = false".to_owned()),
            literal("RULES", &self.rules),
        ];
        let clauses: Vec<String> = clauses.into_iter().flatten().collect();
        vec![Statement::new(format!("CREATE COLLATION {} ({})", id.sql(), clauses.join(", ")))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP COLLATION {}", id.sql()))]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Replace("PostgreSQL cannot change a collation".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER COLLATION {} RENAME TO {}", id.sql(), sql::ident(to))))
    }
}
