//! The SQL inside PL/pgSQL, chapter 41 of the manual. PL/pgSQL takes its own words as they come and hands all
//! text up to the next of them (THEN, LOOP, a semicolon) to the SQL parser; so does this outline.
//! `pg_query`'s own parser for it is no help here: it fails on trigger functions and on types of other
//! schemas, needs the function's parameters, and keeps no places. It serves to report syntax errors.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pg_query::protobuf::{KeywordKind, Token as Kind};

use super::reference::{Place, type_reference};
use super::{Form, Segment, into};
use crate::SyntaxError;
use crate::locate::first_failure;
use crate::parser::{Token, message, scan, significant};
use crate::quote::dollar;
use crate::words::folded;

/// What a body consists of.
#[derive(Default)]
pub(crate) struct Outline {
    pub(crate) segments: Vec<Segment>,
    /// Names that mean a variable: declared ones, loop variables, NEW and OLD.
    pub(crate) variables: BTreeSet<String>,
    /// The names in `app.users%ROWTYPE` and `app.users.email%TYPE`, by where they begin.
    pub(crate) types: BTreeMap<usize, Place>,
}

/// Syntax errors of a body. The parser does not know the function's parameters and result, so what it says
/// beside "syntax error" may come from that and is not reported. Only on the parser's thread.
pub(crate) fn check(body: &str) -> Result<(), SyntaxError> {
    if let Some(error) = scan(body).error {
        return Err(error);
    }
    // A trigger knows NEW and OLD, a set can RETURN QUERY.
    for returns in ["trigger", "SETOF record"] {
        let failure = |body: &str| failure(body, returns);
        if let Some(message) = failure(body).filter(|message| message.starts_with("syntax error")) {
            let inside = outline(body).segments.iter().find_map(|segment| segment.error(&message));
            return Err(inside.unwrap_or_else(|| first_failure(body, message, failure)));
        }
    }
    Ok(())
}

fn failure(body: &str, returns: &str) -> Option<String> {
    let function = format!("CREATE FUNCTION f() RETURNS {returns} LANGUAGE plpgsql AS {}", dollar(body));
    pg_query::parse_plpgsql(&function).err().map(message)
}

/// Reads a body, sound or not.
pub(crate) fn outline(body: &str) -> Outline {
    let mut reader =
        Reader { body, tokens: significant(body), at: 0, declaring: false, outline: Outline::default() };
    reader.outline.variables.extend(["new", "old"].map(str::to_owned));
    while reader.at < reader.tokens.len() {
        reader.unit();
    }
    reader.outline
}

struct Reader<'b> {
    body: &'b str,
    tokens: Vec<Token>,
    at: usize,
    declaring: bool,
    outline: Outline,
}

impl Reader<'_> {
    /// One statement up to its semicolon, or the head of one that holds others. Always moves on.
    fn unit(&mut self) {
        let at = self.at;
        match self.word(at).as_str() {
            word @ ("begin" | "declare") => {
                self.declaring = word == "declare";
                self.at += 1;
            }
            ";" | "else" | "exception" | "loop" | "then" => self.at += 1,
            "<<" => self.at = self.until(at, &[">>"]) + 1,
            _ if self.declaring => self.declaration(),
            "if" | "elsif" | "elseif" | "when" => self.head(&["then"]),
            "while" => self.head(&["loop"]),
            "case" => {
                self.head(&["when"]);
                self.at -= 1;
            }
            "for" | "foreach" => self.loop_head(),
            _ => {
                self.at = self.until(at, &[]);
                self.statement(at..self.at);
            }
        }
    }

    /// A keyword, an expression, and one of `ends`.
    fn head(&mut self, ends: &[&str]) {
        let end = self.until(self.at + 1, ends);
        self.push(self.at + 1..end, Form::Expression);
        self.at = end + 1;
    }

    /// `FOR x IN a .. b LOOP`, `FOR x IN query LOOP`, `FOREACH x IN ARRAY a LOOP`.
    fn loop_head(&mut self) {
        let into = self.until(self.at + 1, &["in"]);
        self.variables(self.at + 1..into);
        let end = self.until(into + 1, &["loop"]);
        match self.word(into + 1).as_str() {
            "execute" => self.dynamic(into + 2..end),
            "reverse" | "array" => self.counted(into + 2..end),
            _ => self.counted(into + 1..end),
        }
        self.at = end + 1;
    }

    /// The bounds of a loop that counts, or its query.
    fn counted(&mut self, range: Range<usize>) {
        let dots = self.until(range.start, &[".."]).min(range.end);
        if dots == range.end {
            return self.push(range, Form::Statement);
        }
        let by = self.until(dots, &["by"]).min(range.end);
        self.push(range.start..dots, Form::Expression);
        self.push(dots + 1..by, Form::Expression);
        self.push(by + 1..range.end, Form::Expression);
    }

    fn statement(&mut self, range: Range<usize>) {
        let Range { start, end } = range;
        match self.word(start).as_str() {
            "end" | "fetch" | "move" | "close" | "get" | "null" | "commit" | "rollback" => {}
            "exit" | "continue" => self.push(self.until(start, &["when"]) + 1..end, Form::Expression),
            "perform" | "assert" => self.push(start + 1..end, Form::Expression),
            "execute" => self.dynamic(start + 1..end),
            "open" => self.result(self.until(start, &["for"]) + 1..end),
            "raise" => self.raise(start + 1..end),
            "return" => match self.word(start + 1).as_str() {
                "query" => self.result(start + 2..end),
                "next" => self.push(start + 2..end, Form::Expression),
                _ => self.push(start + 1..end, Form::Expression),
            },
            _ => self.assignment_or_sql(range),
        }
    }

    /// A query, or EXECUTE and the text of one.
    fn result(&mut self, range: Range<usize>) {
        match self.word(range.start).as_str() {
            "execute" => self.dynamic(range.start + 1..range.end),
            _ => self.push(range, Form::Statement),
        }
    }

    /// The text of a command and its parameters.
    fn dynamic(&mut self, range: Range<usize>) {
        let using = self.until(range.start, &["using"]).min(range.end);
        self.push(range.start..using, Form::Expression);
        self.push(using + 1..range.end, Form::Expression);
    }

    fn raise(&mut self, range: Range<usize>) {
        const LEVELS: [&str; 6] = ["debug", "log", "info", "notice", "warning", "exception"];
        let level = LEVELS.contains(&self.word(range.start).as_str());
        self.dynamic(range.start + usize::from(level)..range.end);
    }

    fn assignment_or_sql(&mut self, range: Range<usize>) {
        let sign = self.until(range.start, &[":=", "="]).min(range.end);
        let target = &self.tokens[range.start..sign];
        // A command of SQL begins with a reserved word, or has two names in a row before any sign.
        let command = target.first().is_none_or(|first| first.keyword == KeywordKind::ReservedKeyword)
            || target.windows(2).any(|pair| is_name(&pair[0]) && is_name(&pair[1]));
        if sign == range.end || command {
            return self.push(range, Form::Statement);
        }
        if sign > range.start + 1 {
            self.push(range.start..sign, Form::Expression);
        }
        self.push(sign + 1..range.end, Form::Expression);
    }

    /// `name [CONSTANT] type [COLLATE c] [NOT NULL] [:= value]`, a cursor, or an alias of a parameter.
    fn declaration(&mut self) {
        let (start, end) = (self.at, self.until(self.at, &[]));
        self.at = end;
        self.variables(start..start + 1);
        let query = self.until(start, &["for", "is"]).min(end);
        if self.until(start, &["cursor"]) < query {
            return self.push(query + 1..end, Form::Statement);
        }
        let first = start + 1 + usize::from(self.word(start + 1) == "constant");
        let value = self.until(first, &[":=", "=", "default"]).min(end);
        let last = self.until(first, &["collate", "not"]).min(value);
        if self.until(first, &["%"]) < last {
            let places = type_reference(self.body, &self.tokens[first..last], &self.outline.variables);
            self.outline.types.extend(places);
        } else if self.word(first) != "alias" {
            self.push(first..last, Form::Type);
        }
        self.push(value + 1..end, Form::Expression);
    }

    fn variables(&mut self, range: Range<usize>) {
        let names = self.tokens.get(range).unwrap_or_default().iter().filter(|token| is_name(token));
        self.outline.variables.extend(names.map(|token| folded(token.text(self.body))));
    }

    fn push(&mut self, range: Range<usize>, form: Form) {
        let tokens = self.tokens.get(range).unwrap_or_default();
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
            let text = &self.body[first.start..last.end];
            let text = into::blank(text, first.start, &into::targets(self.body, tokens));
            self.outline.segments.push(Segment { start: first.start, text, form });
        }
    }

    /// In lower case; empty past the end.
    fn word(&self, at: usize) -> String {
        self.tokens.get(at).map_or_else(String::new, |token| token.text(self.body).to_ascii_lowercase())
    }

    /// The first token from `from` on that is one of `words` outside brackets, else the semicolon, else the
    /// end.
    fn until(&self, from: usize, words: &[&str]) -> usize {
        let mut depth = 0_i32;
        for (at, token) in self.tokens.iter().enumerate().skip(from) {
            let text = token.text(self.body);
            if depth == 0 && (text == ";" || words.iter().any(|word| text.eq_ignore_ascii_case(word))) {
                return at;
            }
            depth += i32::from(matches!(text, "(" | "[")) - i32::from(matches!(text, ")" | "]"));
        }
        self.tokens.len()
    }
}

fn is_name(token: &Token) -> bool {
    matches!(token.kind, Kind::Ident | Kind::Uident) || token.keyword != KeywordKind::NoKeyword
}
