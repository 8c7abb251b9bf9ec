//! Which values of a column do not become values of another type: what a change of type demands of the rows.

use crate::assignment::{
    CAST, FAMILIES, base, computed, elements, enum_values, is_assigned, is_built_in, is_citext, is_number,
    is_text, keeps_rows_as_they_are, modifiers, unmodified, using,
};
use crate::{Context, Kind, Mend, Model, Spec};

/// What can be done about values that are found by a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// This behind `SET`.
    Set(String),
    /// Others in their place.
    Others,
    /// The condition fails at the first of them, so that no statement finds them.
    Words,
}

impl Fix {
    /// The same of what a value is made of: what would be set is only a part of it.
    fn within(self) -> Fix {
        match self {
            Fix::Set(_) => Fix::Others,
            other => other,
        }
    }

    /// Whether the condition is true of these values, and fails at none.
    pub fn can_tell(&self) -> bool {
        !matches!(self, Fix::Words)
    }

    /// How a person goes about it, who may as well say how a column, quoted, is converted.
    pub(crate) fn mend(self, column: &str) -> Mend {
        match self {
            Fix::Set(set) => Mend::Set(set),
            Fix::Others => Mend::Change { or: Some("say how with using".to_owned()) },
            Fix::Words => Mend::Words(format!("change {column} so that it fits, or say how with using")),
        }
    }
}

/// A condition that finds them, and what can be done; none where there are none. Where no condition can tell which they are, it
/// converts all, and fails at the first.
pub fn refused(column: &str, from: &str, to: &str, context: &Context<'_>) -> Option<(String, Fix)> {
    let (source, target) = (crate::cast::base(context.from, from), crate::cast::base(context.to, to));
    let value = using(column, &source, &target, context);
    let value = value
        .unwrap_or_else(|| if source == target { column.to_owned() } else { format!("{column}::{target}") });
    let of_type = refused_by_type(column, &source, &target, context);
    let of_domain = refused_by_domain(column, &value, to, context.to).join(" OR ");
    match (of_type, of_domain.as_str()) {
        (of_type, "") => of_type,
        (None, of_domain) => Some((of_domain.to_owned(), Fix::Others)),
        (Some((of_type, fix)), of_domain) => {
            Some((format!("CASE WHEN {of_type} THEN true ELSE {of_domain} END"), fix.within()))
        }
    }
}

/// Both types are no domains.
fn refused_by_type(column: &str, from: &str, to: &str, context: &Context<'_>) -> Option<(String, Fix)> {
    let within = |refused: Option<(String, Fix)>| refused.map(|(condition, fix)| (condition, fix.within()));
    let (from, to) = (elements(from, to), elements(to, from));
    match (from.strip_suffix("[]"), to.strip_suffix("[]")) {
        (Some(from), Some(to)) => {
            let (condition, fix) = refused("e.value", from, to, context)?;
            let any = format!("EXISTS (SELECT FROM unnest({column}) AS e (value) WHERE {condition})");
            Some((any, fix.within()))
        }
        (Some(from), None) if !is_text(base(to)) => {
            within(refused(&format!("({column})[1]"), from, to, context))
        }
        (None, Some(element)) => match is_text(base(from)) {
            true => Some(refused_text(column, element, to, context)),
            false => within(refused(column, from, element, context)),
        },
        _ => refused_scalar(column, from, to, context),
    }
}

fn refused_scalar(column: &str, from: &str, to: &str, context: &Context<'_>) -> Option<(String, Fix)> {
    let (source, target) = (base(from), base(to));
    if keeps_rows_as_they_are(from, to) {
        return None;
    }
    if let Some(values) = enum_values(context, to) {
        let known = enum_values(context, from).is_some_and(|old| old.iter().all(|one| values.contains(one)));
        let values: Vec<String> = values.iter().map(|value| sql::literal(value)).collect();
        let refused = format!("{column}::text <> ALL (ARRAY[{}]::text[])", values.join(", "));
        return (!known).then_some((refused, Fix::Others));
    }
    let rank = |name: &str| FAMILIES[0].iter().position(|one| *one == name);
    let narrower = rank(source).is_some() && rank(source) > rank(target);
    let is_bits = matches!(source, "bit" | "bit varying");
    let condition = match (target, modifiers(to).as_slice()) {
        ("character varying" | "character", [length]) => {
            let mend = format!("{column} = left({column}::text, {length})");
            return Some((format!("length(rtrim({column}::text, ' ')) > {length}"), Fix::Set(mend)));
        }
        ("bit", length) if is_bits => format!("length({column}) <> {}", length.first().unwrap_or(&1)),
        ("bit varying", [length]) if is_bits => format!("length({column}) > {length}"),
        // The years of a date go on where those of a time end.
        ("timestamp without time zone" | "timestamp with time zone", _) if source == "date" => {
            format!("isfinite({column}) AND {column} > '294276-12-31'")
        }
        ("smallint", _) if narrower => outside(column, i64::from(i16::MIN), i64::from(i16::MAX)),
        ("integer", _) if narrower => outside(column, i64::from(i32::MIN), i64::from(i32::MAX)),
        ("bigint", _) if narrower => outside(column, i64::MIN, i64::MAX),
        ("numeric", [precision, scale]) if rank(source).is_some() || source == "money" => {
            let digits = precision - scale;
            let too_large = format!("abs(round({column}::numeric, {scale})) >= 1e{digits}::numeric");
            let has_others = matches!(source, "numeric" | "real" | "double precision");
            if has_others { format!("{column} <> 'NaN' AND {too_large}") } else { too_large }
        }
        _ if fits(source, target, from, context) => return None,
        // A cast takes the blanks along, which a text has not.
        _ if source == "character" => return Some((fails(column, from, to, context), Fix::Words)),
        _ if context.version >= 16 && goes_by_text(source, target) && is_built_in(target) => {
            format!("NOT pg_input_is_valid({column}::text, {})", sql::literal(read_as(to)))
        }
        _ => return Some((fails(column, from, to, context), Fix::Words)),
    };
    Some((condition, Fix::Others))
}

/// A text that is read as an array.
fn refused_text(column: &str, element: &str, to: &str, context: &Context<'_>) -> (String, Fix) {
    let array = unmodified(to);
    let too_long = refused("e.value", &unmodified(element), element, context).map(|(condition, _)| {
        format!("EXISTS (SELECT FROM unnest({column}::{array}) AS e (value) WHERE {condition})")
    });
    if context.version < 16 || !is_built_in(base(element)) {
        return (too_long.unwrap_or_else(|| fails(column, "text", to, context)), Fix::Words);
    }
    let valid = format!("pg_input_is_valid({column}::text, {})", sql::literal(&array));
    let condition = match too_long {
        Some(too_long) => format!("CASE WHEN NOT {valid} THEN true ELSE {too_long} END"),
        None => format!("NOT {valid}"),
    };
    (condition, Fix::Others)
}

/// Nobody can ask which they are: the cast fails, and says the first of them.
fn fails(column: &str, from: &str, to: &str, context: &Context<'_>) -> String {
    let value = using(column, from, to, context).unwrap_or_else(|| format!("{column}::{to}"));
    format!("{value} IS NULL AND {column} IS NOT NULL")
}

/// Whether every value of a type becomes one of another, whose length is no matter.
fn fits(source: &str, target: &str, from: &str, context: &Context<'_>) -> bool {
    if source == target
        || is_text(target)
        || is_citext(target)
        || computed("", source, target, target).is_some()
    {
        return true;
    }
    match (source, target) {
        (_, "timestamp without time zone" | "timestamp with time zone") => FAMILIES[2].contains(&source),
        ("interval", "time without time zone") => context.version < 17,
        ("integer" | "smallint", "money") | ("money", "numeric") | ("integer", "oid") => true,
        ("numeric", "real" | "double precision") => !modifiers(from).is_empty(),
        ("real" | "double precision", "numeric") => context.version >= 14,
        ("bit", "integer" | "bigint")
        | ("bigint", "oid")
        | ("integer", "\"char\"")
        | ("double precision", "real")
        | ("json", "jsonb")
        | ("macaddr8", "macaddr")
        | (_, "money") => false,
        _ if is_number(source) && is_number(target) => true,
        _ => CAST.contains(&(source, target)) || is_assigned(source, target),
    }
}

/// Whether a cast reads the text of the value, which may not be one of the type.
fn goes_by_text(source: &str, target: &str) -> bool {
    let no_cast = is_built_in(source) && is_built_in(target) && !is_assigned(source, target);
    !is_text(target)
        && !is_citext(target)
        && (is_text(source)
            || no_cast && !CAST.contains(&(source, target)) && computed("", source, target, target).is_none())
}

/// The type as which a cast reads a text, before it makes it as long as it should be.
fn read_as(to: &str) -> &str {
    match base(to) {
        "bit" | "bit varying" => "bit varying",
        "character" | "character varying" => "text",
        _ => to,
    }
}

/// Which values are rounded when they are converted, and then too large to be of their own type again; none where there are none.
pub fn outgrown(column: &str, from: &str, to: &str, context: &Context<'_>) -> Option<String> {
    let (from, to) = (crate::cast::base(context.from, from), crate::cast::base(context.to, to));
    let (source, target) = (base(&from), base(&to));
    // Real numbers are exact at powers of two.
    let beyond = |limit: &str| Some(format!("{column}::{target}::double precision >= {limit}"));
    let (precision, scale) = match (source, modifiers(&from).as_slice()) {
        ("integer", _) if target == "real" => return beyond("2147483648"),
        ("bigint", _) if matches!(target, "real" | "double precision") => {
            return beyond("9223372036854775808");
        }
        ("numeric", [precision, scale]) => (*precision, *scale),
        _ => return None,
    };
    let places = modifiers(&to);
    let digits = precision - scale;
    let (room, rounded) = match (target, places.as_slice()) {
        ("smallint", _) => (4, format!("round({column})")),
        ("integer", _) => (9, format!("round({column})")),
        ("bigint", _) => (18, format!("round({column})")),
        ("numeric", [precision, places]) if *places < scale => {
            (precision - places - 1, format!("round({column}, {places})"))
        }
        ("real" | "double precision", _) => (i64::MAX, format!("{column}::{target}::numeric")),
        _ => return None,
    };
    (digits <= room).then(|| format!("abs({rounded}) >= 1e{digits}::numeric"))
}

fn outside(column: &str, least: i64, most: i64) -> String {
    format!("round({column}::numeric) NOT BETWEEN {least} AND {most}")
}

/// What the checks of a domain, and of those that it is over, refuse of a value; and whether NULL is refused.
fn refused_by_domain(column: &str, value: &str, name: &str, model: &Model) -> Vec<String> {
    let mut conditions = Vec::new();
    let mut name = name;
    while let Some((id, domain)) = model.objects().find_map(|object| match &object.spec {
        Spec::Domain(domain) if object.id.sql() == name => Some((&object.id, domain)),
        _ => None,
    }) {
        let constraints = model.children_of_kind(id, Kind::DomainConstraint);
        let constraints = constraints.into_iter().filter_map(|object| match &object.spec {
            Spec::DomainConstraint(constraint) => Some(constraint),
            _ => None,
        });
        let refused = constraints.filter_map(|constraint| constraint.refused(value));
        conditions.extend(refused.chain(domain.not_null.then(|| format!("{column} IS NULL"))));
        name = &domain.data_type;
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(from: &str, to: &str, version: u32) -> Option<String> {
        let (old, new) = (Model::default(), Model::default());
        refused("c", from, to, &Context { from: &old, to: &new, version, user: "" }).map(|(found, _)| found)
    }

    #[test]
    fn values_that_do_not_fit() {
        for (from, to, condition) in [
            ("text", "date", "c::date IS NULL AND c IS NOT NULL"),
            ("bit varying(8)", "bit(4)", "length(c) <> 4"),
            ("bit varying", "bit varying(4)", "length(c) > 4"),
            ("date", "timestamp without time zone", "isfinite(c) AND c > '294276-12-31'"),
            (
                "numeric",
                "bigint",
                "round(c::numeric) NOT BETWEEN -9223372036854775808 AND 9223372036854775807",
            ),
            (
                "bigint[]",
                "integer[]",
                "EXISTS (SELECT FROM unnest(c) AS e (value) WHERE round(e.value::numeric) NOT BETWEEN -2147483648 AND 2147483647)",
            ),
        ] {
            assert_eq!(found(from, to, 15).as_deref(), Some(condition), "{from} to {to}");
        }
        assert_eq!(found("text", "date", 16).unwrap(), "NOT pg_input_is_valid(c::text, 'date')");
        let too_long =
            "EXISTS (SELECT FROM unnest(c::bit varying[]) AS e (value) WHERE length(e.value) <> 4)";
        assert_eq!(found("text", "bit(4)[]", 15).unwrap(), too_long);
        let invalid = format!(
            "CASE WHEN NOT pg_input_is_valid(c::text, 'bit varying[]') THEN true ELSE {too_long} END"
        );
        assert_eq!(found("text", "bit(4)[]", 16).unwrap(), invalid);
    }

    #[test]
    fn values_that_outgrow_their_type() {
        let model = Model::default();
        let context = Context { from: &model, to: &model, version: 18, user: "" };
        for (from, to, condition) in [
            ("numeric(5,2)", "integer", Some("abs(round(c)) >= 1e3::numeric")),
            ("numeric(5,2)", "numeric(5,1)", Some("abs(round(c, 1)) >= 1e3::numeric")),
            ("numeric(10,2)", "real", Some("abs(c::real::numeric) >= 1e8::numeric")),
            ("integer", "real", Some("c::real::double precision >= 2147483648")),
            ("numeric(10,2)", "numeric(8,1)", None),
            ("numeric(12,2)", "integer", None),
            ("numeric(10,2)", "numeric(12,2)", None),
            ("integer", "double precision", None),
            ("numeric", "integer", None),
        ] {
            assert_eq!(outgrown("c", from, to, &context).as_deref(), condition, "{from} to {to}");
        }
    }

    #[test]
    fn values_that_fit() {
        for (from, to) in [
            ("integer", "text"),
            ("integer", "bigint"),
            ("timestamp without time zone", "date"),
            ("character varying(3)", "character varying(5)"),
            ("integer[]", "bigint[]"),
            ("integer", "boolean"),
            ("int4range", "int4multirange"),
            ("int2vector", "integer[]"),
        ] {
            assert_eq!(found(from, to, 18), None, "{from} to {to}");
        }
    }
}
