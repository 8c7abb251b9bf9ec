//! Bounds of partitions, as far as their text tells which is within which (manual, `CREATE TABLE`, `PARTITION OF`).

use std::cmp::Ordering;

/// `FOR VALUES ...` or `DEFAULT`, as PostgreSQL prints it.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// What no other partition takes.
    Default,
    /// One of some values.
    List(Vec<String>),
    /// From one value to before another, for each column of the key.
    Range(Vec<String>, Vec<String>),
    /// A modulus and a remainder.
    Hash(u64, u64),
}

impl Bound {
    /// Nothing where it is not written as PostgreSQL prints it.
    pub fn parse(text: &str) -> Option<Bound> {
        if text == "DEFAULT" {
            return Some(Bound::Default);
        }
        let values = |list: &str| sql::parameters(list).into_iter().map(str::to_owned).collect();
        if let Some(list) = text.strip_prefix("FOR VALUES IN (") {
            return Some(Bound::List(values(list.strip_suffix(')')?)));
        }
        if let Some(range) = text.strip_prefix("FOR VALUES FROM (") {
            let (from, to) = range.strip_suffix(')')?.split_once(") TO (")?;
            return Some(Bound::Range(values(from), values(to)));
        }
        let hash = text.strip_prefix("FOR VALUES WITH (modulus ")?.strip_suffix(')')?;
        let (modulus, remainder) = hash.split_once(", remainder ")?;
        Some(Bound::Hash(modulus.parse().ok()?, remainder.parse().ok()?))
    }

    /// Whether others take, between them, every row that this one takes: false also where that cannot be told.
    pub fn is_within(&self, others: &[Bound]) -> bool {
        match self {
            Bound::Default => others.contains(&Bound::Default),
            Bound::List(values) => values.iter().all(|value| {
                others.iter().any(|other| matches!(other, Bound::List(others) if others.contains(value)))
            }),
            Bound::Hash(modulus, remainder) => others.iter().any(|other| {
                matches!(other, Bound::Hash(less, rest) if *less > 0 && modulus % less == 0 && remainder % less == *rest)
            }),
            Bound::Range(from, to) => {
                // From the lower end upwards, as far as the others go without a gap.
                let mut reached = from;
                loop {
                    if matches!(compared(reached, to), Some(Ordering::Equal | Ordering::Greater)) {
                        return true;
                    }
                    let further = others.iter().find_map(|other| match other {
                        Bound::Range(start, end)
                            if matches!(compared(start, reached), Some(Ordering::Less | Ordering::Equal))
                                && compared(end, reached) == Some(Ordering::Greater) =>
                        {
                            Some(end)
                        }
                        _ => None,
                    });
                    match further {
                        Some(end) => reached = end,
                        None => return false,
                    }
                }
            }
        }
    }

    /// Whether no row can belong to both: false also where that cannot be told.
    pub fn is_apart_from(&self, other: &Bound) -> bool {
        match (self, other) {
            (Bound::List(one), Bound::List(other)) => one.iter().all(|value| !other.contains(value)),
            (Bound::Range(from, to), Bound::Range(other_from, other_to)) => {
                let ends_before = |end: &[String], start: &[String]| {
                    matches!(compared(end, start), Some(Ordering::Less | Ordering::Equal))
                };
                ends_before(to, other_from) || ends_before(other_to, from)
            }
            (Bound::Hash(one, rest), Bound::Hash(other, other_rest)) => {
                let common = greatest_common_divisor(*one, *other);
                common > 0 && rest % common != other_rest % common
            }
            _ => false,
        }
    }
}

fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

/// Which of two points of a range is less, where that is plain: of whole numbers, and of dates and times written alike.
fn compared(one: &[String], other: &[String]) -> Option<Ordering> {
    for (one, other) in one.iter().zip(other) {
        match compared_values(one, other)? {
            Ordering::Equal => {}
            different => return Some(different),
        }
    }
    (one.len() == other.len()).then_some(Ordering::Equal)
}

fn compared_values(one: &str, other: &str) -> Option<Ordering> {
    match (one, other) {
        _ if one == other => return Some(Ordering::Equal),
        ("MINVALUE", _) | (_, "MAXVALUE") => return Some(Ordering::Less),
        ("MAXVALUE", _) | (_, "MINVALUE") => return Some(Ordering::Greater),
        _ => {}
    }
    let bare = |value: &str| value.trim_matches('\'').to_owned();
    let (one, other) = (bare(one), bare(other));
    if let (Ok(one), Ok(other)) = (one.parse::<i128>(), other.parse::<i128>()) {
        return Some(one.cmp(&other));
    }
    (is_point_in_time(&one) && is_point_in_time(&other) && shape(&one) == shape(&other))
        .then(|| one.cmp(&other))
}

/// `2026-11-30 12:00:00+00`, as PostgreSQL prints it with the pinned settings.
fn is_point_in_time(text: &str) -> bool {
    text.len() >= 10 && shape(&text[..10]) == "0000-00-00"
}

/// The text with each digit as 0: what stands behind the seconds is a time zone, the same for all.
fn shape(text: &str) -> String {
    text.chars().map(|character| if character.is_ascii_digit() { '0' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str) -> Bound {
        Bound::parse(text).unwrap()
    }

    #[test]
    fn within() {
        let cases: [(&str, &[&str], bool); 13] = [
            ("FOR VALUES FROM (0) TO (10)", &["FOR VALUES FROM (0) TO (15)"], true),
            ("FOR VALUES FROM (0) TO (15)", &["FOR VALUES FROM (0) TO (10)"], false),
            (
                "FOR VALUES FROM (9) TO (15)",
                &["FOR VALUES FROM (10) TO (20)", "FOR VALUES FROM (0) TO (10)"],
                true,
            ),
            (
                "FOR VALUES FROM (0) TO (15)",
                &["FOR VALUES FROM (0) TO (5)", "FOR VALUES FROM (6) TO (20)"],
                false,
            ),
            ("FOR VALUES FROM (MINVALUE) TO ('-5')", &["FOR VALUES FROM (MINVALUE) TO (0)"], true),
            (
                "FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
                &["FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"],
                true,
            ),
            ("FOR VALUES FROM ('b') TO ('c')", &["FOR VALUES FROM ('a') TO ('d')"], false),
            ("FOR VALUES FROM (1, 'a') TO (2, 'a')", &["FOR VALUES FROM (1, 'a') TO (3, 'b')"], true),
            ("FOR VALUES IN ('a, b', NULL)", &["FOR VALUES IN (NULL)", "FOR VALUES IN ('c', 'a, b')"], true),
            ("FOR VALUES IN ('a', 'b')", &["FOR VALUES IN ('a')", "DEFAULT"], false),
            ("FOR VALUES WITH (modulus 4, remainder 3)", &["FOR VALUES WITH (modulus 2, remainder 1)"], true),
            (
                "FOR VALUES WITH (modulus 2, remainder 1)",
                &["FOR VALUES WITH (modulus 4, remainder 1)"],
                false,
            ),
            ("DEFAULT", &["DEFAULT"], true),
        ];
        for (one, others, expected) in cases {
            let others: Vec<Bound> = others.iter().map(|text| bound(text)).collect();
            assert_eq!(bound(one).is_within(&others), expected, "{one} within {others:?}");
        }
    }

    #[test]
    fn apart() {
        let cases = [
            ("FOR VALUES FROM (0) TO (10)", "FOR VALUES FROM (10) TO (20)", true),
            ("FOR VALUES FROM (0) TO (11)", "FOR VALUES FROM (10) TO (20)", false),
            ("FOR VALUES FROM ('x') TO ('y')", "FOR VALUES FROM ('y') TO ('z')", true),
            ("FOR VALUES FROM ('a') TO ('b')", "FOR VALUES FROM ('c') TO ('d')", false),
            ("FOR VALUES IN (1, 2)", "FOR VALUES IN (3)", true),
            ("FOR VALUES IN (1, 2)", "FOR VALUES IN (2, 3)", false),
            ("FOR VALUES WITH (modulus 4, remainder 1)", "FOR VALUES WITH (modulus 2, remainder 0)", true),
            ("FOR VALUES WITH (modulus 4, remainder 1)", "FOR VALUES WITH (modulus 6, remainder 3)", false),
            ("DEFAULT", "FOR VALUES IN (1)", false),
        ];
        for (one, other, expected) in cases {
            assert_eq!(bound(one).is_apart_from(&bound(other)), expected, "{one} from {other}");
        }
    }
}
