//! What an object demands of rows that are there before it: `NOT NULL` of no NULL, a key of no value twice, a foreign key of the
//! row that it refers to, a narrower type of values that fit.
//!
//! Each kind says what it demands, in the names of the catalog that is wanted. The planner turns that into questions to the database
//! that is there, so that a plan knows before it starts what would stop it, and a script asks before it changes anything.

use crate::Id;

/// Rows that must not be there when an object is made or changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Demand {
    /// The table whose rows they are.
    pub relation: Id,
    /// The columns of that table that must be there to ask for them.
    pub columns: Vec<Id>,
    /// Whether rows of child tables are none of its rows.
    pub only: bool,
    /// How they are found.
    pub rows: Rows,
}

/// Which rows of a table, called `t`, are in the way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rows {
    /// Those with NULL in this column.
    Null(Id),
    /// Those for which a condition is true.
    Where {
        /// The condition.
        condition: String,
        /// What is wrong with them, behind `rows of public.users`: `whose age is negative`.
        what: String,
        /// What a person can do about them.
        mend: Mend,
    },
    /// Those that have a key, columns or expressions, in common with others for which the predicate holds too.
    Twice {
        /// The key.
        key: Vec<String>,
        /// The predicate of a partial index.
        predicate: Option<String>,
    },
    /// Those whose columns refer to a row that is not there.
    Orphaned {
        /// The columns, quoted.
        columns: Vec<String>,
        /// The table that they refer to.
        references: Id,
        /// Its columns, quoted.
        referenced: Vec<String>,
    },
}

/// How rows are mended; what only a person knows is `...` in the statement. `or` is what may be done instead, in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mend {
    /// `UPDATE` with this behind `SET`.
    Set(String),
    /// `UPDATE` of the columns that are asked for.
    Change {
        /// What else.
        or: Option<String>,
    },
    /// `DELETE`.
    Delete {
        /// What else.
        or: String,
    },
    /// `DELETE`, and `INSERT` into another table.
    Move {
        /// What then, or what else.
        note: String,
    },
    /// What the YAML must say, in words. On the way back, for which that comes too late, they go.
    Declare(String),
    /// In words, because no statement mends them.
    Words(String),
}
