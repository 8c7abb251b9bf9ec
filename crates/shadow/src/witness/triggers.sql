-- pg_trigger, with those that keep constraints, whose own names hold an OID: they go by constraint and function.
SELECT 'trigger',
    t.tgrelid::regclass || '.' || CASE WHEN t.tgisinternal AND c.oid IS NOT NULL
        THEN c.identity || ' ' || t.tgfoid::regprocedure ELSE quote_ident(t.tgname) END,
    to_jsonb(t.*) - '{oid, tgname, tgattr, tgargs, tgqual}'::text[]
    || jsonb_build_object(
        'definition', CASE WHEN NOT t.tgisinternal OR c.oid IS NULL THEN pg_get_triggerdef(t.oid) END,
        'tgrelid', t.tgrelid::regclass,
        'tgparentid', (SELECT p.tgrelid::regclass FROM pg_trigger AS p WHERE p.oid = t.tgparentid),
        'tgfoid', t.tgfoid::regprocedure,
        'tgconstrrelid', t.tgconstrrelid::regclass,
        'tgconstrindid', CASE WHEN t.tgconstrrelid = 0 THEN t.tgconstrindid::regclass END,
        'tgconstraint', c.identity)
FROM pg_trigger AS t
JOIN pg_class AS r ON r.oid = t.tgrelid
JOIN managed AS n ON n.oid = r.relnamespace
LEFT JOIN named_constraint AS c ON c.oid = t.tgconstraint
