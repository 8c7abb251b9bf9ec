-- Tables, views, materialized views, foreign tables, sequences and composite types: pg_class, pg_inherits,
-- pg_partitioned_table and pg_foreign_table.
SELECT 'relation', c.oid::regclass::text,
    to_jsonb(c.*) - '{oid, relname, relnamespace, reltype, relfilenode, relpages, reltuples, relallvisible,
        relallfrozen, reltoastrelid, relhasindex, relisshared, relnatts, relchecks, relhasrules, relhastriggers,
        relhassubclass, relrewrite, relfrozenxid, relminmxid, relacl, relpartbound, reloptions}'::text[]
    || jsonb_build_object(
        'reloftype', c.reloftype::regtype,
        'relowner', c.relowner::regrole,
        'relam', (SELECT amname FROM pg_am AS a WHERE a.oid = c.relam),
        'reltablespace', (SELECT spcname FROM pg_tablespace AS s WHERE s.oid = c.reltablespace),
        'relpartbound', pg_get_expr(c.relpartbound, c.oid),
        'partition key', CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
        'definition', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
        'foreign server', (SELECT s.srvname FROM pg_foreign_table AS f JOIN pg_foreign_server AS s ON s.oid = f.ftserver
            WHERE f.ftrelid = c.oid),
        'inherits', (
            SELECT jsonb_agg(to_jsonb(i.*) - '{inhrelid, inhseqno}'::text[]
                || jsonb_build_object('inhparent', i.inhparent::regclass) ORDER BY i.inhseqno)
            FROM pg_inherits AS i WHERE i.inhrelid = c.oid))
FROM pg_class AS c
JOIN managed AS n ON n.oid = c.relnamespace
WHERE c.relkind NOT IN ('i', 'I', 't')
AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)

UNION ALL
-- Of what belongs to an extension only what users do change: row level security.
SELECT 'extension relation', c.oid::regclass::text,
    jsonb_build_object('relrowsecurity', c.relrowsecurity, 'relforcerowsecurity', c.relforcerowsecurity)
FROM pg_class AS c
JOIN member AS m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
WHERE c.relrowsecurity OR c.relforcerowsecurity

UNION ALL
SELECT 'sequence', c.oid::regclass::text,
    to_jsonb(s.*) - 'seqrelid' || jsonb_build_object('seqtypid', s.seqtypid::regtype, 'owned by', (
        SELECT d.refobjid::regclass || '.' || quote_ident(a.attname) || CASE d.deptype WHEN 'i' THEN ' as identity' ELSE '' END
        FROM pg_depend AS d JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
        AND d.deptype IN ('a', 'i')))
FROM pg_sequence AS s
JOIN pg_class AS c ON c.oid = s.seqrelid
JOIN managed AS n ON n.oid = c.relnamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
