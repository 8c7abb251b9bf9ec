//! Security labels on a server that has no provider for them.
//!
//! Providers are modules of a server, and decide what a label may say; a shadow has none. There the label is written where a
//! provider's would end up. Which object it is on is asked of `COMMENT ON`, which names objects in the same words.

use sql::literal;

/// What comes to the same as this `SECURITY LABEL` on a server without its provider, run by a superuser; `None` for all else.
pub fn imitated(statement: &str) -> Option<String> {
    let rest = statement.strip_prefix("SECURITY LABEL FOR ")?;
    let end = match rest.strip_prefix('"') {
        Some(quoted) => quoted.find("\" ON ")? + 2,
        None => rest.find(" ON ")?,
    };
    let provider = match rest[..end].strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(name) => name.replace("\"\"", "\""),
        None => rest[..end].to_owned(),
    };
    let (address, label) = rest[end + " ON ".len()..].split_once(" IS ")?;
    let comment = literal(&format!("COMMENT ON {address} IS 'endstate label'"));
    let provider = literal(&provider);
    let body = format!(
        "DECLARE c oid; o oid; s integer; l text := {label}; BEGIN \
         BEGIN EXECUTE {comment}; \
         SELECT * INTO STRICT c, o, s FROM (SELECT classoid, objoid, objsubid FROM pg_catalog.pg_description WHERE description = 'endstate label' \
         UNION ALL SELECT classoid, objoid, NULL FROM pg_catalog.pg_shdescription WHERE description = 'endstate label') AS d; \
         RAISE EXCEPTION USING ERRCODE = 'ES001'; EXCEPTION WHEN SQLSTATE 'ES001' THEN NULL; END; \
         PERFORM pg_catalog.set_config('allow_system_table_mods', 'on', true); \
         DELETE FROM pg_catalog.pg_seclabel WHERE classoid = c AND objoid = o AND objsubid = s AND provider = {provider}; \
         DELETE FROM pg_catalog.pg_shseclabel WHERE s IS NULL AND classoid = c AND objoid = o AND provider = {provider}; \
         IF l IS NOT NULL AND s IS NOT NULL THEN INSERT INTO pg_catalog.pg_seclabel VALUES (o, c, s, {provider}, l); \
         ELSIF l IS NOT NULL THEN INSERT INTO pg_catalog.pg_shseclabel VALUES (o, c, {provider}, l); END IF; END"
    );
    Some(format!("DO {}", literal(&body)))
}
