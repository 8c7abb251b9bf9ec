-- pg_default_acl: of a schema what is added, without one all that there is, unless it is what PostgreSQL grants anyhow.
SELECT 'default acl',
    format('%s of %s in %s', d.defaclobjtype, d.defaclrole::regrole,
        CASE d.defaclnamespace WHEN 0 THEN 'all schemas' ELSE d.defaclnamespace::regnamespace::text END), (
        SELECT coalesce(jsonb_object_agg(g.grantee, g.privileges), '{}')
        FROM (
            SELECT coalesce(nullif(e.grantee, 0)::regrole::text, 'public'),
                jsonb_agg(e.privilege_type || CASE WHEN e.is_grantable THEN '*' ELSE '' END || '/' || e.grantor::regrole
                    ORDER BY e.privilege_type COLLATE "C", e.grantor::regrole::text COLLATE "C")
            FROM aclexplode(d.defaclacl) AS e GROUP BY e.grantee
        ) AS g (grantee, privileges))
FROM pg_default_acl AS d
CROSS JOIN LATERAL (
    SELECT CASE d.defaclnamespace WHEN 0
        THEN acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END::"char", d.defaclrole)
        ELSE '{}' END
) AS b (built_in)
WHERE NOT (d.defaclacl @> b.built_in AND b.built_in @> d.defaclacl)
