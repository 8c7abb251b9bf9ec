//! A plan as plain statements for `psql -v ON_ERROR_STOP=1`.

use apply::Plan;
use plan::Step;

use crate::Direction;
use crate::part::{Part, parts};

/// The statements of one direction: a transaction a script, under the settings of the scripts that `generate` writes but without their
/// checks; what must be committed by itself stands between them.
pub fn sql(plan: &Plan, direction: Direction) -> String {
    let mut all = parts(plan);
    if direction == Direction::Rollback {
        all.reverse();
    }
    plan::script::encoded(all.iter().map(|part| script(part, direction)).collect::<Vec<_>>().join("\n"))
}

fn script(part: &Part<'_>, direction: Direction) -> String {
    let way = if direction == Direction::Rollback { ", taken back" } else { "" };
    let mut writer = Writer { text: format!("-- {}{way}\n", part.file), open: false };
    for round in part.rounds(direction) {
        round.steps.iter().for_each(|step| writer.step(step));
        if round.commit_after {
            writer.commit();
        }
    }
    writer.commit();
    writer.text
}

/// Opens a transaction at the first statement that stands in one.
struct Writer {
    text: String,
    open: bool,
}

impl Writer {
    fn step(&mut self, step: &Step) {
        if step.statement.commit_after {
            self.commit();
        } else if !self.open {
            self.text.push_str("BEGIN;\n");
            self.text.push_str(&plan::script::settings());
            self.open = true;
        }
        self.text.push_str(&step.statement.sql);
        self.text.push_str(";\n");
    }

    fn commit(&mut self) {
        if self.open {
            self.text.push_str("COMMIT;\n");
            self.open = false;
        }
    }
}
