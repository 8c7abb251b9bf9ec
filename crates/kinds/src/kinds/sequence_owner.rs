//! The column that a sequence belongs to.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Id, Kind, Model, ObjectKind, Spec, Statement, query};

/// `ALTER SEQUENCE ... OWNED BY column`: the sequence goes with the column (catalog `pg_depend`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequenceOwner {
    /// The column, quoted with table and schema.
    pub column: String,
}

fn owned_by(id: &Id, column: &str) -> Statement {
    Statement::new(format!("ALTER SEQUENCE {} OWNED BY {column}", id.relation_sql()))
}

/// A new sequence of a column that has values goes on behind them. Those of a foreign table are elsewhere.
fn go_on(id: &Id, context: &Context<'_>) -> Option<Statement> {
    let sequence = id.parent().filter(|sequence| !context.from.contains(sequence))?;
    let column = context.to.get(id)?.needs.keys().find(|need| need.kind() == Kind::Column)?;
    let default = context.to.get(&column.child(Kind::ColumnDefault, ""))?;
    let is_elsewhere = column.top().kind() == Kind::ForeignTable;
    if is_elsewhere || !context.from.contains(column) || !default.needs.contains_key(sequence) {
        return None;
    }
    let Spec::Sequence(spec) = &context.to.get(sequence)?.spec else { return None };
    Some(spec.go_on(&sequence.sql(), column))
}

impl ObjectKind for SequenceOwner {
    fn query(_version: u32) -> Option<String> {
        // The address is one that no catalog has, so that pg_depend's row for it is read as the sequence's.
        Some(format!(
            "SELECT jsonb_build_object('at', jsonb_build_array('pg_sequence'::regclass::oid, d.objid, 0), 'in', {}, 'name', '', \
             'needs', jsonb_build_array({}), \
             'spec', jsonb_build_object('column', d.refobjid::regclass::text || '.' || quote_ident(a.attname))) \
             FROM pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid AND c.relkind = 'S' \
             JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
             WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a' AND {}",
            query::address("pg_class", "d.objid", "0"),
            query::address("pg_class", "d.refobjid", "d.refobjsubid"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let mut statements = vec![owned_by(id, &self.column)];
        statements.extend(go_on(id, context));
        statements
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![owned_by(id, "NONE")]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        let owning = |model: &Model| {
            let mut needs = model.get(id).into_iter().flat_map(|object| object.needs.keys());
            needs.find(|need| need.kind() == Kind::Column).map(|column| column.top().clone())
        };
        let goes = owning(context.from).is_some_and(|table| !context.to.contains(&table));
        let comes = owning(context.to).is_some_and(|table| !context.from.contains(&table));
        if goes && comes {
            // The one may have names that the other needs.
            return Change::Replace("the table that it belongs to takes the place of another".to_owned());
        }
        Change::Alter(vec![owned_by(id, &to.column)])
    }
}
