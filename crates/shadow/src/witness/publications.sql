-- pg_publication and pg_publication_rel.
SELECT 'publication', quote_ident(p.pubname),
    to_jsonb(p.*) - '{oid, pubname}'::text[] || jsonb_build_object('pubowner', p.pubowner::regrole)
FROM pg_publication AS p
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_publication'::regclass AND m.objid = p.oid)

UNION ALL
SELECT 'publication relation', format('%s in %I', r.prrelid::regclass, p.pubname),
    to_jsonb(r.*) - '{oid, prpubid, prrelid}'::text[]
    || jsonb_build_object(
        'prqual', pg_get_expr(r.prqual, r.prrelid), -- since 15
        'prattrs', (SELECT jsonb_agg(a.attname ORDER BY a.attname) FROM pg_attribute AS a -- since 15
            WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])), -- since 15
        'prpubid', p.pubname)
FROM pg_publication_rel AS r
JOIN pg_publication AS p ON p.oid = r.prpubid
