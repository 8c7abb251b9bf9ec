//! PL/pgSQL's own INTO, which SQL does not know.

use std::ops::Range;

use pg_query::protobuf::Token as Kind;

use crate::parser::Token;

/// The bytes of every `INTO [STRICT] target, …` among `tokens` that fills variables: every INTO but that of
/// INSERT and MERGE.
pub(crate) fn targets(body: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let names_a_table = |token: &Token| matches!(token.kind, Kind::Insert | Kind::Merge);
    let fills = |at: &usize| {
        tokens[*at].kind == Kind::Into
            && !at.checked_sub(1).is_some_and(|before| names_a_table(&tokens[before]))
    };
    let range = |at: usize| tokens[at].start..tokens[last_of_targets(body, tokens, at)].end;
    (0..tokens.len()).filter(fills).map(range).collect()
}

/// The last token of the list that begins after `into`.
fn last_of_targets(body: &str, tokens: &[Token], into: usize) -> usize {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(body, word));
    let mut at = into + 1 + usize::from(is(into + 1, "strict"));
    loop {
        if is(at + 1, "[") {
            at = (at + 1..tokens.len()).find(|next| is(*next, "]")).unwrap_or(tokens.len());
        }
        if !is(at + 1, ".") && !is(at + 1, ",") {
            return at.min(tokens.len() - 1);
        }
        at += 2;
    }
}

/// `text`, which begins at `start` of the body, with these ranges of the body turned into spaces.
pub(super) fn blank(text: &str, start: usize, ranges: &[Range<usize>]) -> String {
    let inside = |at: usize| ranges.iter().any(|range| range.contains(&(start + at)));
    // A character of several bytes becomes as many spaces, so that places stay.
    let blanked =
        text.char_indices().map(|(at, c)| if inside(at) { " ".repeat(c.len_utf8()) } else { c.to_string() });
    blanked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::significant;

    /// Each `gone` is blanked, all else stays.
    #[track_caller]
    fn check(sql: &str, gone: &str) {
        let expect = sql.replacen(gone, &" ".repeat(gone.len()), 1);
        assert_eq!(blank(sql, 0, &targets(sql, &significant(sql))), expect);
    }

    #[test]
    fn only_variables_are_blanked() {
        check("SELECT a INTO x FROM t", "INTO x");
        check("SELECT a, b INTO STRICT x, r.f FROM t", "INTO STRICT x, r.f");
        check("SELECT INTO ä[1], y a, b FROM t", "INTO ä[1], y");
        check("INSERT INTO t (a) VALUES (1) RETURNING a INTO x", "INTO x");
        check("MERGE INTO t USING s", "");
        check("SELECT a INTO", "INTO");
    }
}
