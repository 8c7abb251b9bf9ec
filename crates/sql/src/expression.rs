//! Questions about one expression. What does not parse as one answers "no" and "none": [`crate::check()`]
//! says why. So does what is nested so deep (1,000 levels and more) that libpg_query makes no tree of it.

use pg_query::protobuf::ParseResult;

use crate::parser::{Grammar, on_parser_thread, parse};
use crate::tree::{each_node, has, names};

/// Whether a subquery stands anywhere in `expression`: `EXISTS (…)`, `IN (SELECT …)`, `ARRAY(SELECT …)` and
/// so on. CHECK constraints, generated columns and column defaults cannot have one.
pub fn contains_subquery(expression: &str) -> bool {
    ask(expression, |tree| {
        let mut found = false;
        each_node(tree, &mut |node| found |= has(node, &["sub_link_type"]));
        found
    })
}

/// The functions that `expression` calls, each as its parts as written, in the order of a walk and once each.
/// What SQL spells in a way of its own appears as PostgreSQL reads it: `extract(year FROM d)` as
/// `pg_catalog.extract`. `coalesce`, `greatest`, `current_user` and their like are no functions.
pub fn functions_called(expression: &str) -> Vec<Vec<String>> {
    ask(expression, |tree| {
        let mut called = Vec::new();
        each_node(tree, &mut |node| {
            let name = node.get("funcname").filter(|_| has(node, &["agg_star"])).map(names);
            called.extend(name.filter(|name| !called.contains(name)));
        });
        called
    })
}

fn ask<T: Default + Send + 'static>(expression: &str, question: fn(&ParseResult) -> T) -> T {
    let text = expression.to_owned();
    on_parser_thread(move || {
        parse(&text, Grammar::Expression).map(|tree| question(&tree)).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subqueries() {
        let with = [
            "EXISTS (SELECT 1)",
            "a IN (SELECT b FROM c)",
            "coalesce((SELECT 1), 2)",
            "ARRAY(SELECT 1)",
            "CASE WHEN a THEN (VALUES (1)) END",
            "count(*) FILTER (WHERE a = ANY (SELECT 1))",
            "(ARRAY[1, (SELECT 2)])[1]::text",
            "sum(a) OVER (PARTITION BY (SELECT 1))",
        ];
        let without = ["a IN (1, 2)", "'(SELECT 1)'", "f(a) -- (SELECT 1)\n", "a = ANY (b)", "SELECT 1", ""];
        for (expressions, expect) in [(&with[..], true), (&without[..], false)] {
            for expression in expressions {
                assert_eq!(contains_subquery(expression), expect, "{expression}");
            }
        }
    }

    #[test]
    fn functions() {
        let called = functions_called("app.\"F\"(now(), G(h(now()))) || coalesce(auth.uid()::text, 'i()')");
        assert_eq!(called, [vec!["app", "F"], vec!["now"], vec!["g"], vec!["h"], vec!["auth", "uid"]]);
        assert_eq!(functions_called("extract(year FROM d)"), [["pg_catalog", "extract"]]);
        assert!(functions_called("a +").is_empty());
    }
}
