//! Queries that several sections ask.

use kinds::kinds::constraint::{Constraint, ConstraintType};
use kinds::{Id, Kind, Object, Spec};

use crate::escape::{code, fenced};

/// A question whether something is there: what, an SQL expression, the answer expected.
pub(super) struct Presence {
    pub(super) what: String,
    pub(super) expression: String,
    pub(super) expected: bool,
}

impl Presence {
    /// Asks for a relation, a column, a function or a type; other kinds are not asked for by name.
    pub(super) fn of(id: &Id, expected: bool) -> Option<Presence> {
        let expression = match id.kind() {
            Kind::Table | Kind::View | Kind::MaterializedView | Kind::Sequence => {
                format!("to_regclass({}) IS NOT NULL", sql::literal(&id.sql()))
            }
            Kind::Function => {
                format!("to_regprocedure({}) IS NOT NULL", sql::literal(&id.sql_with_arguments()))
            }
            Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range => {
                format!("to_regtype({}) IS NOT NULL", sql::literal(&id.sql()))
            }
            Kind::Column => format!(
                "EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass({}) AND attname = {} AND NOT attisdropped)",
                sql::literal(&id.relation_sql()),
                sql::literal(id.name())
            ),
            _ => return None,
        };
        Some(Presence { what: id.to_string(), expression, expected })
    }
}

/// The query that asks, and the rows that it must return.
pub(super) fn presence(questions: &[Presence]) -> String {
    let rows: Vec<String> = questions
        .iter()
        .map(|question| format!("    ({}, {})", sql::literal(&question.what), question.expression))
        .collect();
    let query = format!("SELECT what, there FROM (VALUES\n{}\n) AS e (what, there);", rows.join(",\n"));
    let expected: Vec<Vec<String>> = questions
        .iter()
        .map(|question| vec![code(&question.what), if question.expected { "t" } else { "f" }.to_owned()])
        .collect();
    fenced("sql", &query) + "\nExpected:\n\n" + &table(&["what", "there"], &expected)
}

/// A table of Markdown.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let rule = vec!["---"; heads.len()];
    let body = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    line(heads.to_vec()) + &line(rule) + &body.collect::<String>()
}

/// The two sides of a foreign key.
pub(super) struct ForeignKey {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    pub(super) referenced: String,
    keys: Vec<String>,
}

impl ForeignKey {
    /// Reads what `pg_get_constraintdef` prints.
    pub(super) fn of(object: &Object) -> Option<ForeignKey> {
        let Spec::Constraint(Constraint { constraint_type: ConstraintType::ForeignKey, definition, .. }) =
            &object.spec
        else {
            return None;
        };
        let (columns, rest) = definition.strip_prefix("FOREIGN KEY (")?.split_once(") REFERENCES ")?;
        let (referenced, rest) = rest.split_once('(')?;
        let (keys, _) = rest.split_once(')')?;
        let list = |text: &str| text.split(", ").map(str::to_owned).collect();
        Some(ForeignKey {
            table: object.id.relation_sql(),
            columns: list(columns),
            referenced: referenced.to_owned(),
            keys: list(keys),
        })
    }

    /// `FROM ... WHERE ...`: the rows of the table, as `t`, without a row that they refer to.
    pub(super) fn orphans(&self) -> String {
        let not_null: Vec<String> =
            self.columns.iter().map(|column| format!("t.{column} IS NOT NULL")).collect();
        let pairs = self.columns.iter().zip(&self.keys);
        let equal: Vec<String> = pairs.map(|(column, key)| format!("r.{key} = t.{column}")).collect();
        format!(
            "FROM {} AS t\nWHERE {} AND NOT EXISTS (SELECT FROM {} AS r WHERE {})",
            self.table,
            not_null.join(" AND "),
            self.referenced,
            equal.join(" AND ")
        )
    }
}
