//! `endstate plan`

use crate::args::{Direction, Global, Plan, PlanFormat};
use crate::{Outcome, output};

pub(super) fn run(global: &Global, arguments: &Plan) -> anyhow::Result<Outcome> {
    let plan = super::prepare(global, &arguments.proving)?;
    let refusal = super::refusal(&plan, &arguments.allow);
    // Into a pipe that runs it goes nothing that has not been accepted.
    if refusal.is_none() || arguments.format != PlanFormat::Sql {
        output::result(&text(&plan, arguments))?;
    }
    if arguments.format != PlanFormat::Text {
        super::tell_rows(&plan);
    }
    if let Some(refusal) = refusal {
        output::error(&refusal);
        return Ok(Outcome::Refused);
    }
    Ok(if arguments.exit_code && !plan.is_empty() { Outcome::Differences } else { Outcome::Done })
}

fn text(plan: &apply::Plan, arguments: &Plan) -> String {
    let allow = &arguments.allow.allow;
    let direction = match arguments.direction {
        Direction::Forward => report::Direction::Forward,
        Direction::Rollback => report::Direction::Rollback,
    };
    match arguments.format {
        PlanFormat::Text => {
            report::text(plan, report::Options { direction, allow, color: output::stdout_has_color() })
        }
        PlanFormat::Sql => match direction {
            report::Direction::Forward => plan.scripts.plain.0.clone(),
            report::Direction::Rollback => plan.scripts.plain.1.clone(),
        },
        PlanFormat::Json => report::json(plan, allow),
        PlanFormat::Markdown => report::markdown(plan, allow),
        PlanFormat::Html => report::html(plan, allow),
    }
}
