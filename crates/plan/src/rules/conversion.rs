//! How a value of an old type becomes one of the new type of the same name, while the old one stands aside.

use std::collections::BTreeMap;

use kinds::kinds::range_type::Range;
use kinds::{Id, Kind, Model, Object, Spec, assignment};

use super::enum_change;
use crate::Request;

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
    /// The names that the old types have meanwhile.
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

impl Converter<'_> {
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
        let aside = type_named(self.request.from, name).and_then(|(id, _)| self.aside.get(id));
        aside.map_or_else(|| name.to_owned(), Id::sql)
    }

    fn scalar(&mut self, value: &str, from: &str, to: &str) -> String {
        match (type_named(self.request.from, from), type_named(self.request.to, to)) {
            _ if from == to && !self.is_swapped(from) => value.to_owned(),
            (Some((id, Spec::Enum(_))), Some((_, Spec::Enum(_)))) => self.enum_value(value, id, to),
            (Some((old, Spec::Composite(_))), Some((new, Spec::Composite(_)))) => {
                self.row(value, old, new, to)
            }
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
        let attributes = self.request.to.children_of_kind(new, Kind::Attribute);
        let fields: Vec<String> =
            attributes.iter().map(|attribute| self.field(value, old, attribute)).collect();
        format!("CASE WHEN {value} IS DISTINCT FROM NULL THEN ROW({})::{to} END", fields.join(", "))
    }

    fn field(&mut self, value: &str, old: &Id, attribute: &Object) -> String {
        let before = self
            .request
            .from
            .get(&old.child(Kind::Attribute, attribute.id.name()))
            .map(|object| &object.spec);
        match (before, &attribute.spec) {
            (Some(Spec::Attribute(from)), Spec::Attribute(to)) => {
                let field = format!("({value}).{}", sql::ident(attribute.id.name()));
                self.convert(&field, &from.data_type, &to.data_type)
            }
            _ => "NULL".to_owned(),
        }
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
        match (type_named(self.request.from, from), type_named(self.request.to, to)) {
            (Some((_, Spec::Domain(old))), _) => self.changes_values(&old.data_type, to),
            (_, Some((_, Spec::Domain(new)))) => self.changes_values(from, &new.data_type),
            (Some((id, Spec::Enum(_))), Some((_, Spec::Enum(_)))) => {
                !enum_change::mapping(self.request, id).is_empty()
            }
            (Some((old, Spec::Composite(one))), Some((new, Spec::Composite(other)))) => {
                one != other || other.attributes.iter().any(|name| self.changes_attribute(old, new, name))
            }
            (Some((_, Spec::Range(old))), Some((_, Spec::Range(new)))) => {
                self.changes_values(&old.subtype, &new.subtype)
            }
            _ => false,
        }
    }

    /// Whether some value of the old type is not what it was when it comes back: an attribute or a bound of a narrower type.
    pub(crate) fn loses(&self, from: &str, to: &str) -> bool {
        let (from, to) = (from.trim_end_matches("[]"), to.trim_end_matches("[]"));
        match (type_named(self.request.from, from), type_named(self.request.to, to)) {
            (Some((_, Spec::Domain(old))), _) => self.loses(&old.data_type, to),
            (_, Some((_, Spec::Domain(new)))) => self.loses(from, &new.data_type),
            (Some((old, Spec::Composite(_))), Some((new, Spec::Composite(_)))) => {
                let attributes = self.request.from.children_of_kind(old, Kind::Attribute).into_iter();
                attributes.map(|attribute| attribute.id.name()).any(|name| {
                    match (
                        attribute_type(self.request.from, old, name),
                        attribute_type(self.request.to, new, name),
                    ) {
                        (Some(from), Some(to)) => self.loses(from, to),
                        _ => true,
                    }
                })
            }
            (Some((_, Spec::Range(old))), Some((_, Spec::Range(new)))) => {
                self.loses(&old.subtype, &new.subtype)
            }
            (None, None) => assignment::there_and_back("value", from, to, &self.request.context()).is_some(),
            _ => false,
        }
    }

    fn changes_attribute(&self, old: &Id, new: &Id, name: &str) -> bool {
        match (attribute_type(self.request.from, old, name), attribute_type(self.request.to, new, name)) {
            (Some(from), Some(to)) => self.changes_values(from, to),
            _ => true,
        }
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
        && matches!(type_named(request.from, from), Some((_, Spec::Composite(_))))
    {
        let element = format!("({value})[i{depth}]");
        let condition = refused(request, &element, (from, to), depth + 1)?;
        return Some(format!(
            "EXISTS (SELECT FROM generate_subscripts({value}, 1) AS i{depth} WHERE {condition})"
        ));
    }
    match (type_named(request.from, from), type_named(request.to, to)) {
        (Some((old, Spec::Composite(_))), Some((new, Spec::Composite(_)))) => {
            let attributes = request.to.children_of_kind(new, Kind::Attribute).into_iter();
            let conditions = attributes.filter_map(|attribute| {
                let name = attribute.id.name();
                let types =
                    (attribute_type(request.from, old, name)?, attribute_type(request.to, new, name)?);
                refused(request, &format!("({value}).{}", sql::ident(name)), types, depth)
            });
            let conditions: Vec<String> = conditions.collect();
            (!conditions.is_empty()).then(|| conditions.join(" OR "))
        }
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

fn attribute_type<'m>(model: &'m Model, composite: &Id, name: &str) -> Option<&'m str> {
    match &model.get(&composite.child(Kind::Attribute, name))?.spec {
        Spec::Attribute(attribute) => Some(&attribute.data_type),
        _ => None,
    }
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
