//! How SQL writes a value of one type as one of another.

use crate::{Context, Kind, Model, Object, Spec};

/// `value`, of type `from` of the catalog that is there, cast to `to` of the one that is wanted.
///
/// PostgreSQL has no cast between two types of a user's making, nor between one and a number: those go by way of their text. Types of
/// extensions have few, and all have a text.
pub fn cast(value: &str, from: &str, to: &str, context: &Context<'_>) -> String {
    let (from, target) = (base(context.from, from), base(context.to, to));
    let (by_text, is_text) =
        (is_made_by_user(context.from, &from) || is_made_by_user(context.to, &target), |name: &str| {
            let name = name.split('(').next().unwrap_or_default();
            matches!(name, "text" | "character varying" | "character" | "name")
        });
    let by_text = by_text
        || is_of_extension(&target) && !CAST_TO_EXTENSIONS.contains(&from.as_str())
        || is_of_extension(&from) && !(from.ends_with("hstore") && target.starts_with("json"));
    match from.ends_with("[]") {
        true if by_text && target.ends_with("[]") => format!("{value}::text[]::{to}"),
        false if by_text && !is_text(&from) && !is_text(&target) => format!("{value}::text::{to}"),
        _ => format!("{value}::{to}"),
    }
}

/// Types of PostgreSQL that extensions have casts from which say more than a text does.
const CAST_TO_EXTENSIONS: [&str; 4] = ["bytea", "point", "path", "polygon"];

/// Whether a type is none of PostgreSQL's own, which are named without a schema.
fn is_of_extension(name: &str) -> bool {
    name.contains('.')
}

/// The type that a domain is over, at the end; an array of a domain is one of that type.
pub(crate) fn base(model: &Model, name: &str) -> String {
    if let Some(element) = name.strip_suffix("[]") {
        return base(model, element) + "[]";
    }
    let mut name = name.to_owned();
    // Domains over domains end; a catalog cannot hold a circle of them.
    while let Some(data_type) = model.objects().find_map(|object| match &object.spec {
        Spec::Domain(domain) if object.id.sql() == name => Some(&domain.data_type),
        _ => None,
    }) {
        name.clone_from(data_type);
    }
    name
}

fn is_made_by_user(model: &Model, name: &str) -> bool {
    let name = name.trim_end_matches("[]");
    let multirange = |object: &Object| match &object.spec {
        Spec::Range(range) => range.multirange.as_ref().map(|name| object.id.renamed(name.as_str()).sql()),
        _ => None,
    };
    let is_type = |kind: Kind| {
        let has_row_type = kind.is_table() || matches!(kind, Kind::View | Kind::MaterializedView);
        has_row_type || (kind.is_type() && kind != Kind::Domain)
    };
    let mut types = model.objects().filter(|object| is_type(object.id.kind()));
    types.any(|object| object.id.sql() == name || multirange(object).as_deref() == Some(name))
}
