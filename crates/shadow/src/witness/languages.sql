-- pg_language, pg_cast, pg_transform, pg_conversion and pg_collation. What initdb makes has OIDs below 16384.
SELECT 'language', quote_ident(l.lanname),
    to_jsonb(l.*) - '{oid, lanname, lanacl}'::text[]
    || jsonb_build_object(
        'lanowner', l.lanowner::regrole,
        'lanplcallfoid', l.lanplcallfoid::regprocedure,
        'laninline', l.laninline::regprocedure,
        'lanvalidator', l.lanvalidator::regprocedure)
FROM pg_language AS l
WHERE l.oid >= 16384
AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_language'::regclass AND m.objid = l.oid)

UNION ALL
SELECT 'cast', format('(%s AS %s)', c.castsource::regtype, c.casttarget::regtype),
    to_jsonb(c.*) - '{oid, castsource, casttarget}'::text[] || jsonb_build_object('castfunc', c.castfunc::regprocedure)
FROM pg_cast AS c
WHERE c.oid >= 16384
AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_cast'::regclass AND m.objid = c.oid)

UNION ALL
SELECT 'transform', (pg_identify_object('pg_transform'::regclass, t.oid, 0)).identity,
    to_jsonb(t.*) - '{oid, trftype, trflang}'::text[]
    || jsonb_build_object('trffromsql', t.trffromsql::oid::regprocedure, 'trftosql', t.trftosql::oid::regprocedure)
FROM pg_transform AS t
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_transform'::regclass AND m.objid = t.oid)

UNION ALL
SELECT 'conversion', (pg_identify_object('pg_conversion'::regclass, c.oid, 0)).identity,
    to_jsonb(c.*) - '{oid, conname, connamespace}'::text[]
    || jsonb_build_object('conowner', c.conowner::regrole, 'conproc', c.conproc::oid::regprocedure)
FROM pg_conversion AS c
JOIN managed AS n ON n.oid = c.connamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_conversion'::regclass AND m.objid = c.oid)

UNION ALL
-- The version is that of the operating system's or ICU's library when the collation was made. A name may stand for one
-- collation an encoding; one for every encoding, as CREATE COLLATION ... FROM copies it, is one for this database's.
SELECT 'collation', concat_ws(' ', c.oid::regcollation, nullif(nullif(c.collencoding, d.encoding), -1)),
    to_jsonb(c.*) - '{oid, collname, collnamespace, collversion, collencoding}'::text[] || jsonb_build_object('collowner', c.collowner::regrole)
FROM pg_collation AS c
JOIN pg_database AS d ON d.datname = current_database()
JOIN managed AS n ON n.oid = c.collnamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_collation'::regclass AND m.objid = c.oid)
