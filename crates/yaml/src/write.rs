//! Canonical YAML: the same value is always the same text, and reads back as the same value.

use serde_json::{Map, Value as Json};

use crate::scalar;

/// The widest line that lists and maps are put on.
const WIDTH: usize = 100;

/// A longer key must be written `? key` (YAML 1.2, 7.4: 1,024 characters).
const LONGEST_KEY: usize = 1000;

/// Writes a value as YAML: two spaces of indentation, keys in the order given, several lines as literal blocks; a list
/// of scalars, or a map of scalars below the top two levels, stays on one line of up to 100 columns.
pub fn write(value: &Json) -> String {
    match value {
        Json::Object(map) if !map.is_empty() => entries(map, 0),
        Json::Array(list) if !list.is_empty() => items(list, 0),
        scalar => inline(scalar, false).unwrap_or_default() + "\n",
    }
}

pub(crate) fn entries(map: &Map<String, Json>, indent: usize) -> String {
    let entry = |(key, value): (&String, &Json)| {
        let pad = " ".repeat(indent);
        let key = scalar::key(key, false);
        let key = if key.chars().count() > LONGEST_KEY { format!("? {key}\n{pad}") } else { key };
        let room = WIDTH.saturating_sub(indent + key.chars().count() + 2);
        let rest = match value {
            // A section of the file stays open however small.
            Json::Object(_) if indent > 0 => on_line(value, room).or_else(|| block(value, indent)),
            Json::Array(_) => on_line(value, room).or_else(|| block(value, indent)),
            _ => block(value, indent),
        };
        format!("{pad}{key}:{}", rest.unwrap_or_else(|| scalar_line(value)))
    };
    map.iter().map(entry).collect()
}

fn items(list: &[Json], indent: usize) -> String {
    let item = |item: &Json| {
        let room = WIDTH.saturating_sub(indent + 2);
        // A list or map begins beside its dash.
        let beside = |text: String| format!(" {}", text.trim_start_matches(' '));
        let rest = match item {
            Json::Object(map) if !map.is_empty() => Some(beside(entries(map, indent + 2))),
            Json::Array(list) if !list.is_empty() => {
                on_line(item, room).or_else(|| Some(beside(items(list, indent + 2))))
            }
            _ => block(item, indent),
        };
        format!("{}-{}", " ".repeat(indent), rest.unwrap_or_else(|| scalar_line(item)))
    };
    list.iter().map(item).collect()
}

/// What follows `key:` or `-` where a value takes lines of its own.
fn block(value: &Json, indent: usize) -> Option<String> {
    match value {
        Json::Object(map) if !map.is_empty() => Some(format!("\n{}", entries(map, indent + 2))),
        Json::Array(list) if !list.is_empty() => Some(format!("\n{}", items(list, indent + 2))),
        Json::String(text) => {
            let (header, lines) = scalar::literal(text)?;
            let pad = " ".repeat(indent + 2);
            let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{pad}{line}\n") };
            Some(format!(" {header}\n{}", lines.map(line).collect::<String>()))
        }
        _ => None,
    }
}

fn on_line(value: &Json, room: usize) -> Option<String> {
    let text = inline(value, true)?;
    (text.chars().count() <= room).then(|| format!(" {text}\n"))
}

fn scalar_line(value: &Json) -> String {
    format!(" {}\n", inline(value, false).unwrap_or_default())
}

/// A value between other things on one line: a scalar, a list of scalars, or a map of these that is no list of lists.
pub(crate) fn inline(value: &Json, flow: bool) -> Option<String> {
    match value {
        Json::String(text) if flow && scalar::literal(text).is_some() => None,
        Json::String(text) => Some(scalar::inline(text, flow)),
        Json::Array(list) if list.is_empty() => Some("[]".to_owned()),
        Json::Array(list) if list.iter().all(is_scalar) => {
            let items: Option<Vec<_>> = list.iter().map(|item| inline(item, true)).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Json::Object(map) if map.is_empty() => Some("{}".to_owned()),
        Json::Object(map) if map.values().any(is_scalar) && !map.values().any(Json::is_object) => {
            let entry = |(key, value): (&String, &Json)| {
                Some(format!("{}: {}", scalar::key(key, true), inline(value, true)?))
            };
            let entries: Option<Vec<_>> = map.iter().map(entry).collect();
            Some(format!("{{ {} }}", entries?.join(", ")))
        }
        Json::Array(_) | Json::Object(_) => None,
        other => Some(other.to_string()),
    }
}

fn is_scalar(value: &Json) -> bool {
    !value.is_array() && !value.is_object()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::write;
    use crate::parse::tests::parsed;

    #[test]
    fn the_look() {
        let value = json!({
            "types": { "user_role": { "enum": ["sales_rep", "admin", "customer", "operator", "iso_agent"], "comment": "What a user may be",
                "map": { "iso_agent": "sales_rep" } } },
            "tables": { "users": {
                "renamed_from": "iso_agents",
                "columns": {
                    "id": { "type": "uuid", "not_null": true, "default": "gen_random_uuid()" },
                    "role": { "type": "user_role", "default": "'customer'" },
                    "price": { "type": "numeric(10,2)", "default": "0.00" },
                    "timezone": { "type": "varchar(50)", "not_null": true, "default": "'UTC'", "backfill": "coalesce(metadata->>'timezone', 'UTC')" },
                },
                "primary_key": ["id"],
                "indexes": { "idx_users_phone": { "on": ["phone"], "where": "phone is not null" } },
                "policies": { "Users can view own profile or admin can view all": {
                    "for": "select", "using": "clerk_user_id = auth.jwt()->>'sub' or is_admin()" } },
                "grants": { "authenticated": ["select", "insert", "update", "delete"] },
                "checks": {}, "none": [],
            } },
            "functions": { "f(a integer)": { "returns": "trigger", "body": "begin\n  return new;  \n\nend\n", "set": ["a=1"] } },
            "scripts": ["select 1;\nselect 2;", " x\ny\n\n", { "name": "no", "run": "\n  a\n" }, [["a"], ["b"]]],
        });
        insta::assert_snapshot!(write(&value));
        assert_eq!(parsed(&write(&value)).to_json(), value);
    }

    #[test]
    fn lines_stop_at_100_columns() {
        for length in 1..110 {
            let value =
                json!({ "a": { "b": { "c": "x".repeat(length), "d": 1 }, "l": ["é".repeat(length), "y"] } });
            let text = write(&value);
            let flows = text.lines().filter(|line| line.contains(['[', '{']));
            assert!(flows.into_iter().all(|line| line.chars().count() <= 100), "{text}");
            assert_eq!(parsed(&text).to_json(), value);
        }
        let at = |length: usize| write(&json!({ "l": ["x".repeat(length)] })).lines().count();
        assert_eq!((at(95), at(96)), (1, 2));
    }

    #[test]
    fn scalars_and_long_keys_come_back() {
        for value in [json!(null), json!("a\nb"), json!(""), json!([]), json!({}), json!(1.5), json!("- x")] {
            assert_eq!(parsed(&write(&value)).to_json(), value);
        }
        let long = json!({ "a": { "k".repeat(1500): { "x": "1\n2" }, "é".repeat(1001): ["a"], "b": 1 } });
        assert_eq!(parsed(&write(&long)).to_json(), long);
    }

    /// Strings of what trips YAML readers, and any others.
    fn nasty() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "a",
            "b",
            " ",
            "  ",
            "\n",
            "\n\n",
            "\t",
            ":",
            ": ",
            " #",
            "#",
            "-",
            "- ",
            "---",
            "...",
            "?",
            "? ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&",
            "*",
            "!",
            "|",
            ">",
            "'",
            "\"",
            "%",
            "@",
            "`",
            "\\",
            "~",
            "null",
            "no",
            "on",
            "y",
            "1",
            "0",
            ".",
            "e",
            "_",
            "0x",
            "<<",
            "=",
            "\r",
            "\u{85}",
            "\u{a0}",
            "\u{2028}",
            "\u{2029}",
            "\u{feff}",
            "\u{7f}",
            "\0",
            "\u{1}",
            "\u{e000}",
            "\u{fffe}",
            "\u{ffff}",
            "é",
            "😀",
            "::",
            "\u{10ffff}",
            "\u{9f}",
        ]);
        prop_oneof![4 => prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat()), 1 => any::<String>()]
    }

    fn value() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            6 => nasty().prop_map(Json::from),
            1 => Just(Json::Null),
            1 => any::<bool>().prop_map(Json::from),
            1 => any::<i64>().prop_map(Json::from),
            1 => any::<u64>().prop_map(Json::from),
            1 => prop::num::f64::NORMAL.prop_map(Json::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::btree_map(nasty(), inner, 0..5).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_reads_back(value in value()) {
            let text = write(&value);
            prop_assert_eq!(parsed(&text).to_json(), value, "{}", text);
        }

        #[test]
        fn a_string_is_found_in_the_file(text in nasty(), at in 0usize..20, len in 1usize..5) {
            let node = parsed(&write(&json!({ "a": { "k": text, "z": 1 } })));
            let value = node.at(["a", "k"]).unwrap();
            let part: String = text.chars().skip(at).take(len).collect();
            let offset = text.chars().take(at).map(char::len_utf8).sum();
            let place = value.place.within(offset, part.len());
            // What holds no escape and no line break stands in the file as it is.
            if !part.is_empty() && part.chars().all(char::is_alphanumeric) {
                prop_assert_eq!(place.text(), part);
            }
        }
    }
}
