-- pg_policy and pg_rewrite; the rule that makes a view stands in the view's definition, its state here.
SELECT 'policy', p.polrelid::regclass || '.' || quote_ident(p.polname),
    to_jsonb(p.*) - '{oid, polname}'::text[]
    || jsonb_build_object(
        'polrelid', p.polrelid::regclass,
        'polroles', (SELECT jsonb_agg(r.role ORDER BY r.role COLLATE "C")
            FROM (SELECT coalesce(nullif(u.role, 0)::regrole::text, 'public') FROM unnest(p.polroles) AS u (role)) AS r (role)),
        'polqual', pg_get_expr(p.polqual, p.polrelid),
        'polwithcheck', pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy AS p
JOIN pg_class AS c ON c.oid = p.polrelid
JOIN managed AS n ON n.oid = c.relnamespace

UNION ALL
SELECT 'rule', w.ev_class::regclass || '.' || quote_ident(w.rulename),
    to_jsonb(w.*) - '{oid, rulename, ev_qual, ev_action}'::text[]
    || jsonb_build_object(
        'definition', CASE WHEN w.rulename <> '_RETURN' THEN pg_get_ruledef(w.oid) END,
        'ev_class', w.ev_class::regclass)
FROM pg_rewrite AS w
JOIN pg_class AS c ON c.oid = w.ev_class
JOIN managed AS n ON n.oid = c.relnamespace
