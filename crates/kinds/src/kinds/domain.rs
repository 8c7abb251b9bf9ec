//! Domains.

use serde::{Deserialize, Serialize};

use crate::kinds::inheritance;
use crate::{
    Change, Context, Demand, Hazard, Id, Kind, Mend, ObjectKind, Rows, Spec, Statement, Work, query,
};

/// A domain (manual, `CREATE DOMAIN`; catalog `pg_type`). Its checks are objects of their own, and from version 17 on so is
/// its `NOT NULL`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Domain {
    /// The type that it is over, as `format_type` prints it.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The collation, quoted with its schema, where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// The default of columns that have none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Whether NULL is refused; before version 17, where that has no name.
    #[serde(default)]
    pub not_null: bool,
}

impl Domain {
    /// The statement, with constraints behind it.
    pub fn create_with(&self, id: &Id, constraints: &[&str]) -> String {
        let mut parts = vec![format!("CREATE DOMAIN {} AS {}", id.sql(), self.data_type)];
        parts.extend(self.collation.iter().map(|collation| format!(" COLLATE {collation}")));
        parts.extend(self.default.iter().map(|default| format!(" DEFAULT {default}")));
        parts.extend(self.not_null.then(|| " NOT NULL".to_owned()));
        parts.extend(constraints.iter().map(|constraint| format!("\n    {constraint}")));
        parts.concat()
    }

    /// `SET DEFAULT` or `DROP DEFAULT`.
    pub fn set_default(id: &Id, default: Option<&str>) -> Statement {
        let action = default.map_or("DROP DEFAULT".to_owned(), |default| format!("SET DEFAULT {default}"));
        Statement::new(format!("ALTER DOMAIN {} {action}", id.sql()))
    }
}

impl ObjectKind for Domain {
    fn query(version: u32) -> Option<String> {
        let not_null = if version >= 17 { "false" } else { "t.typnotnull" };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'also', jsonb_build_array({}), 'in', {}, 'name', t.typname, {}, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('type', format_type(t.typbasetype, t.typtypmod), \
             'collation', CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END, \
             'default', pg_get_expr(t.typdefaultbin, 'pg_type'::regclass), 'not_null', {not_null}))) \
             FROM pg_type AS t JOIN pg_type AS b ON b.oid = t.typbasetype WHERE t.typtype = 'd' AND {}",
            query::address("pg_type", "t.oid", "0"),
            query::address("pg_type", "t.typarray", "0"),
            query::address("pg_namespace", "t.typnamespace", "0"),
            query::owner("t.typowner"),
            query::acl("T", "t.typowner", "t.typacl"),
            query::user_made("t.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(self.create_with(id, &[]))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP DOMAIN {}", id.sql()))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if self.data_type != to.data_type || self.collation != to.collation {
            return Change::Replace("PostgreSQL cannot change the type that a domain is over".to_owned());
        }
        let mut statements = Vec::new();
        if self.default != to.default {
            statements.push(Self::set_default(id, to.default.as_deref()));
        }
        if self.not_null != to.not_null {
            statements.push(set_not_null(id, to.not_null));
        }
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER DOMAIN {} RENAME TO {}", id.sql(), sql::ident(to)))
                .hazard(Hazard::ClientBreak, format!("domain {} has another name", id.sql())),
        )
    }

    fn demands(&self, before: Option<&Self>, id: &Id, context: &Context<'_>) -> Vec<Demand> {
        if !self.not_null || before.is_none_or(|before| before.not_null) {
            return Vec::new();
        }
        of_columns(Some(id), context, |value| Some((format!("{value} IS NULL"), "refuses NULL".to_owned())))
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT pg_catalog.concat_ws(' ', pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typcollation::regcollation, \
             t.typnotnull, pg_catalog.pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::regclass)) FROM pg_catalog.pg_type AS t WHERE t.oid = to_regtype(e.object))",
        )
    }
}

/// Reads every table that uses the domain, which PostgreSQL locks against writes meanwhile.
pub(crate) fn set_not_null(id: &Id, not_null: bool) -> Statement {
    let (action, work) = if not_null { ("SET", Work::Scan) } else { ("DROP", Work::Catalog) };
    Statement::new(format!("ALTER DOMAIN {} {action} NOT NULL", id.sql())).work(work)
}

/// What a domain demands of the columns that are of it, or of a domain over it: `refused` tells the condition that a value is refused, and
/// why.
pub(crate) fn of_columns(
    domain: Option<&Id>,
    context: &Context<'_>,
    refused: impl Fn(&str) -> Option<(String, String)>,
) -> Vec<Demand> {
    let Some(domain) = domain else { return Vec::new() };
    let mut names = vec![domain.sql()];
    while let Some(name) = context.to.objects().find_map(|object| match &object.spec {
        Spec::Domain(over) if names.contains(&over.data_type) => {
            Some(object.id.sql()).filter(|name| !names.contains(name))
        }
        _ => None,
    }) {
        names.push(name);
    }
    let columns = context.to.objects().filter(|object| object.id.top().kind() == Kind::Table);
    let demand = |object: &crate::Object| {
        let (Spec::Column(column), Some(table)) = (&object.spec, object.id.parent()) else { return None };
        // Where its type is another one, the column says what it demands.
        let was = context.from.get(&object.id).map(|object| &object.spec);
        if matches!(was, Some(Spec::Column(was)) if was.data_type != column.data_type) {
            return None;
        }
        let (name, element) = (sql::ident(object.id.name()), column.data_type.trim_end_matches("[]"));
        if !names.iter().any(|name| name == element)
            || column.inherited && inheritance::follows(table, context)
        {
            return None;
        }
        let is_array = element != column.data_type;
        let (condition, why) = refused(if is_array { "e.value" } else { &name })?;
        let condition = match is_array {
            true => format!("EXISTS (SELECT FROM unnest({name}) AS e (value) WHERE {condition})"),
            false => condition,
        };
        let what = format!("whose {name} does not fit {}, which {why}", domain.sql());
        let rows = Rows::Where { condition, what, mend: Mend::Change { or: None } };
        Some(Demand { relation: table.clone(), only: false, columns: vec![object.id.clone()], rows })
    };
    columns.filter_map(demand).collect()
}
