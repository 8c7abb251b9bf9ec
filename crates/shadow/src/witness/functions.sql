-- pg_proc and pg_aggregate: functions, procedures, window functions and aggregates. Settings are among the options.
SELECT 'function', p.oid::regprocedure::text,
    to_jsonb(p.*) - '{oid, proname, pronamespace, proargnames, proargmodes, proallargtypes, pronargdefaults, proargdefaults,
        prosqlbody, proconfig, proacl}'::text[]
    || jsonb_build_object(
        'proowner', p.proowner::regrole,
        'prolang', (SELECT l.lanname FROM pg_language AS l WHERE l.oid = p.prolang),
        'provariadic', p.provariadic::regtype,
        'prosupport', p.prosupport::regprocedure,
        'arguments', pg_get_function_arguments(p.oid),
        'prorettype', p.prorettype::regtype,
        'proargtypes', p.proargtypes::regtype[],
        'protrftypes', p.protrftypes::regtype[],
        'prosqlbody', pg_get_function_sqlbody(p.oid), -- since 14
        'result', pg_get_function_result(p.oid))
    || coalesce((
        SELECT to_jsonb(a.*) - 'aggfnoid' || jsonb_build_object(
            'aggtranstype', a.aggtranstype::regtype,
            'aggmtranstype', a.aggmtranstype::regtype,
            'aggsortop', a.aggsortop::regoperator)
        FROM pg_aggregate AS a WHERE a.aggfnoid = p.oid), '{}')
FROM pg_proc AS p
JOIN managed AS n ON n.oid = p.pronamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
