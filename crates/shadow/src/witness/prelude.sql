-- What every query of the witness may refer to.
WITH managed AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname !~ '^(pg_|endstate_)' AND nspname <> 'information_schema'
),
member AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
-- PostgreSQL itself names the constraints that a foreign key to a partitioned table has for its partitions, counting
-- on in the order in which they came. Nobody can rename them: they go by the key and the partition.
named_constraint AS (
    SELECT c.oid, concat_ws('.', coalesce(nullif(c.conrelid, 0)::regclass::text, nullif(c.contypid, 0)::regtype::text),
        CASE WHEN p.confrelid = c.confrelid OR c.conparentid = 0 THEN quote_ident(c.conname) ELSE (
            WITH RECURSIVE upward AS (
                SELECT p.conname, p.conparentid
                UNION ALL
                SELECT a.conname, a.conparentid FROM upward AS u JOIN pg_constraint AS a ON a.oid = u.conparentid
            )
            SELECT quote_ident(u.conname) || ' to ' || c.confrelid::regclass FROM upward AS u WHERE u.conparentid = 0
        ) END) AS identity
    FROM pg_constraint AS c
    LEFT JOIN pg_constraint AS p ON p.oid = c.conparentid
),
-- What stands in our own schemas: to be treated as if it were not there.
our_schema AS (
    SELECT oid FROM pg_namespace WHERE nspname ~ '^endstate_'
),
ours (classid, objid) AS (
    SELECT 'pg_namespace'::regclass::oid, n.oid FROM our_schema AS n
    UNION ALL SELECT 'pg_class'::regclass, c.oid FROM pg_class AS c WHERE c.relnamespace IN (SELECT oid FROM our_schema)
    UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type AS t WHERE t.typnamespace IN (SELECT oid FROM our_schema)
    UNION ALL SELECT 'pg_proc'::regclass, p.oid FROM pg_proc AS p WHERE p.pronamespace IN (SELECT oid FROM our_schema)
    UNION ALL SELECT 'pg_policy'::regclass, p.oid FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid
    WHERE c.relnamespace IN (SELECT oid FROM our_schema)
),
-- The roles that anything in this database names, but for those that PostgreSQL brings along.
used_role AS (
    SELECT DISTINCT s.refobjid AS oid
    FROM pg_shdepend AS s JOIN pg_database AS d ON d.datname = current_database()
    WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid >= 16384
    AND (s.dbid = d.oid OR s.classid = 'pg_database'::regclass AND s.objid = d.oid)
    AND (s.classid, s.objid) NOT IN (SELECT o.classid, o.objid FROM ours AS o)
)
