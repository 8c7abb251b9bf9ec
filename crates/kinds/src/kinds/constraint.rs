//! Constraints of tables.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, Lock, ObjectKind, Statement, Work, query};

/// What a constraint demands (catalog `pg_constraint.contype`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintType {
    /// `PRIMARY KEY`
    PrimaryKey,
    /// `UNIQUE`
    Unique,
    /// `CHECK`
    Check,
    /// `EXCLUDE`
    Exclusion,
    /// `FOREIGN KEY`
    ForeignKey,
}

/// A constraint of a table, as `pg_get_constraintdef` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// What it demands.
    #[serde(rename = "type")]
    pub constraint_type: ConstraintType,
    /// `CHECK (...)`, `FOREIGN KEY (...) REFERENCES ...`: what follows the name.
    pub definition: String,
    /// The table that a foreign key refers to, quoted with its schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<String>,
}

impl Constraint {
    fn has_index(&self) -> bool {
        matches!(
            self.constraint_type,
            ConstraintType::PrimaryKey | ConstraintType::Unique | ConstraintType::Exclusion
        )
    }
}

impl ObjectKind for Constraint {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'also', CASE WHEN c.conindid <> 0 AND c.contype IN ('p', 'u', 'x') THEN jsonb_build_array({}) END, \
             'in', {}, 'name', c.conname, 'position', strpos('puxcf', c.contype::text), \
             'spec', jsonb_strip_nulls(jsonb_build_object('type', CASE c.contype WHEN 'p' THEN 'primary_key' WHEN 'u' THEN 'unique' \
               WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' ELSE 'foreign_key' END, \
             'definition', pg_get_constraintdef(c.oid), 'references', CASE WHEN c.confrelid <> 0 THEN c.confrelid::regclass::text END))) \
             FROM pg_constraint AS c WHERE c.conrelid <> 0 AND c.contype IN ('p', 'u', 'x', 'c', 'f') AND c.conparentid = 0 \
             AND (c.conislocal OR c.coninhcount = 0) AND {}",
            query::address("pg_constraint", "c.oid", "0"),
            query::address("pg_class", "c.conindid", "0"),
            query::address("pg_class", "c.conrelid", "0"),
            query::user_made("c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let table = id.relation_sql();
        let name = if id.name().starts_with('\u{0}') { String::new() } else { format!("CONSTRAINT {} ", sql::ident(id.name())) };
        let clause = format!("{name}{}", self.definition);
        let mut statement = Statement::alter_table(&table, format!("ADD {clause}")).clause(clause);
        statement = match self.constraint_type {
            ConstraintType::ForeignKey => statement.lock(Lock::ShareRowExclusive, &table),
            _ => statement,
        };
        let scans = !self.definition.ends_with("NOT VALID") && !self.definition.ends_with("NOT ENFORCED");
        let work = match (self.has_index(), scans) {
            (true, _) => Work::Build,
            (false, true) => Work::Scan,
            (false, false) => Work::Catalog,
        };
        vec![statement.work(work)]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::alter_table(&id.relation_sql(), format!("DROP CONSTRAINT {}", sql::ident(id.name())))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if self.definition == format!("{} NOT VALID", to.definition) {
            let table = id.relation_sql();
            let action = format!("VALIDATE CONSTRAINT {}", sql::ident(id.name()));
            return Change::Alter(vec![
                Statement::alter_table(&table, action).lock(Lock::ShareUpdateExclusive, &table).work(Work::Scan),
            ]);
        }
        Change::Replace("a constraint's definition cannot be changed".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        let table = id.relation_sql();
        if self.has_index() {
            // Takes a weaker lock than RENAME CONSTRAINT, and renames the constraint too.
            let index = id.ancestors().nth(1).map_or_else(
                || sql::ident(id.name()),
                |schema| sql::qualified(&[schema.name(), id.name()]),
            );
            return Some(
                Statement::new(format!("ALTER INDEX {index} RENAME TO {}", sql::ident(to)))
                    .lock(Lock::ShareUpdateExclusive, index),
            );
        }
        Some(
            Statement::new(format!(
                "ALTER TABLE {table} RENAME CONSTRAINT {} TO {}",
                sql::ident(id.name()),
                sql::ident(to)
            ))
            .lock(Lock::AccessExclusive, &table),
        )
    }

    fn address(&self, id: &Id) -> String {
        format!("CONSTRAINT {} ON {}", sql::ident(id.name()), id.relation_sql())
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT pg_get_constraintdef(c.oid) FROM pg_constraint AS c WHERE c.conrelid = to_regclass(e.parent) AND c.conname = e.name)",
        )
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        self == to
    }
}

impl Constraint {
    /// A constraint as written, whose name may be left to PostgreSQL.
    pub(crate) fn unnamed(constraint_type: ConstraintType, definition: String) -> Constraint {
        Constraint { constraint_type, definition, references: None }
    }

    /// A constraint as written in SQL after its name.
    pub(crate) fn written(definition: &str) -> Constraint {
        let word = definition.trim_start().to_uppercase();
        let constraint_type = [
            ("PRIMARY", ConstraintType::PrimaryKey),
            ("UNIQUE", ConstraintType::Unique),
            ("EXCLUDE", ConstraintType::Exclusion),
            ("FOREIGN", ConstraintType::ForeignKey),
        ]
        .into_iter()
        .find(|(keyword, _)| word.starts_with(keyword))
        .map_or(ConstraintType::Check, |(_, kind)| kind);
        Constraint::unnamed(constraint_type, definition.to_owned())
    }

    /// The columns of a plain `PRIMARY KEY (...)` or `UNIQUE (...)`, as written; none where there is more to it.
    pub(crate) fn plain_columns(&self) -> Option<Vec<String>> {
        let list = ["PRIMARY KEY (", "UNIQUE ("].into_iter().find_map(|head| self.definition.strip_prefix(head))?;
        let list = list.strip_suffix(')')?;
        (super::index::closing_bracket(list) == list.len()).then(|| super::index::split_list(list))
    }

    /// The expression of a plain `CHECK (...)`.
    pub(crate) fn plain_check(&self) -> Option<&str> {
        let inner = self.definition.strip_prefix("CHECK (")?.strip_suffix(')')?;
        (super::index::closing_bracket(inner) == inner.len()).then(|| super::index::without_brackets(inner))
    }

    /// `users (id) ON DELETE CASCADE` of a foreign key of one column.
    pub(crate) fn plain_reference(&self) -> Option<(String, String)> {
        let rest = self.definition.strip_prefix("FOREIGN KEY (")?;
        let (column, references) = rest.split_once(") REFERENCES ")?;
        (super::index::split_list(column).len() == 1).then(|| (column.to_owned(), references.to_owned()))
    }
}
