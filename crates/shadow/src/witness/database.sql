-- What is a database's own: pg_database, pg_namespace, pg_extension, pg_event_trigger, pg_statistic_ext, pg_largeobject.
-- Of pg_database without what CREATE DATABASE fixes for good, as a copy on another machine cannot always have it.
SELECT 'database', 'this',
    to_jsonb(d.*) - '{oid, datname, encoding, datlocprovider, datcollate, datctype, datlocale, daticulocale, daticurules,
        datcollversion, datlastsysoid, dathasloginevt, datfrozenxid, datminmxid, dattablespace, datacl}'::text[]
    || jsonb_build_object('datdba', d.datdba::regrole)
FROM pg_database AS d
WHERE d.datname = current_database()

UNION ALL
SELECT 'schema', quote_ident(s.nspname),
    to_jsonb(s.*) - '{oid, nspname, nspacl}'::text[] || jsonb_build_object('nspowner', s.nspowner::regrole)
FROM pg_namespace AS s
JOIN managed AS n ON n.oid = s.oid
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_namespace'::regclass AND m.objid = s.oid)

UNION ALL
SELECT 'extension', quote_ident(e.extname),
    to_jsonb(e.*) - '{oid, extname, extowner, extconfig, extcondition}'::text[]
    || jsonb_build_object('extnamespace', e.extnamespace::regnamespace)
FROM pg_extension AS e

UNION ALL
-- ALTER ... DEPENDS ON EXTENSION.
SELECT 'extension dependency', i.type || ' ' || i.identity || ' on ' || quote_ident(e.extname), 'true'
FROM pg_depend AS d
JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS i
WHERE d.deptype = 'x'

UNION ALL
SELECT 'event trigger', quote_ident(e.evtname),
    to_jsonb(e.*) - '{oid, evtname}'::text[]
    || jsonb_build_object(
        'evtowner', e.evtowner::regrole,
        'evtfoid', e.evtfoid::regprocedure,
        'evttags', (SELECT jsonb_agg(t.tag ORDER BY t.tag COLLATE "C") FROM unnest(e.evttags) AS t (tag)))
FROM pg_event_trigger AS e
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_event_trigger'::regclass AND m.objid = e.oid)

UNION ALL
SELECT 'statistics', (pg_identify_object('pg_statistic_ext'::regclass, s.oid, 0)).identity,
    to_jsonb(s.*) - '{oid, stxname, stxnamespace, stxkeys, stxexprs}'::text[]
    || jsonb_build_object(
        -- The order of columns is that of the table.
        'definition', CASE WHEN to_jsonb(s) ->> 'stxexprs' IS NOT NULL THEN pg_get_statisticsobjdef(s.oid) ELSE (
            SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname)
            FROM pg_attribute AS a WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::int2[])) END,
        'stxrelid', s.stxrelid::regclass,
        'stxowner', s.stxowner::regrole,
        'stxkind', (SELECT jsonb_agg(k.kind ORDER BY k.kind) FROM unnest(s.stxkind) AS k (kind)),
        'stxstattarget', coalesce(s.stxstattarget, -1))
FROM pg_statistic_ext AS s
JOIN managed AS n ON n.oid = s.stxnamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_statistic_ext'::regclass AND m.objid = s.oid)

UNION ALL
SELECT 'large objects', 'all', jsonb_build_object('count', count(*)) FROM pg_largeobject_metadata
