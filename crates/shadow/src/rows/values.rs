//! The n-th value of any type, as text that its input function reads, and as an SQL expression.

use super::scalars;
use super::types::{Of, Shape, Types};

/// What types of extensions may look like: citext aside, which is a text, those of contrib, PostGIS and pgvector are among them.
pub(super) const TEMPLATES: [&str; 14] = [
    "<a n=\"{n}\">it&apos;s &amp;</a>",
    "{n}",
    "a{n}",
    "\"it's\"=>\"{n}\", \"b\"=>NULL",
    "({n},1)",
    "POINT({n} 1)",
    "[1,2,{n}]",
    "1.0.{n}",
    "'w{n}'",
    "10.0.0.{n}",
    "2020-01-01",
    "978-0-393-04002-9",
    "{\"n\": {n}}",
    "{}",
];

/// Deeper than any schema; ends what would not end.
const DEEPEST: u32 = 16;

/// The n-th value of a type; nothing where no value of it is known.
pub(super) fn nth(types: &Types, of: Of, n: u64) -> Option<String> {
    at_depth(types, of, n, 0)
}

/// A value as an SQL expression of a type. Casts cut off what `varchar(n)`, `bit(n)` and the like have no room for.
pub(super) fn cast(value: &str, format: &str) -> String {
    format!("CAST({} AS {format})", sql::literal(value))
}

fn at_depth(types: &Types, of: Of, n: u64, depth: u32) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    let part = |of: Of, n: u64| at_depth(types, of, n, depth + 1);
    match types.shape(of)? {
        Shape::Scalar { name } => scalars::nth(name, of.modifier, n, types.unicode),
        Shape::Enum { labels } => pick(labels, n).cloned(),
        Shape::Domain { .. } => pick(types.accepted(of), n).cloned(),
        Shape::Array { element, delimiter } => {
            let nulls = !types.is_not_null(element);
            array(delimiter, n, nulls, |n| part(element, n))
        }
        Shape::Composite { attributes } => Some(composite(attributes, n, part)),
        Shape::Range { subtype } => range(types, subtype, n),
        Shape::Multirange { range } => {
            Some(format!("{{{}, {}}}", part(range, 2 * n)?, part(range, 2 * n + 1)?))
        }
        Shape::Foreign => Some(types.template(of)?.replace("{n}", &(n + 1).to_string())),
    }
}

pub(super) fn pick<T>(list: &[T], n: u64) -> Option<&T> {
    let count = u64::try_from(list.len()).ok().filter(|count| *count > 0)?;
    list.get(usize::try_from(n % count).ok()?)
}

/// Empty, with null, of two dimensions, and with one or two elements (manual, 8.15).
fn array(delimiter: char, n: u64, nulls: bool, element: impl Fn(u64) -> Option<String>) -> Option<String> {
    let quoted = |n: u64| Some(quote(&element(n)?));
    let (first, second) = (quoted(n)?, quoted(n + 1)?);
    Some(match n {
        2 => "{}".to_owned(),
        4 => format!("{{{{{first}{delimiter}{second}}}{delimiter}{{{second}{delimiter}{first}}}}}"),
        _ if n % 4 == 1 && nulls => format!("{{{first}{delimiter}NULL}}"),
        _ if n % 4 == 3 => format!("{{{first}}}"),
        _ => format!("{{{first}{delimiter}{second}}}"),
    })
}

/// `(a,"b c",)`: what is not there is null (manual, 8.16.6).
fn composite(attributes: &[Of], n: u64, value: impl Fn(Of, u64) -> Option<String>) -> String {
    let parts = attributes.iter().map(|of| value(*of, n).map(|value| quote(&value)).unwrap_or_default());
    format!("({})", parts.collect::<Vec<_>>().join(","))
}

/// In double quotes, as arrays, composites and ranges read them.
pub(super) fn quote(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Ranges that do not overlap where the order of the subtype is known, else of a single value; a few are empty.
fn range(types: &Types, subtype: Of, n: u64) -> Option<String> {
    if n == 6 {
        return Some("empty".to_owned());
    }
    let base = types.base(subtype);
    let name = match types.shape(base)? {
        Shape::Scalar { name } => name,
        _ => "",
    };
    let (lower, upper) = match name {
        "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" => {
            ((10 * n).to_string(), (10 * n + 5).to_string())
        }
        "date" => (scalars::date(2 * n), scalars::date(2 * n + 1)),
        "timestamp" | "timestamptz" => (scalars::date(n), format!("{} 12:00", scalars::date(n))),
        _ => {
            let only = quote(&nth(types, subtype, n)?);
            return Some(format!("[{only},{only}]"));
        }
    };
    Some(format!("[{},{})", quote(&lower), quote(&upper)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_are_quoted_for_each_level() {
        let value = |n: u64| Some(format!("a\"{n}\\"));
        assert_eq!(array(',', 0, true, value).unwrap(), r#"{"a\"0\\","a\"1\\"}"#);
        assert_eq!(array(';', 1, true, value).unwrap(), r#"{"a\"1\\";NULL}"#);
        let attributes = [Of { oid: 25, modifier: -1 }; 2];
        assert_eq!(composite(&attributes, 0, |_, n| value(n)), r#"("a\"0\\","a\"0\\")"#);
        assert_eq!(cast("it's", "text"), "CAST('it''s' AS text)");
    }
}
