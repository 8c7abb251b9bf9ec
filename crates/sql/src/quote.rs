//! Names and strings as PostgreSQL reads them back: chapter 4.1 of the manual, "Lexical Structure".

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pg_query::protobuf::{KeywordKind, Token};

use crate::parser::try_scan;

/// A name, quoted exactly where PostgreSQL's `quote_ident` would: where it is not `[a-z_][a-z0-9_]*`, and
/// where it is a keyword that is not unreserved. The keywords are those of the grammar inside `pg_query`.
pub fn ident(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A name of several parts, each quoted where it must be: `app."Order"`.
pub fn qualified(parts: &[&str]) -> String {
    parts.iter().map(|part| ident(part)).collect::<Vec<_>>().join(".")
}

/// A string constant that means the same under both settings of `standard_conforming_strings`, as
/// `quote_literal` makes it: `'it''s'`, and `E'a\\b'` where there is a backslash.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// A dollar-quoted string constant with the first of the tags `$$`, `$function$`, `$function1$`, … that does
/// not occur in the body, nor arise where the body's end meets the tag.
pub fn dollar(body: &str) -> String {
    quoted(body, ["$$".to_owned()].into_iter().chain(tags("function")))
}

/// The same with the first of the tags `$name$`, `$name1$`, ….
pub fn dollar_tagged(name: &str, body: &str) -> String {
    quoted(body, tags(name))
}

fn tags(name: &str) -> impl Iterator<Item = String> {
    let numbered = (1..).map(move |number| format!("${name}{number}$"));
    [format!("${name}$")].into_iter().chain(numbered)
}

fn quoted(body: &str, mut tags: impl Iterator<Item = String>) -> String {
    let closes_once = |tag: &String| format!("{body}{tag}").find(tag.as_str()) == Some(body.len());
    let tag = tags.find(closes_once).unwrap_or_default();
    format!("{tag}{body}{tag}")
}

fn is_plain(name: &str) -> bool {
    let first = |c: char| c.is_ascii_lowercase() || c == '_';
    let shaped = name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit());
    shaped && !is_taken(name)
}

/// Whether the grammar needs the word for itself somewhere.
fn is_taken(word: &str) -> bool {
    TAKEN.contains(word)
}

/// The keywords that are not unreserved: asked once, as names are quoted by the ten thousand.
static TAKEN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    // The grammar names the token of a keyword after it, with `_P` where C has that word too.
    let tokens = (0..=i32::from(i16::MAX)).filter_map(|number| Token::try_from(number).ok());
    let names = tokens.map(|token| token.as_str_name().to_lowercase());
    let words: String =
        names.flat_map(|name| [name.trim_end_matches("_p").to_owned(), " ".to_owned()]).collect();
    let free = [KeywordKind::NoKeyword, KeywordKind::UnreservedKeyword];
    let taken =
        try_scan(&words).unwrap_or_default().into_iter().filter(|token| !free.contains(&token.keyword));
    taken.map(|token| words[token.start..token.end].to_owned()).collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fragment, check};

    #[test]
    fn names() {
        let cases = [
            ("users", "users"),
            ("_a1", "_a1"),
            ("1a", "\"1a\""),
            ("Users", "\"Users\""),
            ("my table", "\"my table\""),
            ("a\"b", "\"a\"\"b\""),
            ("", "\"\""),
            ("a$b", "\"a$b\""),
            ("größe", "\"größe\""),
            ("select", "\"select\""),
            ("user", "\"user\""),
            ("between", "\"between\""), // a column name keyword
            ("left", "\"left\""),       // a function or type name keyword
            ("name", "name"),           // unreserved
            ("a; drop table b", "\"a; drop table b\""),
        ];
        for (name, expect) in cases {
            assert_eq!(ident(name), expect);
        }
        assert_eq!(qualified(&["app", "Order", "order"]), "app.\"Order\".\"order\"");
    }

    #[test]
    fn keywords_that_are_not_free() {
        // SELECT catcode, count(*) FROM pg_get_keywords() GROUP BY catcode, on PostgreSQL 18.
        let kinds: Vec<KeywordKind> = TAKEN
            .iter()
            .filter_map(|word| try_scan(word).ok()?.into_iter().next())
            .map(|token| token.keyword)
            .collect();
        let count = |wanted: KeywordKind| kinds.iter().filter(|kind| **kind == wanted).count();
        assert_eq!(count(KeywordKind::ReservedKeyword), 78);
        assert_eq!(count(KeywordKind::TypeFuncNameKeyword), 23);
        assert_eq!(count(KeywordKind::ColNameKeyword), 63);
    }

    #[test]
    fn strings() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\'b"), "E'a\\\\''b'");
        assert_eq!(literal(""), "''");
    }

    #[test]
    fn bodies() {
        let cases = [
            ("select 1", "$$"),
            ("select $$x$$", "$function$"),
            ("costs 5$", "$function$"),
            ("$$ $function$", "$function1$"),
            ("$$ $function", "$function1$"),
            ("$function$ $function1$ $", "$function2$"),
            ("", "$$"),
        ];
        for (body, tag) in cases {
            assert_eq!(dollar(body), format!("{tag}{body}{tag}"));
            let statement = format!("DO {}", dollar(body));
            assert_eq!(check(Fragment::Statement, &statement), Ok(()), "{statement}");
        }
    }
}
