-- pg_ts_config, pg_ts_config_map, pg_ts_dict, pg_ts_parser and pg_ts_template.
SELECT 'text search configuration', c.oid::regconfig::text,
    to_jsonb(c.*) - '{oid, cfgname, cfgnamespace}'::text[]
    || jsonb_build_object(
        'cfgowner', c.cfgowner::regrole,
        'cfgparser', (pg_identify_object('pg_ts_parser'::regclass, c.cfgparser, 0)).identity,
        'mapping', (
            SELECT jsonb_object_agg(t.maptokentype, t.dictionaries)
            FROM (
                SELECT w.maptokentype, jsonb_agg(w.mapdict::regdictionary ORDER BY w.mapseqno)
                FROM pg_ts_config_map AS w WHERE w.mapcfg = c.oid GROUP BY w.maptokentype
            ) AS t (maptokentype, dictionaries)))
FROM pg_ts_config AS c
JOIN managed AS n ON n.oid = c.cfgnamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_ts_config'::regclass AND m.objid = c.oid)

UNION ALL
SELECT 'text search dictionary', d.oid::regdictionary::text,
    to_jsonb(d.*) - '{oid, dictname, dictnamespace}'::text[]
    || jsonb_build_object(
        'dictowner', d.dictowner::regrole,
        'dicttemplate', (pg_identify_object('pg_ts_template'::regclass, d.dicttemplate, 0)).identity,
        -- One text in the catalog: `name = 'value', name = 'value'`. As with all options, their order says nothing.
        'dictinitoption', (
            SELECT jsonb_agg(o.option[1] ORDER BY o.option[1])
            FROM regexp_matches(
                d.dictinitoption,
                $$(?:"(?:[^"]|"")*"|[^\s=,"]+)\s*=\s*(?:[eE]?'(?:[^']|'')*'|[^\s,']+)$$,
                'g') AS o (option)))
FROM pg_ts_dict AS d
JOIN managed AS n ON n.oid = d.dictnamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_ts_dict'::regclass AND m.objid = d.oid)

UNION ALL
SELECT 'text search parser', (pg_identify_object('pg_ts_parser'::regclass, p.oid, 0)).identity,
    to_jsonb(p.*) - '{oid, prsname, prsnamespace}'::text[]
FROM pg_ts_parser AS p
JOIN managed AS n ON n.oid = p.prsnamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_ts_parser'::regclass AND m.objid = p.oid)

UNION ALL
SELECT 'text search template', (pg_identify_object('pg_ts_template'::regclass, t.oid, 0)).identity,
    to_jsonb(t.*) - '{oid, tmplname, tmplnamespace}'::text[]
FROM pg_ts_template AS t
JOIN managed AS n ON n.oid = t.tmplnamespace
WHERE NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_ts_template'::regclass AND m.objid = t.oid)
