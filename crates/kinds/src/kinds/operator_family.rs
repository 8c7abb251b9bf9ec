//! Operator families.

use std::collections::BTreeMap;

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// An operator family (manual, `CREATE OPERATOR FAMILY`; catalog `pg_opfamily`), under its name and index method: `my_ops using btree`.
    OperatorFamily, OperatorFamilyDoc [renamed_from comment owner] {
        /// Operators that belong to no class, by strategy number and operand types: `1 (integer, bigint): <(integer, bigint)`.
        operators: BTreeMap<String, String>,
        /// Support functions that belong to no class, by number and types: `1 (integer, bigint): compare(integer, bigint)`.
        functions: BTreeMap<String, String>,
    }
}

placed!(OperatorFamilyDoc in schema);

impl Keyed for OperatorFamily {
    const KIND: Kind = Kind::OperatorFamily;

    fn id(parent: Option<&Id>, key: &str) -> Id {
        using(parent, Kind::OperatorFamily, key)
    }

    fn key(&self, id: &Id) -> Option<String> {
        Some(key_using(id))
    }
}

/// The id for `name using method`.
pub(crate) fn using(parent: Option<&Id>, kind: Kind, key: &str) -> Id {
    let (name, method) = key.rsplit_once(" using ").unwrap_or((key, "btree"));
    let id = parent.map_or_else(|| Id::root(kind, name), |schema| schema.child(kind, name));
    id.with_signature(Some(method.trim().to_owned()))
}

/// `name using method`.
pub(crate) fn key_using(id: &Id) -> String {
    format!("{} using {}", id.name(), id.signature().unwrap_or_default())
}

/// `schema.name USING method`.
pub(crate) fn sql_using(id: &Id) -> String {
    format!("{} USING {}", id.sql(), sql::ident(id.signature().unwrap_or_default()))
}

/// The members that belong to an object of `class` and `oid` themselves, as two pairs; and the addresses of all of them.
pub(crate) fn members(class: &str, oid: &str) -> (String, String) {
    let own = |catalog: &str, member: &str| {
        format!(
            "EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = '{catalog}'::regclass AND d.objid = {member}.oid \
             AND d.refclassid = '{class}'::regclass AND d.refobjid = {oid} AND d.deptype IN ('i', 'a'))"
        )
    };
    let pairs = format!(
        "'operators', (SELECT jsonb_object_agg(format('%s (%s, %s)', m.amopstrategy, format_type(m.amoplefttype, NULL), format_type(m.amoprighttype, NULL)), \
         m.amopopr::regoperator::text || CASE m.amoppurpose WHEN 'o' THEN ' FOR ORDER BY ' || (SELECT concat(quote_ident(n.nspname), '.', quote_ident(f.opfname)) \
         FROM pg_opfamily AS f JOIN pg_namespace AS n ON n.oid = f.opfnamespace WHERE f.oid = m.amopsortfamily) ELSE '' END) \
         FROM pg_amop AS m WHERE {}), \
         'functions', (SELECT jsonb_object_agg(format('%s (%s, %s)', m.amprocnum, format_type(m.amproclefttype, NULL), format_type(m.amprocrighttype, NULL)), \
         m.amproc::oid::regprocedure::text) FROM pg_amproc AS m WHERE {})",
        own("pg_amop", "m"),
        own("pg_amproc", "m"),
    );
    let addresses = format!(
        "(SELECT coalesce(jsonb_agg(a.a), '[]'::jsonb) FROM (SELECT {} AS a FROM pg_amop AS m WHERE {} UNION ALL SELECT {} FROM pg_amproc AS m WHERE {}) AS a)",
        query::address("pg_amop", "m.oid", "0"),
        own("pg_amop", "m"),
        query::address("pg_amproc", "m.oid", "0"),
        own("pg_amproc", "m"),
    );
    (pairs, addresses)
}

/// `OPERATOR 1 <(integer, bigint)` and `FUNCTION 1 (integer, bigint) compare(integer, bigint)`.
pub(crate) fn items(
    operators: &BTreeMap<String, String>,
    functions: &BTreeMap<String, String>,
) -> Vec<String> {
    let strategy = |key: &str| key.split_whitespace().next().unwrap_or_default().to_owned();
    let operators = operators.iter().map(|(key, operator)| format!("OPERATOR {} {operator}", strategy(key)));
    operators.chain(functions.iter().map(|(key, function)| format!("FUNCTION {key} {function}"))).collect()
}

impl OperatorFamily {
    fn alteration(id: &Id, verb: &str, items: &[String]) -> Option<Statement> {
        let sql = || format!("ALTER OPERATOR FAMILY {} {verb}\n    {}", sql_using(id), items.join(",\n    "));
        (!items.is_empty()).then(|| Statement::new(sql()))
    }
}

impl ObjectKind for OperatorFamily {
    fn query(_version: u32) -> Option<String> {
        let (pairs, addresses) = members("pg_opfamily", "f.oid");
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'also', {addresses}, 'in', {}, 'name', f.opfname, 'signature', a.amname, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object({pairs}))) \
             FROM pg_opfamily AS f JOIN pg_am AS a ON a.oid = f.opfmethod WHERE {}",
            query::address("pg_opfamily", "f.oid", "0"),
            query::address("pg_namespace", "f.opfnamespace", "0"),
            query::owner("f.opfowner"),
            query::user_made("f.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let mut statements = vec![Statement::new(format!("CREATE OPERATOR FAMILY {}", sql_using(id)))];
        statements.extend(Self::alteration(id, "ADD", &items(&self.operators, &self.functions)));
        statements
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(id)))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let without =
            |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> BTreeMap<String, String> {
                one.iter()
                    .filter(|(key, value)| other.get(*key) != Some(value))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect()
            };
        let gone = without(&self.operators, &to.operators).into_keys().map(|key| format!("OPERATOR {key}"));
        let gone = gone
            .chain(without(&self.functions, &to.functions).into_keys().map(|key| format!("FUNCTION {key}")));
        let come = items(&without(&to.operators, &self.operators), &without(&to.functions, &self.functions));
        let statements =
            [Self::alteration(id, "DROP", &gone.collect::<Vec<_>>()), Self::alteration(id, "ADD", &come)];
        Change::Alter(statements.into_iter().flatten().collect())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER {} RENAME TO {}", self.address(id), sql::ident(to))))
    }

    fn address(&self, id: &Id) -> String {
        format!("OPERATOR FAMILY {}", sql_using(id))
    }
}
