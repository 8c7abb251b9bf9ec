//! How the values of a column become values of another type: what `ALTER COLUMN ... TYPE` does by itself, and what `USING` must
//! say (manual, chapter "Type Conversion"; catalog `pg_cast`).

use crate::Context;
use crate::refused::refused;

/// Types whose values convert into each other when they are assigned.
pub(crate) const FAMILIES: [&[&str]; 8] = [
    &["smallint", "integer", "bigint", "numeric", "real", "double precision"],
    &["text", "character varying", "character", "bpchar", "name"],
    &["date", "timestamp without time zone", "timestamp with time zone"],
    &["time without time zone", "time with time zone"],
    &["inet", "cidr"],
    &["json", "jsonb"],
    &["bit", "bit varying"],
    &["macaddr", "macaddr8"],
];

/// Other pairs, from and to, that assignment converts.
const ASSIGNED: [(&str, &str); 16] = [
    ("timestamp without time zone", "time without time zone"),
    ("timestamp with time zone", "time without time zone"),
    ("timestamp with time zone", "time with time zone"),
    ("time without time zone", "interval"),
    ("interval", "time without time zone"),
    ("integer", "money"),
    ("bigint", "money"),
    ("numeric", "money"),
    ("money", "numeric"),
    ("smallint", "oid"),
    ("integer", "oid"),
    ("oid", "bigint"),
    ("box", "polygon"),
    ("path", "polygon"),
    ("point", "box"),
    ("polygon", "path"),
];

/// Pairs that an explicit cast converts.
pub(crate) const CAST: [(&str, &str); 33] = [
    ("integer", "boolean"),
    ("boolean", "integer"),
    ("integer", "bit"),
    ("bigint", "bit"),
    ("bit", "integer"),
    ("bit", "bigint"),
    ("oid", "integer"),
    ("bigint", "oid"),
    ("integer", "\"char\""),
    ("\"char\"", "integer"),
    ("box", "circle"),
    ("box", "lseg"),
    ("box", "point"),
    ("circle", "box"),
    ("circle", "point"),
    ("circle", "polygon"),
    ("lseg", "point"),
    ("polygon", "box"),
    ("polygon", "circle"),
    ("polygon", "point"),
    ("jsonb", "boolean"),
    ("jsonb", "smallint"),
    ("jsonb", "integer"),
    ("jsonb", "bigint"),
    ("jsonb", "numeric"),
    ("jsonb", "real"),
    ("jsonb", "double precision"),
    ("int4range", "int4multirange"),
    ("int8range", "int8multirange"),
    ("numrange", "nummultirange"),
    ("tsrange", "tsmultirange"),
    ("tstzrange", "tstzmultirange"),
    ("daterange", "datemultirange"),
];

/// Built-in types that no family names.
const OTHERS: [&str; 31] = [
    "boolean",
    "uuid",
    "bytea",
    "money",
    "interval",
    "oid",
    "xml",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "tsvector",
    "tsquery",
    "pg_lsn",
    "jsonpath",
    "\"char\"",
    "int4range",
    "int8range",
    "numrange",
    "tsrange",
    "tstzrange",
    "daterange",
    "int4multirange",
    "int8multirange",
    "nummultirange",
    "tsmultirange",
    "tstzmultirange",
    "datemultirange",
];

/// The expression after `USING`, or `None` where assignment does it. `column` is the quoted name.
pub fn using(column: &str, from: &str, to: &str, context: &Context<'_>) -> Option<String> {
    match (elements(from, to).strip_suffix("[]"), to.strip_suffix("[]")) {
        (Some(_), None) if is_text(base(to)) => None,
        (Some(_), None) if is_vector(to) => Some(format!("array_to_string({column}, ' ')::{to}")),
        (Some(from), None) => {
            let value = format!("({column})[1]");
            Some(plain(&value, from, to, context).unwrap_or(value))
        }
        (None, Some(_)) if is_text(base(from)) => Some(format!("{column}::{}", unmodified(to))),
        (None, Some(element)) => {
            let value = plain(column, from, element, context).unwrap_or_else(|| column.to_owned());
            Some(format!("CASE WHEN {column} IS NOT NULL THEN ARRAY[{value}]::{} END", unmodified(to)))
        }
        (Some(_), Some(_)) | (None, None) => plain(column, elements(from, to), to, context),
    }
}

/// Whether it is one of the two types that are arrays under other names.
pub(crate) fn is_vector(data_type: &str) -> bool {
    matches!(data_type, "int2vector" | "oidvector")
}

/// The array type that such a type is, where an array is at the other end.
pub(crate) fn elements<'t>(data_type: &'t str, other: &str) -> &'t str {
    match data_type {
        "int2vector" if other.ends_with("[]") => "smallint[]",
        "oidvector" if other.ends_with("[]") => "oid[]",
        _ => data_type,
    }
}

fn plain(value: &str, from: &str, to: &str, context: &Context<'_>) -> Option<String> {
    let (source, target) = (crate::cast::base(context.from, from), crate::cast::base(context.to, to));
    let array = if source.ends_with("[]") { "[]" } else { "" };
    let (source, target) = (base(source.trim_end_matches("[]")), base(target.trim_end_matches("[]")));
    if is_assigned(source, target) {
        return None;
    }
    if let Some(computed) = computed(value, source, target, to).filter(|_| array.is_empty()) {
        return Some(computed);
    }
    // Between most built-in types there is no cast, but all have a text.
    if is_built_in(source) && is_built_in(target) && !is_text(source) && !CAST.contains(&(source, target)) {
        return Some(format!("{value}::text{array}::{to}"));
    }
    Some(crate::cast(value, from, to, context))
}

/// `value` as a text or bit string of a length that may be too short for it, which a cast would cut off without a word: it is refused, as it is when
/// it is assigned, by an attempt to read what is wrong as a number. None where a cast cuts nothing off.
pub fn never_cut_off(value: &str, from: &str, to: &str, context: &Context<'_>) -> Option<String> {
    let (source, target) = (base(from), base(to));
    let is_bits = |name: &str| matches!(name, "bit" | "bit varying");
    let has_length = !modifiers(to).is_empty() && !to.ends_with("[]") && !from.ends_with("[]");
    if !has_length
        || !(is_text(target) || is_bits(source) && is_bits(target))
        || keeps_rows_as_they_are(from, to)
    {
        return None;
    }
    let (too_long, _) = crate::refused(value, from, to, context)?;
    let said = sql::literal(&format!("too long for {to}: %s"));
    Some(format!(
        "CASE WHEN {too_long} THEN pg_catalog.format({said}, {value})::integer::text::{to} ELSE {value}::{to} END"
    ))
}

/// Whether a change of type leaves the stored values as they are, so that no row is written.
pub fn keeps_rows_as_they_are(from: &str, to: &str) -> bool {
    if from.ends_with("[]") || to.ends_with("[]") {
        return from == to;
    }
    let (source, target) = (base(from), base(to));
    let length = |data_type: &str| modifiers(data_type).first().copied();
    match (source, target) {
        ("character varying" | "text", "text") | ("cidr", "inet") => true,
        ("character varying" | "text", "character varying") => match (length(from), length(to)) {
            (_, None) => true,
            (Some(from), Some(to)) => from <= to,
            (None, Some(_)) => false,
        },
        ("numeric", "numeric") => match (modifiers(from).as_slice(), modifiers(to).as_slice()) {
            (_, []) => true,
            ([precision, scale], [wider, same]) => precision <= wider && scale == same,
            _ => false,
        },
        ("bit varying", "bit varying") => {
            length(to).is_none_or(|to| length(from).is_some_and(|from| from <= to))
        }
        _ => false,
    }
}

/// What a value becomes when it is converted to another type and back again, where it may not be what it was; none where every
/// value comes back. What does not fit the other type at all is refused by PostgreSQL, and so not lost.
pub fn there_and_back(column: &str, from: &str, to: &str, context: &Context<'_>) -> Option<String> {
    let (source, target) = (crate::cast::base(context.from, from), crate::cast::base(context.to, to));
    if comes_back(&source, &target, context) {
        return None;
    }
    let there = there(column, from, to, context);
    let inverse = Context { from: context.to, to: context.from, ..*context };
    let value = format!("({there})");
    Some(using(&value, &target, from, &inverse).unwrap_or_else(|| format!("{value}::{from}")))
}

/// What a value of a column becomes there.
pub fn there(column: &str, from: &str, to: &str, context: &Context<'_>) -> String {
    // A domain changes no value that it takes, and may not be there yet in the shape that is meant.
    let target = crate::cast::base(context.to, to);
    match using(column, from, &target, context) {
        // What assignment makes as long as the elements are.
        Some(value) if target.ends_with("[]") && !from.ends_with("[]") => format!("({value})::{target}"),
        Some(value) => value,
        None => format!("{column}::{target}"),
    }
}

/// Whether every value that another type's became by assignment or cast becomes one of that type again: not where a cast goes by way of a
/// text, nor where only PostgreSQL knows whether there is any.
pub fn is_total(from: &str, to: &str, context: &Context<'_>) -> bool {
    let (source, target) = (crate::cast::base(context.from, from), crate::cast::base(context.to, to));
    let is_computed = computed("", base(&source), base(&target), to).is_some();
    let (source, target) = (base(source.trim_end_matches("[]")), base(target.trim_end_matches("[]")));
    let textual = is_text(source) || is_text(target) || enum_values(context, target).is_some();
    textual || is_assigned(source, target) || CAST.contains(&(source, target)) || is_computed
}

/// Where there is no cast: an expression of type `to`, which is a `target`, that is right for every value of a `source`.
pub(crate) fn computed(value: &str, source: &str, target: &str, to: &str) -> Option<String> {
    match (source, target) {
        _ if CAST.contains(&(source, target)) => None,
        (_, "boolean") if is_number(source) => Some(format!("({value} <> 0)")),
        ("boolean", _) if is_number(target) => Some(format!("{value}::integer::{to}")),
        _ if source.ends_with("multirange") && CAST.contains(&(target, source)) => {
            Some(format!("pg_catalog.range_merge({value})"))
        }
        _ => None,
    }
}

pub(crate) fn is_number(data_type: &str) -> bool {
    FAMILIES[0].contains(&data_type)
}

/// Whether a type is a text that is compared without regard to case.
pub(crate) fn is_citext(data_type: &str) -> bool {
    data_type == "citext" || data_type.ends_with(".citext")
}

fn comes_back(from: &str, to: &str, context: &Context<'_>) -> bool {
    match (from.strip_suffix("[]"), to.strip_suffix("[]")) {
        (Some(from), Some(to)) => return comes_back(from, to, context),
        (Some(_), None) => return is_text(base(to)),
        (None, Some(to)) => return comes_back(from, to, context),
        (None, None) => {}
    }
    let (source, target) = (base(from), base(to));
    if from == to || keeps_rows_as_they_are(from, to) || enum_values(context, to).is_some() {
        return true;
    }
    if is_text(target) {
        return !matches!(target, "character" | "bpchar" | "name");
    }
    match (source, target) {
        ("text" | "character varying", target) if is_citext(target) => true,
        ("smallint", "integer" | "bigint" | "numeric" | "real" | "double precision")
        | ("integer", "smallint" | "bigint" | "numeric" | "double precision")
        | ("bigint", "smallint" | "integer" | "numeric")
        | ("real", "double precision")
        | ("cidr", "inet")
        | ("jsonb", "json")
        | ("boolean", "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision")
        | ("bit", "bit varying")
        | ("time without time zone", "time with time zone")
        | ("date", "timestamp without time zone" | "timestamp with time zone") => true,
        ("numeric", "numeric") => match (modifiers(from).get(1), modifiers(to).get(1)) {
            (_, None) => modifiers(to).is_empty(),
            (None, Some(_)) => modifiers(from).len() == 1,
            (Some(from), Some(to)) => from <= to,
        },
        ("numeric", "smallint" | "integer" | "bigint") => {
            modifiers(from).get(1).is_some_and(|scale| *scale == 0)
        }
        (
            "timestamp without time zone" | "timestamp with time zone",
            "timestamp without time zone" | "timestamp with time zone",
        )
        | ("time without time zone", "time without time zone")
        | ("time with time zone", "time with time zone")
        | ("interval", "interval") => {
            let digits = |name: &str| modifiers(name).first().copied().unwrap_or(6);
            digits(from) <= digits(to)
        }
        _ => false,
    }
}

/// What tells values of a column apart once they are of another type; none where values that differ stay so, or where some may not be
/// converted at all.
pub fn key(column: &str, from: &str, to: &str, context: &Context<'_>) -> Option<String> {
    let (source, target) = (crate::cast::base(context.from, from), crate::cast::base(context.to, to));
    if is_citext(&target) && is_text(base(&source)) {
        return Some(format!("lower({column}::text)"));
    }
    let all = is_assigned(base(&source), base(&target)) && refused(column, from, to, context).is_none();
    (all && there_and_back(column, from, to, context).is_some()).then(|| format!("({column}::{to})"))
}

pub(crate) fn enum_values<'a>(context: &'a Context<'_>, name: &str) -> Option<&'a Vec<String>> {
    [context.to, context.from].into_iter().flat_map(crate::Model::objects).find_map(|object| {
        match &object.spec {
            crate::Spec::Enum(spec) if object.id.sql() == name => Some(&spec.values),
            _ => None,
        }
    })
}

pub(crate) fn is_assigned(source: &str, target: &str) -> bool {
    source == target
        || (is_text(target) && target != "name")
        || FAMILIES.iter().any(|family| family.contains(&source) && family.contains(&target))
        || ASSIGNED.contains(&(source, target))
}

pub(crate) fn is_text(base: &str) -> bool {
    FAMILIES[1].contains(&base)
}

pub(crate) fn is_built_in(base: &str) -> bool {
    FAMILIES.iter().any(|family| family.contains(&base)) || OTHERS.contains(&base)
}

/// The type to which a value is cast without being cut off or filled up: that of a column refuses then what is too long for it.
/// `character` alone would be one character.
pub fn unmodified(data_type: &str) -> String {
    let array = if data_type.ends_with("[]") { "[]" } else { "" };
    let element = match base(data_type.trim_end_matches("[]")) {
        "character" => "bpchar",
        "bit" => "bit varying",
        base => base,
    };
    format!("{element}{array}")
}

/// The type without its modifiers: `timestamp(3) with time zone` is a `timestamp with time zone`.
pub(crate) fn base(data_type: &str) -> &str {
    match data_type.split_once('(') {
        Some((_, rest)) if rest.ends_with("with time zone") => {
            if data_type.starts_with("timestamp") {
                "timestamp with time zone"
            } else {
                "time with time zone"
            }
        }
        Some((_, rest)) if rest.ends_with("without time zone") => {
            if data_type.starts_with("timestamp") {
                "timestamp without time zone"
            } else {
                "time without time zone"
            }
        }
        Some((name, _)) => name,
        None => data_type,
    }
}

pub(crate) fn modifiers(data_type: &str) -> Vec<i64> {
    let inner =
        data_type.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inner, _)| inner);
    inner.split(',').filter_map(|number| number.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::kinds::enum_type::Enum;
    use crate::{Id, Kind, Model, Object};

    fn cast(from: &str, to: &str) -> Option<String> {
        let mood = Id::root(Kind::Schema, "public").child(Kind::Enum, "mood");
        let spec = Enum { values: vec!["sad".to_owned()] }.into();
        let model =
            Model::from_iter([Object { id: mood, spec, needs: BTreeMap::new(), position: 0, age: None }]);
        using("c", from, to, &Context { from: &model, to: &model, version: 18, user: "" })
    }

    #[test]
    fn casts() {
        assert_eq!(cast("character varying(10)", "character varying(20)"), None);
        assert_eq!(cast("integer", "bigint"), None);
        assert_eq!(cast("uuid", "text"), None);
        assert_eq!(cast("timestamp(3) without time zone", "timestamp with time zone"), None);
        assert_eq!(cast("text", "integer").unwrap(), "c::integer");
        assert_eq!(cast("integer", "boolean").unwrap(), "c::boolean");
        assert_eq!(cast("bigint", "boolean").unwrap(), "(c <> 0)");
        assert_eq!(cast("boolean", "smallint").unwrap(), "c::integer::smallint");
        assert_eq!(cast("datemultirange", "daterange").unwrap(), "pg_catalog.range_merge(c)");
        assert_eq!(cast("text", "public.mood").unwrap(), "c::public.mood");
        assert_eq!(cast("integer", "public.mood").unwrap(), "c::text::public.mood");
        assert_eq!(cast("text[]", "integer[]").unwrap(), "c::integer[]");
        assert_eq!(cast("integer[]", "bigint[]"), None);
        assert_eq!(cast("integer[]", "integer").unwrap(), "(c)[1]");
        let array = "CASE WHEN c IS NOT NULL THEN ARRAY[c::text::integer]::integer[] END";
        assert_eq!(cast("inet", "integer[]").unwrap(), array);
        assert_eq!(cast("text", "character varying(3)[]").unwrap(), "c::character varying[]");
        let array = "CASE WHEN c IS NOT NULL THEN ARRAY[c]::bit varying[] END";
        assert_eq!(cast("bit(6)", "bit(4)[]").unwrap(), array);
        assert_eq!(cast("int2vector", "integer[]"), None);
        assert_eq!(cast("integer[]", "int2vector").unwrap(), "array_to_string(c, ' ')::int2vector");
    }

    #[test]
    fn values_come_back() {
        let mood = Id::root(Kind::Schema, "public").child(Kind::Enum, "mood");
        let spec = Enum { values: vec!["sad".to_owned()] }.into();
        let model =
            Model::from_iter([Object { id: mood, spec, needs: BTreeMap::new(), position: 0, age: None }]);
        let context = Context { from: &model, to: &model, version: 18, user: "" };
        let lost = |from: &str, to: &str| there_and_back("c", from, to, &context);
        for (from, to) in [
            ("integer", "bigint"),
            ("bigint", "integer"),
            ("text", "character varying(5)"),
            ("uuid", "text"),
            ("text", "public.mood"),
            ("text", "public.citext"),
            ("public.mood", "text"),
            ("numeric(10,2)", "numeric(8,2)"),
            ("timestamp without time zone", "timestamp with time zone"),
            ("integer", "integer[]"),
        ] {
            assert_eq!(lost(from, to), None, "{from} to {to}");
        }
        assert_eq!(lost("text", "integer").unwrap(), "(c::integer)::text");
        assert_eq!(lost("numeric(10,2)", "numeric(10,1)").unwrap(), "(c::numeric(10,1))::numeric(10,2)");
        assert_eq!(lost("timestamp with time zone", "date").unwrap(), "(c::date)::timestamp with time zone");
        for (from, to) in
            [("integer", "real"), ("json", "jsonb"), ("integer[]", "integer"), ("text", "character(5)")]
        {
            assert!(lost(from, to).is_some(), "{from} to {to}");
        }
    }

    #[test]
    fn rows_stay() {
        assert!(keeps_rows_as_they_are("character varying(10)", "text"));
        assert!(keeps_rows_as_they_are("numeric(10,2)", "numeric(14,2)"));
        assert!(!keeps_rows_as_they_are("numeric(10,2)", "numeric(14,3)"));
        assert!(!keeps_rows_as_they_are("text", "character varying(5)"));
    }
}
