-- Every object that a user made and that can be named, whether or not a kind reads it: what no kind reads is listed.
SELECT jsonb_build_array(jsonb_build_array(o.class, o.oid, 0), i.type || ' ' || i.identity)
FROM (
    SELECT 'pg_class'::regclass::oid AS class, c.oid FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND n.nspname !~ '^(pg_|endstate_)'
    UNION ALL SELECT 'pg_type'::regclass::oid, t.oid FROM pg_type AS t
    JOIN pg_namespace AS n ON n.oid = t.typnamespace AND n.nspname !~ '^(pg_|endstate_)'
    WHERE (t.typtype IN ('e', 'd', 'r', 'b', 'm') OR NOT t.typisdefined) AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.typarray = t.oid)
    UNION ALL SELECT 'pg_proc'::regclass::oid, p.oid FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace AND n.nspname !~ '^(pg_|endstate_)'
    UNION ALL SELECT 'pg_operator'::regclass::oid, oid FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass::oid, oid FROM pg_opclass
    UNION ALL SELECT 'pg_opfamily'::regclass::oid, oid FROM pg_opfamily
    UNION ALL SELECT 'pg_conversion'::regclass::oid, oid FROM pg_conversion
    UNION ALL SELECT 'pg_collation'::regclass::oid, oid FROM pg_collation
    UNION ALL SELECT 'pg_ts_config'::regclass::oid, oid FROM pg_ts_config
    UNION ALL SELECT 'pg_ts_dict'::regclass::oid, oid FROM pg_ts_dict
    UNION ALL SELECT 'pg_ts_parser'::regclass::oid, oid FROM pg_ts_parser
    UNION ALL SELECT 'pg_ts_template'::regclass::oid, oid FROM pg_ts_template
    UNION ALL SELECT 'pg_cast'::regclass::oid, oid FROM pg_cast
    UNION ALL SELECT 'pg_language'::regclass::oid, oid FROM pg_language
    UNION ALL SELECT 'pg_am'::regclass::oid, oid FROM pg_am
    UNION ALL SELECT 'pg_transform'::regclass::oid, oid FROM pg_transform
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass::oid, oid FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass::oid, oid FROM pg_foreign_server
    UNION ALL SELECT 'pg_user_mapping'::regclass::oid, umid FROM pg_user_mappings
    UNION ALL SELECT 'pg_event_trigger'::regclass::oid, oid FROM pg_event_trigger
    UNION ALL SELECT 'pg_publication'::regclass::oid, oid FROM pg_publication
    UNION ALL SELECT a.classid, a.objid FROM pg_subscription AS s
    CROSS JOIN LATERAL pg_get_object_address('subscription', ARRAY[s.subname::text], '{}') AS a
    WHERE s.subdbid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
    UNION ALL SELECT 'pg_statistic_ext'::regclass::oid, oid FROM pg_statistic_ext
    UNION ALL SELECT 'pg_default_acl'::regclass::oid, oid FROM pg_default_acl
    UNION ALL SELECT p.class, p.oid FROM (
        SELECT 'pg_rewrite'::regclass::oid, oid, ev_class FROM pg_rewrite WHERE rulename <> '_RETURN'
        UNION ALL SELECT 'pg_trigger'::regclass::oid, oid, tgrelid FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0
        UNION ALL SELECT 'pg_policy'::regclass::oid, oid, polrelid FROM pg_policy
    ) AS p (class, oid, relation)
    JOIN pg_class AS c ON c.oid = p.relation
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname !~ '^(pg_|endstate_)'
) AS o
CROSS JOIN LATERAL pg_identify_object(o.class, o.oid, 0) AS i
WHERE o.oid >= 16384 AND coalesce(i.schema, '') !~ '^(pg_toast|pg_temp|endstate_)'
AND NOT EXISTS (
    SELECT FROM pg_depend AS d
    WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype IN ('i', 'e')
)
ORDER BY 1
