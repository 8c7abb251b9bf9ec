-- What a fingerprint looks at: a kind, a name, the query of its content, and the query of its rows as JSON.
--
-- Each value is taken as text: unlike to_jsonb(t.*) this keeps the blanks and the order of `json`, the sign of -0.0, and it cannot
-- fail on a `\u0000` in json. What is computed when read (a virtual column of 18) is no content. The order of columns does not count,
-- as jsonb sorts its keys.
WITH relation AS (
  SELECT c.oid, c.relkind, c.relispopulated, format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm', 'S') AND c.relpersistence <> 't'
    AND n.nspname !~ '^(pg_|endstate_)' AND n.nspname <> 'information_schema'
    -- What is elsewhere cannot be read here.
    AND NOT (c.relkind = 'p' AND EXISTS (SELECT FROM pg_catalog.pg_partition_tree(c.oid) AS t JOIN pg_catalog.pg_class AS f ON f.oid = t.relid WHERE f.relkind = 'f'))
),
content AS (
  SELECT r.*, format('FROM %s%s AS t', CASE WHEN r.relkind = 'r' THEN 'ONLY ' ELSE '' END, r.name) AS source,
    format('jsonb_object(ARRAY[%s]::text[], ARRAY[%s]::text[])::text',
      string_agg(quote_literal(a.attname), ', ' ORDER BY a.attnum),
      string_agg(format('t.%I::text', a.attname), ', ' ORDER BY a.attnum) FILTER (WHERE a.attnum > 0)) AS row
  FROM relation r
  LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v'
  WHERE r.relkind <> 'S'
  GROUP BY r.oid, r.relkind, r.relispopulated, r.name
)
SELECT relkind, name,
  CASE WHEN relispopulated
    THEN format('SELECT %L, %L, count(*), coalesce(sum(hashtextextended(%s, 0)::numeric), 0) %s', relkind, name, row, source)
    ELSE format('SELECT %L, %L, 0, ''not populated''', relkind, name) END,
  format('SELECT %1$s %2$s ORDER BY %1$s COLLATE "C"', row, source)
FROM content
UNION ALL
SELECT relkind, name, format('SELECT %L, %L, 1, format(''last_value %%s, is_called %%s'', last_value, is_called) FROM %s',
  relkind, name, name), NULL
FROM relation WHERE relkind = 'S'
UNION ALL
SELECT 'L', 'large objects', 'SELECT ''L'', ''large objects'', count(*), '''' FROM pg_catalog.pg_largeobject_metadata', NULL
