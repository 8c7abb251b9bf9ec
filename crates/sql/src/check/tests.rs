use super::*;

#[track_caller]
fn passes(fragment: Fragment<'_>, texts: &[&str]) {
    for text in texts {
        assert_eq!(check(fragment, text), Ok(()), "{text}");
    }
}

/// Each text fails, and what stands from the error's place on is the second string.
#[track_caller]
fn fails(fragment: Fragment<'_>, cases: &[(&str, &str)]) {
    for (text, rest) in cases {
        let Err(error) = check(fragment, text) else { panic!("{text} passes") };
        assert_eq!(&text[error.offset..], *rest, "{text}: {error:?}");
        assert!(text.is_char_boundary(error.offset + error.len), "{text}: {error:?}");
    }
}

#[test]
fn expressions() {
    passes(
        Fragment::Expression,
        &[
            "1",
            "'UTC'",
            "now()",
            "coalesce(metadata->>'timezone', 'UTC')",
            "clerk_user_id = auth.jwt()->>'sub' or is_admin()",
            "VALUE > 0 AND VALUE IS NOT NULL",
            "(SELECT 1)",
            "a IN (1, 2) AND EXISTS (SELECT 1 FROM t WHERE b)",
            "a IS DISTINCT FROM b",
            "a /* why, oh; why */ > 0",
            "a -- one\n AND b",
            "ROW(1, 2)",
            "(1, 2)",
            "x::timestamp(3) with time zone",
            "CASE WHEN a THEN b ELSE c END",
            "ARRAY[1, 2]::int[]",
            "a COLLATE \"C\"",
            "extract(year FROM d)",
            "new.total > 0",
            "metadata ? 'a' AND metadata ?| ARRAY['a'] AND metadata @? '$.a'",
            "a = ANY (ARRAY(SELECT 1))",
            "tags[1:2] @> b",
            "a operator(pg_catalog.=) b",
            "(a).b.c[1]",
            "$1 + 1",
            "'it''s; DROP TABLE x'",
        ],
    );
    fails(
        Fragment::Expression,
        &[
            ("1; DROP TABLE x", "; DROP TABLE x"),
            ("a, b", ", b"),
            ("a AS b", "AS b"),
            ("a b", "b"),
            ("a IS", ""),
            ("a FROM t", "FROM t"),
            ("a WHERE b", "WHERE b"),
            ("a ORDER BY b", "ORDER BY b"),
            ("a LIMIT 1", "LIMIT 1"),
            ("DISTINCT a", "DISTINCT a"),
            ("*", "*"),
            ("SELECT 1", "SELECT 1"),
            ("a)", ")"),
            ("a) WITH CHECK (b", ") WITH CHECK (b"),
            ("1] + b[2", "] + b[2"),
            ("1 : 2", ": 2"),
            ("a := 1", ":= 1"),
            ("a AND AND b", "AND b"),
            ("a = ", " "),
            ("'open", "'open"),
            ("", ""),
            (" -- nothing", " -- nothing"),
            ("a > 0 -- positive", "-- positive"),
            ("a > 0 -- positive\n", "-- positive\n"),
            ("a\0b", "\0b"),
        ],
    );
}

#[test]
fn types() {
    let types = [
        "varchar(50)",
        "numeric(10,2)[]",
        "public.\"My Type\"",
        "timestamp(3) with time zone",
        "int[3][]",
        "double precision",
        "interval year to month",
        "bit varying(5)",
        "int ARRAY",
        "ext.geometry(Point, 4326)",
        "\"char\"",
        "jsonb",
    ];
    passes(Fragment::Type, &types);
    passes(Fragment::ReturnType, &types);
    passes(Fragment::ReturnType, &["setof app.users", "SETOF int[]", "trigger", "void"]);
    fails(
        Fragment::Type,
        &[
            ("setof x", "setof x"),
            ("int, int", ", int"),
            ("int DEFAULT 3", "DEFAULT 3"),
            ("int NOT NULL", "NOT NULL"),
            ("int; DROP TABLE x", "; DROP TABLE x"),
            ("varchar(50", ""),
            ("int -- four bytes", "-- four bytes"),
            ("", ""),
            ("users.email%TYPE", "%TYPE"),
        ],
    );
}

#[test]
fn queries() {
    passes(
        Fragment::Query,
        &[
            "SELECT 1",
            "VALUES (1), (2)",
            "TABLE t",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "(SELECT 1 UNION SELECT 2) ORDER BY 1",
            "SELECT a -- why\nFROM t",
            "SELECT ';'",
        ],
    );
    fails(
        Fragment::Query,
        &[
            ("SELECT 1;", ";"),
            ("; SELECT 1", "; SELECT 1"),
            ("SELECT 1; SELECT 2", "; SELECT 2"),
            ("SELECT 1 INTO t", "INTO t"),
            ("INSERT INTO t SELECT 1", "INSERT INTO t SELECT 1"),
            ("WITH a AS (SELECT 1) DELETE FROM t", "DELETE FROM t"),
            ("CREATE TABLE t AS SELECT 1", "CREATE TABLE t AS SELECT 1"),
            ("SELECT 1 -- one", "-- one"),
            ("SELECT a FORM b WHERE c", "b WHERE c"),
            ("1 + 1", "1 + 1"),
            ("a CROSS JOIN b", "a CROSS JOIN b"),
            ("", ""),
        ],
    );
}

#[test]
fn statement_and_statements() {
    passes(Fragment::Statement, &["SELECT 1", "SELECT 1;", "; SELECT 1 ;;", "/* x */ COMMIT"]);
    fails(
        Fragment::Statement,
        &[
            ("SELECT 1; DROP TABLE x", "DROP TABLE x"),
            (";;", ";;"),
            ("", ""),
            ("-- x", "-- x"),
            ("SELECT 1 -- x", "-- x"),
            ("CREATE TABLE t (a int,\n b itn NOT,\n c text)", ",\n c text)"),
        ],
    );
    passes(Fragment::Statements, &["", "-- x", "SELECT 1; SELECT 2 -- x", ";;"]);
    fails(Fragment::Statements, &[("SELECT 1; SELEC 2", "SELEC 2"), ("SELECT 1;\n\\d", "\\d")]);
}

#[test]
fn sql_bodies() {
    let sql = Fragment::FunctionBody { language: "sql" };
    passes(sql, &["SELECT $1; SELECT a", "", "SELECT 1 -- x"]);
    fails(sql, &[("SELECT 1; SELEC 2", "SELEC 2")]);
    passes(Fragment::FunctionBody { language: "plpython3u" }, &["return 'x"]);
    fails(Fragment::FunctionBody { language: "c" }, &[("a\0", "\0")]);
}

#[test]
fn plpgsql_bodies() {
    let plpgsql = Fragment::FunctionBody { language: "plpgsql" };
    passes(
        plpgsql,
        &[
            "BEGIN RETURN 1; END",
            "BEGIN NEW.x := 1; RETURN NEW; END",
            "BEGIN IF TG_OP = 'INSERT' THEN RETURN NEW; END IF; RETURN OLD; END;",
            "DECLARE a app.t; BEGIN RETURN a; END",
            "BEGIN unknown_parameter := 1; RETURN QUERY SELECT 1; END",
            "DECLARE r record; BEGIN FOR r IN SELECT 1 AS a LOOP NULL; END LOOP; END",
            "BEGIN SELECT a INTO unknown_parameter FROM t; EXECUTE 'x' INTO b USING c; END",
        ],
    );
    fails(
        plpgsql,
        &[
            ("BEGIN SELECT a FORM b WHERE c; END", "b WHERE c; END"),
            ("BEGIN IF a THEN RETURN 1; END", ""),
            ("BEGIN PERFORM 2 * 3; RETURN 1 +; END", "; END"),
            ("BEGIN IF a THEN SELCT 1; END IF; END", "SELCT 1; END IF; END"),
            ("BEGIN RETURN; END; SELECT 1", "SELECT 1"),
            ("RETURN 1;", "RETURN 1;"),
        ],
    );
}

#[test]
fn every_kind_of_statement() {
    let statements = include_str!("../../tests/ddl_statements.sql");
    let refused: Vec<&str> =
        statements.lines().filter(|line| check(Fragment::Statement, line).is_err()).collect();
    // STORAGE after COLLATE was a slip of whoever wrote it by hand: 85 of 86 are valid.
    assert_eq!(statements.lines().count(), 86);
    assert!(refused.len() == 1 && refused[0].ends_with("STORAGE external COMPRESSION lz4"), "{refused:#?}");
    let joined = statements.lines().filter(|line| !refused.contains(line)).collect::<Vec<_>>().join(";\n");
    assert_eq!(crate::split(&joined).unwrap().len(), 85);
}

#[test]
fn many_levels() {
    const LEVELS: usize = 1000;
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(LEVELS), close.repeat(LEVELS));
    passes(
        Fragment::Expression,
        &[
            &format!("'a'{}", " || 'a'".repeat(LEVELS)),
            &nested("f(", ")"),
            &nested("CASE WHEN a THEN ", " END"),
            &nested("(SELECT ", ")"),
            &nested("(", ")"),
        ],
    );
    passes(
        Fragment::Query,
        &[&format!("{}SELECT 1{}", "SELECT * FROM (".repeat(LEVELS), ") a".repeat(LEVELS))],
    );
    passes(Fragment::Query, &[&format!("SELECT 1{}", " UNION SELECT 1".repeat(LEVELS))]);
}

/// Trees are limited by the C stack that libpg_query allows itself: in a debug build less than in a release.
#[test]
fn trees_of_many_levels() {
    const LEVELS: usize = 400;
    let nested = format!("{}(SELECT 1){}", "f(".repeat(LEVELS), ")".repeat(LEVELS));
    assert!(crate::contains_subquery(&nested));
    assert_eq!(crate::functions_called(&nested), [["f"]]);
}
