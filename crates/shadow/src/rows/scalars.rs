//! The n-th value of PostgreSQL's own scalar types, as text that their input functions read (manual, chapter 8).
//!
//! As far as a type allows, different numbers make different values, also under the limits of `varchar(n)`, `numeric(p,s)`, `bit(n)`.

/// What a made-up text may look like; each is hard on somebody's quoting.
const AWKWARD: [&str; 8] = [
    "Alice",
    "it's \"quoted\"",
    "back\\slash \\n",
    "line\nbreak\tand tab",
    "ünïcödé – 日本語 🚀",
    "",
    "100% _under {}$1;--",
    " spaces ",
];

/// Base types whose values refer to something or have a form of their own: what is there on every server.
const FIXED: [(&str, &str); 16] = [
    ("aclitem", "pg_monitor=r/pg_monitor"),
    ("int2vector", "1 2"),
    ("jsonpath", "$.\"a\"[*]"),
    ("oidvector", "1 2"),
    ("pg_snapshot", "10:20:10,14"),
    ("refcursor", "cursor"),
    ("regclass", "pg_catalog.pg_class"),
    ("regcollation", "pg_catalog.\"C\""),
    ("regconfig", "pg_catalog.simple"),
    ("regdictionary", "pg_catalog.simple"),
    ("regnamespace", "pg_catalog"),
    ("regoper", "pg_catalog.||/"),
    ("regoperator", "pg_catalog.+(integer,integer)"),
    ("regproc", "pg_catalog.now"),
    ("regprocedure", "pg_catalog.now()"),
    ("regtype", "integer"),
];

/// Whether [`nth`] knows a type by its `typname`.
pub(super) fn is_known(name: &str) -> bool {
    nth(name, -1, 0, false).is_some()
}

/// The n-th value of a built-in scalar type; `modifier` as in `atttypmod`.
pub(super) fn nth(name: &str, modifier: i32, n: u64, unicode: bool) -> Option<String> {
    number(name, modifier, n)
        .or_else(|| characters(name, modifier, n, unicode))
        .or_else(|| time(name, n))
        .or_else(|| network(name, n))
        .or_else(|| geometry(name, n))
        .or_else(|| document(name, n))
        .or_else(|| system(name, n))
}

fn number(name: &str, modifier: i32, n: u64) -> Option<String> {
    Some(match name {
        "bool" => n.is_multiple_of(2).to_string(),
        "int2" => integer(n % 30_000).to_string(),
        "int4" | "int8" => integer(n).to_string(),
        "float4" | "float8" => format!("{}.5", integer(n)),
        "money" => format!("{}.25", integer(n)),
        "numeric" => numeric(modifier, n),
        _ => return None,
    })
}

/// 1, 0, 3, -4, 5, 6, 7, -8, …: mostly positive, as most checks like it.
fn integer(n: u64) -> i64 {
    let counted = i64::try_from(n).unwrap_or(i64::MAX - 1) + 1;
    match counted {
        2 => 0,
        _ if counted % 4 == 0 => -counted,
        _ => counted,
    }
}

/// With every digit of the scale in use; where there is no scale, with one of several.
fn numeric(modifier: i32, n: u64) -> String {
    let Some((precision, scale)) = precision_and_scale(modifier) else {
        let fraction = ["", ".50", ".123456789012345678", ".0"][usize::try_from(n % 4).unwrap_or_default()];
        return format!("{}{fraction}", integer(n));
    };
    if scale < 0 {
        return format!("{}{}", integer(n) % 10, "0".repeat(scale.unsigned_abs() as usize));
    }
    let digits = u32::try_from(precision - scale).unwrap_or(0);
    let whole = 10_i64.checked_pow(digits).map_or_else(|| integer(n), |limit| integer(n) % limit);
    let pattern = format!("{:02}7654321", n % 89 + 10).repeat(120);
    let fraction: String = pattern.chars().take(usize::try_from(scale).unwrap_or_default()).collect();
    let zeros = "0".repeat(usize::try_from(scale - precision).unwrap_or_default());
    let fraction: String =
        (zeros + &fraction).chars().take(usize::try_from(scale).unwrap_or_default()).collect();
    if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") }
}

/// Of `numeric(p,s)`; the scale may be negative (15 and later).
pub(super) fn precision_and_scale(modifier: i32) -> Option<(i32, i32)> {
    let packed = modifier - 4;
    (modifier >= 4).then(|| (packed >> 16 & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024))
}

/// Of `varchar(n)` and `char(n)`, in characters.
pub(super) fn length(modifier: i32) -> Option<usize> {
    usize::try_from(modifier - 4).ok()
}

fn characters(name: &str, modifier: i32, n: u64, unicode: bool) -> Option<String> {
    Some(match name {
        "text" => text(n, unicode),
        "varchar" | "bpchar" => limited(text(n, unicode), n, length(modifier)),
        "name" => limited(text(n, false), n, Some(63)),
        "char" => char::from(b'a' + u8::try_from(n % 26).unwrap_or_default()).to_string(),
        "bit" => bits(n, usize::try_from(modifier).unwrap_or(1)),
        "varbit" => bits(n, usize::try_from(modifier).unwrap_or(16).min(16)),
        "bytea" => format!("\\x00ff275c{n:08x}"),
        _ => return None,
    })
}

fn text(n: u64, unicode: bool) -> String {
    let index = usize::try_from(n).unwrap_or(usize::MAX);
    let awkward = match AWKWARD[index % AWKWARD.len()] {
        text if text.is_ascii() || unicode => text,
        _ => "ASCII",
    };
    if index < AWKWARD.len() { awkward.to_owned() } else { format!("{awkward} {n}") }
}

/// The text where it fits, else the number in as many digits as there is room for.
fn limited(text: String, n: u64, limit: Option<usize>) -> String {
    let Some(limit) = limit else { return text };
    if text.chars().count() <= limit {
        return text;
    }
    let mut rest = n;
    let digits = std::iter::repeat_with(|| {
        let digit = u32::try_from(rest % 36).unwrap_or_default();
        rest /= 36;
        char::from_digit(digit, 36).unwrap_or('x')
    });
    digits.take(limit.min(8)).collect()
}

fn bits(n: u64, length: usize) -> String {
    let text = format!("{n:0length$b}");
    text[text.len() - length.min(text.len())..].to_owned()
}

/// A day of its own for every number; the first is 1 February 2020.
pub(super) fn date(n: u64) -> String {
    format!("{:04}-{:02}-{:02}", 2020 + (n / 336) % 5000, (n / 28 + 1) % 12 + 1, n % 28 + 1)
}

fn time(name: &str, n: u64) -> Option<String> {
    let clock = format!("{:02}:{:02}:{:02}.120034", n % 24, n / 24 % 60, n / 1440 % 60);
    Some(match name {
        "date" => date(n),
        "timestamp" => format!("{} 12:34:56.789012", date(n)),
        "timestamptz" => format!("{} 12:34:56.789012+00", date(n)),
        "time" => clock,
        "timetz" => format!("{clock}+02"),
        "interval" => format!("{} mons {n} days 04:05:06.789", n % 3),
        _ => return None,
    })
}

fn network(name: &str, n: u64) -> Option<String> {
    let (high, middle, low) = (n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff);
    Some(match name {
        "inet" if n % 4 == 3 => format!("2001:db8::{:x}/64", n & 0xffff),
        "inet" => format!("10.{high}.{middle}.{low}"),
        "cidr" => format!("10.{middle}.{low}.0/24"),
        "macaddr" => format!("08:00:2b:{high:02x}:{middle:02x}:{low:02x}"),
        "macaddr8" => format!("08:00:2b:01:02:{high:02x}:{middle:02x}:{low:02x}"),
        "uuid" => format!("{:08x}-0000-4000-8000-{n:012x}", n.wrapping_mul(2_654_435_761) & 0xffff_ffff),
        _ => return None,
    })
}

fn geometry(name: &str, n: u64) -> Option<String> {
    Some(match name {
        "point" => format!("({n}.5,-1)"),
        "line" => format!("{{1,-1,{n}}}"),
        "lseg" => format!("[({n},0),(1,1.5)]"),
        "box" => format!("({},1),({n},0)", n + 1),
        "path" => format!("[({n},0),(1,1),(2,0)]"),
        "polygon" => format!("(({n},0),(1,1),(2,0))"),
        "circle" => format!("<({n},1),2.5>"),
        _ => return None,
    })
}

/// Of json only objects, most columns of that type hold nothing else.
fn document(name: &str, n: u64) -> Option<String> {
    Some(match name {
        "json" | "jsonb" => {
            format!(r#"{{"n": {n}, "text": "it's \"q\" \\ \n", "list": [1, null, true], "none": null}}"#)
        }
        "tsvector" => format!("'it''s':2B 'n{n}':1A,3"),
        "tsquery" => format!("'it''s' & !'n{n}'"),
        _ => return None,
    })
}

fn system(name: &str, n: u64) -> Option<String> {
    Some(match name {
        "oid" | "xid" | "cid" | "xid8" => (n + 1).to_string(),
        "tid" => format!("({n},1)"),
        "pg_lsn" => format!("0/{n:X}"),
        "txid_snapshot" => format!("{}:{}:", n + 1, n + 2),
        _ => FIXED.iter().find(|(fixed, _)| *fixed == name)?.1.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn different_numbers_make_different_values() {
        for (name, modifier) in [
            ("int2", -1),
            ("int4", -1),
            ("numeric", -1),
            ("text", -1),
            ("varchar", 4 + 3),
            ("uuid", -1),
            ("date", -1),
            ("bytea", -1),
            ("inet", -1),
        ] {
            let values: BTreeSet<_> = (0..1000).filter_map(|n| nth(name, modifier, n, true)).collect();
            assert_eq!(values.len(), 1000, "{name}");
        }
    }

    #[test]
    fn modifiers_are_kept() {
        let of = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7ff)) + 4;
        assert_eq!(precision_and_scale(of(10, 2)), Some((10, 2)));
        assert_eq!(precision_and_scale(of(3, -2)), Some((3, -2)));
        assert_eq!(numeric(of(10, 2), 5), "6.15");
        assert_eq!(numeric(of(2, 2), 5), "0.15");
        assert_eq!(numeric(of(2, 4), 5), "0.0015");
        assert_eq!(limited("abcdef".to_owned(), 37, Some(2)), "11");
        assert_eq!(bits(5, 2), "01");
        assert_eq!(bits(5, 5), "00101");
    }
}
