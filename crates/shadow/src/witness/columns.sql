-- pg_attribute and pg_attrdef, also of views, which may have defaults, and of composite types. Left out: numbers, which
-- add and drop move on; what the type says already; array dimensions, which PostgreSQL does not enforce; the missing
-- value, a matter of storage.
SELECT 'column', a.attrelid::regclass || '.' || quote_ident(a.attname),
    to_jsonb(a.*) - '{attrelid, attname, attnum, attlen, attbyval, attalign, attndims, attcacheoff, atttypmod,
        atthasmissing, attmissingval, attacl, attoptions, attfdwoptions}'::text[]
    || jsonb_build_object(
        'atttypid', format_type(a.atttypid, a.atttypmod),
        'attcollation', a.attcollation::regcollation,
        'attstattarget', coalesce(a.attstattarget, -1),
        'attcompression', coalesce(to_jsonb(a.*) ->> 'attcompression', ''),
        'default', (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef AS d
            WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum))
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
JOIN managed AS n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped
AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
