-- pg_subscription: the one catalog whose columns are listed, as only superusers may read all of it. Left out: subconninfo,
-- which holds a password, and subskiplsn and subtwophasestate 'p' or 'e', which are states.
SELECT 'subscription', quote_ident(s.subname),
    jsonb_build_object(
        'subowner', s.subowner::regrole,
        'subenabled', s.subenabled,
        'subbinary', s.subbinary, -- since 14
        'substream', s.substream, -- since 14
        'subtwophase', s.subtwophasestate <> 'd', -- since 15
        'subdisableonerr', s.subdisableonerr, -- since 15
        'subpasswordrequired', s.subpasswordrequired, -- since 16
        'subrunasowner', s.subrunasowner, -- since 16
        'suborigin', s.suborigin, -- since 16
        'subfailover', s.subfailover, -- since 17
        'subsynccommit', s.subsynccommit, -- since 14
        'subslotname', s.subslotname,
        'subpublications', (SELECT jsonb_agg(p.name ORDER BY p.name COLLATE "C") FROM unnest(s.subpublications) AS p (name)))
FROM pg_subscription AS s
WHERE s.subdbid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
