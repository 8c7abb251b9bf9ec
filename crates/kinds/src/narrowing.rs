//! Whether values of one type may come back as others after they were values of another type: rounded, cut, or in another spelling.

use crate::assignment::{base, modifiers};

/// Whether `to` cannot hold all that `from` can, and takes it all the same: what does not fit is rounded or cut, not refused.
pub(crate) fn may_lose(from: &str, to: &str) -> bool {
    if from.ends_with("[]") && !to.ends_with("[]") {
        return !is_text(base(to));
    }
    let (from, to) = (from.trim_end_matches("[]"), to.trim_end_matches("[]"));
    match (base(from), base(to)) {
        ("timestamp without time zone" | "timestamp with time zone", "date") => true,
        ("timestamp without time zone" | "timestamp with time zone" | "interval", target)
            if target.starts_with("time ") =>
        {
            true
        }
        ("json", "jsonb") | ("integer", "boolean") | ("numeric", "money") => true,
        (source, target) if source == target || is_number(source) && is_number(target) => {
            digits(to) < digits(from)
        }
        _ => false,
    }
}

fn is_text(base: &str) -> bool {
    matches!(base, "text" | "character varying" | "character" | "bpchar")
}

fn is_number(base: &str) -> bool {
    ["smallint", "integer", "bigint", "numeric", "real", "double precision"].contains(&base)
}

/// How many digits of a fraction a type keeps. Numbers that float keep 7 or 15 digits in all, so that nothing but themselves and
/// small whole numbers stays what it is.
fn digits(data_type: &str) -> i64 {
    let modifiers = modifiers(data_type);
    match (base(data_type), modifiers.as_slice()) {
        ("smallint" | "integer" | "bigint", _) => 0,
        ("numeric", [_, scale]) => *scale,
        ("numeric", [_]) => 0,
        ("numeric", _) => i64::MAX,
        ("real", _) => -1,
        ("double precision", _) => 0,
        (_, [precision]) if data_type.contains("time") || data_type.starts_with("interval") => *precision,
        _ => i64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrower() {
        let pairs = [
            ("numeric", "numeric(10,2)"),
            ("numeric(10,4)", "numeric(10,2)"),
            ("numeric(10,2)", "integer"),
            ("numeric", "double precision"),
            ("double precision", "real"),
            ("timestamp with time zone", "date"),
            ("timestamp with time zone", "timestamp(3) with time zone"),
            ("integer[]", "integer"),
        ];
        for (from, to) in pairs {
            assert!(may_lose(from, to), "{from} -> {to}");
        }
    }

    #[test]
    fn wide_enough() {
        let pairs = [
            ("integer", "bigint"),
            ("bigint", "integer"),
            ("integer", "double precision"),
            ("real", "double precision"),
            ("numeric(10,2)", "numeric(20,4)"),
            ("numeric(10,2)", "numeric"),
            ("timestamp without time zone", "timestamp with time zone"),
            ("date", "timestamp without time zone"),
            ("character varying(10)", "text"),
            ("text", "character varying(10)"),
            ("text[]", "text"),
        ];
        for (from, to) in pairs {
            assert!(!may_lose(from, to), "{from} -> {to}");
        }
    }
}
