//! The tokens of a statement by class, for colouring it. The colours are the caller's.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Token as Sql, Tokenizer, Whitespace};

/// What a token is to the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A word that some SQL gives a meaning: a type's or function's name may be one.
    Keyword,
    /// A name, quoted or not, and a parameter.
    Identifier,
    /// A string constant of any form; a dollar-quoted function body is one.
    String,
    /// A number.
    Number,
    /// A comment of either form.
    Comment,
    /// An operator or punctuation.
    Operator,
    /// All of a text that no tokenizer could read.
    Plain,
}

/// A stretch of SQL and its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// What it is.
    pub class: Class,
}

/// The tokens of `sql` in their order, without the white space between them. A text that cannot be read (an
/// open string, say) is one [`Class::Plain`] token.
pub fn highlight(sql: &str) -> Vec<Token> {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location() else {
        return vec![Token { range: 0..sql.len(), class: Class::Plain }];
    };
    let mut place = Place::new(sql);
    let mut highlighted = Vec::new();
    for token in tokens {
        let range = place.advance(token.span.start)..place.advance(token.span.end);
        highlighted.extend(class(&token.token).map(|class| Token { range, class }));
    }
    highlighted
}

fn class(token: &Sql) -> Option<Class> {
    Some(match token {
        Sql::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
            Class::Comment
        }
        Sql::EOF | Sql::Whitespace(_) => return None,
        Sql::Word(word) if word.quote_style.is_none() && word.keyword != Keyword::NoKeyword => Class::Keyword,
        Sql::Word(_) | Sql::Placeholder(_) => Class::Identifier,
        Sql::Number(..) => Class::Number,
        Sql::SingleQuotedString(_)
        | Sql::DoubleQuotedString(_)
        | Sql::DollarQuotedString(_)
        | Sql::NationalStringLiteral(_)
        | Sql::EscapedStringLiteral(_)
        | Sql::UnicodeStringLiteral(_)
        | Sql::HexStringLiteral(_)
        | Sql::SingleQuotedByteStringLiteral(_) => Class::String,
        _ => Class::Operator,
    })
}

/// Turns the tokenizer's lines and columns, both counted from 1 in characters, into bytes; only ever forward.
struct Place<'s> {
    rest: Peekable<CharIndices<'s>>,
    at: Location,
    len: usize,
}

impl<'s> Place<'s> {
    fn new(sql: &'s str) -> Self {
        Self { rest: sql.char_indices().peekable(), at: Location::new(1, 1), len: sql.len() }
    }

    fn advance(&mut self, to: Location) -> usize {
        while (self.at.line, self.at.column) < (to.line, to.column) {
            match self.rest.next() {
                Some((_, '\n')) => self.at = Location::new(self.at.line + 1, 1),
                Some(_) => self.at.column += 1,
                None => break,
            }
        }
        self.rest.peek().map_or(self.len, |(byte, _)| *byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expect: &[(&str, Class)]) {
        let found: Vec<_> =
            highlight(sql).into_iter().map(|token| (&sql[token.range], token.class)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn classes() {
        use Class::{Comment, Identifier, Keyword, Number, Operator, String};
        check(
            "SELECT \"ä\", t1.b2 -- ü\nFROM t1 /* c\nd */ WHERE b2 >= 1.5",
            &[
                ("SELECT", Keyword),
                ("\"ä\"", Identifier),
                (",", Operator),
                ("t1", Identifier),
                (".", Operator),
                ("b2", Identifier),
                ("-- ü", Comment),
                ("FROM", Keyword),
                ("t1", Identifier),
                ("/* c\nd */", Comment),
                ("WHERE", Keyword),
                ("b2", Identifier),
                (">=", Operator),
                ("1.5", Number),
            ],
        );
        check(
            "SELECT 'it''s', E'\\n', $f$ x\r\n$$ $f$, $1;",
            &[
                ("SELECT", Keyword),
                ("'it''s'", String),
                (",", Operator),
                ("E'\\n'", String),
                (",", Operator),
                ("$f$ x\r\n$$ $f$", String),
                (",", Operator),
                ("$1", Identifier),
                (";", Operator),
            ],
        );
        check("", &[]);
    }

    #[test]
    fn what_cannot_be_read_is_plain() {
        check("SELECT 'open", &[("SELECT 'open", Class::Plain)]);
    }

    #[test]
    fn tokens_stay_in_order_and_cover_all_but_white_space() {
        for line in include_str!("../tests/ddl_statements.sql").lines() {
            let mut end = 0;
            for token in highlight(line) {
                assert_eq!(line[end..token.range.start].trim(), "", "{line}");
                end = token.range.end;
            }
            assert_eq!(end, line.len(), "{line}");
        }
    }
}
