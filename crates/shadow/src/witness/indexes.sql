-- pg_class and pg_index of indexes, also of the tables of extensions. Column by column instead of by pg_get_indexdef, which
-- prints options in whatever order they were set. The names of an index's columns are left out: a column of the table that
-- is renamed leaves them as they were, a fresh build does not, and nothing but `\d` of psql ever shows them.
SELECT 'index', c.oid::regclass::text,
    to_jsonb(c.*) - '{oid, relname, relnamespace, reltype, reloftype, relfilenode, relpages, reltuples, relallvisible,
        relallfrozen, reltoastrelid, relhasindex, relisshared, relnatts, relchecks, relhasrules, relhastriggers,
        relhassubclass, relrewrite, relfrozenxid, relminmxid, relacl, relpartbound, reloptions}'::text[]
    || (to_jsonb(i.*) - '{indexrelid, indcheckxmin, indkey, indexprs}'::text[])
    || jsonb_build_object(
        'indrelid', i.indrelid::regclass,
        'relowner', c.relowner::regrole,
        'relam', (SELECT amname FROM pg_am AS a WHERE a.oid = c.relam),
        'reltablespace', (SELECT spcname FROM pg_tablespace AS s WHERE s.oid = c.reltablespace),
        'inherits', (SELECT jsonb_agg(h.inhparent::regclass) FROM pg_inherits AS h WHERE h.inhrelid = c.oid),
        'columns', (
            SELECT jsonb_agg(pg_get_indexdef(c.oid, n.number, false) ORDER BY n.number)
            FROM generate_series(1, i.indnatts) AS n (number)),
        'indcollation', i.indcollation::regcollation[],
        'indclass', (
            SELECT jsonb_agg(format('%I.%I', n.nspname, o.opcname) ORDER BY k.number)
            FROM unnest(i.indclass) WITH ORDINALITY AS k (oid, number)
            JOIN pg_opclass AS o ON o.oid = k.oid JOIN pg_namespace AS n ON n.oid = o.opcnamespace),
        'indoption', i.indoption::int2[],
        'indpred', pg_get_expr(i.indpred, i.indrelid),
        'attstattarget', a.targets,
        'attoptions', a.options)
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN managed AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT jsonb_agg(coalesce(a.attstattarget, -1) ORDER BY a.attnum), jsonb_agg((
        SELECT array_agg(o) FROM unnest(a.attoptions) AS o WHERE o !~ '^pg_attver=') ORDER BY a.attnum)
    FROM pg_attribute AS a WHERE a.attrelid = c.oid
) AS a (targets, options)
