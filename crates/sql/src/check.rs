//! Whether a fragment of SQL is what it should be, told before any server is asked.

use pg_query::protobuf::Token as Kind;

use crate::SyntaxError;
use crate::body::{into, plpgsql};
use crate::error::reject_nul;
use crate::locate::parse_error;
use crate::parser::{Grammar, Token, on_parser_thread, refusal, scan, significant};
use crate::statements::split_here;

/// What a text should be. No fragment but `Statements` and `FunctionBody` may end in a `--` comment, which
/// would swallow what is written after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fragment<'a> {
    /// Exactly one expression: no list, no alias, no FROM or what follows it. A subquery needs its
    /// parentheses.
    Expression,
    /// Exactly one type, as in `CREATE TABLE`: modifiers and array bounds included, `SETOF` not.
    Type,
    /// The type after `RETURNS`: as [`Fragment::Type`], and `SETOF` too. `TABLE (…)` is no type.
    ReturnType,
    /// Exactly one statement; a semicolon may end it.
    Statement,
    /// Any number of statements, also none.
    Statements,
    /// Exactly one SELECT, VALUES or TABLE, also after WITH or in parentheses: what a view can be made of.
    /// Without INTO and without a semicolon.
    Query,
    /// The text of a function in this language. Bodies in `sql` must parse. Of those in `plpgsql` only
    /// certain syntax errors are reported, because the parser does not know the function's parameters. Other
    /// languages are not looked at.
    FunctionBody {
        /// The language's name in lower case, as in `pg_language`.
        language: &'a str,
    },
}

/// Checks that `text` is exactly one `fragment`, by PostgreSQL's own grammar. The newest grammar: an older
/// server may still refuse what passes here.
pub fn check(fragment: Fragment<'_>, text: &str) -> Result<(), SyntaxError> {
    reject_nul(text)?;
    let judge = match fragment {
        Fragment::Expression => expression,
        Fragment::Type => plain_type,
        Fragment::ReturnType => type_name,
        Fragment::Statement => statement,
        Fragment::Statements | Fragment::FunctionBody { language: "sql" } => statements,
        Fragment::Query => query,
        Fragment::FunctionBody { language: "plpgsql" } => plpgsql::check,
        Fragment::FunctionBody { .. } => return Ok(()),
    };
    let text = text.to_owned();
    on_parser_thread(move || judge(&text))
}

/// A place in PostgreSQL's grammar that takes one thing only.
struct Slot {
    before: &'static str,
    after: &'static str,
    expected: &'static str,
}

/// The upper bound of a slice: PL/pgSQL's own grammar for expressions takes a list, aliases and FROM.
const EXPRESSION: Slot = Slot { before: "SELECT a[: ", after: "\n]", expected: "one expression" };

/// A subquery. The start of `CREATE VIEW` would also take WITH CHECK OPTION, and FROM a join.
const QUERY: Slot =
    Slot { before: "SELECT EXISTS (", after: "\n)", expected: "one query (SELECT, VALUES, TABLE or WITH)" };

impl Slot {
    fn refusal(&self, text: &str) -> Option<SyntaxError> {
        let Self { before, after, .. } = self;
        let whole = format!("{before}{text}{after}");
        let message = refusal(&whole, Grammar::Statements)?;
        let mut error = parse_error(&whole, Grammar::Statements, message);
        error.offset = error.offset.saturating_sub(before.len());
        let last = significant(text).last().map_or(0, |token| token.end);
        // What was wrong there is our own text after it.
        let at_end = error.offset >= last;
        Some(if at_end { SyntaxError::new("syntax error at end of input", last, 0) } else { error })
    }

    fn check(&self, text: &str) -> Result<(), SyntaxError> {
        reject_empty(text, self.expected)?;
        reject_unbalanced(text)?;
        let Some(mut error) = self.refusal(text) else { return reject_last_line_comment(text) };
        let before = &text[..error.offset];
        if !is_empty(before) && error.len > 0 && self.refusal(before).is_none() {
            error.message =
                format!("{}: {} was expected, which ends before it", error.message, self.expected);
        }
        Err(error)
    }
}

fn expression(text: &str) -> Result<(), SyntaxError> {
    EXPRESSION.check(text)
}

fn query(text: &str) -> Result<(), SyntaxError> {
    QUERY.check(text)?;
    let tokens = significant(text);
    match into::targets(text, &tokens).first() {
        Some(into) => {
            Err(SyntaxError::new("a query was expected, which has no INTO", into.start, "INTO".len()))
        }
        None => Ok(()),
    }
}

fn plain_type(text: &str) -> Result<(), SyntaxError> {
    type_name(text)?;
    match significant(text).first() {
        Some(first) if first.kind == Kind::Setof => Err(at("SETOF is for what a function returns", first)),
        _ => Ok(()),
    }
}

fn type_name(text: &str) -> Result<(), SyntaxError> {
    reject_empty(text, "a type")?;
    parses(text, Grammar::TypeName)?;
    reject_last_line_comment(text)
}

fn statements(text: &str) -> Result<(), SyntaxError> {
    parses(text, Grammar::Statements)
}

fn statement(text: &str) -> Result<(), SyntaxError> {
    const EXPECTED: &str = "one statement";
    reject_empty(text, EXPECTED)?;
    match split_here(text)?.as_slice() {
        [_] => reject_last_line_comment(text),
        [_, second, ..] => {
            let first_token = significant(text).into_iter().find(|token| token.start >= second.start);
            let message = "one statement was expected, but another follows";
            Err(first_token.map_or(SyntaxError::new(message, second.start, 0), |token| at(message, &token)))
        }
        [] => Err(SyntaxError::new("one statement was expected, found only semicolons", 0, 0)),
    }
}

fn parses(text: &str, grammar: Grammar) -> Result<(), SyntaxError> {
    refusal(text, grammar).map_or(Ok(()), |message| Err(parse_error(text, grammar, message)))
}

/// A bracket that closes none of the text's own would close one of ours, as in `1] + b[2`; an open string or
/// comment would swallow ours.
fn reject_unbalanced(text: &str) -> Result<(), SyntaxError> {
    let scanned = scan(text);
    let mut depth = 0_usize;
    for token in &scanned.tokens {
        match token.text(text) {
            "(" | "[" => depth += 1,
            bracket @ (")" | "]") => {
                let message = || format!("syntax error at or near \"{bracket}\"");
                depth = depth.checked_sub(1).ok_or_else(|| at(&message(), token))?;
            }
            _ => {}
        }
    }
    scanned.error.map_or(Ok(()), Err)
}

fn reject_empty(text: &str, expected: &str) -> Result<(), SyntaxError> {
    if is_empty(text) {
        return Err(SyntaxError::new(format!("{expected} was expected, found nothing"), 0, 0));
    }
    Ok(())
}

fn is_empty(text: &str) -> bool {
    let scanned = scan(text);
    scanned.error.is_none() && scanned.tokens.iter().all(Token::is_comment)
}

/// Also where a line break follows the comment: whoever trims the text would lose it.
fn reject_last_line_comment(text: &str) -> Result<(), SyntaxError> {
    match scan(text).tokens.last() {
        Some(last) if last.kind == Kind::SqlComment => {
            Err(at("a -- comment cannot be last here, it would swallow what follows: write /* … */", last))
        }
        _ => Ok(()),
    }
}

fn at(message: &str, token: &Token) -> SyntaxError {
    SyntaxError::new(message, token.start, token.end - token.start)
}

#[cfg(test)]
mod tests;
