//! The constants that stand in an expression: what a condition speaks of is likely what it accepts.

use std::collections::BTreeSet;

use sql::{Word, WordKind, words};

/// The constants of some expressions, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Constants {
    /// Of strings, also those that are cast to something else.
    pub(super) strings: Vec<String>,
    /// Of numbers, as they are written; a negative one stands among the strings too.
    pub(super) numbers: Vec<String>,
}

impl Constants {
    /// Reads what `pg_get_expr` prints, under `standard_conforming_strings`.
    pub(super) fn of(expressions: &str) -> Constants {
        let strings: Vec<Word> =
            words(expressions).into_iter().filter(|word| word.kind == WordKind::String).collect();
        // The condition of a hash partition holds the OID of its table, which is never the same.
        let is_oid = |word: &&Word| expressions[word.offset + word.len..].starts_with("::oid");
        let constants = strings.iter().filter(|word| !is_oid(word));
        let texts: Vec<String> = constants.map(|word| word.text.replace("''", "'")).collect();
        let mut numbers = numbers(&without(expressions, &strings));
        numbers.extend(texts.iter().filter(|text| text.parse::<f64>().is_ok_and(f64::is_finite)).cloned());
        Constants { strings: once(texts), numbers: once(numbers) }
    }

    /// Those numbers that are whole and can be a length.
    pub(super) fn lengths(&self) -> BTreeSet<usize> {
        let near = |length: usize| [length.saturating_sub(1), length, length + 1];
        let lengths = self.numbers.iter().filter_map(|number| number.parse().ok());
        lengths.filter(|length| (1..=4000).contains(length)).flat_map(near).collect()
    }
}

fn without(text: &str, strings: &[Word]) -> String {
    let mut rest = text.as_bytes().to_vec();
    for word in strings {
        rest[word.offset..word.offset + word.len].fill(b' ');
    }
    String::from_utf8_lossy(&rest).into_owned()
}

/// Digits and dots, unless they belong to a name.
fn numbers(text: &str) -> Vec<String> {
    let in_word = |c: char| c.is_alphanumeric() || "._$".contains(c);
    let parts = text.split(|c: char| !in_word(c));
    parts
        .filter(|part| part.starts_with(|c: char| c.is_ascii_digit()) && part.parse::<f64>().is_ok())
        .map(str::to_owned)
        .collect()
}

/// In their order, without repetition.
pub(super) fn once(list: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    list.into_iter().filter(|text| seen.insert(text.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_strings_and_numbers_and_nothing_in_names() {
        let text = "((col1 > 10) AND (kind = ANY (ARRAY['it''s'::text, 'b 7'::text])) AND (x <> '-2.5'::numeric) AND satisfies_hash_partition('16384'::oid, a))";
        let constants = Constants::of(text);
        assert_eq!(constants.strings, ["it's", "b 7", "-2.5"]);
        assert_eq!(constants.numbers, ["10", "-2.5"]);
        assert_eq!(constants.lengths().into_iter().collect::<Vec<_>>(), [9, 10, 11]);
    }
}
