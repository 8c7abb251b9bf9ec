//! Languages of functions.

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Hazard, Id, Kind, ObjectKind, Statement, query};

object! {
    /// A language for functions that no extension brings (manual, `CREATE LANGUAGE`; catalog `pg_language`).
    Language, LanguageDoc [renamed_from comment owner grants] {
        /// Whether it lets nobody do more than they may: everybody may write functions in it then.
        trusted: bool,
        /// The function that runs its functions.
        handler: String,
        /// The function that runs `DO` blocks.
        inline: Option<String>,
        /// The function that checks new functions.
        validator: Option<String>,
    }
}

placed!(LanguageDoc in database);

impl Keyed for Language {
    const KIND: Kind = Kind::Language;
}

impl Language {
    fn definition(&self, id: &Id, replace: &str) -> Statement {
        let trusted = if self.trusted { "TRUSTED " } else { "" };
        let inline = self.inline.as_ref().map(|function| format!(" INLINE {function}")).unwrap_or_default();
        let validator =
            self.validator.as_ref().map(|function| format!(" VALIDATOR {function}")).unwrap_or_default();
        Statement::new(format!(
            "CREATE {replace}{trusted}LANGUAGE {} HANDLER {}{inline}{validator}",
            id.sql(),
            self.handler
        ))
    }
}

impl ObjectKind for Language {
    fn query(_version: u32) -> Option<String> {
        let function = |column: &str| format!("CASE WHEN l.{column} <> 0 THEN l.{column}::regproc::text END");
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', l.lanname, {}, {}, 'spec', jsonb_strip_nulls(jsonb_build_object(\
             'trusted', l.lanpltrusted, 'handler', {}, 'inline', {}, 'validator', {}))) FROM pg_language AS l WHERE l.lanispl AND {}",
            query::address("pg_language", "l.oid", "0"),
            query::owner("l.lanowner"),
            query::acl("l", "l.lanowner", "l.lanacl"),
            function("lanplcallfoid"),
            function("laninline"),
            function("lanvalidator"),
            query::user_made("l.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![self.definition(id, "")]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP LANGUAGE {}", id.sql()))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let mut statement = to.definition(id, "OR REPLACE ");
        if to.trusted && !self.trusted {
            statement = statement
                .hazard(Hazard::AccessGain, format!("everybody with USAGE may write functions in {id}"));
        }
        Change::Alter(vec![statement])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER LANGUAGE {} RENAME TO {}", id.sql(), sql::ident(to))))
    }
}
