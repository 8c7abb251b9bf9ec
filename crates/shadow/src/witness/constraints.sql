-- pg_constraint, of tables and of domains, also those of extensions: users may have added to them. The columns stand in
-- the definition, by name. Whether a key is inherited means nothing, and depends on the way in which a partition became one.
-- Which of several equal keys a foreign key rests on depends on their age alone, and cannot be said.
SELECT 'constraint', t.identity,
    to_jsonb(c.*) - '{oid, conname, connamespace, conkey, confkey, confdelsetcols, conbin}'::text[]
    || jsonb_build_object(
        'definition', pg_get_constraintdef(c.oid),
        'conrelid', c.conrelid::regclass,
        'contypid', c.contypid::regtype,
        'confrelid', c.confrelid::regclass,
        'conindid', CASE WHEN c.contype <> 'f' THEN c.conindid::regclass END,
        'conparentid', p.identity,
        'conpfeqop', c.conpfeqop::regoperator[],
        'conppeqop', c.conppeqop::regoperator[],
        'conffeqop', c.conffeqop::regoperator[],
        'conexclop', c.conexclop::regoperator[])
    || CASE WHEN c.contype IN ('p', 'u', 'x', 'f') THEN '{"connoinherit": null}'::jsonb ELSE '{}' END
FROM pg_constraint AS c
JOIN named_constraint AS t ON t.oid = c.oid
LEFT JOIN named_constraint AS p ON p.oid = c.conparentid
JOIN managed AS n ON n.oid = c.connamespace
