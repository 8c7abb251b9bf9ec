//! The types that columns are made of, and the n-th value of each.

use std::collections::BTreeMap;

use catalog::{Database, Error};
use serde::Deserialize;

use super::schema::{Column, Schema};
use super::{ask, attempt, candidates, refusal, scalars, values};

/// A type as a column or another type uses it.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Of {
    pub(super) oid: u32,
    /// What stands in its parentheses, in the encoding of `atttypmod`; -1 for nothing.
    pub(super) modifier: i32,
}

/// A type (`pg_type`, `pg_enum`, `pg_range`, `pg_attribute`).
#[derive(Debug, Deserialize)]
pub(super) struct Type {
    pub(super) name: String,
    built_in: bool,
    /// `typtype`
    kind: char,
    /// `typcategory`
    pub(super) category: char,
    pub(super) format: String,
    pub(super) delimiter: Option<char>,
    element: Option<u32>,
    base: Option<u32>,
    base_modifier: i32,
    base_format: Option<String>,
    not_null: bool,
    checks: Vec<String>,
    labels: Vec<String>,
    attributes: Vec<Of>,
    range_of: Option<u32>,
    ranges_of: Option<u32>,
}

/// What kind of value a type has, and of what it consists.
#[derive(Debug)]
pub(super) enum Shape<'a> {
    Array {
        element: Of,
        delimiter: char,
    },
    Composite {
        attributes: &'a [Of],
    },
    Domain {
        base: Of,
    },
    Enum {
        labels: &'a [String],
    },
    Multirange {
        range: Of,
    },
    Range {
        subtype: Of,
    },
    Scalar {
        name: &'a str,
    },
    /// A base type of an extension or a user.
    Foreign,
}

/// All types of a schema, and what only the server could tell about them.
pub(super) struct Types {
    by_oid: BTreeMap<u32, Type>,
    pub(super) unicode: bool,
    /// The values that a domain accepts.
    domains: BTreeMap<u32, Vec<String>>,
    /// A text that a type of an extension accepts, with `{n}` for a number.
    templates: BTreeMap<u32, &'static str>,
}

impl Types {
    /// Takes the types out of a schema.
    pub(super) fn read(database: &mut Database, schema: &mut Schema) -> Result<Types, Error> {
        let mut types = Types {
            by_oid: std::mem::take(&mut schema.types),
            unicode: schema.unicode,
            domains: BTreeMap::new(),
            templates: BTreeMap::new(),
        };
        types.try_templates(database)?;
        types.try_domains(database)?;
        Ok(types)
    }

    pub(super) fn get(&self, oid: u32) -> Option<&Type> {
        self.by_oid.get(&oid)
    }

    pub(super) fn shape(&self, of: Of) -> Option<Shape<'_>> {
        let r#type = self.get(of.oid)?;
        let plain = |oid| Of { oid, modifier: -1 };
        Some(match r#type.kind {
            'd' => Shape::Domain { base: Of { oid: r#type.base?, modifier: r#type.base_modifier } },
            'e' => Shape::Enum { labels: &r#type.labels },
            'c' => Shape::Composite { attributes: &r#type.attributes },
            'r' => Shape::Range { subtype: plain(r#type.range_of?) },
            'm' => Shape::Multirange { range: plain(r#type.ranges_of?) },
            'b' if r#type.built_in && scalars::is_known(&r#type.name) => Shape::Scalar { name: &r#type.name },
            'b' if r#type.element.is_some() => Shape::Array {
                element: Of { oid: r#type.element?, modifier: of.modifier },
                delimiter: r#type.delimiter?,
            },
            'b' if r#type.category == 'S' => Shape::Scalar { name: "text" },
            'b' => Shape::Foreign,
            _ => return None,
        })
    }

    /// The type below all domains.
    pub(super) fn base(&self, of: Of) -> Of {
        match self.shape(of) {
            Some(Shape::Domain { base }) => self.base(base),
            _ => of,
        }
    }

    /// How SQL calls the type below all domains, where the type itself is called so.
    pub(super) fn base_format<'a>(&'a self, of: Of, format: &'a str) -> &'a str {
        match self.get(of.oid) {
            Some(Type { base: Some(base), base_modifier, base_format: Some(format), .. }) => {
                self.base_format(Of { oid: *base, modifier: *base_modifier }, format)
            }
            _ => format,
        }
    }

    /// Whether a column may be null, as far as it and its type say.
    pub(super) fn is_nullable(&self, column: &Column) -> bool {
        !column.not_null && !self.is_not_null(column.of())
    }

    /// Whether a domain says NOT NULL.
    pub(super) fn is_not_null(&self, of: Of) -> bool {
        let Some(r#type) = self.get(of.oid) else { return false };
        r#type.not_null || matches!(self.shape(of), Some(Shape::Domain { base }) if self.is_not_null(base))
    }

    /// The checks of a domain and of those that it is made of; they call the value VALUE.
    pub(super) fn checks(&self, of: Of) -> Vec<String> {
        let Some(Shape::Domain { base }) = self.shape(of) else { return Vec::new() };
        let own = self.get(of.oid).map(|r#type| r#type.checks.clone()).unwrap_or_default();
        [own, self.checks(base)].concat()
    }

    /// The values that a domain accepts, as far as they are known.
    pub(super) fn accepted(&self, of: Of) -> &[String] {
        self.domains.get(&of.oid).map_or(&[], Vec::as_slice)
    }

    pub(super) fn template(&self, of: Of) -> Option<&'static str> {
        self.templates.get(&of.oid).copied()
    }

    /// Finds out how values of types look that are not PostgreSQL's own.
    fn try_templates(&mut self, database: &mut Database) -> Result<(), Error> {
        let of = |oid: &u32| Of { oid: *oid, modifier: -1 };
        let foreign =
            self.by_oid.keys().filter(|oid| matches!(self.shape(of(oid)), Some(Shape::Foreign))).copied();
        for oid in foreign.collect::<Vec<_>>() {
            for template in values::TEMPLATES {
                let text = sql::literal(&template.replace("{n}", "1"));
                let query = format!("SELECT CAST({text} AS {})", self.by_oid[&oid].format);
                if attempt(database, &query)?.is_ok() {
                    self.templates.insert(oid, template);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Finds out which values domains accept; one that is made of others comes after them.
    fn try_domains(&mut self, database: &mut Database) -> Result<(), Error> {
        loop {
            let of = |oid: &u32| Of { oid: *oid, modifier: -1 };
            let open = |oid: &u32| matches!(self.shape(of(oid)), Some(Shape::Domain { base }) if !self.domains.contains_key(oid) && self.is_settled(base));
            let open: Vec<u32> = self.by_oid.keys().filter(|oid| open(oid)).copied().collect();
            if open.is_empty() {
                return Ok(());
            }
            for oid in &open {
                self.domains.insert(*oid, Vec::new());
            }
            let queries: Vec<_> = open.iter().map(|oid| self.domain_query(*oid)).collect();
            for row in ask_all(database, &queries)? {
                if let [Some(oid), Some(value)] = row.as_slice() {
                    let oid = oid.parse().unwrap_or_default();
                    self.domains.entry(oid).or_default().push(value.clone());
                }
            }
        }
    }

    /// Whether no domain below still has to be asked about.
    fn is_settled(&self, of: Of) -> bool {
        match self.shape(of) {
            Some(Shape::Array { element, .. }) => self.is_settled(element),
            Some(Shape::Composite { attributes }) => attributes.iter().all(|part| self.is_settled(*part)),
            Some(Shape::Domain { .. }) => self.domains.contains_key(&of.oid),
            Some(Shape::Multirange { range: part } | Shape::Range { subtype: part }) => self.is_settled(part),
            Some(Shape::Enum { .. } | Shape::Scalar { .. } | Shape::Foreign) | None => true,
        }
    }

    fn domain_query(&self, oid: u32) -> String {
        let of = Of { oid, modifier: -1 };
        let checks = self.checks(of);
        let format = self.base_format(of, "");
        let mut list = candidates::list(self, self.base(of), format, &checks.join(" "), 40);
        list.truncate(400);
        let values: Vec<_> = list.iter().map(|value| format!("({value})")).collect();
        let accepted: Vec<_> = checks.iter().map(|check| format!("({check}) IS NOT FALSE")).collect();
        let accepted = if accepted.is_empty() { "true".to_owned() } else { accepted.join(" AND ") };
        if values.is_empty() {
            return "SELECT NULL, NULL WHERE false".to_owned();
        }
        format!("SELECT {oid}, value::text FROM (VALUES {}) AS t(value) WHERE {accepted}", values.join(", "))
    }
}

/// All queries in one message; should that fail, each in its own, without those that fail.
fn ask_all(database: &mut Database, queries: &[String]) -> Result<super::Texts, Error> {
    if let Ok(rows) = ask(database, &queries.join(";\n")) {
        return Ok(rows);
    }
    let mut all = Vec::new();
    for query in queries {
        match ask(database, query) {
            Ok(rows) => all.extend(rows),
            Err(error) => drop(refusal(error)?),
        }
    }
    Ok(all)
}
