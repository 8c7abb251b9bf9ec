//! User mappings of foreign servers.

use crate::shape::{Keyed, Options, object};
use crate::{Change, Context, Hazard, Id, Kind, ObjectKind, Statement, query};

object! {
    /// Who uses a foreign server as whom (manual, `CREATE USER MAPPING`; catalog `pg_user_mapping`).
    ///
    /// Passwords and their like are never read, printed or compared: only that they are set.
    UserMapping, UserMappingDoc [] {
        /// Options that are no secret.
        options: Options,
        /// The names of options that are: `password`. Their values are set by hand.
        secret_options: Vec<String>,
    }
}

impl Keyed for UserMapping {
    const KIND: Kind = Kind::UserMapping;
}

/// Names of options whose values nobody should see; `password_required` is none.
const SECRET: &str = "'(pass(word|wd|phrase|file)?|secret|token|credentials?|key)$'";

impl UserMapping {
    /// The statement with the secrets that it cannot know.
    fn asking(statement: Statement, id: &Id, names: &[String]) -> Statement {
        if names.is_empty() {
            return statement;
        }
        statement.clients(format!("set {} of {id} by hand: it is empty", names.join(", ")))
    }

    /// All options, secrets with an empty value.
    fn all(&self) -> Options {
        let secrets = self.secret_options.iter().map(|name| (name.clone(), Some(String::new())));
        Options(self.options.0.iter().cloned().chain(secrets).collect())
    }
}

fn target(id: &Id) -> String {
    let user = crate::privileges::grantee(id.name());
    format!("USER MAPPING FOR {user} SERVER {}", id.relation_sql())
}

impl ObjectKind for UserMapping {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', CASE WHEN u.umuser = 0 THEN 'public' ELSE u.usename END, \
             'spec', jsonb_strip_nulls(jsonb_build_object(\
             'options', {}, 'secret_options', (SELECT jsonb_agg(split_part(o, '=', 1) ORDER BY split_part(o, '=', 1)) \
             FROM unnest(u.umoptions) AS o WHERE split_part(o, '=', 1) ~* {SECRET})))) FROM pg_user_mappings AS u",
            query::address("pg_user_mapping", "u.umid", "0"),
            query::address("pg_foreign_server", "u.srvid", "0"),
            query::ordered_options(&format!(
                "ARRAY(SELECT o FROM unnest(u.umoptions) WITH ORDINALITY AS x (o, n) WHERE split_part(o, '=', 1) !~* {SECRET} ORDER BY n)"
            )),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let statement = Statement::new(format!("CREATE {}{}", target(id), self.all().clause()));
        vec![Self::asking(statement, id, &self.secret_options)]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let statement = Statement::new(format!("DROP {}", target(id)));
        if self.secret_options.is_empty() {
            return vec![statement];
        }
        vec![statement.hazard(
            Hazard::DataLoss,
            format!("{} of {id} goes and is kept nowhere", self.secret_options.join(", ")),
        )]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let new: Vec<String> =
            to.secret_options.iter().filter(|name| !self.secret_options.contains(name)).cloned().collect();
        // Secrets that stay are not touched, whatever their place.
        let stay: Vec<&String> =
            to.secret_options.iter().filter(|name| self.secret_options.contains(name)).collect();
        let without = |options: Options| {
            Options(options.0.into_iter().filter(|(name, _)| !stay.contains(&name)).collect())
        };
        let actions = without(self.all()).change(&without(to.all())).unwrap_or_default();
        let statement = Statement::new(format!("ALTER {} {actions}", target(id)));
        Change::Alter(vec![Self::asking(statement, id, &new)])
    }

    fn address(&self, id: &Id) -> String {
        target(id)
    }
}
