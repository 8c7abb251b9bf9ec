-- What rows must obey: tables, columns, conditions, keys, references, and every type that a column is made of; as one JSON value.
WITH RECURSIVE relation AS (
  SELECT c.oid, c.relkind, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname) AS name, c.relkind = 'r' AS only
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname !~ '^(pg_|endstate_)' AND n.nspname <> 'information_schema'
    -- What is elsewhere cannot be read here.
    AND NOT (c.relkind = 'p' AND EXISTS (SELECT FROM pg_partition_tree(c.oid) AS t JOIN pg_class AS f ON f.oid = t.relid WHERE f.relkind = 'f'))
    AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
),
attribute AS (
  SELECT a.attrelid, json_agg(json_build_object(
      'name', a.attname, 'quoted', quote_ident(a.attname), 'type', a.atttypid::int8, 'modifier', a.atttypmod,
      'format', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
      'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
      'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
      'from_sequence', a.attidentity <> '' OR EXISTS (
        SELECT FROM pg_depend p JOIN pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
        WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass)
    ) ORDER BY a.attnum) AS columns
  FROM relation r
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  GROUP BY a.attrelid
),
checked AS (
  SELECT k.conrelid, json_agg(pg_get_expr(k.conbin, k.conrelid) ORDER BY k.conname) AS checks
  FROM pg_constraint k JOIN relation r ON r.oid = k.conrelid
  WHERE k.contype = 'c'
  GROUP BY k.conrelid
),
leaf AS (
  SELECT r.oid, json_agg(coalesce(pg_get_partition_constraintdef(c.oid), 'true') ORDER BY c.oid::regclass::text) AS leaves
  FROM relation r
  CROSS JOIN LATERAL pg_partition_tree(r.oid) AS t
  JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'r'
  WHERE r.relkind = 'p'
  GROUP BY r.oid
),
key AS (
  SELECT i.indrelid, json_agg(json_build_object(
      'parts', (SELECT json_agg(pg_get_indexdef(i.indexrelid, part, true) ORDER BY part)
                FROM generate_series(1, i.indnkeyatts) AS part),
      'deferrable', NOT i.indimmediate,
      'operators', (SELECT json_agg(format('OPERATOR(%I.%s)', n.nspname, o.oprname) ORDER BY position)
                    FROM pg_constraint k
                    CROSS JOIN LATERAL unnest(k.conexclop) WITH ORDINALITY AS u(operator, position)
                    JOIN pg_operator o ON o.oid = u.operator
                    JOIN pg_namespace n ON n.oid = o.oprnamespace
                    WHERE k.conindid = i.indexrelid AND k.contype = 'x')
    ) ORDER BY x.relname) AS keys
  FROM pg_index i JOIN relation r ON r.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
  WHERE i.indisunique OR i.indisexclusion
  GROUP BY i.indrelid
),
reference AS (
  SELECT k.conrelid, json_agg(json_build_object(
      'columns', p.columns, 'target', format('%I.%I', n.nspname, c.relname), 'target_only', c.relkind = 'r',
      'target_columns', p.target_columns, 'matches', p.matches, 'match_full', k.confmatchtype = 'f'
    ) ORDER BY k.conname) AS foreign_keys
  FROM pg_constraint k
  JOIN relation r ON r.oid = k.conrelid
  JOIN pg_class c ON c.oid = k.confrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (
    SELECT json_agg(a.attname ORDER BY position) AS columns,
      json_agg(quote_ident(f.attname) ORDER BY position) AS target_columns,
      -- Of a temporal key the last column is a period, which the referenced rows must cover (18 and later).
      -- Values are compared by the collation of the referenced column.
      json_agg(format('p.%I %s c.%I%s', f.attname,
          CASE WHEN position = cardinality(k.conkey) AND (to_jsonb(k) ->> 'conperiod')::bool
               THEN 'OPERATOR(pg_catalog.@>)'
               ELSE format('OPERATOR(%I.%s)', s.nspname, o.oprname) END,
          a.attname, CASE WHEN a.attcollation <> f.attcollation THEN ' COLLATE ' || f.attcollation::regcollation END
        ) ORDER BY position) AS matches
    FROM unnest(k.conkey, k.confkey, k.conpfeqop) WITH ORDINALITY AS u(own, other, operator, position)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.own
    JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = u.other
    JOIN pg_operator o ON o.oid = u.operator
    JOIN pg_namespace s ON s.oid = o.oprnamespace
  ) AS p
  WHERE k.contype = 'f' AND k.conparentid = 0
  GROUP BY k.conrelid
),
part AS (
  SELECT oid, typelem AS of FROM pg_type WHERE typelem <> 0
  UNION ALL
  SELECT oid, typbasetype FROM pg_type WHERE typtype = 'd'
  UNION ALL
  SELECT rngtypid, rngsubtype FROM pg_range
  UNION ALL
  -- 14 and later
  SELECT (to_jsonb(g) ->> 'rngmultitypid')::oid, rngtypid FROM pg_range g
  UNION ALL
  SELECT t.oid, a.atttypid
  FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE t.typtype = 'c'
),
used(oid) AS (
  SELECT DISTINCT a.atttypid FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid WHERE a.attnum > 0
  UNION
  SELECT part.of FROM used JOIN part ON part.oid = used.oid
)
SELECT json_build_object(
  'unicode', current_setting('server_encoding') = 'UTF8',
  'tables', coalesce((
    SELECT json_agg(json_build_object(
        'name', r.name, 'alias', quote_ident(r.relname), 'only', r.only,
        'columns', coalesce(a.columns, '[]'), 'checks', coalesce(k.checks, '[]'), 'leaves', coalesce(l.leaves, '[]'),
        'keys', coalesce(i.keys, '[]'), 'foreign_keys', coalesce(f.foreign_keys, '[]')
      ) ORDER BY r.nspname, r.relname)
    FROM relation r
    LEFT JOIN attribute a ON a.attrelid = r.oid
    LEFT JOIN checked k ON k.conrelid = r.oid
    LEFT JOIN leaf l ON l.oid = r.oid
    LEFT JOIN key i ON i.indrelid = r.oid
    LEFT JOIN reference f ON f.conrelid = r.oid), '[]'),
  'materialized_views', coalesce((
    SELECT json_agg(format('%I.%I', n.nspname, c.relname) ORDER BY c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'm' AND c.relispopulated
      AND n.nspname !~ '^(pg_|endstate_)' AND n.nspname <> 'information_schema'), '[]'),
  'types', coalesce((
    SELECT json_object_agg(t.oid::int8, json_build_object(
        'name', t.typname, 'built_in', t.oid < 16384 AND t.typnamespace = 'pg_catalog'::regnamespace,
        'kind', t.typtype, 'category', t.typcategory, 'format', format_type(t.oid, NULL),
        'delimiter', (SELECT e.typdelim FROM pg_type e WHERE e.oid = t.typelem),
        'element', CASE WHEN t.typcategory = 'A' THEN nullif(t.typelem, 0)::int8 END,
        'base', nullif(t.typbasetype, 0)::int8, 'base_modifier', t.typtypmod,
        'base_format', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
        'not_null', t.typnotnull,
        'checks', (SELECT coalesce(json_agg(pg_get_expr(k.conbin, 0) ORDER BY k.conname), '[]')
                   FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
        'labels', (SELECT coalesce(json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]')
                   FROM pg_enum e WHERE e.enumtypid = t.oid),
        'attributes', (SELECT coalesce(json_agg(json_build_object('oid', a.atttypid::int8, 'modifier', a.atttypmod)
                                                ORDER BY a.attnum), '[]')
                       FROM pg_attribute a
                       WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
        'range_of', (SELECT g.rngsubtype::int8 FROM pg_range g WHERE g.rngtypid = t.oid),
        'ranges_of', (SELECT g.rngtypid::int8 FROM pg_range g WHERE (to_jsonb(g) ->> 'rngmultitypid')::oid = t.oid)))
    FROM used JOIN pg_type t ON t.oid = used.oid), '{}')
)::text
