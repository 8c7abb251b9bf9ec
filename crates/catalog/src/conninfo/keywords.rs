//! Keyword/value connection strings: `host=localhost dbname='my db'` (manual, chapter "Keyword/Value Connection
//! Strings"). Errors show no words of the string: an unquoted password with a space in it ends where a keyword begins.

use std::iter::Peekable;
use std::str::CharIndices;

use super::settings::Settings;
use crate::Error;

/// Reads a keyword/value string; a single word without `=` is a database name, as psql takes it.
pub(super) fn parse(text: &str) -> Result<Settings, Error> {
    let mut settings = Settings::default();
    let word = text.trim();
    if !word.is_empty() && !word.contains('=') && !word.contains(char::is_whitespace) {
        settings.set("dbname", word);
        return Ok(settings);
    }
    let mut rest = text.char_indices().peekable();
    while skip_spaces(&mut rest) {
        let start = rest.peek().map_or(0, |(at, _)| *at);
        let keyword = keyword(&mut rest);
        skip_spaces(&mut rest);
        if keyword.is_empty() || rest.next_if(|(_, c)| *c == '=').is_none() {
            return Err(Error::conninfo(format!(
                "the word that starts at character {} lacks its =",
                start + 1
            )));
        }
        skip_spaces(&mut rest);
        settings.set(&keyword, value(&mut rest)?);
    }
    Ok(settings)
}

type Rest<'a> = Peekable<CharIndices<'a>>;

/// Whether anything is left after the spaces.
fn skip_spaces(rest: &mut Rest<'_>) -> bool {
    while rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
    rest.peek().is_some()
}

fn keyword(rest: &mut Rest<'_>) -> String {
    let mut keyword = String::new();
    while let Some((_, c)) = rest.next_if(|(_, c)| *c != '=' && !c.is_whitespace()) {
        keyword.push(c);
    }
    keyword
}

/// A value, up to a space or, when it starts with one, to the next quote. A backslash takes the next character as it is.
fn value(rest: &mut Rest<'_>) -> Result<String, Error> {
    let quoted = rest.next_if(|(_, c)| *c == '\'').is_some();
    let mut value = String::new();
    while let Some((_, c)) = rest.next_if(|(_, c)| quoted || !c.is_whitespace()) {
        match c {
            '\'' if quoted => return Ok(value),
            '\\' => value.extend(rest.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    if quoted { Err(Error::conninfo("a quoted value lacks its closing quote")) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match parse(text) {
            Ok(settings) => settings.iter().map(|(k, v)| format!("{k}=[{v}]")).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn strings() {
        let cases = [
            ("", ""),
            ("  ", ""),
            ("app", "dbname=[app]"),
            ("host=localhost port=5433", "host=[localhost] port=[5433]"),
            ("  host = localhost\n port= 1 ", "host=[localhost] port=[1]"),
            (r"password='it\'s \\ me' user=u", r"password=[it's \ me] user=[u]"),
            (r"password=a\ b\'c", "password=[a b'c]"),
            ("dbname='' user=u", "dbname=[] user=[u]"),
            ("dbname=", "dbname=[]"),
            ("dbname='my db'", "dbname=[my db]"),
            ("user=a user=b", "user=[b]"),
            ("options='-c a=b'", "options=[-c a=b]"),
            (r"password=x\ ", "password=[x ]"),
        ];
        for (given, expected) in cases {
            assert_eq!(read(given), expected, "{given}");
        }
    }

    #[test]
    fn refusals_show_no_word() {
        let cases = [
            ("password=my s3cret host=h", "starts at character 13 lacks"),
            ("=s3cret", "starts at character 1 lacks"),
            ("password='s3cret", "closing quote"),
        ];
        for (given, expected) in cases {
            let message = read(given);
            assert!(message.contains(expected), "{given}: {message}");
            assert!(!message.contains("s3cret"), "{given}: {message}");
        }
    }
}
