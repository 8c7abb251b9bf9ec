//! A file's text, and places in it.

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use crate::layout::Layout;

/// A file and its text, without a byte order mark.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as the user gave it, or below the folder that they gave.
    pub path: PathBuf,
    /// The whole text; places count its bytes.
    pub text: Arc<str>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.path.display())
    }
}

/// Where something stands: a range of bytes of a file. Displays as `schema/users.yaml:7:13`.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes of the file's text, on character boundaries.
    pub range: Range<usize>,
    layout: Layout,
}

impl Place {
    /// A place in a file; the range is cut to the text and to character boundaries.
    pub fn new(source: Arc<Source>, range: Range<usize>) -> Self {
        let start = boundary(&source.text, range.start);
        let end = boundary(&source.text, range.end).max(start);
        Self { source, range: start..end, layout: Layout::Verbatim }
    }

    /// The place of a string's source, with what is needed to find parts of the string in it.
    pub(crate) fn of_string(source: Arc<Source>, range: Range<usize>, value: &str) -> Self {
        let place = Self::new(source, range);
        let layout = Layout::of(value, place.text(), place.column() - 1);
        let end = match layout {
            Layout::Verbatim => place.range.start + value.len(),
            _ => place.range.start + place.text().trim_end().len(),
        };
        Self { layout, ..Self::new(place.source, place.range.start..end) }
    }

    /// The source text at this place, as written.
    pub fn text(&self) -> &str {
        self.source.text.get(self.range.clone()).unwrap_or_default()
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// The column in characters, counted from 1.
    pub fn column(&self) -> usize {
        let before = self.before();
        before[before.rfind('\n').map_or(0, |newline| newline + 1)..].chars().count() + 1
    }

    /// Maps bytes `offset..offset + len` of the string that stands here back to the file. Exact for plain, quoted and
    /// literal block scalars; where a folded one (`>`) cannot be followed, the place of the whole value.
    #[must_use]
    pub fn within(&self, offset: usize, len: usize) -> Place {
        match self.layout.find(self.text(), offset, len) {
            Some(part) => Self::new(
                Arc::clone(&self.source),
                self.range.start + part.start..self.range.start + part.end,
            ),
            None => self.clone(),
        }
    }

    fn before(&self) -> &str {
        self.source.text.get(..self.range.start).unwrap_or_default()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.path.display(), self.line(), self.column())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The nearest character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, range: Range<usize>) -> Place {
        Place::new(Arc::new(Source { path: "schema/users.yaml".into(), text: text.into() }), range)
    }

    #[test]
    fn columns_count_characters() {
        let place = place("é: 1\nñé: x\n", 12..13);
        assert_eq!(place.to_string(), "schema/users.yaml:2:5");
        assert_eq!(place.text(), "x");
    }

    #[test]
    fn a_range_is_cut_to_the_text_and_to_characters() {
        assert_eq!(place("é", 1..99).range, 0..2);
        assert_eq!(place("", 5..9).range, 0..0);
        assert_eq!(place("abc", 0..1).within(7, 9).range, 3..3);
    }
}
