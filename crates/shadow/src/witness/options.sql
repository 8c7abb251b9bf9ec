-- Storage parameters, options of foreign data, settings of functions, roles and the database: by name, as their order says
-- nothing. Values that may be secret are never read.
WITH object (kind, identity, options) AS (
    SELECT 'relation option', c.oid::regclass::text, c.reloptions
    FROM pg_class AS c JOIN managed AS n ON n.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
    UNION ALL
    SELECT 'toast option', c.oid::regclass::text, t.reloptions
    FROM pg_class AS c JOIN managed AS n ON n.oid = c.relnamespace JOIN pg_class AS t ON t.oid = c.reltoastrelid
    WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
    UNION ALL
    SELECT v.kind, a.attrelid::regclass || '.' || quote_ident(a.attname), v.options
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind NOT IN ('i', 'I')
    JOIN managed AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        -- Some builds of the server stamp columns with a number that changes by itself.
        VALUES ('column option', (SELECT array_agg(o) FROM unnest(a.attoptions) AS o WHERE o !~ '^pg_attver=')), ('foreign column option', a.attfdwoptions)
    ) AS v (kind, options)
    WHERE NOT a.attisdropped
    AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
    UNION ALL
    SELECT 'function setting', p.oid::regprocedure::text, p.proconfig
    FROM pg_proc AS p JOIN managed AS n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
    UNION ALL
    SELECT 'foreign data wrapper option', quote_ident(w.fdwname), w.fdwoptions FROM pg_foreign_data_wrapper AS w
    UNION ALL
    SELECT 'server option', quote_ident(s.srvname), s.srvoptions FROM pg_foreign_server AS s
    UNION ALL
    SELECT 'foreign table option', f.ftrelid::regclass::text, f.ftoptions
    FROM pg_foreign_table AS f JOIN pg_class AS c ON c.oid = f.ftrelid JOIN managed AS n ON n.oid = c.relnamespace
    UNION ALL
    SELECT 'setting', coalesce(nullif(s.setrole, 0)::regrole::text, 'all roles'), s.setconfig
    FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase
    WHERE d.datname = current_database()
    UNION ALL
    SELECT 'role setting', s.setrole::regrole::text, s.setconfig
    FROM pg_db_role_setting AS s JOIN used_role AS u ON u.oid = s.setrole
    WHERE s.setdatabase = 0
)
SELECT o.kind, o.identity, (
        SELECT jsonb_object_agg(p.option_name, CASE
            WHEN p.option_name ~* 'passw|passfile|pwd|secret|token|credential|(api|access|private|service|ssl|jwt)_?key|conn(ection)?_?(str|info)|dsn'
                OR p.option_value ~* '(passw(or)?d|pwd|secret|token)\s*=|://[^/@]*:[^/@]*@'
            THEN '(not read)' ELSE p.option_value END)
        FROM pg_options_to_table(o.options) AS p)
FROM object AS o
WHERE o.options IS NOT NULL
