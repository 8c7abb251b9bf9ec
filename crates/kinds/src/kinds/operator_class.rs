//! Operator classes.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use yaml::Node;

use crate::declared::Declared;
use crate::document::Raise;
use crate::kinds::operator_family::{OperatorFamily, items, key_using, members, sql_using, using};
use crate::shape::{self, Keyed, Shape, object};
use crate::{Change, Context, Id, Kind, ObjectKind, Statement, query};

object! {
    /// An operator class (manual, `CREATE OPERATOR CLASS`; catalog `pg_opclass`), under its name and index method: `my_ops using btree`.
    OperatorClass, OperatorClassDoc [renamed_from comment owner] {
        /// The data type that it is for.
        #[serde(rename = "for_type")]
        data_type: String,
        /// Whether it is the default for its type.
        default: bool,
        /// The operator family, where that is not one of the same name in the same schema.
        family: Option<String>,
        /// The type that is stored in the index, where that is not the data type.
        storage: Option<String>,
        /// Operators by strategy number: `1: <(integer, integer)`.
        operators: BTreeMap<String, String>,
        /// Support functions by number: `1: compare(integer, integer)`.
        functions: BTreeMap<String, String>,
    }
}

impl Keyed for OperatorClass {
    const KIND: Kind = Kind::OperatorClass;

    fn id(parent: Option<&Id>, key: &str) -> Id {
        using(parent, Kind::OperatorClass, key)
    }

    fn key(&self, id: &Id) -> Option<String> {
        Some(key_using(id))
    }
}

impl OperatorClassDoc {
    /// A class that names no family comes with one of its own name, as in PostgreSQL.
    pub(crate) fn lower(&self, schema: &Id, key: &str, node: Option<&Node>, declared: &mut Declared) {
        shape::lower(self, Some(schema), key, node, declared);
        let family = using(Some(schema), Kind::OperatorFamily, key);
        if self.family.is_none() && !declared.objects.iter().any(|object| object.id == family) {
            declared.add_owner(&family, self.facts().owner, None);
            declared.add(family, OperatorFamily::default(), 0, None);
        }
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, schema: &Id) -> IndexMap<String, OperatorClassDoc> {
        shape::raise_all(raise, Some(schema))
    }
}

impl ObjectKind for OperatorClass {
    fn query(_version: u32) -> Option<String> {
        let (pairs, addresses) = members("pg_opclass", "c.oid");
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'also', {addresses}, 'in', {}, 'name', c.opcname, 'signature', a.amname, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('for_type', format_type(c.opcintype, NULL), 'default', c.opcdefault, \
             'family', CASE WHEN f.opfname <> c.opcname OR f.opfnamespace <> c.opcnamespace THEN concat(quote_ident(n.nspname), '.', quote_ident(f.opfname)) END, \
             'storage', CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END, {pairs}))) \
             FROM pg_opclass AS c JOIN pg_am AS a ON a.oid = c.opcmethod JOIN pg_opfamily AS f ON f.oid = c.opcfamily \
             JOIN pg_namespace AS n ON n.oid = f.opfnamespace WHERE {}",
            query::address("pg_opclass", "c.oid", "0"),
            query::address("pg_namespace", "c.opcnamespace", "0"),
            query::owner("c.opcowner"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let default = if self.default { " DEFAULT" } else { "" };
        let method = sql::ident(id.signature().unwrap_or_default());
        let family = self.family.clone().unwrap_or_else(|| id.sql());
        let mut list: Vec<String> = self.storage.iter().map(|storage| format!("STORAGE {storage}")).collect();
        list.extend(items(&self.operators, &self.functions));
        if list.is_empty() {
            list.push(format!("STORAGE {}", self.data_type));
        }
        vec![Statement::new(format!(
            "CREATE OPERATOR CLASS {}{default} FOR TYPE {} USING {method} FAMILY {family} AS\n    {}",
            id.sql(),
            self.data_type,
            list.join(",\n    ")
        ))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(id)))]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Replace("PostgreSQL cannot change an operator class".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER {} RENAME TO {}", self.address(id), sql::ident(to))))
    }

    fn address(&self, id: &Id) -> String {
        format!("OPERATOR CLASS {}", sql_using(id))
    }
}
