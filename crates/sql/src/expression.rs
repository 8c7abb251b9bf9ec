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

/// The columns that `expression` is computed from, without qualifiers, where it yields the same for the same row whenever it is
/// evaluated: where it is made of literals, columns, operators, casts and a few immutable functions of PostgreSQL's own.
pub fn columns_computed_from(expression: &str) -> Option<Vec<String>> {
    // PostgreSQL prints `'now'::timestamp` as the time that it was; people mean the time that it will be.
    const MOVING: [&str; 5] = ["now", "today", "tomorrow", "yesterday", "allballs"];
    const ALLOWED: [&str; 16] = [
        "SelectStmt",
        "ResTarget",
        "AConst",
        "ColumnRef",
        "String",
        "Integer",
        "TypeCast",
        "AExpr",
        "BoolExpr",
        "NullTest",
        "BooleanTest",
        "CaseExpr",
        "CaseWhen",
        "CoalesceExpr",
        "AArrayExpr",
        "List",
    ];
    const IMMUTABLE: [&str; 14] = [
        "abs",
        "btrim",
        "ceil",
        "floor",
        "left",
        "length",
        "lower",
        "ltrim",
        "md5",
        "replace",
        "right",
        "rtrim",
        "split_part",
        "upper",
    ];
    ask(expression, |tree| {
        let (mut columns, mut targets, mut same): (Vec<String>, _, _) = (Vec::new(), 0, true);
        each_node(tree, &mut |node| {
            if let Some(tag) = node.get("node").and_then(|node| node.as_object()?.keys().next()) {
                targets += usize::from(tag == "ResTarget");
                same &= ALLOWED.contains(&tag.as_str()) || tag == "FuncCall";
            }
            if let Some(name) = node.get("funcname").map(names) {
                same &= match name.as_slice() {
                    [name] => IMMUTABLE.contains(&name.as_str()),
                    [schema, name] => schema == "pg_catalog" && IMMUTABLE.contains(&name.as_str()),
                    _ => false,
                };
            }
            if let Some(text) = node.get("sval").and_then(|text| text.as_str()) {
                same &= !MOVING.contains(&text.trim().to_lowercase().as_str());
            }
            if let Some(name) = node.get("fields").map(names) {
                let new = name.into_iter().next_back().filter(|name| !columns.contains(name));
                columns.extend(new);
            }
        });
        (same && targets == 1).then_some(columns)
    })
}

/// All columns that `expression` names, without qualifiers, those in its subqueries among them.
pub fn columns_of(expression: &str) -> Vec<String> {
    ask(expression, |tree| {
        let mut columns: Vec<String> = Vec::new();
        each_node(tree, &mut |node| {
            let name = node.get("fields").map(names).into_iter().flatten().next_back();
            columns.extend(name.filter(|name| !columns.contains(name)));
        });
        columns
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
    fn what_is_computed_from_the_row() {
        let computed = [
            ("1", ""),
            ("'{}'::jsonb", ""),
            ("'-1'::integer", ""),
            ("ARRAY['a'::text, 'b'::text]", ""),
            ("coalesce(metadata ->> 'timezone', 'UTC')", "metadata"),
            ("CASE WHEN t.a IS NULL THEN b + 1 ELSE lower(c)::integer END", "a b c"),
        ];
        for (expression, columns) in computed {
            let found = columns_computed_from(expression).map(|columns| columns.join(" "));
            assert_eq!(found.as_deref(), Some(columns), "{expression}");
        }
        let others = [
            "now()",
            "CURRENT_DATE",
            "'now'::timestamp",
            "'today'::text::date",
            "f(a)",
            "app.lower(a)",
            "nextval('s'::regclass)",
            "(SELECT 1)",
            "a IN (SELECT b FROM c)",
            "ARRAY[random()]",
            "current_user",
            "t.*",
            "",
        ];
        for expression in others {
            assert_eq!(columns_computed_from(expression), None, "{expression}");
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
