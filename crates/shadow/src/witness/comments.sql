-- pg_description, pg_shdescription, pg_seclabel and pg_shseclabel. PostgreSQL's own comments are on what has an OID below 16384,
-- but for the schema public and the extension plpgsql, which are anybody's; those of an extension's members come with it.
WITH remark (kind, classoid, objoid, objsubid, attributes) AS (
    SELECT 'comment', d.classoid, d.objoid, d.objsubid, to_jsonb(d.description)
    FROM pg_description AS d
    UNION ALL
    SELECT 'security label', l.classoid, l.objoid, l.objsubid, jsonb_object_agg(l.provider, l.label)
    FROM pg_seclabel AS l GROUP BY l.classoid, l.objoid, l.objsubid
),
shared_remark (kind, classoid, objoid, attributes) AS (
    SELECT 'comment', d.classoid, d.objoid, to_jsonb(d.description) FROM pg_shdescription AS d
    UNION ALL
    SELECT 'security label', l.classoid, l.objoid, jsonb_object_agg(l.provider, l.label)
    FROM pg_shseclabel AS l GROUP BY l.classoid, l.objoid
)
SELECT r.kind, i.type || ' ' || i.identity, r.attributes
FROM remark AS r
CROSS JOIN LATERAL pg_identify_object(r.classoid, r.objoid, r.objsubid) AS i
LEFT JOIN pg_trigger AS t ON r.classoid = 'pg_trigger'::regclass AND t.oid = r.objoid
LEFT JOIN pg_policy AS p ON r.classoid = 'pg_policy'::regclass AND p.oid = r.objoid
LEFT JOIN pg_rewrite AS w ON r.classoid = 'pg_rewrite'::regclass AND w.oid = r.objoid
LEFT JOIN pg_class AS c ON c.oid = coalesce(t.tgrelid, p.polrelid, w.ev_class)
WHERE (r.objoid >= 16384 OR r.kind = 'security label' OR r.classoid = 'pg_extension'::regclass
    OR r.classoid = 'pg_namespace'::regclass AND r.objoid IN (SELECT n.oid FROM managed AS n))
AND r.classoid <> 'pg_largeobject'::regclass
AND coalesce(i.schema, c.relnamespace::regnamespace::text, CASE i.type WHEN 'schema' THEN i.name END, '')
    !~ '^(endstate_|pg_temp|pg_toast)'
AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = r.classoid AND m.objid = r.objoid)

UNION ALL
SELECT r.kind, CASE WHEN i.type = 'database' THEN 'database' ELSE i.type || ' ' || i.identity END, r.attributes
FROM shared_remark AS r
CROSS JOIN pg_database AS d
CROSS JOIN LATERAL pg_identify_object(r.classoid, r.objoid, 0) AS i
WHERE d.datname = current_database()
AND (r.classoid = 'pg_database'::regclass AND r.objoid = d.oid
    OR r.classoid = 'pg_authid'::regclass AND r.objoid IN (SELECT u.oid FROM used_role AS u))
