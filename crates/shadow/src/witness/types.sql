-- pg_type, pg_enum and pg_range. Row types of tables and array types belong to what they are made of.
SELECT 'type', t.oid::regtype::text,
    to_jsonb(t.*) - '{oid, typname, typnamespace, typrelid, typtypmod, typndims, typdefaultbin, typacl}'::text[]
    || jsonb_build_object(
        'typowner', t.typowner::regrole,
        'typelem', t.typelem::regtype,
        'typarray', t.typarray::regtype,
        'typbasetype', CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
        'typcollation', t.typcollation::regcollation,
        -- The text is from when the domain was made, and may hold names that have since changed.
        'typdefault', coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault),
        'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid),
        'range', (
            SELECT to_jsonb(r.*) - 'rngtypid' || jsonb_build_object(
                'rngsubtype', r.rngsubtype::regtype,
                'rngmultitypid', (to_jsonb(r.*) ->> 'rngmultitypid')::oid::regtype,
                'rngcollation', r.rngcollation::regcollation,
                'rngsubopc', (pg_identify_object('pg_opclass'::regclass, r.rngsubopc, 0)).identity,
                'rngcanonical', r.rngcanonical::regprocedure,
                'rngsubdiff', r.rngsubdiff::regprocedure)
            FROM pg_range AS r WHERE r.rngtypid = t.oid))
FROM pg_type AS t
JOIN managed AS n ON n.oid = t.typnamespace
LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE coalesce(c.relkind, 'c') = 'c'
AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.typarray = t.oid)
AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
