//! Values worth trying where a condition decides.

use super::harvest::{Constants, once};
use super::types::{Of, Shape, Types};
use super::{patterns, scalars, values};

/// What texts are often asked to look like; several of each where there is a number.
const TEXTS: [&str; 12] = [
    "user{n}@example.com",
    "abc{n}",
    "ABC{n}",
    "1000{n}",
    "https://example.com/{n}",
    "+1212555100{n}",
    "a-slug-{n}",
    "AB-{n}",
    "1.2.{n}",
    "10.0.0.{n}",
    "/a/b{n}",
    "Aa1!aaaa{n}",
];

/// The same, without a number.
const FIXED_TEXTS: [&str; 14] = [
    "US",
    "USD",
    "en",
    "en-US",
    "M",
    "#a1b2c3",
    "12345",
    "2999-01-01",
    "example.com",
    "UTC",
    "{}",
    "1",
    "deadbeefdeadbeefdeadbeefdeadbeef",
    "123e4567-e89b-42d3-a456-426614174000",
];

/// What json values look like, with a key or a text in place of `{}`.
const DOCUMENTS: [&str; 6] = ["{k: 1}", "{k: \"a\"}", "{k: true}", "{k: []}", "{k: {}}", "[k]"];

/// About `count` values of a type that is no domain, as text; those that the constants of the expressions suggest come first. They
/// are values of the type, but for the odd constant that only looks like one.
pub(super) fn list(types: &Types, of: Of, format: &str, expressions: &str, count: usize) -> Vec<String> {
    let texts = texts(types, of, &Constants::of(expressions), count);
    once(texts).iter().map(|text| values::cast(text, format)).collect()
}

fn texts(types: &Types, of: Of, constants: &Constants, count: usize) -> Vec<String> {
    let ordinary = (0..count as u64).filter_map(|n| values::nth(types, of, n));
    match types.shape(of) {
        Some(Shape::Scalar { name }) => {
            mixed(scalar(name, of.modifier, constants, count), ordinary.collect())
        }
        Some(Shape::Enum { labels }) => labels.to_vec(),
        Some(Shape::Array { element, delimiter }) => {
            let elements = texts(types, types.base(element), constants, count);
            arrays(delimiter, &once(elements)).into_iter().chain(ordinary).collect()
        }
        Some(Shape::Range { .. }) => ordinary.chain(["empty".to_owned(), "(,)".to_owned()]).collect(),
        _ => ordinary.collect(),
    }
}

/// Two of the first to one of the second.
fn mixed(first: Vec<String>, second: Vec<String>) -> Vec<String> {
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(first.by_ref().take(2).chain(second.next()));
        if all.len() == before {
            return all;
        }
    }
}

/// None, one, two and all elements.
fn arrays(delimiter: char, elements: &[String]) -> Vec<String> {
    let quoted: Vec<_> = elements.iter().map(|element| values::quote(element)).collect();
    let of = |part: &[String]| format!("{{{}}}", part.join(&delimiter.to_string()));
    let mut all = vec![of(&quoted), of(&[])];
    all.extend((1..=quoted.len().min(3)).map(|count| of(&quoted[..count])));
    all.extend(quoted.iter().map(|element| of(std::slice::from_ref(element))));
    all
}

fn scalar(name: &str, modifier: i32, constants: &Constants, count: usize) -> Vec<String> {
    match name {
        "int2" => whole(constants, i64::from(i16::MIN)..=i64::from(i16::MAX)),
        "int4" => whole(constants, i64::from(i32::MIN)..=i64::from(i32::MAX)),
        "int8" => whole(constants, i64::MIN + 1..=i64::MAX - 1),
        "numeric" | "float4" | "float8" | "money" => decimal(name, modifier, constants),
        "text" | "varchar" | "bpchar" | "name" => characters(constants, count),
        "date" | "timestamp" | "timestamptz" => days(constants),
        "time" | "timetz" | "interval" => durations(name, constants),
        "json" | "jsonb" => documents(constants),
        "bytea" => constants.lengths().iter().map(|length| format!("\\x{}", "ab".repeat(*length))).collect(),
        _ => Vec::new(),
    }
}

fn whole(constants: &Constants, limits: std::ops::RangeInclusive<i64>) -> Vec<String> {
    let numbers: Vec<i64> = constants.numbers.iter().filter_map(|number| number.parse().ok()).collect();
    let near = numbers.iter().flat_map(|number| [0, 1, -1, 2].map(|step| number.saturating_add(step)));
    // For the likes of `a > 1000 AND b <= a + 10`.
    let pairs = numbers.iter().take(8).enumerate().flat_map(|(index, first)| {
        let others = numbers.iter().take(index);
        others.flat_map(|other| [first.saturating_add(*other), first.saturating_sub(*other).abs()])
    });
    near.chain(pairs).filter(|number| limits.contains(number)).map(|number| number.to_string()).collect()
}

fn decimal(name: &str, modifier: i32, constants: &Constants) -> Vec<String> {
    let limit = match scalars::precision_and_scale(modifier) {
        Some((precision, scale)) if name == "numeric" => 10_f64.powi(precision - scale) - 1.0,
        _ => f64::INFINITY,
    };
    let numbers = constants.numbers.iter().filter_map(|number| number.parse::<f64>().ok());
    let near = numbers.flat_map(|number| [number, number + 1.0, number - 1.0, number / 2.0]);
    near.chain([0.5]).filter(|number| number.abs() <= limit).map(|number| number.to_string()).collect()
}

fn characters(constants: &Constants, count: usize) -> Vec<String> {
    let count = count as u64;
    let mut all = constants.strings.clone();
    for pattern in &constants.strings {
        if pattern.contains(['^', '$', '[', '(', '\\', '*', '+', '.']) {
            all.extend(patterns::matching(pattern, count));
        }
        if pattern.contains(['%', '_']) {
            all.extend((0..count).map(|n| patterns::like(pattern, n)));
        }
    }
    for length in constants.lengths() {
        all.extend(["a", "A", "1"].map(|character| character.repeat(length)));
    }
    all.retain(|text| !text.contains('\0'));
    for n in 0..count.max(1) {
        all.extend(TEXTS.map(|template| template.replace("{n}", &n.to_string())));
        all.extend(if n == 0 { FIXED_TEXTS.map(str::to_owned).to_vec() } else { Vec::new() });
    }
    all
}

/// Values around today, for a condition that nothing else fulfils: they are not the same tomorrow.
pub(super) fn of_today(types: &Types, of: Of, format: &str) -> Vec<String> {
    match types.shape(of) {
        Some(Shape::Scalar { name: "date" | "timestamp" | "timestamptz" }) => {
            ["today", "tomorrow", "yesterday"].map(|day| values::cast(day, format)).to_vec()
        }
        _ => Vec::new(),
    }
}

/// Around the constants, and far in the future and the past.
fn days(constants: &Constants) -> Vec<String> {
    let around = constants.strings.iter().filter_map(|text| near(text)).flatten();
    let far = ["2999-01-01", "2999-01-02", "2999-06-03", "2999-12-04", "1970-01-05", "1999-12-31"];
    around.chain(far.map(str::to_owned)).collect()
}

/// A date, with the day and the year before and after.
fn near(text: &str) -> Option<Vec<String>> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let [earlier, later] = [day.saturating_sub(1).max(1), (day + 1).min(28)];
    let others = [(year, earlier), (year, later), (year + 1, day.min(28)), (year.max(2) - 1, day.min(28))];
    let others = others.map(|(year, day)| format!("{year:04}-{month:02}-{day:02}{rest}"));
    Some([vec![text.to_owned()], others.to_vec()].concat())
}

fn durations(name: &str, constants: &Constants) -> Vec<String> {
    let clock = |text: &&String| text.contains(':') && !text.contains('-');
    let mut all: Vec<String> = constants.strings.iter().filter(clock).cloned().collect();
    all.extend(["00:00", "01:30", "09:00", "12:00", "17:30", "23:59"].map(str::to_owned));
    if name == "interval" {
        all.extend(["1 day", "-1 day", "30 days", "1 year"].map(str::to_owned));
    }
    all
}

/// One object with every text as a key, one key each, and the other kinds of json.
fn documents(constants: &Constants) -> Vec<String> {
    let keys: Vec<String> =
        constants.strings.iter().map(|text| serde_json::Value::from(text.as_str()).to_string()).collect();
    let object =
        |value: &str| keys.iter().map(|key| format!("{key}: {value}")).collect::<Vec<_>>().join(", ");
    let mut all: Vec<String> =
        ["1", "\"a\"", "true", "[]"].map(|value| format!("{{{}}}", object(value))).to_vec();
    for key in &keys {
        all.extend(DOCUMENTS.map(|document| document.replace('k', key)));
        all.push(key.clone());
    }
    all.extend(["{}", "[]", "[1]", "\"a\"", "1", "true", "null"].map(str::to_owned));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_around_a_constant() {
        let dates = near("2024-03-28 00:00:00+00").unwrap();
        assert_eq!(dates[1], "2024-03-27 00:00:00+00");
        assert_eq!(dates[3], "2025-03-28 00:00:00+00");
        assert_eq!(near("hello"), None);
    }

    #[test]
    fn documents_are_json() {
        let constants = Constants::of("((data ? 'it\"s'::text) AND (data ->> 'k'::text) = 'x'::text)");
        for text in documents(&constants) {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    }
}
