//! Pieces of the catalog queries that many kinds share.

/// `[class, oid, subobject]` of a catalog row, as `pg_depend` would address it.
pub fn address(class: &str, oid: &str, subobject: &str) -> String {
    format!("jsonb_build_array('{class}'::regclass::oid, {oid}, {subobject})")
}

/// The pairs `'owner', ...`.
pub fn owner(owner: &str) -> String {
    format!("'owner', pg_get_userbyid({owner})")
}

/// The pairs `'acl', ..., 'acldefault', ...`: NULL where nobody ever granted or revoked anything.
///
/// `object_type` is the letter that `acldefault()` takes (manual, "Access Privilege Inquiry Functions").
pub fn acl(object_type: &str, owner: &str, acl: &str) -> String {
    let default = format!("acldefault('{object_type}', {owner})");
    format!(
        "'acl', CASE WHEN {acl} IS NOT NULL THEN {} END, 'acldefault', CASE WHEN {acl} IS NOT NULL THEN {} END",
        exploded(acl),
        exploded(&default)
    )
}

/// An `aclitem[]` as a JSON list of `[grantee, grantor, privilege, grantable]`; PUBLIC is `public`.
pub fn exploded(acl: &str) -> String {
    format!(
        "(SELECT coalesce(jsonb_agg(jsonb_build_array(CASE WHEN a.grantee = 0 THEN 'public' ELSE \
         pg_get_userbyid(a.grantee) END, pg_get_userbyid(a.grantor), lower(a.privilege_type), a.is_grantable) \
         ORDER BY 1), '[]'::jsonb) FROM aclexplode({acl}) AS a)"
    )
}

/// `reloptions`-like arrays as a JSON object, sorted by key. Some builds of the server stamp columns with a `pg_attver` that changes
/// by itself: it is nobody's setting.
pub fn options(array: &str) -> String {
    format!(
        "(SELECT jsonb_object_agg(split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)) FROM unnest({array}) AS o \
         WHERE o !~ '^pg_attver=')"
    )
}

/// An array of `name=value` as a JSON list of pairs in their order.
pub fn ordered_options(array: &str) -> String {
    format!(
        "(SELECT jsonb_agg(jsonb_build_array(split_part(x.o, '=', 1), substr(x.o, strpos(x.o, '=') + 1)) ORDER BY x.n) \
         FROM unnest({array}) WITH ORDINALITY AS x (o, n))"
    )
}

/// The query without the lines that end in `-- since N` of a later version.
pub fn for_version(query: &str, version: u32) -> String {
    let since = |line: &str| line.rsplit_once("-- since ").and_then(|(_, since)| since.parse::<u32>().ok());
    let lines = query.lines().filter(|line| since(line).is_none_or(|since| since <= version));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The same as options of foreign data have them: without a value where that may be a secret, by its name or by its look.
pub fn guarded_options(array: &str) -> String {
    format!(
        "(SELECT jsonb_agg(jsonb_build_array(o.option_name, CASE WHEN {} THEN NULL ELSE o.option_value END)) \
         FROM pg_options_to_table({array}) AS o)",
        secret("o.option_name", "o.option_value")
    )
}

/// The condition that a value may be a secret.
pub fn secret(name: &str, value: &str) -> String {
    format!(
        "({name} ~* 'passw|passfile|pwd|secret|token|credential|(api|access|private|service|ssl|jwt)_?key|conn(ection)?_?(str|info)|dsn' \
         OR {value} ~* '(passw(or)?d|pwd|secret|token)\\s*=|://[^/@]*:[^/@]*@')"
    )
}

/// Where the rows of the relation `c` are and how they are kept, as pairs of a specification: storage parameters (those of the TOAST table
/// begin with `toast.`), access method and tablespace.
pub const STORAGE: &str = "'options', (SELECT jsonb_agg(jsonb_build_array(o.k, o.v) ORDER BY o.toast, o.n) FROM (\
     SELECT false AS toast, n, split_part(o, '=', 1) AS k, substr(o, strpos(o, '=') + 1) AS v FROM unnest(c.reloptions) WITH ORDINALITY AS x (o, n) \
     UNION ALL SELECT true, n, 'toast.' || split_part(o, '=', 1), substr(o, strpos(o, '=') + 1) FROM pg_class AS t, unnest(t.reloptions) WITH ORDINALITY AS x (o, n) WHERE t.oid = c.reltoastrelid) AS o), \
     'access_method', (SELECT nullif(a.amname, 'heap') FROM pg_am AS a WHERE a.oid = c.relam), \
     'tablespace', (SELECT s.spcname FROM pg_tablespace AS s WHERE s.oid = c.reltablespace)";

/// The pairs `'at', ..., 'also', ...` of the relation `c`, whose row type, array type and, for a view, query mean the same object.
pub fn relation() -> String {
    format!(
        "'at', {}, 'also', jsonb_build_array({}, (SELECT {} FROM pg_type AS t WHERE t.oid = c.reltype), \
         (SELECT {} FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND r.rulename = '_RETURN')), 'in', {}, 'name', c.relname, {}, {}",
        address("pg_class", "c.oid", "0"),
        address("pg_type", "c.reltype", "0"),
        address("pg_type", "t.typarray", "0"),
        address("pg_rewrite", "r.oid", "0"),
        address("pg_namespace", "c.relnamespace", "0"),
        owner("c.relowner"),
        acl("r", "c.relowner", "c.relacl"),
    )
}

/// `disabled`, `replica` or `always` for what is not simply enabled: triggers, rules, event triggers.
pub fn enabled(column: &str) -> String {
    format!("CASE {column} WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END")
}

/// The condition that an OID was not made by `initdb`.
pub fn user_made(oid: &str) -> String {
    format!("{oid} >= 16384")
}

/// The same for what belongs to a relation. Those of temporary ones are left out before anything else is asked of them: other sessions drop
/// theirs at any moment, and functions that see the catalog as it is now would fail.
pub fn user_made_on(oid: &str, relation: &str) -> String {
    let temporary = "SELECT t.oid FROM pg_class AS t WHERE t.relpersistence = 't'";
    format!("{} AND {relation} NOT IN ({temporary})", user_made(oid))
}

/// The name of a setting as `SET` takes it; the parts of `app.tenant` are names of their own.
pub(crate) fn setting_name(name: &str) -> String {
    sql::qualified(&name.split('.').collect::<Vec<_>>())
}

/// A `name=value` of `proconfig` or `setconfig` as `SET name TO` takes its value: lists of names as they are, all else as a literal,
/// like `pg_dump`.
pub fn setting(text: &str) -> String {
    let value = format!("substr({text}, strpos({text}, '=') + 1)");
    format!(
        "CASE WHEN split_part({text}, '=', 1) IN ('local_preload_libraries', 'search_path', 'session_preload_libraries', \
         'shared_preload_libraries', 'temp_tablespaces', 'unix_socket_directories') \
         THEN CASE WHEN {value} IN ('', '\"\"') THEN '''''' ELSE {value} END ELSE quote_literal({value}) END"
    )
}
