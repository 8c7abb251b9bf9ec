//! Text search configurations.

use std::collections::BTreeMap;

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// A text search configuration (manual, `CREATE TEXT SEARCH CONFIGURATION`; catalogs `pg_ts_config`, `pg_ts_config_map`).
    TextSearchConfiguration, TextSearchConfigurationDoc [renamed_from comment owner] {
        /// The parser.
        parser: String,
        /// The dictionaries that look a token up, in their order, by token type: `asciiword: [english_stem]`.
        mappings: BTreeMap<String, Vec<String>>,
    }
}

placed!(TextSearchConfigurationDoc in schema);

impl Keyed for TextSearchConfiguration {
    const KIND: Kind = Kind::TextSearchConfiguration;
}

impl TextSearchConfiguration {
    /// `ADD MAPPING FOR a, b WITH c, d`: token types with the same dictionaries at once.
    fn map(&self, id: &Id, verb: &str, wanted: impl Fn(&str) -> bool) -> Vec<Statement> {
        let mut by_dictionaries: BTreeMap<&Vec<String>, Vec<String>> = BTreeMap::new();
        for (token, dictionaries) in self.mappings.iter().filter(|(token, _)| wanted(token)) {
            by_dictionaries.entry(dictionaries).or_default().push(sql::ident(token));
        }
        let statement = |(dictionaries, tokens): (&Vec<String>, Vec<String>)| {
            let (tokens, dictionaries) = (tokens.join(", "), dictionaries.join(", "));
            Statement::new(format!(
                "ALTER {} {verb} MAPPING FOR {tokens} WITH {dictionaries}",
                self.address(id)
            ))
        };
        by_dictionaries.into_iter().map(statement).collect()
    }
}

impl ObjectKind for TextSearchConfiguration {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', c.cfgname, {}, 'spec', jsonb_strip_nulls(jsonb_build_object(\
             'parser', (SELECT concat(quote_ident(n.nspname), '.', quote_ident(p.prsname)) FROM pg_ts_parser AS p \
             JOIN pg_namespace AS n ON n.oid = p.prsnamespace WHERE p.oid = c.cfgparser), \
             'mappings', (SELECT jsonb_object_agg(m.token, m.dictionaries) FROM (SELECT t.alias AS token, \
             jsonb_agg(m.mapdict::regdictionary::text ORDER BY m.mapseqno) AS dictionaries FROM pg_ts_config_map AS m, \
             ts_token_type(c.cfgparser) AS t WHERE m.mapcfg = c.oid AND t.tokid = m.maptokentype GROUP BY t.alias) AS m)))) \
             FROM pg_ts_config AS c WHERE {}",
            query::address("pg_ts_config", "c.oid", "0"),
            query::address("pg_namespace", "c.cfgnamespace", "0"),
            query::owner("c.cfgowner"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let create = format!("CREATE TEXT SEARCH CONFIGURATION {} (PARSER = {})", id.sql(), self.parser);
        let mut statements = vec![Statement::new(create)];
        statements.extend(self.map(id, "ADD", |_| true));
        statements
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(id)))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if self.parser != to.parser {
            return Change::Replace("a configuration's parser cannot be changed".to_owned());
        }
        let gone = self
            .mappings
            .keys()
            .filter(|token| !to.mappings.contains_key(*token))
            .map(|token| sql::ident(token));
        let gone: Vec<String> = gone.collect();
        let mut statements = Vec::new();
        if !gone.is_empty() {
            statements.push(Statement::new(format!(
                "ALTER {} DROP MAPPING FOR {}",
                self.address(id),
                gone.join(", ")
            )));
        }
        statements.extend(to.map(id, "ALTER", |token| {
            self.mappings.get(token).is_some_and(|dictionaries| Some(dictionaries) != to.mappings.get(token))
        }));
        statements.extend(to.map(id, "ADD", |token| !self.mappings.contains_key(token)));
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER {} RENAME TO {}", self.address(id), sql::ident(to))))
    }
}
