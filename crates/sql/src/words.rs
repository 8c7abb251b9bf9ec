//! The words of a text that may be names, for finding mentions of a name where no parser helps.

use pg_query::protobuf::{KeywordKind, Token as Kind};

use crate::parser::{Token, scan};

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WordKind {
    /// A name, quoted or not. Keywords count where they can be names: unless they are reserved, or after a
    /// dot.
    Identifier,
    /// A string constant of any form, dollar-quoted ones too.
    String,
}

/// A name or a string constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// A name as PostgreSQL reads it: in lower case unless quoted. Of a string, what stands between its
    /// quotes, with escapes left as they are.
    pub text: String,
    /// Where it begins, in bytes of the text.
    pub offset: usize,
    /// How many bytes it takes there, with its quotes.
    pub len: usize,
    /// A name or a string constant.
    pub kind: WordKind,
}

/// The names and string constants of `sql` in their order; comments hold none. Where the scanner refuses a
/// token, the words before it are returned.
pub fn words(sql: &str) -> Vec<Word> {
    if sql.contains('\0') {
        return Vec::new();
    }
    let tokens = scan(sql).tokens;
    let dots = std::iter::once(false).chain(tokens.iter().map(|token| token.kind == Kind::Ascii46));
    tokens.iter().zip(dots).filter_map(|(token, after_dot)| word(sql, token, after_dot)).collect()
}

fn word(sql: &str, token: &Token, after_dot: bool) -> Option<Word> {
    let raw = token.text(sql);
    let (kind, text) = match token.kind {
        Kind::Sconst | Kind::Usconst => (WordKind::String, between_quotes(raw).to_owned()),
        Kind::Ident | Kind::Uident => (WordKind::Identifier, folded(raw)),
        _ if token.keyword == KeywordKind::NoKeyword => return None,
        _ if token.keyword == KeywordKind::ReservedKeyword && !after_dot => return None,
        _ => (WordKind::Identifier, folded(raw)),
    };
    Some(Word { text, offset: token.start, len: raw.len(), kind })
}

/// A name as PostgreSQL reads it. `U&"…"` keeps its escapes.
pub(crate) fn folded(raw: &str) -> String {
    match raw.find('"') {
        Some(quote) => raw[quote + 1..raw.len() - 1].replace("\"\"", "\""),
        None => raw.to_ascii_lowercase(),
    }
}

/// What `'…'`, `E'…'` or `$tag$…$tag$` hold.
fn between_quotes(raw: &str) -> &str {
    let dollar = raw.strip_prefix('$').and_then(|rest| rest.find('$')).map(|tag| tag + 2);
    let open = dollar.or_else(|| Some(raw.find('\'')? + 1)).unwrap_or_default();
    let close = raw.len() - dollar.unwrap_or(1);
    raw.get(open..close).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expect: &[(&str, usize, WordKind)]) {
        let found = words(sql);
        let found: Vec<_> = found.iter().map(|word| (word.text.as_str(), word.offset, word.kind)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn names_and_strings() {
        use WordKind::{Identifier, String};
        check(
            "SELECT Name, t.order -- old\n FROM \"T\"\"u\"",
            &[
                ("name", 7, Identifier),
                ("t", 13, Identifier),
                ("order", 15, Identifier),
                ("T\"u", 34, Identifier),
            ],
        );
        check(
            "f('it''s', E'a\\n', $$b$$, $t$c$t$, '') /* d */",
            &[
                ("f", 0, Identifier),
                ("it''s", 2, String),
                ("a\\n", 11, String),
                ("b", 19, String),
                ("c", 26, String),
                ("", 35, String),
            ],
        );
        check("a 'open", &[("a", 0, Identifier)]);
        check("\"a\"\"\"", &[("a\"", 0, Identifier)]);
        check("", &[]);
    }
}
