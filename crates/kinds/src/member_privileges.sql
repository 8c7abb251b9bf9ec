-- Extensions whose members have other privileges than the extension gave them, one row an extension.
SELECT to_jsonb('privileges on ' || string_agg(i.identity, ', ' ORDER BY i.identity) || ' of extension ' || quote_ident(e.extname))
FROM pg_depend AS d
JOIN pg_extension AS e ON e.oid = d.refobjid
CROSS JOIN LATERAL (
    SELECT p.proacl AS acl, acldefault('f', p.proowner) AS acldefault FROM pg_proc AS p
    WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid
    UNION ALL SELECT c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner) FROM pg_class AS c
    WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid
    UNION ALL SELECT t.typacl, acldefault('T', t.typowner) FROM pg_type AS t
    WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid
    UNION ALL SELECT f.fdwacl, acldefault('F', f.fdwowner) FROM pg_foreign_data_wrapper AS f
    WHERE d.classid = 'pg_foreign_data_wrapper'::regclass AND f.oid = d.objid
    UNION ALL SELECT l.lanacl, acldefault('l', l.lanowner) FROM pg_language AS l
    WHERE d.classid = 'pg_language'::regclass AND l.oid = d.objid
) AS o
LEFT JOIN pg_init_privs AS p ON p.classoid = d.classid AND p.objoid = d.objid AND p.objsubid = 0
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) AS i
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND o.acl IS NOT NULL
AND (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(o.acl) AS a)
    IS DISTINCT FROM (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(coalesce(p.initprivs, o.acldefault)) AS a)
GROUP BY e.extname
