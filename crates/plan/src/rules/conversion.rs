//! How a value of an old type becomes one of the new type of the same name, while the old one stands aside.

use std::collections::BTreeMap;

use kinds::kinds::range_type::Range;
use kinds::{Id, Kind, Model, Object, Spec, assignment};

use super::enum_change;
use crate::Request;
use crate::changes::Changes;

/// An element of the array that a function converts.
const ELEMENT: &str = "$1[i]";

/// What converts the elements of an array where an expression alone cannot do it.
#[derive(Debug, PartialEq)]
pub(crate) struct ArrayFunction {
    /// The array type that it takes, under the name that it has meanwhile.
    from: String,
    to: String,
    body: String,
}

/// Converts values while the types of `request.from` still exist, some of them under other names.
pub(crate) struct Converter<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) changes: &'a Changes,
    /// The names that the old types, or what stands for them, have meanwhile.
    pub(crate) aside: &'a BTreeMap<Id, Id>,
    /// The names that new types have meanwhile.
    pub(crate) ahead: &'a BTreeMap<Id, Id>,
    /// The schema in which functions may be made.
    pub(crate) schema: &'a str,
    /// The functions that the expressions call.
    pub(crate) functions: Vec<ArrayFunction>,
    /// What they are called with, but for arrays within arrays.
    pub(crate) arrays: Vec<String>,
}

impl ArrayFunction {
    pub(crate) fn create(&self, name: &str) -> String {
        format!(
            "CREATE FUNCTION {name}({}) RETURNS {} LANGUAGE sql AS {}",
            self.from,
            self.to,
            sql::dollar(&self.body)
        )
    }

    pub(crate) fn drop(&self, name: &str) -> String {
        format!("DROP FUNCTION {name}({})", self.from)
    }
}

impl<'a> Converter<'a> {
    /// `value`, of type `from` of the catalog that is there, as `to` of the one that is wanted.
    pub(crate) fn convert(&mut self, value: &str, from: &str, to: &str) -> String {
        if let Some((_, Spec::Domain(domain))) = type_named(self.request.from, from) {
            return self.convert(value, &domain.data_type, to);
        }
        if let Some((_, Spec::Domain(domain))) = type_named(self.request.to, to) {
            return format!("({})::{to}", self.convert(value, from, &domain.data_type));
        }
        match (from.strip_suffix("[]"), to.strip_suffix("[]")) {
            (Some(from_element), Some(to_element)) => self.array(value, from_element, to_element),
            _ => self.scalar(value, from, to),
        }
    }

    /// What a column of a domain is assigned from, where assignment refuses what a cast would cut off.
    pub(crate) fn assigned(&self, column: &str, from: &str, to: &str) -> Option<String> {
        let (from, base) = (base(self.request.from, from), base(self.request.to, to));
        let shorter =
            base != to && assignment::never_cut_off(column, from, base, &self.request.context()).is_some();
        shorter.then(|| format!("{column}::{from}"))
    }

    /// The name of the functions, with their schema.
    pub(crate) fn function(&self) -> String {
        sql::qualified(&[self.schema, "endstate_convert"])
    }

    fn array(&mut self, value: &str, from: &str, to: &str) -> String {
        let named = self.named(to);
        if !self.changes_values(from, to) {
            return if self.is_swapped(from) || from != to {
                format!("{value}::text::{named}[]")
            } else {
                value.to_owned()
            };
        }
        if let Some(mapped) = self.mapped_enum(from) {
            return format!("{}::{named}[]", replaced(value, &mapped));
        }
        let element = self.convert(ELEMENT, from, to);
        let body = format!(
            "SELECT CASE WHEN $1 IS NOT NULL THEN ARRAY(SELECT {element} FROM generate_subscripts($1, 1) AS i ORDER BY i)::{to}[] END"
        );
        let function =
            ArrayFunction { from: format!("{}[]", self.meanwhile(from)), to: format!("{to}[]"), body };
        if !self.functions.contains(&function) {
            self.functions.push(function);
        }
        if !value.contains(ELEMENT) {
            self.arrays.push(value.to_owned());
        }
        format!("{}({value})", self.function())
    }

    /// What the new type, or an array of it, is called meanwhile.
    pub(crate) fn named(&self, name: &str) -> String {
        let element = name.trim_end_matches("[]");
        let ahead = self.ahead.iter().find(|(id, _)| id.sql() == element).map(|(_, ahead)| ahead.sql());
        ahead.unwrap_or_else(|| element.to_owned()) + &name[element.len()..]
    }

    /// Whether the type, or the range type of a multirange, is another one than that of the same name.
    fn is_swapped(&self, name: &str) -> bool {
        self.aside
            .keys()
            .chain(self.ahead.keys())
            .any(|id| id.sql() == name || multirange(self.request.from, id).as_deref() == Some(name))
    }

    /// What a type is called while it stands aside.
    fn meanwhile(&self, name: &str) -> String {
        let aside = self.aside.iter().find(|(id, _)| id.sql() == name);
        aside.map_or_else(|| name.to_owned(), |(_, aside)| aside.sql())
    }

    fn scalar(&mut self, value: &str, from: &str, to: &str) -> String {
        if from == to && !self.is_swapped(from) {
            return value.to_owned();
        }
        if let (Some(old), Some(new)) = (row_named(self.request.from, from), row_named(self.request.to, to)) {
            return self.row(value, old, new, to);
        }
        match (type_named(self.request.from, from), type_named(self.request.to, to)) {
            (Some((id, Spec::Enum(_))), Some((_, Spec::Enum(_)))) => self.enum_value(value, id, to),
            (Some((_, Spec::Range(old))), Some((_, Spec::Range(new))))
                if self.changes_values(&old.subtype, &new.subtype) =>
            {
                self.range(value, old, new, to)
            }
            (Some(_), _) | (_, Some(_)) => format!("{value}::text::{}", self.named(to)),
            _ if from == to => format!("{value}::text::{to}"),
            _ => assignment::never_cut_off(value, from, to, &self.request.context())
                .unwrap_or_else(|| kinds::cast(value, from, to, &self.request.context())),
        }
    }

    fn enum_value(&self, value: &str, id: &Id, to: &str) -> String {
        let (mapped, to) = (enum_change::mapping(self.request, id), self.named(to));
        if mapped.is_empty() {
            return format!("{value}::text::{to}");
        }
        let cases: Vec<String> = mapped
            .iter()
            .map(|(old, new)| format!("WHEN {} THEN {}", sql::literal(old), sql::literal(new)))
            .collect();
        format!("(CASE {value}::text {} ELSE {value}::text END)::{to}", cases.join(" "))
    }

    fn row(&mut self, value: &str, old: &Id, new: &Id, to: &str) -> String {
        let fields: Vec<String> = self
            .attributes_as_they_stand(new)
            .into_iter()
            .map(|(name, to)| match attribute_type(self.request.from, old, name) {
                Some(from) => self.convert(&format!("({value}).{}", sql::ident(name)), from, to),
                None => "NULL".to_owned(),
            })
            .collect();
        format!("CASE WHEN {value} IS DISTINCT FROM NULL THEN ROW({})::{to} END", fields.join(", "))
    }

    /// Columns that stay keep their places, whatever the places are that are wanted.
    fn attributes_as_they_stand(&self, row: &Id) -> Vec<(&'a str, &'a str)> {
        let mut attributes = attributes(self.request.to, row);
        let place = |id: &Id| {
            let stays = self.request.from.get(id).filter(|_| !self.changes.goes(id));
            stays.map_or((true, 0), |from| (false, from.position))
        };
        attributes.sort_by_key(|(id, _)| place(id));
        attributes.into_iter().map(|(id, data_type)| (id.name(), data_type)).collect()
    }

    fn range(&mut self, value: &str, old: &Range, new: &Range, to: &str) -> String {
        let mut bound = |side: &str| self.convert(&format!("{side}({value})"), &old.subtype, &new.subtype);
        format!(
            "CASE WHEN isempty({value}) THEN 'empty'::{to} WHEN {value} IS NOT NULL THEN {to}({}, {}, \
             CASE WHEN lower_inc({value}) THEN '[' ELSE '(' END || CASE WHEN upper_inc({value}) THEN ']' ELSE ')' END) END",
            bound("lower"),
            bound("upper"),
        )
    }

    /// Whether the text of a value of the old type is not one of the new type that means the same.
    pub(crate) fn changes_values(&self, from: &str, to: &str) -> bool {
        let (from, to) = (from.trim_end_matches("[]"), to.trim_end_matches("[]"));
        if let (Some(old), Some(new)) = (row_named(self.request.from, from), row_named(self.request.to, to)) {
            return self.changes_row(old, new);
        }
        match (type_named(self.request.from, from), type_named(self.request.to, to)) {
            (Some((_, Spec::Domain(old))), _) => self.changes_values(&old.data_type, to),
            (_, Some((_, Spec::Domain(new)))) => self.changes_values(from, &new.data_type),
            (Some((id, Spec::Enum(_))), Some((_, Spec::Enum(_)))) => {
                !enum_change::mapping(self.request, id).is_empty()
            }
            (Some((_, Spec::Range(old))), Some((_, Spec::Range(new)))) => {
                self.changes_values(&old.subtype, &new.subtype)
            }
            _ => false,
        }
    }

    /// Whether some value of the old type is not what it was when it comes back: an attribute or a bound of a narrower type. What a
    /// column of a table loses is told where that changes.
    pub(crate) fn loses(&self, from: &str, to: &str) -> bool {
        let (from, to) = (from.trim_end_matches("[]"), to.trim_end_matches("[]"));
        if let (Some(old), Some(new)) = (row_named(self.request.from, from), row_named(self.request.to, to)) {
            let mut attributes = attributes(self.request.from, old).into_iter();
            return attributes.any(|(id, from)| match attribute_type(self.request.to, new, id.name()) {
                _ if old.kind().is_table() && !self.is_row(from) => false,
                Some(to) => self.loses(from, to),
                None => true,
            });
        }
        match (type_named(self.request.from, from), type_named(self.request.to, to)) {
            (Some((_, Spec::Domain(old))), _) => self.loses(&old.data_type, to),
            (_, Some((_, Spec::Domain(new)))) => self.loses(from, &new.data_type),
            (Some((_, Spec::Range(old))), Some((_, Spec::Range(new)))) => {
                self.loses(&old.subtype, &new.subtype)
            }
            (None, None) => assignment::there_and_back("value", from, to, &self.request.context()).is_some(),
            _ => false,
        }
    }

    fn is_row(&self, data_type: &str) -> bool {
        let element = data_type.trim_end_matches("[]");
        row_named(self.request.from, base(self.request.from, element)).is_some()
    }

    fn changes_row(&self, old: &Id, new: &Id) -> bool {
        let (before, after) = (attributes(self.request.from, old), self.attributes_as_they_stand(new));
        let is_other = |((id, from), (name, to)): ((&Id, &str), &(&str, &str))| {
            id.name() != *name || self.changes_values(from, to)
        };
        before.len() != after.len() || before.into_iter().zip(&after).any(is_other)
    }

    fn mapped_enum(&self, from: &str) -> Option<Vec<(String, String)>> {
        match type_named(self.request.from, from)? {
            (id, Spec::Enum(_)) => Some(enum_change::mapping(self.request, id)),
            (_, Spec::Domain(domain)) => self.mapped_enum(&domain.data_type),
            _ => None,
        }
    }
}

/// The condition that a value, or something that it is made of, does not become one of another type; `depth` counts the arrays that it is in.
pub(super) fn refused(
    request: &Request<'_>,
    value: &str,
    (from, to): (&str, &str),
    depth: usize,
) -> Option<String> {
    if let (Some(from), Some(to)) = (from.strip_suffix("[]"), to.strip_suffix("[]"))
        && row_named(request.from, from).is_some()
    {
        let element = format!("({value})[i{depth}]");
        let condition = refused(request, &element, (from, to), depth + 1)?;
        return Some(format!(
            "EXISTS (SELECT FROM generate_subscripts({value}, 1) AS i{depth} WHERE {condition})"
        ));
    }
    if let (Some(old), Some(new)) = (row_named(request.from, from), row_named(request.to, to)) {
        let conditions = attributes(request.to, new).into_iter().filter_map(|(id, to)| {
            let from = attribute_type(request.from, old, id.name())?;
            refused(request, &format!("({value}).{}", sql::ident(id.name())), (from, to), depth)
        });
        let conditions: Vec<String> = conditions.collect();
        return (!conditions.is_empty()).then(|| conditions.join(" OR "));
    }
    match (type_named(request.from, from), type_named(request.to, to)) {
        (Some((_, Spec::Domain(old))), Some((_, Spec::Domain(new)))) if old.data_type == new.data_type => {
            None
        }
        (Some((_, Spec::Domain(_))), _) | (_, Some((_, Spec::Domain(_)))) => {
            fits_not(request, value, (from, to))
        }
        (None, None) if from != to => fits_not(request, value, (from, to)),
        _ => None,
    }
}

/// The same where one can be told from the others.
fn fits_not(request: &Request<'_>, value: &str, (from, to): (&str, &str)) -> Option<String> {
    let (condition, fix) = kinds::refused(value, from, to, &request.context())?;
    fix.can_tell().then_some(condition)
}

/// The composite type, or the table as whose row type it is there, that `format_type` prints as `name`.
pub(crate) fn row_named<'m>(model: &'m Model, name: &str) -> Option<&'m Id> {
    let composite = type_named(model, name).filter(|(id, _)| id.kind() == Kind::Composite);
    let table = || model.relations(name).find(|object| object.id.kind().is_table());
    composite.map(|(id, _)| id).or_else(|| Some(&table()?.id))
}

/// What a row is made of: the attributes of a composite type or the columns of a table, in order, with their types.
pub(crate) fn attributes<'m>(model: &'m Model, row: &Id) -> Vec<(&'m Id, &'m str)> {
    let row = model.get(row).map(|row| &row.id);
    let kinds = row.map(|row| [(row, Kind::Attribute), (row, Kind::Column)]).into_iter().flatten();
    let objects = kinds.flat_map(|(row, kind)| model.children_of_kind(row, kind));
    objects.filter_map(|object| Some((&object.id, data_type(&object.spec)?))).collect()
}

fn attribute_type<'m>(model: &'m Model, row: &Id, name: &str) -> Option<&'m str> {
    attributes(model, row).into_iter().find(|(id, _)| id.name() == name).map(|(_, data_type)| data_type)
}

/// The type that a column or an attribute has, or that another type is made of.
fn data_type(spec: &Spec) -> Option<&str> {
    match spec {
        Spec::Column(column) => Some(&column.data_type),
        Spec::Attribute(attribute) => Some(&attribute.data_type),
        Spec::Domain(domain) => Some(&domain.data_type),
        Spec::Range(range) => Some(&range.subtype),
        _ => None,
    }
}

/// The same where it is no array, or else the type of its elements.
pub(crate) fn element(object: &Object) -> Option<&str> {
    data_type(&object.spec).map(|data_type| data_type.trim_end_matches("[]"))
}

/// The type that a domain is over, at the end.
fn base<'a>(model: &'a Model, name: &'a str) -> &'a str {
    match type_named(model, name) {
        Some((_, Spec::Domain(domain))) => base(model, &domain.data_type),
        _ => name,
    }
}

/// The type that `format_type` prints as `name`.
pub(crate) fn type_named<'a>(model: &'a Model, name: &str) -> Option<(&'a Id, &'a Spec)> {
    let mut types = model.objects().filter(|object| object.id.kind().is_type());
    types.find(|object| object.id.sql() == name).map(|object| (&object.id, &object.spec))
}

/// The name of the multirange type of a range type.
fn multirange(model: &Model, id: &Id) -> Option<String> {
    match &model.get(id)?.spec {
        Spec::Range(range) => range.multirange.as_ref().map(|name| id.renamed(name.as_str()).sql()),
        _ => None,
    }
}

/// Nested `array_replace`, over marks that no value is, so that a chain of values does not run through.
pub(crate) fn replaced(value: &str, mapped: &[(String, String)]) -> String {
    let marked = |index: usize| sql::literal(&format!("endstate value {index}"));
    let mut expression = format!("{value}::text[]");
    for (index, (old, _)) in mapped.iter().enumerate() {
        expression = format!("array_replace({expression}, {}, {})", sql::literal(old), marked(index));
    }
    for (index, (_, new)) in mapped.iter().enumerate() {
        expression = format!("array_replace({expression}, {}, {})", marked(index), sql::literal(new));
    }
    expression
}
