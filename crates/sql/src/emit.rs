//! What PostgreSQL prints and would read as something else.

use crate::color::{Class, highlight};

/// What PostgreSQL prints for `status IN ('a', 'b')` with a `varchar` on the left.
const END: &str = "::character varying])::text[]";
/// The same so that the cast stays one of the whole array: right behind `ARRAY[...]` the parser gives it to each element.
const KEPT: &str = "::character varying]::character varying[])::text[]";

/// SQL made of what PostgreSQL printed, so that it is read as what was printed. Strings, bodies of functions and names stay as they are.
pub fn as_printed(sql: &str) -> String {
    if !sql.contains(END) {
        return sql.to_owned();
    }
    let untouched: Vec<_> = highlight(sql)
        .into_iter()
        .filter(|token| matches!(token.class, Class::String | Class::Plain | Class::Comment))
        .map(|token| token.range)
        .collect();
    let (mut text, mut done) = (String::new(), 0);
    for (place, _) in sql.match_indices(END) {
        let within = |range: &std::ops::Range<usize>| range.start <= place && place + END.len() <= range.end;
        if untouched.iter().any(within) {
            continue;
        }
        text.push_str(&sql[done..place]);
        text.push_str(KEPT);
        done = place + END.len();
    }
    text + &sql[done..]
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
