-- pg_roles and pg_auth_members, of the roles that anything in this database names; never a password.
SELECT 'role', quote_ident(r.rolname),
    to_jsonb(r.*) - '{oid, rolname, rolpassword, rolconfig}'::text[]
    || jsonb_build_object('member of', (
        SELECT jsonb_agg(to_jsonb(m.*) - '{oid, roleid, member, grantor}'::text[]
            || jsonb_build_object('role', m.roleid::regrole, 'grantor', m.grantor::regrole)
            ORDER BY m.roleid::regrole::text COLLATE "C", m.grantor::regrole::text COLLATE "C")
        FROM pg_auth_members AS m WHERE m.member = r.oid))
FROM pg_roles AS r
JOIN used_role AS u ON u.oid = r.oid
