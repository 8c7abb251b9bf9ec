//! How a script asks the catalog for what has no definition of its own that it could compare: comments, owners, privileges, casts ...
//! It asks only where a change touches nothing that tells more. What cannot be found by a name is asked for all together.

use crate::{Kind, query};

/// Owners and privileges of whatever has them, each with its identity without blanks.
const TARGETS: &str = "(SELECT replace((pg_identify_object(o.class, o.oid, o.sub)).identity, ' ', '') AS identity, o.owner, o.acl FROM (\
     SELECT 'pg_class'::regclass AS class, c.oid, 0 AS sub, c.relowner AS owner, coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r'::\"char\" END, c.relowner)) AS acl \
     FROM pg_class AS c WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') \
     UNION ALL SELECT 'pg_class'::regclass, a.attrelid, a.attnum, NULL, a.attacl FROM pg_attribute AS a WHERE a.attrelid >= 16384 AND a.attacl IS NOT NULL AND a.attnum > 0 \
     UNION ALL SELECT 'pg_proc'::regclass, p.oid, 0, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc AS p WHERE p.oid >= 16384 \
     UNION ALL SELECT 'pg_type'::regclass, t.oid, 0, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)) FROM pg_type AS t WHERE t.oid >= 16384 AND t.typrelid = 0 \
     UNION ALL SELECT 'pg_namespace'::regclass, n.oid, 0, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner)) FROM pg_namespace AS n\
     ) AS o)";

/// An SQL expression as [`crate::ObjectKind::definition`] yields it, with `e.object` as [`identity`] gives it.
pub fn of(kind: Kind) -> Option<String> {
    let column = |expression: &str| {
        format!(
            "(SELECT {expression} FROM pg_attribute AS a WHERE a.attrelid = to_regclass(e.parent) AND a.attname = e.name AND NOT a.attisdropped)"
        )
    };
    let relation = |expression: &str| {
        format!("(SELECT {expression} FROM pg_class AS c WHERE c.oid = to_regclass(e.parent))")
    };
    Some(match kind {
        Kind::Comment => "(SELECT string_agg(d.description, ' ' ORDER BY d.classoid) FROM (\
             SELECT d.classoid, d.objoid, d.objsubid, d.description FROM pg_description AS d WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass \
             UNION ALL SELECT d.classoid, d.objoid, 0, d.description FROM pg_shdescription AS d) AS d \
             WHERE replace((pg_identify_object(d.classoid, d.objoid, d.objsubid)).identity, ' ', '') = e.object)"
            .to_owned(),
        Kind::Owner => format!("(SELECT min(pg_get_userbyid(t.owner)) FROM {TARGETS} AS t WHERE t.identity = e.object)"),
        Kind::Grant => format!(
            "(SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM {TARGETS} AS t, unnest(t.acl) AS a WHERE t.identity = e.object)"
        ),
        // From 18 on it is a constraint, with a name.
        Kind::NotNull => column(
            "coalesce((SELECT concat_ws(' ', k.conname, k.convalidated) FROM pg_constraint AS k \
             WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum]), a.attnotnull::text)",
        ),
        Kind::Identity => column("nullif(a.attidentity::text, '')"),
        Kind::ViewColumn | Kind::Attribute => column("format_type(a.atttypid, a.atttypmod)"),
        Kind::Partition => relation("pg_get_expr(c.relpartbound, c.oid)"),
        // By the query that counts those that are not what they were: see [`crate::kinds::seed_rows`].
        Kind::SeedRows => "CASE substring(query_to_xml(e.signature, true, false, '')::text FROM '<count>([0-9]+)</count>') \
             WHEN '0' THEN 'as before' ELSE 'changed' END"
            .to_owned(),
        Kind::ReplicaIdentity => relation("c.relreplident::text"),
        other => whole(other)?,
    })
}

/// All that there is of a kind, in one text.
#[allow(clippy::too_many_lines, reason = "it is a list")]
fn whole(kind: Kind) -> Option<String> {
    let all = |text: &str, from: &str| {
        Some(format!(
            "(SELECT string_agg(x.text, ' ' ORDER BY x.text) FROM (SELECT {text} AS text FROM {from}) AS x)"
        ))
    };
    match kind {
        Kind::DefaultPrivilege => all(
            "concat_ws(' ', d.defaclrole::regrole, d.defaclnamespace::regnamespace, d.defaclobjtype, \
             (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(d.defaclacl) AS a))",
            "pg_default_acl AS d",
        ),
        Kind::Extension => {
            all("concat_ws(' ', x.extname, x.extversion, x.extnamespace::regnamespace)", "pg_extension AS x")
        }
        Kind::Cast => all(
            "concat_ws(' ', c.castsource::regtype, c.casttarget::regtype, c.castfunc::regprocedure, c.castcontext, c.castmethod)",
            "pg_cast AS c WHERE c.oid >= 16384",
        ),
        Kind::Operator => all(
            "concat_ws(' ', o.oid::regoperator, o.oprcode, o.oprrest, o.oprjoin, o.oprcom::regoperator, o.oprnegate::regoperator, o.oprcanmerge, o.oprcanhash)",
            "pg_operator AS o WHERE o.oid >= 16384",
        ),
        Kind::OperatorClass | Kind::OperatorFamily => all(
            "(pg_identify_object(x.class, x.oid, 0)).identity",
            "(SELECT 'pg_opclass'::regclass AS class, oid FROM pg_opclass UNION ALL SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily \
             UNION ALL SELECT 'pg_amop'::regclass, oid FROM pg_amop UNION ALL SELECT 'pg_amproc'::regclass, oid FROM pg_amproc) AS x WHERE x.oid >= 16384",
        ),
        Kind::Collation => all(
            "(to_jsonb(c) - '{oid, collnamespace, collowner, collversion, collencoding}'::text[])::text",
            "pg_collation AS c WHERE c.oid >= 16384",
        ),
        Kind::Conversion => all(
            "concat_ws(' ', c.conname, c.conproc, c.condefault, c.conforencoding, c.contoencoding)",
            "pg_conversion AS c WHERE c.oid >= 16384",
        ),
        Kind::TextSearchParser => {
            all("concat_ws(' ', p.prsname, p.prsstart, p.prstoken)", "pg_ts_parser AS p WHERE p.oid >= 16384")
        }
        Kind::TextSearchTemplate => all(
            "concat_ws(' ', t.tmplname, t.tmplinit, t.tmpllexize)",
            "pg_ts_template AS t WHERE t.oid >= 16384",
        ),
        Kind::TextSearchDictionary => {
            all("concat_ws(' ', d.dictname, d.dictinitoption)", "pg_ts_dict AS d WHERE d.oid >= 16384")
        }
        Kind::TextSearchConfiguration => all(
            "concat_ws(' ', c.cfgname, m.maptokentype, m.mapseqno, m.mapdict::regdictionary)",
            "pg_ts_config AS c LEFT JOIN pg_ts_config_map AS m ON m.mapcfg = c.oid WHERE c.oid >= 16384",
        ),
        Kind::AccessMethod => {
            all("concat_ws(' ', a.amname, a.amhandler, a.amtype)", "pg_am AS a WHERE a.oid >= 16384")
        }
        Kind::ForeignDataWrapper => {
            let options = query::guarded_options("w.fdwoptions");
            all(
                &format!(
                    "concat_ws(' ', w.fdwname, nullif(w.fdwhandler, 0)::regproc, nullif(w.fdwvalidator, 0)::regproc, {options})"
                ),
                "pg_foreign_data_wrapper AS w",
            )
        }
        Kind::UserMapping => {
            let options = query::guarded_options("u.umoptions");
            all(
                &format!("concat_ws(' ', quote_ident(u.srvname), quote_ident(u.usename), {options})"),
                "pg_user_mappings AS u",
            )
        }
        Kind::Server => {
            let options = query::guarded_options("s.srvoptions");
            all(
                &format!("concat_ws(' ', s.srvname, s.srvtype, s.srvversion, {options})"),
                "pg_foreign_server AS s",
            )
        }
        Kind::PublicationTable => all(
            "concat_ws(' ', p.pubname, r.prrelid::regclass)",
            "pg_publication_rel AS r JOIN pg_publication AS p ON p.oid = r.prpubid",
        ),
        // Where one of several parents has gone, their numbers have a gap.
        Kind::Inheritance => all(
            "concat_ws(' ', i.inhrelid::regclass, i.inhparent::regclass, row_number() OVER (PARTITION BY i.inhrelid ORDER BY i.inhseqno))",
            "pg_inherits AS i",
        ),
        Kind::SequenceOwner => all(
            "concat_ws(' ', d.objid::regclass, d.refobjid::regclass, d.refobjsubid)",
            "pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid AND c.relkind = 'S' WHERE d.deptype = 'a'",
        ),
        Kind::Aggregate => all(
            "concat_ws(' ', a.aggfnoid::regprocedure, a.aggtransfn, a.aggfinalfn, a.aggtranstype::regtype, a.agginitval, a.aggkind, a.aggmtransfn)",
            "pg_aggregate AS a WHERE a.aggfnoid >= 16384",
        ),
        Kind::Language => all("concat_ws(' ', l.lanname, l.lanpltrusted)", "pg_language AS l"),
        Kind::Transform => all(
            "concat_ws(' ', t.trftype::regtype, t.trflang, nullif(t.trffromsql, 0)::regproc, nullif(t.trftosql, 0)::regproc)",
            "pg_transform AS t",
        ),
        // Neither passwords nor what settings say.
        Kind::Role => all(
            "concat_ws(' ', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil)",
            "pg_roles AS r",
        ),
        Kind::Membership => all(
            "concat_ws(' ', m.roleid::regrole, m.member::regrole, m.admin_option)",
            "pg_auth_members AS m",
        ),
        Kind::RoleSetting | Kind::DatabaseSetting => all(
            "concat_ws(' ', nullif(s.setrole, 0)::regrole, s.setdatabase = 0, md5(s.setconfig::text))",
            "pg_db_role_setting AS s LEFT JOIN pg_database AS d ON d.oid = s.setdatabase WHERE s.setdatabase = 0 OR d.datname = current_database()",
        ),
        Kind::PublicationSchema => all(
            "concat_ws(' ', p.pubname, n.pnnspid::regnamespace)",
            "pg_publication_namespace AS n JOIN pg_publication AS p ON p.oid = n.pnpubid",
        ),
        Kind::SecurityLabel => all("concat_ws(' ', l.objname, l.provider, l.label)", "pg_seclabels AS l"),
        Kind::ClusterMark => all("x.indexrelid::regclass::text", "pg_index AS x WHERE x.indisclustered"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_can_be_asked_for() {
        let silent = |kind: &Kind| kind.definition().is_none() && of(*kind).is_none();
        // The database itself has nothing that could differ.
        assert_eq!(Kind::ALL.iter().copied().filter(silent).collect::<Vec<_>>(), [Kind::Database]);
    }
}
