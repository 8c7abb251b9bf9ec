-- Who may do what: every ACL that differs, as a set, from what the object would have had no GRANT or REVOKE ever touched it:
-- PostgreSQL's default for the owner (the owner is compared with the object), and for what PostgreSQL or an extension made,
-- what it was made with. Each privilege in PostgreSQL's own notation: with `*` for the grant option, then the grantor.
WITH object (classid, objid, objsubid, acl, built_in) AS (
    SELECT 'pg_class'::regclass::oid, c.oid, 0, c.relacl,
        acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)
    FROM pg_class AS c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'pg_class'::regclass, a.attrelid, a.attnum, a.attacl, acldefault('c', c.relowner)
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE NOT a.attisdropped AND (a.attacl IS NOT NULL OR EXISTS (
        SELECT FROM pg_init_privs AS i WHERE i.classoid = 'pg_class'::regclass AND i.objoid = a.attrelid AND i.objsubid = a.attnum))
    UNION ALL
    SELECT 'pg_proc'::regclass, p.oid, 0, p.proacl, acldefault('f', p.proowner) FROM pg_proc AS p
    UNION ALL
    SELECT 'pg_type'::regclass, t.oid, 0, t.typacl, acldefault('T', t.typowner) FROM pg_type AS t
    UNION ALL
    SELECT 'pg_namespace'::regclass, n.oid, 0, n.nspacl, acldefault('n', n.nspowner) FROM pg_namespace AS n
    UNION ALL
    SELECT 'pg_language'::regclass, l.oid, 0, l.lanacl, acldefault('l', l.lanowner) FROM pg_language AS l
    UNION ALL
    SELECT 'pg_foreign_data_wrapper'::regclass, w.oid, 0, w.fdwacl, acldefault('F', w.fdwowner) FROM pg_foreign_data_wrapper AS w
    UNION ALL
    SELECT 'pg_foreign_server'::regclass, s.oid, 0, s.srvacl, acldefault('S', s.srvowner) FROM pg_foreign_server AS s
    UNION ALL
    SELECT 'pg_parameter_acl'::regclass, p.oid, 0, p.paracl, acldefault('p', 10) FROM pg_parameter_acl AS p -- since 15
    UNION ALL -- since 15
    SELECT 'pg_database'::regclass, d.oid, 0, d.datacl, acldefault('d', d.datdba)
    FROM pg_database AS d WHERE d.datname = current_database()
),
-- The schema public is a user's like any other, whether it is still the one that initdb made or not.
made_with AS (
    SELECT o.classid, o.objid, o.objsubid, coalesce(o.acl, o.built_in) AS acl, coalesce(i.initprivs, o.built_in) AS initial
    FROM object AS o
    LEFT JOIN pg_init_privs AS i ON i.classoid = o.classid AND i.objoid = o.objid AND i.objsubid = o.objsubid
        AND (o.classid, o.objid) NOT IN (SELECT 'pg_namespace'::regclass, n.oid FROM managed AS n)
    WHERE o.acl IS NOT NULL OR i.initprivs IS NOT NULL
)
SELECT 'acl', CASE i.type WHEN 'database' THEN 'database' ELSE i.type || ' ' || i.identity END, (
        SELECT coalesce(jsonb_object_agg(g.grantee, g.privileges), '{}')
        FROM (
            SELECT coalesce(nullif(e.grantee, 0)::regrole::text, 'public'),
                jsonb_agg(e.privilege_type || CASE WHEN e.is_grantable THEN '*' ELSE '' END || '/' || e.grantor::regrole
                    ORDER BY e.privilege_type COLLATE "C", e.grantor::regrole::text COLLATE "C")
            FROM aclexplode(o.acl) AS e GROUP BY e.grantee
        ) AS g (grantee, privileges))
FROM made_with AS o
CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, o.objsubid) AS i
WHERE NOT (o.acl @> o.initial AND o.initial @> o.acl)
AND coalesce(i.schema, CASE i.type WHEN 'schema' THEN i.name END, '') !~ '^(endstate_|pg_temp|pg_toast)'
