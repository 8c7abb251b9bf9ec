//! How a string is written so that every reader, YAML 1.1 or 1.2, reads the same string.

/// Words that a reader takes for null, a boolean, a merge or a default value (YAML 1.1 types repository, 1.2 chapter 10).
const WORDS: [&str; 12] = ["~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", "="];

/// What may not begin a plain scalar (YAML 1.2, 7.3.3 and 5.3), and `<`, `=`, `~`, which some readers take for more.
const INDICATORS: &str = "-?:,[]{}#&*!|>'\"%@`<=~";

/// A string on one line: plain where that is safe, else in quotes. `flow`: between brackets or braces.
pub(crate) fn inline(text: &str, flow: bool) -> String {
    if is_plain(text, flow) {
        text.to_owned()
    } else if text.contains(['"', '\\']) && text.chars().all(|c| is_printable(c) && c != '\n' && c != '\t') {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        double_quoted(text)
    }
}

/// A key. `on` stays plain, as in `on: [phone]`: our reader takes it for text, and people know it so from other tools.
pub(crate) fn key(text: &str, flow: bool) -> String {
    if text == "on" { text.to_owned() } else { inline(text, flow) }
}

fn is_plain(text: &str, flow: bool) -> bool {
    !text.is_empty()
        && text.trim() == text
        && text.chars().all(|character| is_printable(character) && !matches!(character, '\t' | '\n'))
        && !text.starts_with(|first| INDICATORS.contains(first))
        && !text.starts_with("...")
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !(flow && text.contains([',', '[', ']', '{', '}']))
        // libyaml: "found unexpected ':'".
        && !(flow && text.contains(":?"))
        && !WORDS.contains(&text.to_lowercase().as_str())
        && !looks_like_a_number(text)
}

/// Numbers in any base, times, dates: begins like one and holds nothing else.
fn looks_like_a_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let digits = digits.strip_prefix('.').unwrap_or(digits);
    let special = matches!(digits.to_lowercase().as_str(), "inf" | "nan" | "");
    let begins = digits.starts_with(|first: char| first.is_ascii_digit());
    let is_part = |c: char| c.is_ascii_hexdigit() || "xXoO_.:+- tTzZ".contains(c);
    special || (begins && digits.chars().all(is_part))
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            _ if is_printable(character) => quoted.push(character),
            _ => quoted.push_str(&escaped(u32::from(character))),
        }
    }
    quoted + "\""
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// YAML's printable characters (1.2, 5.1) without those that some reader takes for a line break or a byte order mark.
fn is_printable(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

/// The header and the lines of a literal block, where a string has several lines and a block can hold them exactly.
pub(crate) fn literal(text: &str) -> Option<(String, impl Iterator<Item = &str>)> {
    let body = text.trim_end_matches('\n');
    let last = body.rsplit('\n').next().unwrap_or_default();
    if !text.contains('\n') || last.trim().is_empty() || !text.chars().all(is_printable) {
        return None;
    }
    let indent = if text.starts_with([' ', '\n', '\t']) { "2" } else { "" };
    let chomp = match text.len() - body.len() {
        0 => "-",
        1 => "",
        _ => "+",
    };
    Some((format!("|{indent}{chomp}"), text.strip_suffix('\n').unwrap_or(text).split('\n')))
}

#[cfg(test)]
mod tests {
    use super::inline;

    #[test]
    fn plain_is_kept_where_it_is_safe() {
        let safe = "users|varchar(50)|now() - interval '1 day'|a::text|auth.jwt()->>'sub'|1 day|été|x#y|a:b|é-1|nope|_1|C++";
        for text in safe.split('|') {
            assert_eq!(inline(text, true), text);
        }
        assert_eq!(inline("numeric(10,2)", false), "numeric(10,2)");
    }

    #[test]
    fn what_a_reader_may_take_for_something_else_is_quoted() {
        let unsafe_words = "|no|On|Y|NULL|~|true|1.0|0123|0o17|0x1F|1:30|2020-01-01|2020-01-01 10:00:00 +1|1_000|.5|+1|-1|1e5|\
            .inf|-.INF|.NaN|=|<<|- a|-a|? x|a: b|a:|a #b|#a|&a|*a|!a|>a|%a|@a|`a|[a|{a| a|a |...|---|'a'";
        for text in unsafe_words.split('|').filter(|text| !text.contains("            ")) {
            assert_eq!(inline(text, false), format!("\"{text}\""));
        }
        assert_eq!(inline("a,b", true), "\"a,b\"");
        assert_eq!(inline(r#"say "x""#, false), r#"say "x""#);
        assert_eq!(inline(r#""x" it's"#, false), r#"'"x" it''s'"#);
        assert_eq!(inline("a\tb\u{7f}\u{feff}\\", false), r#""a\tb\x7f\ufeff\\""#);
    }
}
