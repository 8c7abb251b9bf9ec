//! The exact place of a syntax error. `pg_query` drops PostgreSQL's cursor and keeps the message only; but
//! the parser reads from left to right and stops at the first wrong token, so the shortest beginning of the
//! text that fails with the same message ends in the token that is wrong.

use crate::SyntaxError;
use crate::parser::{Grammar, Token, refusal, scan, try_scan};

const AT_END: &str = "at end of input";

/// Where `text`, read with `grammar`, goes wrong with `message`.
pub(crate) fn parse_error(text: &str, grammar: Grammar, message: String) -> SyntaxError {
    first_failure(text, message, |beginning| refusal(beginning, grammar))
}

/// Where `text` goes wrong with `message`, given what a beginning of it fails with. About log2(tokens)
/// attempts.
pub(crate) fn first_failure(
    text: &str,
    message: String,
    failure: impl Fn(&str) -> Option<String>,
) -> SyntaxError {
    let scanned = scan(text);
    if let Some(error) = scanned.error.filter(|error| error.message == message) {
        return error;
    }
    let tokens: Vec<Token> = scanned.tokens.into_iter().filter(|token| !token.is_comment()).collect();
    let sound = |token: &Token| failure(&text[..token.end]).as_ref() != Some(&message);
    let last = tokens.last().map_or(0, |token| token.end);
    if message.ends_with(AT_END) {
        return SyntaxError::new(message, last, 0);
    }
    match tokens.get(tokens.partition_point(sound)) {
        Some(wrong) => SyntaxError::new(message, wrong.start, one_line(wrong.text(text))),
        None => SyntaxError::new(message, last, 0),
    }
}

/// Where the scanner goes wrong with `message`: an unterminated string, a number that runs into a name.
pub(crate) fn scan_error(text: &str, message: String) -> SyntaxError {
    let ends: Vec<usize> =
        text.char_indices().map(|(at, _)| at).skip(1).chain(std::iter::once(text.len())).collect();
    let sound = |end: &usize| try_scan(&text[..*end]).err().as_ref() != Some(&message);
    let end = ends.get(ends.partition_point(sound)).copied().unwrap_or(text.len());
    let wrong = quoted(&message).filter(|wrong| text[..end].ends_with(wrong)).unwrap_or_default();
    let len = one_line(wrong);
    let offset = end - wrong.len();
    SyntaxError::new(message, offset, len)
}

/// What stands between the quotes of `… at or near "…"`.
fn quoted(message: &str) -> Option<&str> {
    message.split_once(" at or near \"")?.1.strip_suffix('"')
}

/// A caret under many lines helps nobody.
fn one_line(text: &str) -> usize {
    text.lines().next().map_or(0, str::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::on_parser_thread;

    #[track_caller]
    fn check(text: &'static str, grammar: Grammar, rest: &str) {
        let error = on_parser_thread(move || refusal(text, grammar).map(|m| parse_error(text, grammar, m)));
        let error = error.expect("a syntax error");
        assert_eq!(&text[error.offset..], rest, "{error:?}");
    }

    #[test]
    fn statements() {
        let cases = [
            ("CREATE TABLE t (a int,\n b itn NOT,\n c text)", ",\n c text)"),
            ("SELECT a FORM b WHERE c", "b WHERE c"),
            ("SELECT 1 +", ""),
            ("SELECT 1 + -- and\n ", " -- and\n "),
            ("CREATE POLICY p ON t USING (a = ) WITH CHECK (a)", ") WITH CHECK (a)"),
            ("SELECT a, b, FROM t JOIN u ON (a=b)", "FROM t JOIN u ON (a=b)"),
            ("CREATE INDEX i ON t (a) WHERE a NOT NULL NOT", "NOT NULL NOT"),
            ("SELECT x FROM t WITH ORDINALITY AS q NULLS FIRST, z", "WITH ORDINALITY AS q NULLS FIRST, z"),
            ("SELECT 'ä', x FROM FROM t", "FROM t"),
            ("SELECT 'it''s' AS a, 'open, b", "'open, b"),
            ("SELECT 1 FROM FROM t WHERE 'open", "FROM t WHERE 'open"),
            ("SELECT 1a, 2", "1a, 2"),
            ("SELECT '1a', 1a", "1a"),
            ("SELECT a /* b", "/* b"),
            ("SELECT $a$ x", "$a$ x"),
            ("SELECT \"\" FROM x", "\"\" FROM x"),
            ("SELECT 1; SELEC 2; SELECT 3", "SELEC 2; SELECT 3"),
        ];
        for (text, rest) in cases {
            check(text, Grammar::Statements, rest);
        }
    }

    #[test]
    fn expressions_and_types() {
        check("a > 0 AND AND b", Grammar::Expression, "AND b");
        check("a = ", Grammar::Expression, " ");
        check("varchar(50", Grammar::TypeName, "");
        check("a int, int", Grammar::TypeName, "int, int");
    }

    #[test]
    fn length() {
        let text = "SELECT a FORM bcd WHERE c";
        let message = "syntax error at or near \"bcd\"".to_owned();
        let error = on_parser_thread(move || parse_error(text, Grammar::Statements, message));
        assert_eq!((error.offset, error.len), (14, 3));
    }
}
