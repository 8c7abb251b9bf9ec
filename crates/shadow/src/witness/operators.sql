-- pg_operator, pg_opfamily, pg_opclass, pg_amop, pg_amproc and pg_am.
SELECT 'operator', o.oid::regoperator::text,
    to_jsonb(o.*) - '{oid, oprname, oprnamespace}'::text[]
    || jsonb_build_object(
        'oprowner', o.oprowner::regrole,
        'oprleft', o.oprleft::regtype,
        'oprright', o.oprright::regtype,
        'oprresult', o.oprresult::regtype,
        'oprcom', o.oprcom::regoperator,
        'oprnegate', o.oprnegate::regoperator,
        'oprcode', o.oprcode::oid::regprocedure)
FROM pg_operator AS o
JOIN managed AS n ON n.oid = o.oprnamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_operator'::regclass AND m.objid = o.oid)

UNION ALL
SELECT 'operator family', (pg_identify_object('pg_opfamily'::regclass, f.oid, 0)).identity,
    to_jsonb(f.*) - '{oid, opfmethod, opfname, opfnamespace}'::text[] || jsonb_build_object('opfowner', f.opfowner::regrole)
FROM pg_opfamily AS f
JOIN managed AS n ON n.oid = f.opfnamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_opfamily'::regclass AND m.objid = f.oid)

UNION ALL
SELECT 'operator class', (pg_identify_object('pg_opclass'::regclass, c.oid, 0)).identity,
    to_jsonb(c.*) - '{oid, opcmethod, opcname, opcnamespace}'::text[]
    || jsonb_build_object(
        'opcowner', c.opcowner::regrole,
        'opcfamily', (pg_identify_object('pg_opfamily'::regclass, c.opcfamily, 0)).identity,
        'opcintype', c.opcintype::regtype,
        'opckeytype', c.opckeytype::regtype)
FROM pg_opclass AS c
JOIN managed AS n ON n.oid = c.opcnamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_opclass'::regclass AND m.objid = c.oid)

UNION ALL
-- Also those that users add to the families of PostgreSQL; its own have OIDs below 16384.
SELECT 'operator family operator', (pg_identify_object('pg_amop'::regclass, a.oid, 0)).identity,
    to_jsonb(a.*) - '{oid, amopfamily, amopmethod}'::text[]
    || jsonb_build_object(
        'amoplefttype', a.amoplefttype::regtype,
        'amoprighttype', a.amoprighttype::regtype,
        'amopopr', a.amopopr::regoperator,
        'amopsortfamily', (pg_identify_object('pg_opfamily'::regclass, nullif(a.amopsortfamily, 0), 0)).identity)
    || jsonb_build_object('operator class', (
        SELECT (pg_identify_object(d.refclassid, d.refobjid, 0)).identity FROM pg_depend AS d
        WHERE d.classid = 'pg_amop'::regclass AND d.objid = a.oid AND d.deptype = 'i' AND d.refclassid = 'pg_opclass'::regclass))
FROM pg_amop AS a
WHERE a.oid >= 16384
AND NOT EXISTS (
    SELECT FROM pg_depend AS d JOIN member AS m ON m.classid = d.refclassid AND m.objid = d.refobjid
    WHERE d.classid = 'pg_amop'::regclass AND d.objid = a.oid
    AND d.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass))

UNION ALL
SELECT 'operator family function', (pg_identify_object('pg_amproc'::regclass, a.oid, 0)).identity,
    to_jsonb(a.*) - '{oid, amprocfamily}'::text[]
    || jsonb_build_object(
        'amproclefttype', a.amproclefttype::regtype,
        'amprocrighttype', a.amprocrighttype::regtype,
        'amproc', a.amproc::oid::regprocedure)
    || jsonb_build_object('operator class', (
        SELECT (pg_identify_object(d.refclassid, d.refobjid, 0)).identity FROM pg_depend AS d
        WHERE d.classid = 'pg_amproc'::regclass AND d.objid = a.oid AND d.deptype = 'i' AND d.refclassid = 'pg_opclass'::regclass))
FROM pg_amproc AS a
WHERE a.oid >= 16384
AND NOT EXISTS (
    SELECT FROM pg_depend AS d JOIN member AS m ON m.classid = d.refclassid AND m.objid = d.refobjid
    WHERE d.classid = 'pg_amproc'::regclass AND d.objid = a.oid
    AND d.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass))

UNION ALL
SELECT 'access method', quote_ident(a.amname), to_jsonb(a.*) - '{oid, amname}'::text[]
FROM pg_am AS a
WHERE a.oid >= 16384
AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_am'::regclass AND m.objid = a.oid)
