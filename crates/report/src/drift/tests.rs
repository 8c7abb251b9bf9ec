use super::*;

fn drift() -> Vec<Drift> {
    vec![
        Drift {
            object: "policy \"a, <b>\" on users".to_owned(),
            kind: "policy",
            state: "changed",
            live: Some("CREATE POLICY \"a, <b>\" ON public.users\n    USING (true);\n".to_owned()),
            desired: Some(
                "CREATE POLICY \"a, <b>\" ON public.users\n    USING (owner = 50 % 3);\n".to_owned(),
            ),
            place: Some("schema/a b/users.yaml:60:7".to_owned()),
        },
        Drift {
            object: "comment on table users".to_owned(),
            kind: "comment",
            state: "extra",
            live: Some("COMMENT ON TABLE public.users IS 'x';\n".to_owned()),
            desired: None,
            place: None,
        },
    ]
}

fn comparison(drift: &[Drift]) -> Comparison<'_> {
    Comparison {
        database: "shop & co",
        version: "15.18 (Debian 15.18-1)",
        drift,
        unmanaged: &[],
        unread: &[],
    }
}

#[test]
fn each_format() {
    let drift = drift();
    let comparison = comparison(&drift);
    insta::assert_snapshot!("text", text(&comparison, false));
    insta::assert_snapshot!("github", github(&comparison));
    insta::assert_snapshot!("junit", junit(&comparison));
    insta::assert_snapshot!("sarif", sarif(&comparison));
    insta::assert_snapshot!("json", json(&comparison));
}

#[test]
fn in_sync() {
    let comparison = comparison(&[]);
    assert_eq!(text(&comparison, false), "In sync: database shop & co on PostgreSQL 15.18 is as desired.\n");
    assert_eq!(github(&comparison), "");
    assert!(junit(&comparison).contains("tests=\"1\" failures=\"0\""));
    assert!(json(&comparison).contains("\"in_sync\": true"));
}
