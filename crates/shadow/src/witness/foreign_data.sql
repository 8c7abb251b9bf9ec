-- pg_foreign_data_wrapper, pg_foreign_server and pg_user_mapping; their options are among the options.
SELECT 'foreign data wrapper', quote_ident(w.fdwname),
    to_jsonb(w.*) - '{oid, fdwname, fdwacl, fdwoptions}'::text[]
    || jsonb_build_object(
        'fdwowner', w.fdwowner::regrole,
        'fdwhandler', w.fdwhandler::regprocedure,
        'fdwvalidator', w.fdwvalidator::regprocedure)
FROM pg_foreign_data_wrapper AS w
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_foreign_data_wrapper'::regclass AND m.objid = w.oid)

UNION ALL
SELECT 'server', quote_ident(s.srvname),
    to_jsonb(s.*) - '{oid, srvname, srvacl, srvoptions}'::text[]
    || jsonb_build_object(
        'srvowner', s.srvowner::regrole,
        'srvfdw', (SELECT w.fdwname FROM pg_foreign_data_wrapper AS w WHERE w.oid = s.srvfdw))
FROM pg_foreign_server AS s
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_foreign_server'::regclass AND m.objid = s.oid)

UNION ALL
-- Of the options only the names: they are there to hold passwords. They are null for who may not see them.
SELECT 'user mapping', format('%I on %I', u.usename, u.srvname),
    jsonb_build_object('options', (SELECT jsonb_agg(o.option_name ORDER BY o.option_name COLLATE "C")
        FROM pg_options_to_table(u.umoptions) AS o))
FROM pg_user_mappings AS u
