//! How a string lies in its file: what a byte of the value was written as.
//!
//! The layout is found when the file is read, by undoing each way of writing (YAML 1.2, chapters 7.3 and 8.1) and
//! comparing with the value that the parser gave, so a mapping is either right or not offered.

use std::ops::Range;

/// How a string lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The source is the value, byte for byte.
    Verbatim,
    /// Lines of a literal block scalar. `lead`: newlines of the value before the source begins; `indent`: the
    /// columns to take off each further line.
    Literal { lead: usize, indent: usize },
    /// Quoted, or plain over several lines.
    Flow,
    /// None of these: a folded block scalar.
    Opaque,
}

/// A value won from its source, with the bytes of source that each byte of the value came from.
#[derive(Default)]
struct Decoded {
    value: String,
    from: Vec<Range<usize>>,
}

impl Decoded {
    fn push(&mut self, piece: &str, from: Range<usize>) {
        self.value.push_str(piece);
        self.from.extend(std::iter::repeat_n(from, piece.len()));
    }
}

impl Layout {
    /// The layout of `value`, written as `source` that begins after `indent` characters.
    pub(crate) fn of(value: &str, source: &str, indent: usize) -> Self {
        let lead = value.len() - value.trim_start_matches('\n').len();
        let bare = |text: &str| text.trim_end_matches('\n').len();
        if source.strip_prefix(value).is_some_and(|rest| rest.trim().is_empty()) {
            return Self::Verbatim;
        }
        let literal = decode_lines(source, lead, indent).value;
        if literal[..bare(&literal)] == value[..bare(value)] {
            return Self::Literal { lead, indent };
        }
        let flow = decode_flow(source).value;
        if flow[..bare(&flow)] == value[..bare(value)] { Self::Flow } else { Self::Opaque }
    }

    /// The bytes of `source` that bytes `offset..offset + len` of the value were written as.
    pub(crate) fn find(self, source: &str, offset: usize, len: usize) -> Option<Range<usize>> {
        let from = match self {
            Self::Verbatim => return Some(offset..offset + len),
            Self::Literal { lead, indent } => decode_lines(source, lead, indent).from,
            Self::Flow => decode_flow(source).from,
            Self::Opaque => return None,
        };
        let at_end = source.trim_end().len()..source.trim_end().len();
        let first = from.get(offset).cloned().unwrap_or(at_end);
        let last = (offset..offset + len).rev().find_map(|byte| from.get(byte));
        Some(first.start..last.map_or(first.start, |last| last.end))
    }
}

/// Undoes a literal block scalar: takes the indentation off every line but the first, which begins after it.
fn decode_lines(source: &str, lead: usize, indent: usize) -> Decoded {
    let mut decoded = Decoded::default();
    decoded.push(&"\n".repeat(lead), 0..0);
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        let skip = if start == 0 { 0 } else { spaces.min(indent) };
        for (at, character) in line.char_indices().skip(skip) {
            if !line[at..].starts_with("\r\n") {
                let at = start + at;
                decoded.push(character.encode_utf8(&mut [0; 4]), at..at + character.len_utf8());
            }
        }
        start += line.len();
    }
    decoded
}

/// Undoes quotes, escapes and the folding of lines.
fn decode_flow(source: &str) -> Decoded {
    let source = source.trim_end();
    let quote = source.chars().next().filter(|first| matches!(first, '"' | '\''));
    let (mut at, end) = match quote {
        Some(_) => (1, source.len().saturating_sub(1).max(1)),
        None => (0, source.len()),
    };
    let mut decoded = Decoded::default();
    while let Some(rest) = source.get(at..end).filter(|rest| !rest.is_empty()) {
        let (piece, width) = fold(rest).or_else(|| unescape(rest, quote)).unwrap_or_else(|| {
            let width = rest.chars().next().map_or(1, char::len_utf8);
            (rest[..width].to_owned(), width)
        });
        decoded.push(&piece, at..at + width);
        at += width;
    }
    decoded
}

/// Blanks around line breaks: one break is a space, each further one a newline.
fn fold(rest: &str) -> Option<(String, usize)> {
    let width = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    match rest[..width].matches('\n').count() {
        0 => None,
        1 => Some((" ".to_owned(), width)),
        breaks => Some(("\n".repeat(breaks - 1), width)),
    }
}

/// What an escape stands for, and its width in the source.
fn unescape(rest: &str, quote: Option<char>) -> Option<(String, usize)> {
    if quote == Some('\'') {
        return rest.starts_with("''").then(|| ("'".to_owned(), 2));
    }
    let escaped = rest.strip_prefix('\\').filter(|_| quote == Some('"'))?;
    let letter = escaped.chars().next()?;
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        '\n' | '\r' => return Some((String::new(), rest.len() - escaped.trim_start().len())),
        _ => return Some((named_escape(letter).to_string(), 1 + letter.len_utf8())),
    };
    let code = u32::from_str_radix(escaped.get(1..=digits)?, 16).ok()?;
    Some((char::from_u32(code)?.to_string(), digits + 2))
}

/// YAML 1.2, 5.7: escaped characters; the rest stand for themselves.
fn named_escape(letter: char) -> char {
    match letter {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::tests::parsed;

    /// Looks for `part` in the value at key `a`; gives what the file holds there and its line and column.
    fn found(yaml: &str, part: &str) -> (String, usize, usize) {
        let node = parsed(yaml);
        let value = node.get("a").unwrap();
        let offset = value.text().unwrap().find(part).unwrap();
        let place = value.place.within(offset, part.len());
        (place.text().to_owned(), place.line(), place.column())
    }

    #[test]
    fn a_literal_block_is_exact() {
        let yaml = "x:\n  y: 1\na: |\n\n    total > 0\n\n      AND é FORM x\nb: 1\n";
        assert_eq!(found(yaml, "FORM x"), ("FORM x".into(), 7, 13));
        assert_eq!(found(yaml, "total"), ("total".into(), 5, 5));
        assert_eq!(found("a: |2-\n\n     b\n    c\n", "c"), ("c".into(), 4, 5));
        assert_eq!(found("a: |\r\n  one\r\n  two\r\n", "two"), ("two".into(), 3, 3));
        assert_eq!(found("a: |-\n  \"q\" = 1\n  x\n", "x"), ("x".into(), 3, 3));
        assert_eq!(found("a: |\n  one\n\n\n", "one"), ("one".into(), 2, 3));
    }

    #[test]
    fn plain_and_quoted_are_exact() {
        assert_eq!(found("a: b = c\n", "= c"), ("= c".into(), 1, 6));
        assert_eq!(found("a: &x !!str 0.50\n", "50"), ("50".into(), 1, 15));
        assert_eq!(found("a: \"\\u00e9 \\\"q\\\" x\"\n", "x"), ("x".into(), 1, 18));
        assert_eq!(found("a: \"\\\"q\\\"\"\n", "\"q\""), ("\\\"q\\\"".into(), 1, 5));
        assert_eq!(found("a: 'it''s é FORM'\n", "FORM"), ("FORM".into(), 1, 13));
        assert_eq!(found("a: one\n  two\n\n  three\n", "three"), ("three".into(), 4, 3));
        assert_eq!(found("a: 'one\n  two'\n", "two"), ("two".into(), 2, 3));
        assert_eq!(found("b: &x 'o ''k'\na: *x\n", "k"), ("k".into(), 1, 12));
    }

    #[test]
    fn a_folded_block_is_at_worst_the_whole() {
        assert_eq!(found("a: >\n  one\n  two\n", "two").1, 3);
        let (text, line, _) = found("a: >\n  one\n  1\n   - two\n  three\n", "three");
        assert_eq!((text.as_str(), line), ("one\n  1\n   - two\n  three", 2));
    }

    #[test]
    fn the_end_of_a_value_is_a_place() {
        let node = parsed("a: |\n  one\n  two\n");
        let place = node.get("a").unwrap().place.within(8, 0);
        assert_eq!((place.line(), place.column()), (3, 6));
    }
}
