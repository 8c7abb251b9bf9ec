//! Rows that refer to none: those that a foreign key refuses.

use kinds::kinds::constraint::ForeignKey;
use kinds::{Id, Kind, Model, Object, Spec};

use crate::rules::conversion::type_named;

/// For each foreign key: its table, and a query that yields where the rows are that refer to none.
pub fn orphans(model: &Model) -> Vec<(String, String)> {
    let query = |key: &Object| {
        let places = format!("SELECT t.tableoid, t.ctid {}", orphans_of(model, key)?);
        Some((key.id.relation_sql(), places))
    };
    model.objects().filter_map(query).collect()
}

/// `FROM ... WHERE ...`: the rows of a foreign key's table, as `t`, that refer to none. A temporal key (manual, `CREATE TABLE`, `PERIOD`)
/// has no such query: many rows together are what one refers to.
pub fn orphans_of(model: &Model, key: &Object) -> Option<String> {
    let Spec::Constraint(constraint) = &key.spec else { return None };
    let ForeignKey { columns, references, referenced } =
        constraint.foreign_key().filter(|key| !key.is_temporal())?;
    let table = key.id.relation_sql();
    let own = Side { model, table: &table, columns: &columns };
    let values = compared(own, Side { model, table: &references, columns: &referenced });
    let condition = condition(&columns, &values, &references, &referenced);
    Some(format!("FROM {table} AS t\nWHERE {condition}"))
}

/// What finds the rows `t` that refer to none, by the values that are compared.
pub(crate) fn condition(
    columns: &[String],
    values: &[String],
    references: &str,
    referenced: &[String],
) -> String {
    let not_null: Vec<String> = columns.iter().map(|column| format!("t.{column} IS NOT NULL")).collect();
    let pairs = values.iter().zip(referenced);
    let matches: Vec<String> = pairs.map(|(value, other)| format!("r.{other} = {value}")).collect();
    format!(
        "{} AND NOT EXISTS (SELECT FROM {references} AS r WHERE {})",
        not_null.join(" AND "),
        matches.join(" AND ")
    )
}

/// One side of a foreign key; all names are quoted.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) model: &'a Model,
    pub(crate) table: &'a str,
    pub(crate) columns: &'a [String],
}

/// The values of rows `t` as a foreign key compares them.
pub(crate) fn compared(own: Side<'_>, referenced: Side<'_>) -> Vec<String> {
    let values = own.columns.iter().zip(collations(own, referenced));
    values.map(|(column, collation)| format!("t.{column}{collation}")).collect()
}

/// What stands behind the values that a foreign key compares: it does so by the collation of the column that it refers to.
pub(crate) fn collations(own: Side<'_>, referenced: Side<'_>) -> Vec<String> {
    let explicit = |(column, other): (&String, &String)| match referenced.collation(other) {
        other if own.collation(column) == other => String::new(),
        Some(other) => format!(" COLLATE {other}"),
        None => " COLLATE pg_catalog.\"default\"".to_owned(),
    };
    own.columns.iter().zip(referenced.columns).map(explicit).collect()
}

impl<'a> Side<'a> {
    /// The collation of a column where it is not the default: its own, or that of its domain.
    fn collation(self, column: &str) -> Option<&'a str> {
        let is_it = |id: &Id| {
            id.kind() == Kind::Column && id.relation_sql() == self.table && sql::ident(id.name()) == *column
        };
        let object = self.model.objects().find(|object| is_it(&object.id))?;
        let Spec::Column(found) = &object.spec else { return None };
        found.collation.as_deref().or_else(|| match type_named(self.model, &found.data_type)?.1 {
            Spec::Domain(domain) => domain.collation.as_deref(),
            _ => None,
        })
    }
}
