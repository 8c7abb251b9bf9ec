use Certainty::{Certain, Possible, Probable};
use Role::{Column, Function, Relation, Schema, Text, Type, Unknown};

use super::*;

type Expected<'a> = (&'a str, Certainty, Role, &'a str);

/// Each mention as its word in the body, certainty, role and qualifier.
#[track_caller]
fn check(language: &str, body: &str, names: &[&str], expect: &[Expected<'_>]) {
    let mentions = mentions(language, body, names);
    let found: Vec<_> = mentions
        .iter()
        .map(|m| (&body[m.offset..m.offset + m.len], m.certainty, m.role, m.qualifier.join(".")))
        .collect();
    let expect: Vec<_> = expect.iter().map(|e| (e.0, e.1, e.2, e.3.to_owned())).collect();
    assert_eq!(found, expect, "{body}");
}

#[test]
fn sql_relations() {
    check(
        "sql",
        "SELECT * FROM app.users u JOIN orders o ON u.id = o.user_id -- users",
        &["users", "app"],
        &[("app", Certain, Schema, ""), ("users", Certain, Relation, "app")],
    );
    check(
        "sql",
        "INSERT INTO users VALUES (1); UPDATE \"users\" SET a = 1; DELETE FROM Users",
        &["users"],
        &[
            ("users", Certain, Relation, ""),
            ("\"users\"", Certain, Relation, ""),
            ("Users", Certain, Relation, ""),
        ],
    );
    check(
        "sql",
        "SELECT users.id, to_json(users), users.* FROM users",
        &["users"],
        &[
            ("users", Certain, Relation, ""),
            ("users", Probable, Relation, ""),
            ("users", Certain, Relation, ""),
            ("users", Certain, Relation, ""),
        ],
    );
}

#[test]
fn what_is_only_called_so() {
    check(
        "sql",
        "WITH users AS (SELECT 1 AS id) SELECT users.id FROM users",
        &["users"],
        &[
            ("users", Possible, Unknown, ""),
            ("users", Possible, Unknown, ""),
            ("users", Possible, Unknown, ""),
        ],
    );
    check(
        "sql",
        "SELECT users.id FROM people AS users",
        &["users"],
        &[("users", Possible, Unknown, ""), ("users", Possible, Unknown, "")],
    );
    check("sql", "SELECT 1 AS users", &["users"], &[("users", Possible, Unknown, "")]);
}

#[test]
fn sql_columns() {
    check(
        "sql",
        "SELECT email, u.email, app.users.email FROM app.users u WHERE lower(email) = $1",
        &["email"],
        &[
            ("email", Probable, Column, ""),
            ("email", Certain, Column, "app.users"),
            ("email", Certain, Column, "app.users"),
            ("email", Probable, Column, ""),
        ],
    );
    check(
        "sql",
        "INSERT INTO app.users (email) VALUES ($1) ON CONFLICT (id) DO UPDATE SET email = excluded.email",
        &["email"],
        &[
            ("email", Certain, Column, "app.users"),
            ("email", Certain, Column, "app.users"),
            ("email", Certain, Column, "excluded"),
        ],
    );
    check(
        "sql",
        "UPDATE users SET email = 'email' WHERE id = 1",
        &["email"],
        &[("email", Certain, Column, "users"), ("email", Possible, Text, "")],
    );
    let merge = "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET email = s.email \
                 WHEN NOT MATCHED THEN INSERT (email) VALUES (s.email)";
    check(
        "sql",
        merge,
        &["email"],
        &[
            ("email", Certain, Column, "t"),
            ("email", Certain, Column, "s"),
            ("email", Certain, Column, "t"),
            ("email", Certain, Column, "s"),
        ],
    );
}

#[test]
fn functions_and_types() {
    check(
        "sql",
        "SELECT app.f(x), f(1)::app.mood, CAST(a AS mood[]), 'x'::int",
        &["f", "mood", "int4"],
        &[
            ("f", Certain, Function, "app"),
            ("f", Certain, Function, ""),
            ("mood", Certain, Type, "app"),
            ("mood", Certain, Type, ""),
        ],
    );
}

#[test]
fn one_bad_statement_leaves_the_others_alone() {
    check(
        "sql",
        "SELEC * FROM users; SELECT * FROM users",
        &["users"],
        &[("users", Probable, Unknown, ""), ("users", Certain, Relation, "")],
    );
}

#[test]
fn strings() {
    check(
        "sql",
        "SELECT nextval('app.Users'), 'users_id', 'all users', $$users$$",
        &["users"],
        &[("Users", Possible, Text, ""), ("users", Possible, Text, ""), ("users", Possible, Text, "")],
    );
}

#[test]
fn other_languages() {
    check(
        "plpython3u",
        "plpy.execute(\"select * from users\") # users_x",
        &["users"],
        &[("users", Possible, Unknown, "")],
    );
    check("c", "users", &["users"], &[]);
}

#[test]
fn trigger_function() {
    let body = "
        DECLARE
          before app.users%ROWTYPE;
          mail app.users.email%TYPE := 'none';
          kind app.mood NOT NULL DEFAULT 'sad';
          other kind%TYPE;
          email text;
        BEGIN
          IF TG_OP = 'INSERT' AND NEW.email IS NULL THEN
            NEW.email := lower(email);
          ELSIF EXISTS (SELECT 1 FROM app.users WHERE users.email = mail) THEN
            INSERT INTO app.audit (email) SELECT email FROM users RETURNING id INTO before.id;
          ELSE
            SELECT u.* INTO STRICT before FROM app.users u;
          END IF;
          RETURN NEW;
        END;";
    check(
        "plpgsql",
        body,
        &["users", "email", "mood"],
        &[
            ("users", Certain, Relation, "app"),
            ("users", Certain, Relation, "app"),
            ("email", Certain, Column, "app.users"),
            ("mood", Certain, Type, "app"),
            ("email", Possible, Unknown, ""),
            ("email", Certain, Column, "new"),
            ("email", Certain, Column, "new"),
            ("email", Possible, Unknown, ""),
            ("users", Certain, Relation, "app"),
            ("users", Certain, Relation, ""),
            ("email", Certain, Column, "users"),
            ("email", Certain, Column, "app.audit"),
            ("email", Possible, Unknown, ""),
            ("users", Certain, Relation, ""),
            ("users", Certain, Relation, "app"),
        ],
    );
}

#[test]
fn every_plpgsql_statement() {
    let certain = [
        "PERFORM f(x) FROM users WHERE a;",
        "PERFORM users.f(x);",
        "FOR r IN SELECT * FROM users LOOP NULL; END LOOP;",
        "FOR i IN 1 .. (SELECT count(*) FROM users) LOOP NULL; END LOOP;",
        "FOR i IN REVERSE 9 .. 1 BY users(2) LOOP NULL; END LOOP;",
        "FOREACH i SLICE 1 IN ARRAY users(a) LOOP NULL; END LOOP;",
        "WHILE EXISTS (SELECT FROM users) LOOP NULL; END LOOP;",
        "<<outer>> LOOP EXIT outer WHEN users(1); END LOOP;",
        "CASE users(x) WHEN 1 THEN NULL; ELSE NULL; END CASE;",
        "CASE WHEN users(x) THEN NULL; END CASE;",
        "IF a THEN NULL; ELSEIF users(b) THEN NULL; END IF;",
        "RETURN QUERY SELECT * FROM users;",
        "RETURN QUERY EXECUTE 'x' USING users(1);",
        "RETURN NEXT users(1);",
        "RETURN (SELECT 1 FROM users);",
        "EXECUTE users(1) INTO a, b USING c;",
        "EXECUTE format('x', 1) INTO STRICT a USING users(c), d;",
        "RAISE EXCEPTION 'no %', users(1) USING errcode = 'P0001';",
        "RAISE NOTICE 'no' USING hint = users(1);",
        "ASSERT users(1), 'no';",
        "OPEN c FOR SELECT * FROM users;",
        "OPEN c FOR EXECUTE users(1);",
        "x := (SELECT a INTO b FROM users);",
        "x[1].y = users(2);",
        "CALL users(1);",
        "SELECT a, b INTO x, y FROM users;",
        "SELECT 1 = 2 INTO x FROM users;",
        "SELECT (a) = b FROM users;",
        "UPDATE users SET a = 1 WHERE b = 2;",
        "DELETE FROM users WHERE CURRENT OF c;",
        "TRUNCATE users;",
        "CREATE TEMP TABLE x AS SELECT * FROM users;",
        "WITH a AS (SELECT 1) INSERT INTO users SELECT * FROM a;",
        "LOCK TABLE users IN SHARE MODE;",
        "BEGIN PERFORM users(1); EXCEPTION WHEN unique_violation THEN NULL; END;",
        "BEGIN NULL; EXCEPTION WHEN others THEN UPDATE users SET a = 1; END;",
        "DECLARE c CURSOR (a int) FOR SELECT * FROM users; BEGIN NULL; END;",
        "DECLARE x CONSTANT int := users(1); BEGIN NULL; END;",
        "DECLARE x users[]; BEGIN NULL; END;",
    ];
    for statement in certain {
        for body in [format!("BEGIN {statement} END"), format!("begin null; {statement} return; end;")] {
            let found = mentions("plpgsql", &body, &["users"]);
            assert_eq!(
                found.iter().map(|m| m.certainty).collect::<Vec<_>>(),
                [Certain],
                "{body}\n{found:#?}"
            );
        }
    }
    let possible = [
        "users := 1;",
        "SELECT a INTO users FROM t;",
        "FOR users IN SELECT 1 LOOP NULL; END LOOP;",
        "EXECUTE 'SELECT * FROM users';",
        "<<users>> LOOP EXIT users; END LOOP;",
        "DECLARE users int; BEGIN users := users + 1; x := users.y; END;",
        "GET DIAGNOSTICS users = ROW_COUNT;",
    ];
    for statement in possible {
        let found = mentions("plpgsql", &format!("BEGIN {statement} END"), &["users"]);
        assert!(
            !found.is_empty() && found.iter().all(|m| m.certainty == Possible),
            "{statement}\n{found:#?}"
        );
    }
}
