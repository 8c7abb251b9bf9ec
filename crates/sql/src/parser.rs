//! `pg_query` on a thread whose stack is deep enough for it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use pg_query::protobuf::{KeywordKind, ParseResult, Token as Kind};
use pg_query::{Error, ParserOptions};

use crate::SyntaxError;
use crate::locate::scan_error;

/// Room for some 3,000 nested levels; the 2 MiB of an ordinary thread overflow before 1,000. Only what is
/// touched is ever allocated.
const STACK: usize = 64 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// One thread that lives as long as the process: handing it a job costs less than half of what starting one
/// would. `None` when the system gave us no thread.
static THREAD: LazyLock<Option<Sender<Job>>> = LazyLock::new(|| {
    let (sender, jobs) = channel::<Job>();
    let run = move || jobs.into_iter().for_each(|job| job());
    let thread = thread::Builder::new().name("sql parser".into()).stack_size(STACK).spawn(run);
    thread.ok().map(|_| sender)
});

/// Runs `work` on the parser's thread and hands back what it returns. Trees must not leave it, since dropping
/// a deep one needs the deep stack too. Never call it from inside `work`: the thread would wait for itself.
pub(crate) fn on_parser_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let Some(thread) = THREAD.as_ref() else { return work() };
    let (sender, answer) = channel::<Result<T, Box<dyn Any + Send>>>();
    let job = move || {
        // The caller waits for the answer, so sending it cannot fail.
        let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
    };
    // The thread outlives every sender and catches every panic of a job, so neither of these can fail.
    let _ = thread.send(Box::new(job));
    match answer.recv() {
        Ok(Ok(value)) => value,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(closed) => resume_unwind(Box::new(closed)),
    }
}

/// Which start symbol of PostgreSQL's grammar a text is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// Any number of statements.
    Statements,
    /// What PL/pgSQL reads as an expression: a SELECT without its SELECT.
    Expression,
    /// The name of a type. Its tree is not usable: `pg_query` hands back the type's first field.
    TypeName,
}

impl Grammar {
    fn options(self) -> ParserOptions {
        match self {
            Self::Statements => ParserOptions::DEFAULT,
            Self::Expression => ParserOptions::PLPGSQL_EXPR,
            Self::TypeName => ParserOptions::TYPE_NAME,
        }
    }
}

/// PostgreSQL's message where `text` does not parse. Makes no tree of statements: that is twice as fast, and
/// has no limit of depth, while a tree may be refused with "stack depth limit exceeded" (some 950 levels in a
/// debug build).
pub(crate) fn refusal(text: &str, grammar: Grammar) -> Option<String> {
    match grammar {
        Grammar::Statements => pg_query::split_with_parser(text).err().map(message),
        Grammar::Expression | Grammar::TypeName => parse(text, grammar).err(),
    }
}

/// The tree of `text`, or PostgreSQL's message. Call it on the parser's thread.
pub(crate) fn parse(text: &str, grammar: Grammar) -> Result<ParseResult, String> {
    pg_query::parse(text, grammar.options()).map(|result| result.protobuf).map_err(message)
}

/// PostgreSQL's words without those that `pg_query` puts before them.
pub(crate) fn message(error: Error) -> String {
    match error {
        Error::Parse(text) | Error::Scan(text) | Error::Split(text) => text,
        other => other.to_string(),
    }
}

/// One token, comments included, with its place in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    pub(crate) keyword: KeywordKind,
}

impl Token {
    pub(crate) fn is_comment(&self) -> bool {
        matches!(self.kind, Kind::SqlComment | Kind::CComment)
    }

    pub(crate) fn text<'t>(&self, sql: &'t str) -> &'t str {
        sql.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether this is the word `word`, unquoted and in any case.
    pub(crate) fn is(&self, sql: &str, word: &str) -> bool {
        self.text(sql).eq_ignore_ascii_case(word)
    }
}

/// The tokens of a text up to the first that the scanner refuses, and the refusal.
pub(crate) struct Scanned {
    pub(crate) tokens: Vec<Token>,
    pub(crate) error: Option<SyntaxError>,
}

/// All tokens of `text`. The scanner does not recurse, so any thread will do.
pub(crate) fn scan(text: &str) -> Scanned {
    match try_scan(text) {
        Ok(tokens) => Scanned { tokens, error: None },
        Err(message) => {
            let error = scan_error(text, message);
            // The part before may be cut inside a string, and then ends earlier still.
            let before = text.get(..error.offset).filter(|before| before.len() < text.len());
            Scanned { tokens: before.map(|text| scan(text).tokens).unwrap_or_default(), error: Some(error) }
        }
    }
}

/// `pg_query::scan_tokens` would be faster, but reads through a null pointer when there is no token.
pub(crate) fn try_scan(text: &str) -> Result<Vec<Token>, String> {
    let result = pg_query::scan(text).map_err(message)?;
    let offset = |byte: i32| usize::try_from(byte).unwrap_or_default();
    let token = |token: &pg_query::protobuf::ScanToken| Token {
        start: offset(token.start),
        end: offset(token.end),
        kind: token.token(),
        keyword: token.keyword_kind(),
    };
    Ok(result.tokens.iter().map(token).collect())
}

/// The tokens that the grammar sees.
pub(crate) fn significant(text: &str) -> Vec<Token> {
    scan(text).tokens.into_iter().filter(|token| !token.is_comment()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_tokens_has_none() {
        assert!(scan("").tokens.is_empty());
        assert!(scan(" \n").tokens.is_empty());
    }

    #[test]
    fn tokens_before_an_unterminated_string_are_kept() {
        let scanned = scan("a + 'b");
        assert_eq!(scanned.tokens.len(), 2);
        assert_eq!(scanned.error.map(|error| error.offset), Some(4));
    }

    #[test]
    #[should_panic(expected = "from the job")]
    fn a_panic_reaches_the_caller() {
        on_parser_thread(|| panic!("from the job"));
    }

    #[test]
    fn the_thread_survives_a_panic() {
        assert!(catch_unwind(|| on_parser_thread(|| panic!("once"))).is_err());
        assert_eq!(on_parser_thread(|| 2 + 2), 4);
    }
}
