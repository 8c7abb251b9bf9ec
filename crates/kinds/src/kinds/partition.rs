//! The place of a partition in its partitioned table.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, Lock, ObjectKind, Statement, Work, query};

/// `PARTITION OF ... FOR VALUES ...` (catalogs `pg_inherits`, `pg_class.relpartbound`). A table that is attached or detached keeps
/// its rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Partition {
    /// The partitioned table, quoted with its schema.
    pub of: String,
    /// `FOR VALUES ...` or `DEFAULT`.
    pub bound: String,
    /// What is true of its rows, as PostgreSQL says it; not told of one by hash below another one by hash.
    #[serde(default, skip_serializing)]
    pub condition: Option<String>,
}

/// The condition follows from the bound, and from those of the tables above.
impl PartialEq for Partition {
    fn eq(&self, other: &Partition) -> bool {
        (&self.of, &self.bound) == (&other.of, &other.bound)
    }
}

impl Partition {
    /// The statements that take a table out of this place and put it back.
    pub fn around(&self, table: &str) -> (String, String) {
        let parent = &self.of;
        let attach = format!("ALTER TABLE {parent} ATTACH PARTITION {table} {}", self.bound);
        (format!("ALTER TABLE {parent} DETACH PARTITION {table}"), attach)
    }
}

impl ObjectKind for Partition {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', jsonb_build_array('pg_inherits'::regclass::oid, c.oid, 0), 'in', {}, 'name', '', \
             'needs', jsonb_build_array({}), \
             'spec', jsonb_build_object('of', i.inhparent::regclass::text, 'bound', pg_get_expr(c.relpartbound, c.oid), \
             'condition', CASE WHEN d.condition !~ 'satisfies_hash_partition\\(''[0-9]+''' THEN d.condition END)) \
             FROM pg_class AS c JOIN pg_inherits AS i ON i.inhrelid = c.oid, \
             LATERAL (SELECT replace(pg_get_partition_constraintdef(c.oid), quote_literal(i.inhparent::oid) || '::oid', \
             quote_literal(i.inhparent::regclass) || '::regclass') AS condition) AS d \
             WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f') AND {}",
            query::address("pg_class", "c.oid", "0"),
            query::address("pg_class", "i.inhparent", "0"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let (table, parent) = (id.relation_sql(), &self.of);
        vec![
            Statement::new(format!("ALTER TABLE {parent} ATTACH PARTITION {table} {}", self.bound))
                .lock(Lock::AccessExclusive, table)
                .work(Work::Scan),
        ]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let parent = &self.of;
        vec![
            Statement::new(format!("ALTER TABLE {parent} DETACH PARTITION {}", id.relation_sql()))
                .lock(Lock::AccessExclusive, parent)
                .clients(format!("queries of {parent} no longer see the rows of {}", id.relation_sql())),
        ]
    }

    fn alter(&self, _to: &Self, _id: &Id, _context: &Context<'_>) -> Change {
        Change::Replace("a bound changes by detaching and attaching".to_owned())
    }
}
