//! A script as its statements.

use std::ops::Range;

use crate::SyntaxError;
use crate::error::reject_nul;
use crate::locate::parse_error;
use crate::parser::{Grammar, Token, message, on_parser_thread, significant};

/// The statements of `sql`, each as the bytes from its first token to its last: without the semicolon, and
/// without the comments around it. Strict: every statement must parse, and `psql`'s backslash commands do
/// not.
pub fn split(sql: &str) -> Result<Vec<Range<usize>>, SyntaxError> {
    reject_nul(sql)?;
    let sql = sql.to_owned();
    on_parser_thread(move || split_here(&sql))
}

/// [`split`], when already on the parser's thread.
pub(crate) fn split_here(sql: &str) -> Result<Vec<Range<usize>>, SyntaxError> {
    let statements = pg_query::split_with_parser(sql).map_err(message);
    let statements = statements.map_err(|message| parse_error(sql, Grammar::Statements, message))?;
    let tokens = significant(sql);
    let range = |statement: &str| {
        let start = statement.as_ptr().addr() - sql.as_ptr().addr();
        bounds(sql, &tokens, start..start + statement.len())
    };
    Ok(statements.into_iter().map(range).collect())
}

/// The first and last token inside `around`. Semicolons before the first are PostgreSQL's empty statements.
fn bounds(sql: &str, tokens: &[Token], around: Range<usize>) -> Range<usize> {
    let first = tokens.partition_point(|token| token.start < around.start);
    let end = tokens.partition_point(|token| token.end <= around.end);
    let mut inside = tokens[first..end].iter().skip_while(|token| token.is(sql, ";"));
    let start = inside.next().map_or(around.start, |token| token.start);
    start..tokens[..end].last().map_or(around.end, |token| token.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expect: &[&str]) {
        let ranges = split(sql).unwrap();
        assert_eq!(ranges.into_iter().map(|range| &sql[range]).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn scripts() {
        check("", &[]);
        check("-- nothing\n;;", &[]);
        check("SELECT 1", &["SELECT 1"]);
        check("SELECT 1;", &["SELECT 1"]);
        check(";; SELECT 1 ;;; SELECT 2;;", &["SELECT 1", "SELECT 2"]);
        check("/* a; */ SELECT 1 -- b;\n; -- c\nSELECT /* d */ 2 -- e", &["SELECT 1", "SELECT /* d */ 2"]);
        check("SELECT 'ä;'; SELECT \";\"", &["SELECT 'ä;'", "SELECT \";\""]);
        check("DO $$ BEGIN NULL; END $$; SELECT 1", &["DO $$ BEGIN NULL; END $$", "SELECT 1"]);
        let atomic = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END";
        check(&format!("{atomic}; SELECT 1"), &[atomic, "SELECT 1"]);
    }

    #[test]
    fn errors_have_their_place() {
        assert_eq!(split("SELECT 1; SELEC 2").unwrap_err().offset, 10);
        assert_eq!(split("SELECT 1;\n\\d").unwrap_err().offset, 10);
        assert_eq!(split("SELECT \0").unwrap_err().offset, 7);
    }
}
