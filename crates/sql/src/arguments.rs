//! The parameter list of a routine, taken apart.

use crate::parser::scan;

/// The parameters of `a integer, VARIADIC b text[] DEFAULT '{}'`, each without its default.
///
/// A comma or an equals sign inside brackets, quotes or strings belongs to the parameter.
pub fn parameters(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut end, mut parts) = (0_usize, 0, None, Vec::new());
    for token in scan(list).tokens {
        match token.text(list) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                parts.push(list[start..end.take().unwrap_or(token.start)].trim());
                start = token.end;
            }
            word if depth == 0 && end.is_none() && (word == "=" || word.eq_ignore_ascii_case("default")) => {
                end = Some(token.start);
            }
            _ => {}
        }
    }
    let rest = list[start..end.unwrap_or(list.len())].trim();
    if !(parts.is_empty() && rest.is_empty()) {
        parts.push(rest);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let cases: [(&str, &[&str]); 5] = [
            ("", &[]),
            ("integer, text", &["integer", "text"]),
            ("a numeric(10,2) = 1, b text DEFAULT f('a, b', 2)", &["a numeric(10,2)", "b text"]),
            (
                "\"a, b\" integer, VARIADIC c text[] default '{x,\")\"}'",
                &["\"a, b\" integer", "VARIADIC c text[]"],
            ),
            ("\"default\" \"my,type\"", &["\"default\" \"my,type\""]),
        ];
        for (list, expect) in cases {
            assert_eq!(parameters(list), expect);
        }
    }
}
