//! Where the text of a function speaks of a name. Such text holds no dependency that PostgreSQL knows of, so
//! a rename leaves it behind, broken at run time.

pub(crate) mod into;
pub(crate) mod plpgsql;
mod reference;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::parser::{on_parser_thread, significant};
use crate::words::{Word, WordKind, words};
use reference::{Place, references};

/// How sure it is that a mention means the object of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// A string constant that holds the word (it may be SQL to execute), or a word whose meaning nothing
    /// tells: a variable, an alias, a field taken out of an expression.
    Possible,
    /// An unqualified column (a variable or parameter looks the same), or a word in a part that did not
    /// parse.
    Probable,
    /// The grammar says so: a relation, a function call, a type, a column that is qualified or belongs to the
    /// target of an INSERT, UPDATE or MERGE.
    Certain,
}

/// What a mention names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A table, a view, a sequence.
    Relation,
    /// A column.
    Column,
    /// A function or procedure.
    Function,
    /// A type, or a relation used as one.
    Type,
    /// The schema before any of these.
    Schema,
    /// A word in a string constant.
    Text,
    /// Nothing tells.
    Unknown,
}

/// One word of a body that is one of the names looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The name that was looked for.
    pub name: String,
    /// Where the word begins, in bytes of the body.
    pub offset: usize,
    /// How many bytes it takes, with its quotes.
    pub len: usize,
    /// How sure it is.
    pub certainty: Certainty,
    /// What it names.
    pub role: Role,
    /// What stands before it, such as `["app"]` of `app.users`. Before a column its relation, put in the
    /// place of an alias where there is one. Empty when unknown: the search path decides.
    pub qualifier: Vec<String>,
}

/// A part of a body that is SQL, with its length unchanged so that places in it are places in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Where it begins in the body.
    pub(crate) start: usize,
    pub(crate) text: String,
    pub(crate) form: Form,
}

/// What a segment should parse as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Statement,
    Expression,
    Type,
}

impl Segment {
    fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

/// Every mention in `body` of one of `names`, in the order of the body. Names are whole identifiers as the
/// catalogs hold them, without schema: compare [`Mention::role`] and [`Mention::qualifier`] with what is
/// being renamed. Bodies in `sql` and `plpgsql` are parsed; comments never count there. Of `c` and `internal`
/// the body is no text; in any other language every such word is [`Certainty::Possible`].
pub fn mentions(language: &str, body: &str, names: &[&str]) -> Vec<Mention> {
    match language {
        "c" | "internal" => Vec::new(),
        "sql" | "plpgsql" if !body.contains('\0') => {
            let found = words(body);
            let is_named = |word: &Word| names.contains(&word.text.as_str());
            let any = found.iter().any(|word| word.kind == WordKind::String || is_named(word));
            let reading = if any { read(language, body) } else { Reading::default() };
            found.iter().flat_map(|word| reading.mentions_of(word, body, names)).collect()
        }
        _ => in_text(body, 0, names, Role::Unknown),
    }
}

/// What the parser understood of a body.
#[derive(Default)]
struct Reading {
    /// By where the word begins.
    places: BTreeMap<usize, Place>,
    /// Parts that should be SQL and did not parse.
    unread: Vec<Range<usize>>,
}

fn read(language: &str, body: &str) -> Reading {
    let (plpgsql, body) = (language == "plpgsql", body.to_owned());
    on_parser_thread(move || {
        let outline = if plpgsql { plpgsql::outline(&body) } else { sql_outline(&body) };
        let mut reading = Reading { places: outline.types, unread: Vec::new() };
        for segment in outline.segments {
            match references(&segment, &outline.variables) {
                Some(places) => reading.places.extend(places),
                None => reading.unread.push(segment.range()),
            }
        }
        reading
    })
}

/// Statement by statement, so that one that does not parse leaves the others alone.
fn sql_outline(body: &str) -> plpgsql::Outline {
    let tokens = significant(body);
    let statements = tokens.split(|token| token.is(body, ";")).filter(|tokens| !tokens.is_empty());
    let segments = statements.map(|tokens| {
        let range = tokens[0].start..tokens[tokens.len() - 1].end;
        Segment { start: range.start, text: body[range].to_owned(), form: Form::Statement }
    });
    plpgsql::Outline { segments: segments.collect(), ..Default::default() }
}

impl Reading {
    fn mentions_of(&self, word: &Word, body: &str, names: &[&str]) -> Vec<Mention> {
        if word.kind == WordKind::String {
            return in_text(&body[word.offset..word.offset + word.len], word.offset, names, Role::Text);
        }
        let name = names.iter().find(|name| **name == word.text);
        name.map(|name| self.mention(name, word)).into_iter().collect()
    }

    fn mention(&self, name: &str, word: &Word) -> Mention {
        let unread = self.unread.iter().any(|range| range.contains(&word.offset));
        let place = self.places.get(&word.offset).cloned().unwrap_or(Place {
            certainty: if unread { Certainty::Probable } else { Certainty::Possible },
            role: Role::Unknown,
            qualifier: Vec::new(),
        });
        Mention {
            name: name.to_owned(),
            offset: word.offset,
            len: word.len,
            certainty: place.certainty,
            role: place.role,
            qualifier: place.qualifier,
        }
    }
}

/// Whole words of a text that is not parsed, in any case.
fn in_text(text: &str, start: usize, names: &[&str], role: Role) -> Vec<Mention> {
    let folded = text.to_ascii_lowercase();
    let mention = |name: &str, at: usize| Mention {
        name: name.to_owned(),
        offset: start + at,
        len: name.len(),
        certainty: Certainty::Possible,
        role,
        qualifier: Vec::new(),
    };
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |at: usize, len: usize| {
        !folded[..at].ends_with(part_of_word) && !folded[at + len..].starts_with(part_of_word)
    };
    let occurrences = |name: &&str| {
        let found = folded.match_indices(&name.to_ascii_lowercase()).map(|(at, _)| at).collect::<Vec<_>>();
        found.into_iter().filter(|at| whole(*at, name.len())).map(|at| mention(name, at)).collect::<Vec<_>>()
    };
    let mut mentions: Vec<Mention> =
        names.iter().filter(|name| !name.is_empty()).flat_map(occurrences).collect();
    mentions.sort_by_key(|mention| mention.offset);
    mentions
}

#[cfg(test)]
mod tests;
