//! A table that cannot be made for some of its columns is made without them: so each is reported, and what is wrong beyond the table too.

use catalog::Database;
use kinds::{Context, Id};

use super::{Failure, Names, Unit, clauses, columns, run};

/// Makes those tables of `units` that can be made without some of their columns, takes them out, and says what is wrong with the columns.
pub(super) fn without_the_bad(
    database: &mut Database,
    units: &mut Vec<Unit>,
    context: &Context<'_>,
    path: &mut Option<String>,
) -> Vec<(Id, Failure)> {
    let mut failures = Vec::new();
    units.retain(|unit| {
        if !unit.id.kind().is_table() {
            return true;
        }
        let bad = bad(database, unit, context, path);
        let is_made = bad.is_some();
        failures.extend(bad.into_iter().flatten());
        !is_made
    });
    failures
}

/// Makes the table with as many of its columns as can be: the failures of the others. `None` where that makes no table, or where the
/// columns are not what is wrong.
fn bad(
    database: &mut Database,
    unit: &Unit,
    context: &Context<'_>,
    path: &mut Option<String>,
) -> Option<Vec<(Id, Failure)>> {
    let table = &context.to.get(&unit.id)?.spec;
    let with = |columns: &[(Id, String)]| {
        let statements = table.create_table(&unit.id, &clauses(columns), context.to).into_iter().collect();
        Unit { id: unit.id.clone(), statements, error: None, stands: false }
    };
    // The search path outlives what is rolled back.
    run(database, &Unit { statements: Vec::new(), ..with(&[]) }, Names::Written, path).ok()?;
    let (mut good, mut left) = (Vec::new(), columns(context, &unit.id));
    // Again, because a generated column may need one that stands behind it.
    loop {
        let (count, mut failures) = (left.len(), Vec::new());
        for column in std::mem::take(&mut left) {
            good.push(column);
            let unit = with(&good);
            database.run("BEGIN").ok()?;
            let tried = run(database, &unit, Names::Written, path);
            database.run("ROLLBACK").ok()?;
            if let Err(error) = tried {
                let column = good.pop()?;
                let failure = Failure { id: unit.id, statement: unit.statements.concat(), error };
                failures.push((column.0.clone(), failure));
                left.push(column);
            }
        }
        if left.len() == count || left.is_empty() {
            run(database, &with(&good), Names::Written, path).ok()?;
            return Some(failures);
        }
    }
}
