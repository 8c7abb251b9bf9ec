//! Texts that match a regular expression or a LIKE pattern (manual, 9.7).

use regex_syntax::Parser;
use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};

/// Longer texts are of no use.
const LONGEST: usize = 4000;

/// The first `count` texts that match. None where the pattern is beyond `regex-syntax`, such as look-ahead; that the server reads it
/// a little differently does no harm, since it is asked anyway.
pub(super) fn matching(pattern: &str, count: u64) -> Vec<String> {
    let Ok(hir) = Parser::new().parse(pattern) else { return Vec::new() };
    let nth = |n| {
        let mut text = String::new();
        write(&hir, &mut Choices(n), &mut text).map(|()| text)
    };
    (0..count).filter_map(nth).collect()
}

/// The n-th text that is LIKE a pattern.
pub(super) fn like(pattern: &str, n: u64) -> String {
    let mut text = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => text.extend(["x", &n.to_string()]),
            '_' => text.push('a'),
            '\\' => text.extend(characters.next()),
            _ => text.push(character),
        }
    }
    text
}

/// Digits of a number, one for each choice, in mixed radix: different numbers choose differently as long as there is a choice.
struct Choices(u64);

impl Choices {
    fn among(&mut self, count: u64) -> u64 {
        let chosen = self.0 % count.max(1);
        self.0 /= count.max(1);
        chosen
    }
}

fn write(hir: &Hir, choices: &mut Choices, text: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(member(class, choices)?),
        HirKind::Capture(capture) => write(&capture.sub, choices, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, choices, text))?,
        HirKind::Alternation(parts) => {
            let chosen = usize::try_from(choices.among(parts.len() as u64)).ok()?;
            write(&parts[chosen], choices, text)?;
        }
        HirKind::Repetition(repetition) => {
            // Some room to differ in, where the pattern has any.
            let least = repetition.min;
            let most = repetition.max.unwrap_or(u32::MAX).min(least.max(3));
            for _ in 0..most.max(least) {
                write(&repetition.sub, choices, text)?;
            }
        }
    }
    (text.len() <= LONGEST).then_some(())
}

/// A letter or a digit where the class has any, else what comes first.
fn member(class: &Class, choices: &mut Choices) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let holds = |c: &char| class.ranges().iter().any(|range| range.start() <= *c && *c <= range.end());
    let ordinary: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').filter(holds).collect();
    if ordinary.is_empty() {
        return class.ranges().first().map(ClassUnicodeRange::start);
    }
    let chosen = choices.among(ordinary.len() as u64);
    ordinary.get(usize::try_from(chosen).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_their_pattern_and_differ() {
        let email = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$";
        assert_eq!(matching(email, 28)[27], "Baa@aaa.aaa");
        assert_eq!(matching(r"^(US|DE)-\d{3}$", 2), ["US-000", "DE-000"]);
        assert_eq!(matching("^[^a-zA-Z0-9]$", 1), ["\0"]);
        assert_eq!(matching("^(?=a)", 9), [""; 0]);
        assert_eq!(like("A_%\\_", 7), "Aax7_");
    }
}
