//! Queries that several sections ask.

use kinds::{Id, Kind};

use crate::escape::{code, fenced};

/// A question whether something is there: what, an SQL expression, the answer expected.
pub(super) struct Presence {
    pub(super) what: String,
    pub(super) expression: String,
    pub(super) expected: bool,
}

impl Presence {
    /// Asks for a relation, a column, a function or a type; other kinds are not asked for by name.
    pub(super) fn of(id: &Id, expected: bool) -> Option<Presence> {
        let expression = match id.kind() {
            Kind::Table | Kind::View | Kind::MaterializedView | Kind::Sequence => {
                format!("to_regclass({}) IS NOT NULL", sql::literal(&id.sql()))
            }
            Kind::Function => {
                format!("to_regprocedure({}) IS NOT NULL", sql::literal(&id.sql_with_arguments()))
            }
            // A shell type cannot be converted to regtype.
            Kind::Base => format!(
                "EXISTS (SELECT FROM pg_type WHERE typnamespace = to_regnamespace({}) AND typname = {})",
                sql::literal(&sql::ident(id.schema().unwrap_or_default())),
                sql::literal(id.name())
            ),
            kind if kind.is_type() => {
                format!("to_regtype({}) IS NOT NULL", sql::literal(&id.sql()))
            }
            Kind::Column => format!(
                "EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass({}) AND attname = {} AND NOT attisdropped)",
                sql::literal(&id.relation_sql()),
                sql::literal(id.name())
            ),
            _ => return None,
        };
        Some(Presence { what: id.to_string(), expression, expected })
    }
}

/// The query that asks, and the rows that it must return.
pub(super) fn presence(questions: &[Presence]) -> String {
    let rows: Vec<String> = questions
        .iter()
        .map(|question| format!("    ({}, {})", sql::literal(&question.what), question.expression))
        .collect();
    let query = format!("SELECT what, there FROM (VALUES\n{}\n) AS e (what, there);", rows.join(",\n"));
    let expected: Vec<Vec<String>> = questions
        .iter()
        .map(|question| vec![code(&question.what), if question.expected { "t" } else { "f" }.to_owned()])
        .collect();
    fenced("sql", &query) + "\nExpected:\n\n" + &table(&["what", "there"], &expected)
}

/// A table of Markdown.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let rule = vec!["---"; heads.len()];
    let body = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    line(heads.to_vec()) + &line(rule) + &body.collect::<String>()
}
