//! What is wrong, where, and how it is shown.

use std::{ops::Range, sync::Arc};

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::source::{Place, Source};

/// Something wrong with the user's YAML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// A few words at the place.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that have to do with it, with a few words each.
    pub also: Vec<(Place, String)>,
}

impl Problem {
    /// A problem at a place.
    pub fn new(message: impl Into<String>, place: &Place) -> Self {
        Self { message: message.into(), place: Some(place.clone()), ..Self::default() }
    }

    /// The same with a way out.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    fn group(&self) -> Group<'_> {
        let title = Level::ERROR.primary_title(self.message.as_str());
        let mut group = Group::with_title(title).elements(self.snippets());
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        group
    }

    /// One frame a file, the problem's own file first.
    fn snippets(&self) -> Vec<Snippet<'_, Annotation<'_>>> {
        let primary = self.place.iter().map(|place| (AnnotationKind::Primary, place, self.label.as_deref()));
        let also =
            self.also.iter().map(|(place, label)| (AnnotationKind::Context, place, Some(label.as_str())));
        let mut frames: Vec<Frame<'_>> = Vec::new();
        for mark in primary.chain(also) {
            match frames.iter_mut().find(|frame| Arc::ptr_eq(frame.source, &mark.1.source)) {
                Some(frame) => frame.marks.push(mark),
                None => frames.push(Frame { source: &mark.1.source, marks: vec![mark] }),
            }
        }
        frames.iter().map(Frame::snippet).collect()
    }
}

type Mark<'p> = (AnnotationKind, &'p Place, Option<&'p str>);

/// The marks in one file.
struct Frame<'p> {
    source: &'p Arc<Source>,
    marks: Vec<Mark<'p>>,
}

impl<'p> Frame<'p> {
    /// Only the lines from the first to the last mark are handed over: a file may be long, the problems many.
    fn snippet(&self) -> Snippet<'p, Annotation<'p>> {
        let text = &self.source.text;
        let ranges: Vec<_> = self.marks.iter().map(|(_, place, _)| first_line(place)).collect();
        let first = ranges.iter().map(|range| range.start).min().unwrap_or_default();
        let last = ranges.iter().map(|range| range.end).max().unwrap_or_default();
        let start = text[..first].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[last..].find('\n').map_or(text.len(), |newline| last + newline);
        let annotations =
            self.marks.iter().zip(ranges).map(|((kind, _, label), range)| {
                kind.span(range.start - start..range.end - start).label(*label)
            });
        Snippet::source(&text[start..end])
            .line_start(text[..start].matches('\n').count() + 1)
            .path(self.source.path.display().to_string())
            .annotations(annotations)
    }
}

/// A block scalar is marked on its first line only.
fn first_line(place: &Place) -> Range<usize> {
    let start = place.range.start;
    start..start + place.text().lines().next().map_or(0, str::len)
}

/// Shows problems with code frames, one after the other, each followed by an empty line; without colour for pipes.
pub fn render(problems: &[Problem], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    problems.iter().map(|problem| renderer.render(&[problem.group()]) + "\n\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::{parsed, source};

    #[test]
    fn a_frame_shows_the_place_the_label_and_the_help() {
        let node = parsed("tables:\n  é:\n    check: |\n      total > 0\n      AND FORM x\n");
        let check = node.at(["tables", "é", "check"]).unwrap();
        let mut problem = Problem::new("syntax error at or near \"FORM\"", &check.place.within(14, 4));
        problem.label = Some("this does not belong here".into());
        let other = source("a: 1\nb: 2\n");
        problem.also.push((Place::new(other, 5..6), "named here".into()));
        insta::assert_snapshot!(render(&[problem.with_help("did you mean `FROM`?")], false));
    }

    #[test]
    fn odd_places_do_not_break_a_frame() {
        let end = Place::new(source("a: 1"), 4..4);
        let block = parsed("a: |\n  one\n  two\n").get("a").unwrap().place.clone();
        let empty = Place::new(source(""), 0..0);
        let problems = [end, block, empty].map(|place| Problem::new("here", &place));
        let nowhere = Problem { message: "nowhere".into(), ..Problem::default() };
        insta::assert_snapshot!(render(&problems, false) + &render(&[nowhere], false));
        assert!(render(&problems, true).contains("\u{1b}["));
    }
}
