-- Read by `SELECT *`, by COPY and by INSERT without a list, and yet what an added column cannot help: a class of its own.
SELECT 'column order', c.oid::regclass::text, to_jsonb(string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum))
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
JOIN managed AS n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped
AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
GROUP BY c.oid
