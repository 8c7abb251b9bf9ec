-- The tables that a sample is taken from, with the columns that can be copied, and the foreign keys between them; as one JSON value.
WITH relation AS (
  SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't'
    AND n.nspname !~ '^(pg_|endstate_)' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT json_build_object(
  'tables', coalesce((
    SELECT json_agg(json_build_object('oid', r.oid::int8, 'name', r.name, 'columns', coalesce(a.columns, '[]')) ORDER BY r.name)
    FROM relation r
    LEFT JOIN LATERAL (
      SELECT json_agg(quote_ident(a.attname) ORDER BY a.attnum) AS columns
      FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ) AS a ON true), '[]'),
  -- Those of partitions are listed one by one; they may refer to partitioned tables.
  'foreign_keys', coalesce((
    SELECT json_agg(json_build_object('table', k.conrelid::int8, 'condition', p.condition,
        'target', format('%s%I.%I', CASE WHEN c.relkind = 'r' THEN 'ONLY ' ELSE '' END, n.nspname, c.relname))
      ORDER BY k.oid)
    FROM pg_catalog.pg_constraint k
    JOIN relation r ON r.oid = k.conrelid
    JOIN pg_catalog.pg_class c ON c.oid = k.confrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
      -- Of a temporal key the last column is a period, which several rows may cover together (18 and later).
      SELECT string_agg(format('p.%I OPERATOR(%I.%s) c.%I%s', f.attname, s.nspname,
          CASE WHEN position = cardinality(k.conkey) AND (to_jsonb(k) ->> 'conperiod')::bool THEN '&&' ELSE o.oprname END,
          a.attname,
          CASE WHEN a.attcollation <> f.attcollation THEN ' COLLATE ' || f.attcollation::pg_catalog.regcollation END
        ), ' AND ' ORDER BY position) AS condition
      FROM unnest(k.conkey, k.confkey, k.conpfeqop) WITH ORDINALITY AS u(own, other, operator, position)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.own
      JOIN pg_catalog.pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = u.other
      JOIN pg_catalog.pg_operator o ON o.oid = u.operator
      JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace
    ) AS p
    WHERE k.contype = 'f'), '[]'),
  'sequences', coalesce((
    SELECT json_agg(format('%I.%I', n.nspname, c.relname) ORDER BY n.nspname, c.relname)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relpersistence <> 't' AND n.nspname !~ '^(pg_|endstate_)' AND n.nspname <> 'information_schema'
      AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE false END), '[]')
)
