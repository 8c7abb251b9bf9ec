-- pg_publication_namespace, PostgreSQL 15.
SELECT 'publication schema', format('%s in %I', s.pnnspid::regnamespace, p.pubname),
    to_jsonb(s.*) - '{oid, pnpubid, pnnspid}'::text[]
FROM pg_publication_namespace AS s
JOIN pg_publication AS p ON p.oid = s.pnpubid
