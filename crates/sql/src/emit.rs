//! SQL that is read as what it was, also where it is put into other SQL.

use std::ops::Range;

use crate::color::{Class, Token, highlight};

/// What PostgreSQL prints for `status IN ('a', 'b')` with a `varchar` on the left.
const END: &str = "::character varying])::text[]";
/// The same so that the cast stays one of the whole array: right behind `ARRAY[...]` the parser gives it to each element.
const KEPT: &str = "::character varying]::character varying[])::text[]";

/// SQL made of what PostgreSQL printed, so that it is read as what was printed. Strings, bodies of functions and names stay as they are.
pub fn as_printed(sql: &str) -> String {
    with_ranges(&with_arrays(sql))
}

/// SQL with its lines, but for the first, moved to the right. None where a string or a quoted name goes over several lines: it would be
/// another one.
pub fn indented(sql: &str, spaces: usize) -> Option<String> {
    let is_quoted = |token: &Token| matches!(token.class, Class::String | Class::Identifier);
    let holds_line_break = |token: &Token| is_quoted(token) && sql[token.range.clone()].contains('\n');
    let is_fixed = sql.contains('\n') && highlight(sql).iter().any(holds_line_break);
    (!is_fixed).then(|| sql.replace('\n', &format!("\n{}", " ".repeat(spaces))))
}

/// Casts of whole arrays stay such.
fn with_arrays(sql: &str) -> String {
    if !sql.contains(END) {
        return sql.to_owned();
    }
    let untouched = untouched(sql);
    let (mut text, mut done) = (String::new(), 0);
    for (place, _) in sql.match_indices(END) {
        let within = |range: &Range<usize>| range.start <= place && place + END.len() <= range.end;
        if untouched.iter().any(within) {
            continue;
        }
        text.push_str(&sql[done..place]);
        text.push_str(KEPT);
        done = place + END.len();
    }
    text + &sql[done..]
}

fn untouched(sql: &str) -> Vec<Range<usize>> {
    let tokens = highlight(sql).into_iter();
    let fixed = tokens.filter(|token| matches!(token.class, Class::String | Class::Plain | Class::Comment));
    fixed.map(|token| token.range).collect()
}

/// `((a >= 1) AND (a <= 2)) AND b` is what `a BETWEEN 1 AND 2 AND b` is printed as. The parser would make one list of three of it, which
/// is printed in another way, so that it is written as it was.
fn with_ranges(sql: &str) -> String {
    if ![") AND ", ") OR "].iter().any(|word| sql.contains(&format!("){word}"))) {
        return sql.to_owned();
    }
    // Parentheses in strings and names are none.
    let mut code = sql.as_bytes().to_vec();
    let names = highlight(sql).into_iter().filter(|token| token.class == Class::Identifier);
    for range in untouched(sql).into_iter().chain(names.map(|token| token.range)) {
        code[range].fill(b'_');
    }
    let (mut text, mut done) = (String::new(), 0);
    for start in 0..code.len() {
        if let Some((range, between)) = range_at(sql, &code, start).filter(|_| start >= done) {
            text.push_str(&sql[done..start]);
            text.push_str(&between);
            done = range.end;
        }
    }
    text + &sql[done..]
}

/// The range of values that stands at `start`, before more of its list, and how it is written.
fn range_at(sql: &str, code: &[u8], start: usize) -> Option<(Range<usize>, String)> {
    let first = start + 1;
    if code.get(start..start + 2) != Some(b"((") {
        return None;
    }
    let end_of_first = end(code, first)?;
    for (word, low, high, between) in
        [(" AND ", " >= ", " <= ", " BETWEEN "), (" OR ", " < ", " > ", " NOT BETWEEN ")]
    {
        let second = end_of_first + word.len();
        if !code[end_of_first..].starts_with(format!("{word}(").as_bytes()) {
            continue;
        }
        let end_of_second = end(code, second)?;
        let more = format!("){word}");
        if !code[end_of_second..].starts_with(more.as_bytes()) {
            continue;
        }
        let (value, least) = sides(sql, code, first + 1..end_of_first - 1, low)?;
        let (same, most) = sides(sql, code, second + 1..end_of_second - 1, high)?;
        if value == same {
            return Some((start..end_of_second + 1, format!("({value}{between}{least} AND {most})")));
        }
    }
    None
}

/// The place behind the parenthesis that closes the one at `start`.
fn end(code: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, byte) in code.iter().enumerate().skip(start) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(place + 1),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What stands on both sides of an operator that is in no parentheses of its own.
fn sides<'s>(sql: &'s str, code: &[u8], range: Range<usize>, operator: &str) -> Option<(&'s str, &'s str)> {
    let mut depth = 0_usize;
    for place in range.clone() {
        match code[place] {
            b'(' => depth += 1,
            b')' => depth = depth.checked_sub(1)?,
            _ if depth == 0 && code[place..range.end].starts_with(operator.as_bytes()) => {
                return Some((&sql[range.start..place], &sql[place + operator.len()..range.end]));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_moved_but_for_those_of_strings_and_names() {
        assert_eq!(indented("COMMENT ON TABLE t IS 'one\ntwo'", 4), None);
        assert_eq!(indented("COMMENT ON TABLE \"a\nb\" IS 'it''s'", 4), None);
        let moved = indented("COMMENT ON TABLE t\n  IS 'it''s'", 4);
        assert_eq!(moved.as_deref(), Some("COMMENT ON TABLE t\n      IS 'it''s'"));
    }

    #[test]
    fn a_cast_of_a_whole_array_stays_one() {
        let list =
            "CHECK (((c)::text = ANY ((ARRAY['x'::character varying, 'b]'::character varying])::text[])))";
        let kept = "CHECK (((c)::text = ANY ((ARRAY['x'::character varying, 'b]'::character varying]::character varying[])::text[])))";
        assert_eq!(as_printed(list), kept);
        assert_eq!(as_printed(kept), kept);
        let body = format!("CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $${list}$$");
        assert_eq!(as_printed(&body), body);
        let each = "(ARRAY[('x'::character varying)::text])";
        assert_eq!(as_printed(each), each);
    }

    #[test]
    fn ranges_before_more_of_their_list_stay_ranges() {
        let written = |printed: &str| as_printed(printed);
        assert_eq!(
            written("CHECK ((((a >= 0) AND (a <= 100)) AND (b <> 7)))"),
            "CHECK (((a BETWEEN 0 AND 100) AND (b <> 7)))"
        );
        assert_eq!(
            written("(((f(x, ')') < '(('::text) OR (f(x, ')') > (\"é(\")::text)) OR c)"),
            "((f(x, ')') NOT BETWEEN '(('::text AND (\"é(\")::text) OR c)"
        );
        for as_it_is in [
            "(((a >= 0) AND (a <= 100)) OR (b <> 7))",
            "((b <> 7) AND ((a >= 0) AND (a <= 100)))",
            "(((a >= 0) AND (b <= 100)) AND c)",
            "COMMENT ON TABLE t IS '(((a >= 0) AND (a <= 100)) AND c)'",
        ] {
            assert_eq!(written(as_it_is), as_it_is);
        }
    }
}
