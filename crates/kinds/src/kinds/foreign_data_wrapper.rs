//! Foreign-data wrappers.

use crate::shape::{Keyed, Options, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// A foreign-data wrapper that no extension brings (manual, `CREATE FOREIGN DATA WRAPPER`; catalog `pg_foreign_data_wrapper`).
    ForeignDataWrapper, ForeignDataWrapperDoc [renamed_from comment owner grants] {
        /// The function that reads and writes foreign tables.
        handler: Option<String>,
        /// The function that checks options.
        validator: Option<String>,
        /// Its options.
        options: Options,
    }
}

placed!(ForeignDataWrapperDoc in database);

impl Keyed for ForeignDataWrapper {
    const KIND: Kind = Kind::ForeignDataWrapper;
}

impl ObjectKind for ForeignDataWrapper {
    fn query(_version: u32) -> Option<String> {
        let function = |column: &str| format!("CASE WHEN w.{column} <> 0 THEN w.{column}::regproc::text END");
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', w.fdwname, {}, {}, 'spec', jsonb_strip_nulls(jsonb_build_object(\
             'handler', {}, 'validator', {}, 'options', {}))) FROM pg_foreign_data_wrapper AS w WHERE {}",
            query::address("pg_foreign_data_wrapper", "w.oid", "0"),
            query::owner("w.fdwowner"),
            query::acl("F", "w.fdwowner", "w.fdwacl"),
            function("fdwhandler"),
            function("fdwvalidator"),
            query::guarded_options("w.fdwoptions"),
            query::user_made("w.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let function = |word: &str, name: &Option<String>| {
            name.as_ref().map(|name| format!(" {word} {name}")).unwrap_or_default()
        };
        let create = Statement::new(format!(
            "CREATE FOREIGN DATA WRAPPER {}{}{}{}",
            id.sql(),
            function("HANDLER", &self.handler),
            function("VALIDATOR", &self.validator),
            self.options.clause()
        ));
        vec![self.options.asking(&Options::default(), create, id)]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP FOREIGN DATA WRAPPER {}", id.sql()))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let function = |word: &str, from: &Option<String>, to: &Option<String>| {
            let action = to.as_ref().map_or(format!("NO {word}"), |name| format!("{word} {name}"));
            (from != to).then_some(action)
        };
        let actions = [
            function("HANDLER", &self.handler, &to.handler),
            function("VALIDATOR", &self.validator, &to.validator),
            self.options.change(&to.options),
        ];
        let actions: Vec<String> = actions.into_iter().flatten().collect();
        let alter = Statement::new(format!("ALTER FOREIGN DATA WRAPPER {} {}", id.sql(), actions.join(" ")));
        Change::Alter(vec![to.options.asking(&self.options, alter, id)])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER FOREIGN DATA WRAPPER {} RENAME TO {}", id.sql(), sql::ident(to))))
    }
}
