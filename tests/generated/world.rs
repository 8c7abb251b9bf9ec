//! A schema as a list of objects. What refers to another object says so by number, so that it follows when that one is renamed or moved,
//! and is left out when it is gone: `{7}` is the name of object 7, `{7.2}` that of its column 2.

use std::collections::BTreeMap;

/// What sort of object it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sort {
    Schema,
    Enum,
    Domain,
    Composite,
    Range,
    Sequence,
    Function,
    TriggerFunction,
    Procedure,
    Aggregate,
    Table,
    Constraint,
    ForeignKey,
    Index,
    Statistics,
    View,
    MaterializedView,
    Trigger,
    Rule,
    Policy,
    RowLevelSecurity,
    Replica,
    Grant,
    ColumnGrant,
    DefaultPrivilege,
    Comment,
    ColumnComment,
    Owner,
    Publication,
    ColumnOption,
}

/// A column of a table, a view or a composite type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// Its number within the object.
    pub(crate) number: usize,
    pub(crate) name: String,
    /// Its type.
    pub(crate) of: String,
    /// What follows the type: `NOT NULL DEFAULT 1`.
    pub(crate) rest: String,
}

/// How a table stands to another one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Parent {
    None,
    /// `INHERITS`
    Inherits(usize),
    /// With its bound.
    PartitionOf(usize, String),
    /// It was, or could be, a partition.
    Like(usize),
}

/// One object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object {
    pub(crate) number: usize,
    pub(crate) sort: Sort,
    pub(crate) schema: Option<usize>,
    pub(crate) name: String,
    /// What it is attached to.
    pub(crate) target: Option<usize>,
    pub(crate) columns: Vec<Column>,
    pub(crate) parent: Parent,
    /// What a function returns; what a table is partitioned by, without the word `BY`.
    pub(crate) of: String,
    /// Types of arguments; labels of an enum.
    pub(crate) words: Vec<String>,
    /// Statements in which the numbers are not yet names; `{columns}` are those of a table.
    pub(crate) sql: Vec<String>,
}

/// A schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct World {
    pub(crate) objects: BTreeMap<usize, Object>,
}

impl World {
    /// The objects of some sorts.
    pub(crate) fn of(&self, sorts: &[Sort]) -> Vec<usize> {
        self.objects
            .values()
            .filter(|object| sorts.contains(&object.sort))
            .map(|object| object.number)
            .collect()
    }

    pub(crate) fn get(&self, number: usize) -> Option<&Object> {
        self.objects.get(&number)
    }

    /// The columns of a relation, a partition's being those of its parent.
    pub(crate) fn columns(&self, number: usize) -> &[Column] {
        match self.get(number) {
            Some(Object { parent: Parent::PartitionOf(parent, _) | Parent::Like(parent), .. }) => {
                self.columns(*parent)
            }
            Some(object) => &object.columns,
            None => &[],
        }
    }

    /// The name of an object, as SQL has it.
    fn name(&self, number: usize) -> Option<String> {
        let object = self.get(number)?;
        let attached = matches!(
            object.sort,
            Sort::Schema
                | Sort::Constraint
                | Sort::ForeignKey
                | Sort::Index
                | Sort::Trigger
                | Sort::Rule
                | Sort::Policy
                | Sort::Publication
        );
        match object.schema.filter(|_| !attached) {
            Some(schema) => Some(sql::qualified(&[&self.get(schema)?.name, &object.name])),
            None => Some(sql::ident(&object.name)),
        }
    }

    /// A statement with names for its numbers; none where it refers to something that is gone.
    pub(crate) fn rendered(&self, template: &str) -> Option<String> {
        let mut text = String::new();
        let mut rest = template;
        while let Some(start) = rest.find('{') {
            let Some(end) = rest[start..].find('}').map(|length| start + length) else { break };
            text.push_str(&rest[..start]);
            let inner = &rest[start + 1..end];
            let mut numbers = inner.split('.').map(str::parse::<usize>);
            match (numbers.next(), numbers.next()) {
                (Some(Ok(object)), None) => text.push_str(&self.name(object)?),
                (Some(Ok(object)), Some(Ok(column))) => {
                    let found = self.columns(object).iter().find(|other| other.number == column)?;
                    text.push_str(&sql::ident(&found.name));
                }
                _ => {
                    text.push_str(&rest[start..=start]);
                    rest = &rest[start + 1..];
                    continue;
                }
            }
            rest = &rest[end + 1..];
        }
        text.push_str(rest);
        Some(text)
    }

    /// The statements that make an object; none where it refers to something that is gone.
    pub(crate) fn statements(&self, object: &Object) -> Vec<String> {
        if object.target.is_some_and(|target| !self.objects.contains_key(&target)) {
            return Vec::new();
        }
        let clause = |column: &Column| {
            let rest = self.rendered(&format!("{} {}", column.of, column.rest))?;
            Some(format!("\n    {} {}", sql::ident(&column.name), rest.trim_end()))
        };
        let columns: Vec<String> = object.columns.iter().filter_map(clause).collect();
        let mut statements = Vec::new();
        for template in &object.sql {
            match self.rendered(&template.replace("{columns}", "{00.}")) {
                Some(statement) => statements.push(statement.replace("{00.}", &columns.join(","))),
                None if statements.is_empty() => return Vec::new(),
                None => {}
            }
        }
        statements
    }

    /// All statements, object by object.
    pub(crate) fn all_statements(&self) -> Vec<String> {
        self.objects.values().flat_map(|object| self.statements(object)).collect()
    }
}

impl Object {
    /// Whether its columns are written out in its statement: those of a view are in its query.
    pub(crate) fn sort_has_own_columns(&self) -> bool {
        matches!(self.sort, Sort::Table | Sort::Composite)
    }
}
