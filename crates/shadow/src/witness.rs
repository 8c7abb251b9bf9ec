//! The independent witness: all that users own in the catalogs of one database, column by column, with names in place of OIDs.
//!
//! It rests on a short list of what is left out, not on a list of what is known, and shares nothing with the kinds: what they do not
//! read, and what a later PostgreSQL adds, shows up here. The queries (`witness/*.sql`) say beside each catalog what is left out and why.

mod difference;

use std::collections::BTreeMap;

use catalog::{Error, Snapshot};
use serde_json::Value;

pub use difference::Difference;

/// What stands before each query.
const PRELUDE: &str = include_str!("witness/prelude.sql");

/// The queries, each with the first major version that has its catalogs.
const QUERIES: [(u32, &str); 22] = [
    (13, include_str!("witness/acls.sql")),
    (13, include_str!("witness/column_order.sql")),
    (13, include_str!("witness/columns.sql")),
    (13, include_str!("witness/comments.sql")),
    (13, include_str!("witness/constraints.sql")),
    (13, include_str!("witness/database.sql")),
    (13, include_str!("witness/default_acls.sql")),
    (13, include_str!("witness/foreign_data.sql")),
    (13, include_str!("witness/functions.sql")),
    (13, include_str!("witness/indexes.sql")),
    (13, include_str!("witness/languages.sql")),
    (13, include_str!("witness/operators.sql")),
    (13, include_str!("witness/options.sql")),
    (13, include_str!("witness/policies_and_rules.sql")),
    (15, include_str!("witness/publication_schemas.sql")),
    (13, include_str!("witness/publications.sql")),
    (13, include_str!("witness/relations.sql")),
    (13, include_str!("witness/roles.sql")),
    (13, include_str!("witness/subscriptions.sql")),
    (13, include_str!("witness/text_search.sql")),
    (13, include_str!("witness/triggers.sql")),
    (13, include_str!("witness/types.sql")),
];

/// The kind under which the queries hand out the order of columns.
const COLUMN_ORDER: &str = "column order";

/// What the catalogs of a database hold at one moment. Two of them are equal when no user could tell the databases apart,
/// but for their rows and the order of columns.
///
/// Comparable only between servers of the same major version, since the server itself prints the expressions.
/// Left out: the schemas `pg_*`, `information_schema` and `endstate_*`, what belongs to an extension (its version stands for it),
/// passwords and what may hold one, and what `CREATE DATABASE` fixes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Witness {
    /// By kind (`relation`, `column`, `acl`, ...) and qualified, quoted name: the columns of the catalog row, by name, or one value.
    pub entries: BTreeMap<(String, String), Value>,
    /// By relation: its columns in their physical order, which equality of databases may do without.
    pub column_order: BTreeMap<String, String>,
}

impl Witness {
    /// Reads the catalogs in one round trip; `major` is the server's version, such as 15.
    ///
    /// Any role will do. Who may not see the options of a user mapping reads them as null.
    ///
    /// # Errors
    /// Those of [`Snapshot::rows`], and [`Error::Answer`] when two objects would go by the same name, as one would hide the other.
    pub fn take(snapshot: &mut Snapshot<'_>, major: u32) -> Result<Self, Error> {
        let mut witness = Self::default();
        for row in snapshot.rows(&queries(major))?.into_iter().flatten() {
            witness.add(row)?;
        }
        Ok(witness)
    }

    /// All that differs but for the order of columns, by kind, name and attribute.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        difference::between(&self.entries, &other.entries)
    }

    /// The relations in both whose columns stand in another order, or which have other columns.
    pub fn column_order_differences(&self, other: &Self) -> Vec<Difference> {
        let shared = |(relation, left): (&String, &String)| {
            let right = other.column_order.get(relation).filter(|right| *right != left)?;
            Some(Difference {
                kind: COLUMN_ORDER.to_owned(),
                identity: relation.clone(),
                attribute: None,
                left: Some(left.clone().into()),
                right: Some(right.clone().into()),
            })
        };
        self.column_order.iter().filter_map(shared).collect()
    }

    /// Without the entries of which `leave_out` is true, given kind and identity.
    #[must_use]
    pub fn without(mut self, leave_out: &dyn Fn(&str, &str) -> bool) -> Self {
        self.entries.retain(|(kind, identity), _| !leave_out(kind, identity));
        self
    }

    fn add(&mut self, row: Value) -> Result<(), Error> {
        let (kind, identity, attributes) =
            serde_json::from_value::<(String, String, Value)>(row).map_err(|error| Error::Answer {
                reason: format!("the witness read a row without a name: {error}"),
            })?;
        let twice = match (kind.as_str(), attributes) {
            (COLUMN_ORDER, Value::String(columns)) => {
                self.column_order.insert(identity.clone(), columns).is_some()
            }
            (_, attributes) => self.entries.insert((kind.clone(), identity.clone()), attributes).is_some(),
        };
        if twice {
            return Err(Error::Answer { reason: format!("the witness read two of {kind} {identity}") });
        }
        Ok(())
    }
}

/// The queries for a major version, each a statement of its own that yields `[kind, identity, attributes]`.
fn queries(major: u32) -> Vec<String> {
    let applicable = QUERIES.iter().filter(|(since, _)| *since <= major);
    applicable
        .map(|(_, query)| {
            let body = for_version(query, major);
            format!(
                "{PRELUDE}SELECT jsonb_build_array(kind, identity, attributes) \
                 FROM (\n{body}) AS entry (kind, identity, attributes)"
            )
        })
        .collect()
}

/// Leaves out the lines that end in `-- since N` of a later version.
fn for_version(query: &str, major: u32) -> String {
    let since = |line: &str| line.rsplit_once("-- since ").and_then(|(_, since)| since.parse::<u32>().ok());
    let lines = query.lines().filter(|line| since(line).is_none_or(|since| since <= major));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_later_versions_are_left_out() {
        assert_eq!(for_version("a\nb, -- since 15\nc\n", 14), "a\nc\n");
        assert_eq!(for_version("a\nb, -- since 15\nc", 15), "a\nb, -- since 15\nc\n");
    }

    #[test]
    fn one_object_cannot_hide_another() {
        let row = |kind: &str| serde_json::json!([kind, "public.a", "x"]);
        let mut witness = Witness::default();
        witness.add(row("type")).unwrap();
        witness.add(row(COLUMN_ORDER)).unwrap();
        for kind in ["type", COLUMN_ORDER] {
            let error = witness.add(row(kind)).unwrap_err();
            assert!(error.to_string().contains(&format!("two of {kind} public.a")), "{error}");
        }
    }

    #[test]
    fn only_the_order_of_columns_of_what_both_have_is_a_difference() {
        let witness = |order: &str, other: &str| Witness {
            column_order: [("public.a", order), (other, "x")]
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .into(),
            ..Witness::default()
        };
        let differences = witness("a, b", "b").column_order_differences(&witness("b, a", "c"));
        assert_eq!(
            differences.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["column order public.a: \"a, b\" -> \"b, a\""]
        );
    }

    #[test]
    fn entries_can_be_left_out() {
        let mut witness = Witness::default();
        for kind in ["role", "type"] {
            witness.add(serde_json::json!([kind, "a", null])).unwrap();
        }
        let left = witness.without(&|kind, identity| kind == "role" && identity == "a");
        assert_eq!(left.entries.keys().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["type"]);
    }
}
