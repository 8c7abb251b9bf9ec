//! Columns whose values become those of another type as the YAML says.

use kinds::kinds::column::Column;
use kinds::{Conversion, Hazard, Id, Retype, Spec, assignment};

use crate::Request;
use crate::changes::{Action, Changes};

/// Puts the expressions of the YAML in place of the casts.
pub(crate) fn say(request: &Request<'_>, changes: &mut Changes) {
    for (id, conversion) in &request.directives.conversions {
        let (Some((_, to)), Some(using)) = (retyped(request, id), &conversion.using) else { continue };
        let Some(Action::Alter(statements)) = changes.actions.get_mut(id) else { continue };
        for statement in statements {
            let Some(cast) = &statement.retype else { continue };
            let why = format!("values of {id} may not come back the same from {}", to.data_type);
            let said = Retype { using: Some(using.clone()), ..cast.clone() };
            *statement = said.statement().pass(statement.pass).hazard(Hazard::DataLoss, why);
        }
    }
}

/// What a value of a column becomes there.
pub(crate) fn there(request: &Request<'_>, id: &Id) -> Option<String> {
    let (from, to) = retyped(request, id)?;
    let said = request.directives.conversions.get(id).and_then(|said| said.using.as_ref());
    let (name, context) = (sql::ident(id.name()), request.context());
    Some(match said {
        Some(using) => format!("({using})::{}", to.data_type),
        None => assignment::there(&name, &from.data_type, &to.data_type, &context),
    })
}

/// What a value becomes there and back again, as text, where the YAML says something of it.
pub(crate) fn there_and_back(request: &Request<'_>, id: &Id) -> Option<String> {
    let Conversion { using, using_back } = request.directives.conversions.get(id)?;
    let (from, to) = retyped(request, id)?;
    let (name, context) = (sql::ident(id.name()), request.context());
    let back_again = kinds::Context { from: context.to, to: context.from, ..context };
    let cast = |value: &str, from: &str, to: &str, context: &kinds::Context<'_>| {
        assignment::using(value, from, to, context).unwrap_or_else(|| value.to_owned())
    };
    let there = using.clone().unwrap_or_else(|| cast(&name, &from.data_type, &to.data_type, &context));
    // The name that it has at the other end.
    let other = sql::ident(request.directives.before(id).name());
    let back =
        using_back.clone().unwrap_or_else(|| cast(&other, &to.data_type, &from.data_type, &back_again));
    Some(format!(
        "(SELECT (({back})::{})::text FROM (SELECT ({there})::{} AS {other}) AS endstate_there)",
        from.data_type, to.data_type
    ))
}

/// A column that is there before and after, of another type.
fn retyped<'r>(request: &Request<'r>, id: &Id) -> Option<(&'r Column, &'r Column)> {
    let column = |model: &'r kinds::Model| match &model.get(id)?.spec {
        Spec::Column(column) => Some(column),
        _ => None,
    };
    let (from, to) = (column(request.from)?, column(request.to)?);
    (from.data_type != to.data_type && to.generated.is_none()).then_some((from, to))
}
