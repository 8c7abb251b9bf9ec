-- Facts that no kind reads, each in words: they are named in plans and dumps, and never touched.
-- Privileges on what PostgreSQL made, other than it made them.
SELECT to_jsonb('privileges on ' || string_agg(i.identity, ', ' ORDER BY i.identity COLLATE "C") || ' of PostgreSQL')
FROM (
    SELECT 'pg_proc'::regclass, p.oid, 0, p.proowner, p.proacl, acldefault('f', p.proowner) FROM pg_proc AS p
    UNION ALL SELECT 'pg_class'::regclass, c.oid, 0, c.relowner, c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner) FROM pg_class AS c
    UNION ALL SELECT 'pg_class'::regclass, a.attrelid, a.attnum, 0, a.attacl, '{}' FROM pg_attribute AS a
    UNION ALL SELECT 'pg_type'::regclass, t.oid, 0, t.typowner, t.typacl, acldefault('T', t.typowner) FROM pg_type AS t
    UNION ALL SELECT 'pg_language'::regclass, l.oid, 0, l.lanowner, l.lanacl, acldefault('l', l.lanowner) FROM pg_language AS l
    UNION ALL SELECT 'pg_namespace'::regclass, n.oid, 0, n.nspowner, n.nspacl, acldefault('n', n.nspowner) FROM pg_namespace AS n WHERE n.nspname <> 'public'
) AS o (class, oid, subobject, owner, acl, acldefault)
LEFT JOIN pg_init_privs AS p ON p.classoid = o.class AND p.objoid = o.oid AND p.objsubid = o.subobject
CROSS JOIN LATERAL pg_identify_object(o.class, o.oid, o.subobject) AS i
-- initdb grants everybody the use of the information schema, and does not write down that it did.
CROSS JOIN LATERAL (
    SELECT coalesce(p.initprivs, o.acldefault || CASE WHEN o.subobject = 0 AND 'information_schema' IN (i.schema, i.name) AND i.type <> 'type'
        THEN ARRAY[makeaclitem(0, o.owner, CASE i.type WHEN 'schema' THEN 'USAGE' ELSE 'SELECT' END, false)] ELSE '{}' END) AS acl
) AS made
WHERE o.oid < 16384 AND o.acl IS NOT NULL AND NOT (o.acl @> made.acl AND made.acl @> o.acl)
AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
HAVING count(*) > 0
UNION ALL
SELECT to_jsonb('privileges on parameter ' || p.parname) FROM pg_parameter_acl AS p -- since 15
UNION ALL -- since 15
SELECT to_jsonb('privileges on the row type of ' || t.typrelid::regclass)
FROM pg_type AS t JOIN pg_class AS c ON c.oid = t.typrelid AND c.relkind <> 'c'
WHERE t.oid >= 16384 AND NOT (t.typacl @> acldefault('T', t.typowner) AND acldefault('T', t.typowner) @> t.typacl)
UNION ALL
SELECT to_jsonb('operator family member ' || i.identity)
FROM (
    SELECT 'pg_amop'::regclass, oid, amopfamily FROM pg_amop
    UNION ALL SELECT 'pg_amproc'::regclass, oid, amprocfamily FROM pg_amproc
) AS o (class, oid, family)
CROSS JOIN LATERAL pg_identify_object(o.class, o.oid, 0) AS i
WHERE o.oid >= 16384 AND o.family < 16384
AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype IN ('i', 'e'))
UNION ALL
SELECT to_jsonb('dependency of ' || i.type || ' ' || i.identity || ' on extension ' || quote_ident(e.extname))
FROM pg_depend AS d JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS i
WHERE d.deptype = 'x'
UNION ALL
SELECT to_jsonb('row level security on ' || c.oid::regclass || ' of extension ' || quote_ident(e.extname))
FROM pg_class AS c
JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
WHERE c.relrowsecurity OR c.relforcerowsecurity
UNION ALL
SELECT DISTINCT to_jsonb('triggers of constraint ' || quote_ident(c.conname) || ' on ' || t.tgrelid::regclass || ', which do not simply fire')
FROM pg_trigger AS t JOIN pg_constraint AS c ON c.oid = t.tgconstraint
WHERE t.tgisinternal AND t.tgenabled <> 'O'
UNION ALL
SELECT to_jsonb('partition ' || i.inhrelid::regclass || ', half detached from ' || i.inhparent::regclass)
FROM pg_inherits AS i WHERE to_jsonb(i) @> '{"inhdetachpending": true}'
UNION ALL
SELECT to_jsonb(count(*) || ' large objects') FROM pg_largeobject_metadata HAVING count(*) > 0
UNION ALL
SELECT to_jsonb(o.what || ' the database')
FROM pg_database AS d
CROSS JOIN LATERAL (
    SELECT 'security label on' FROM pg_shseclabel AS l WHERE l.classoid = 'pg_database'::regclass AND l.objoid = d.oid
    UNION ALL SELECT 'connection limit of' WHERE d.datconnlimit <> -1
    UNION ALL SELECT 'setting ' || split_part(c.text, '=', 1) || ', which may be a secret, of' FROM pg_db_role_setting AS s, unnest(s.setconfig) AS c (text)
    WHERE s.setdatabase = d.oid AND s.setrole = 0 AND {secret}
) AS o (what)
WHERE d.datname = current_database()
