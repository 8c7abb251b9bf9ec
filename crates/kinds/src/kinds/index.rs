//! Indexes that back no constraint.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Spec, Statement, Work, query};

/// An index (manual, `CREATE INDEX`; catalog `pg_index`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Whether equal keys are refused.
    #[serde(default)]
    pub unique: bool,
    /// What follows the table's name in `pg_get_indexdef`: `USING btree (email) WHERE ...`.
    pub definition: String,
    /// False for what a failed `CREATE INDEX CONCURRENTLY` left behind.
    pub valid: bool,
}

impl ObjectKind for Index {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', c.relname, \
             'spec', jsonb_build_object('unique', i.indisunique, 'valid', i.indisvalid, \
             'definition', substr(pg_get_indexdef(i.indexrelid), strpos(pg_get_indexdef(i.indexrelid), ' USING ') + 1))) \
             FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid \
             WHERE {} AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) \
             AND NOT EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhrelid = i.indexrelid)",
            query::address("pg_class", "c.oid", "0"),
            query::address("pg_class", "i.indrelid", "0"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let table = id.relation_sql();
        vec![
            Statement::new(format!("CREATE {unique}INDEX {} ON {table} {}", sql::ident(id.name()), self.definition))
                .lock(Lock::Share, table)
                .work(Work::Build),
        ]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP INDEX {}", self.name(id))).lock(Lock::AccessExclusive, id.relation_sql())]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Replace("an index's definition cannot be changed".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER INDEX {} RENAME TO {}", self.name(id), sql::ident(to)))
                .lock(Lock::ShareUpdateExclusive, self.name(id)),
        )
    }

    fn address(&self, id: &Id) -> String {
        format!("INDEX {}", self.name(id))
    }

    fn definition() -> Option<&'static str> {
        Some(
            "pg_get_indexdef(to_regclass(e.object))",
        )
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        self == to
    }
}

impl Index {
    fn name(&self, id: &Id) -> String {
        sql::qualified(&[id.schema().unwrap_or_default(), id.name()])
    }
}

/// An index as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IndexDoc {
    /// The name that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Columns or expressions, each with what belongs to it: `lower(email) text_pattern_ops`, `created_at desc`.
    pub on: Vec<String>,
    /// Whether equal keys are refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// The access method; `btree` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    /// What follows the keys, as SQL: `INCLUDE (total) NULLS NOT DISTINCT WITH (fillfactor = 70)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<String>,
    /// Which rows are in it.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub predicate: Option<String>,
}

impl IndexDoc {
    pub(crate) fn lower(&self, table: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = table.child(Kind::Index, name);
        let method = self.using.as_deref().unwrap_or("btree");
        let mut definition = format!("USING {} ({})", sql::ident(method), self.on.join(", "));
        if let Some(options) = &self.options {
            definition.push_str(&format!(" {options}"));
        }
        if let Some(predicate) = &self.predicate {
            definition.push_str(&format!(" WHERE ({predicate})"));
        }
        declared.add(id.clone(), Index { unique: self.unique, definition, valid: true }, 0, node);
        let facts = Facts { comment: self.comment.as_ref(), renamed_from: self.renamed_from.as_ref(), ..Facts::default() };
        declared.facts(&id, &facts, false, node);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, table: &Id) -> IndexMap<String, IndexDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(table, Kind::Index) {
            let Spec::Index(spec) = spec else { continue };
            let mut doc = Self::parse(&spec.definition);
            doc.unique = spec.unique;
            doc.comment = raise.comment(id);
            all.insert(id.name().to_owned(), doc);
        }
        all
    }

    /// Takes `USING method (keys) options WHERE (predicate)` apart, as `pg_get_indexdef` prints it.
    fn parse(definition: &str) -> IndexDoc {
        let rest = definition.strip_prefix("USING ").unwrap_or(definition);
        let (method, rest) = rest.split_once(" (").unwrap_or((rest, ""));
        let end = closing_bracket(rest);
        let (keys, tail) = (&rest[..end], rest[end..].trim_start_matches(')').trim());
        let (options, predicate) = match tail.split_once("WHERE ") {
            Some((options, predicate)) => (options.trim(), Some(without_brackets(predicate).to_owned())),
            None => (tail, None),
        };
        IndexDoc {
            on: split_list(keys),
            using: (method != "btree").then(|| method.trim_matches('"').to_owned()),
            options: (!options.is_empty()).then(|| options.to_owned()),
            predicate,
            ..IndexDoc::default()
        }
    }
}

/// What PostgreSQL puts around a whole expression is taken off.
pub(crate) fn without_brackets(expression: &str) -> &str {
    match expression.strip_prefix('(') {
        Some(inner) if closing_bracket(inner) == inner.len() - 1 => &inner[..inner.len() - 1],
        _ => expression,
    }
}

/// Where the bracket closes that is open at the start of `text`.
pub(crate) fn closing_bracket(text: &str) -> usize {
    let mut depth = 1_usize;
    for (place, character) in outside_quotes(text) {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place;
        }
    }
    text.len()
}

/// A list split at the commas that stand outside of brackets and quotes.
pub(crate) fn split_list(text: &str) -> Vec<String> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (place, character) in outside_quotes(text) {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(text[start..place].trim().to_owned());
                start = place + 1;
            }
            _ => {}
        }
    }
    items.push(text[start..].trim().to_owned());
    items
}

/// The characters of SQL that PostgreSQL printed which stand in no literal and no quoted name.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    text.char_indices().filter(move |(_, character)| match (quote, character) {
        (None, '\'' | '"') => {
            quote = Some(*character);
            false
        }
        (Some(open), close) if open == *close => {
            quote = None;
            false
        }
        (open, _) => open.is_none(),
    })
}
