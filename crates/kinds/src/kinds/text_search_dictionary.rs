//! Text search dictionaries.

use crate::shape::{Keyed, Settings, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// A text search dictionary (manual, `CREATE TEXT SEARCH DICTIONARY`; catalog `pg_ts_dict`).
    TextSearchDictionary, TextSearchDictionaryDoc [renamed_from comment owner] {
        /// The template.
        template: String,
        /// The template's options.
        options: Settings,
    }
}

placed!(TextSearchDictionaryDoc in schema);

impl Keyed for TextSearchDictionary {
    const KIND: Kind = Kind::TextSearchDictionary;
}

fn settings(options: &Settings) -> Vec<String> {
    options.0.iter().map(|(name, value)| format!("{} = {}", sql::ident(name), sql::literal(value))).collect()
}

/// `pg_ts_dict.dictinitoption` as pairs: `name = 'value', name = E'back\\slash'`.
const OPTIONS: &str = "(SELECT jsonb_agg(jsonb_build_array(CASE WHEN o.m[1] ~ '^\"' THEN replace(substr(o.m[1], 2, length(o.m[1]) - 2), '\"\"', '\"') ELSE o.m[1] END, \
     CASE WHEN o.m[2] ~ '^[eE]' THEN replace(replace(substr(o.m[2], 3, length(o.m[2]) - 3), '''''', ''''), '\\\\', '\\') \
     WHEN o.m[2] ~ '^''' THEN replace(substr(o.m[2], 2, length(o.m[2]) - 2), '''''', '''') ELSE o.m[2] END) ORDER BY o.n) \
     FROM regexp_matches(d.dictinitoption, '(\"(?:[^\"]|\"\")*\"|[^\\s=,]+)\\s*=\\s*([eE]?''(?:[^'']|'''')*''|[^\\s,]+)', 'g') WITH ORDINALITY AS o (m, n))";

impl ObjectKind for TextSearchDictionary {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', d.dictname, {}, 'spec', jsonb_strip_nulls(jsonb_build_object(\
             'template', (SELECT concat(quote_ident(n.nspname), '.', quote_ident(t.tmplname)) FROM pg_ts_template AS t \
             JOIN pg_namespace AS n ON n.oid = t.tmplnamespace WHERE t.oid = d.dicttemplate), 'options', {OPTIONS}))) \
             FROM pg_ts_dict AS d WHERE {}",
            query::address("pg_ts_dict", "d.oid", "0"),
            query::address("pg_namespace", "d.dictnamespace", "0"),
            query::owner("d.dictowner"),
            query::user_made("d.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let mut clauses = vec![format!("TEMPLATE = {}", self.template)];
        clauses.extend(settings(&self.options));
        vec![Statement::new(format!("CREATE TEXT SEARCH DICTIONARY {} ({})", id.sql(), clauses.join(", ")))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(id)))]
    }

    /// All old options are taken away and the new ones given, so that they come out in their order.
    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if self.template != to.template {
            return Change::Replace("a dictionary's template cannot be changed".to_owned());
        }
        let kept = |name: &String| to.options.0.iter().any(|(other, _)| other == name);
        let gone = self.options.0.iter().filter(|(name, _)| !kept(name)).map(|(name, _)| sql::ident(name));
        let clauses: Vec<String> = gone.chain(settings(&to.options)).collect();
        Change::Alter(vec![Statement::new(format!("ALTER {} ({})", self.address(id), clauses.join(", ")))])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER {} RENAME TO {}", self.address(id), sql::ident(to))))
    }
}
