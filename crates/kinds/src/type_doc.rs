//! What stands under `types:` in the YAML: types of every sort, each with what is particular to its sort under a key of its own.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::attribute::AttributeDoc;
use crate::kinds::base_type::Base;
use crate::kinds::composite_type::Composite;
use crate::kinds::domain::Domain;
use crate::kinds::domain_constraint::DomainConstraint;
use crate::kinds::enum_type::Enum;
use crate::kinds::range_type::{Range, usual_multirange};
use crate::kinds::table::Expression;
use crate::{EnumDirective, Id, Kind, Spec, Strategy};

/// A type as the YAML declares it: one of `enum`, `domain`, `composite`, `range` and `base`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypeDoc {
    /// The name that it had before; of what stood in another schema `old_schema.old_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The values of an enum type, in their order.
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// Which new value rows get for an old one, on the way forward.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, String>,
    /// Which old value rows get for a new one, on the way back, where `map` does not tell; without it the rollback stops
    /// before it starts when there are such rows.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub map_back: BTreeMap<String, String>,
    /// How an enum type changes.
    #[serde(skip_serializing_if = "is_auto")]
    pub strategy: Strategy,
    /// A domain: the type that it is over, or a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<DomainDoc>,
    /// The attributes of a composite type by name, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composite: Option<IndexMap<String, AttributeDoc>>,
    /// A range type: the type of its bounds, or a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<RangeDoc>,
    /// A base type: the functions that know its values, and how these are stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Privileges by grantee; `public` is everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

/// A domain: the type that it is over, or a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum DomainDoc {
    /// The type that it is over.
    Type(#[schemars(extend("x-sql" = "type"))] String),
    /// Everything.
    Full(Box<FullDomainDoc>),
}

/// A domain in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullDomainDoc {
    /// The type that it is over.
    #[serde(rename = "type")]
    #[schemars(extend("x-sql" = "type"))]
    pub data_type: String,
    /// The collation where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// The default of columns that have none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub default: Option<String>,
    /// Whether NULL is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_null: bool,
    /// What must be true of every `VALUE`; the constraint has the name that PostgreSQL gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Expression>,
    /// Check constraints by name: their expressions over `VALUE`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub checks: IndexMap<String, Expression>,
    /// Constraints by name, in SQL: `CHECK (...) NOT VALID`, and from PostgreSQL 17 on `NOT NULL`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub constraints: IndexMap<String, String>,
    /// What people should know of constraints, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub constraint_comments: IndexMap<String, String>,
    /// The old names of constraints, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub constraints_renamed_from: IndexMap<String, String>,
}

/// A range type: the type of its bounds, or a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RangeDoc {
    /// The type of its bounds.
    Type(#[schemars(extend("x-sql" = "type"))] String),
    /// Everything.
    Full(Box<FullRangeDoc>),
}

/// A range type in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullRangeDoc {
    /// The type of its bounds.
    #[schemars(extend("x-sql" = "type"))]
    pub subtype: String,
    /// The operator class that orders them, where it is not the type's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opclass: Option<String>,
    /// The collation where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// The function that gives equal ranges one form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
    /// The function that tells how far two bounds are apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype_diff: Option<String>,
    /// The name of its multirange type, where it is not the one that PostgreSQL gives it (version 14 and later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multirange: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_auto(strategy: &Strategy) -> bool {
    *strategy == Strategy::Auto
}

impl TypeDoc {
    pub(crate) fn lower(&self, schema: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        self.one_sort(name, node, declared);
        let at = |key: &str| node.and_then(|node| node.get(key));
        let id = if let Some(domain) = &self.domain {
            domain.lower(schema, name, node, declared)
        } else if let Some(attributes) = &self.composite {
            let id = schema.child(Kind::Composite, name);
            declared.add(id.clone(), Composite { attributes: attributes.keys().cloned().collect() }, 0, node);
            for (position, (name, attribute)) in attributes.iter().enumerate() {
                let place = at("composite").and_then(|node| node.get(name));
                attribute.lower(&id, name, position, place, declared);
            }
            id
        } else if let Some(range) = &self.range {
            let id = schema.child(Kind::Range, name);
            declared.add(id.clone(), range.range(), 0, node);
            id
        } else if let Some(base) = &self.base {
            let id = schema.child(Kind::Base, name);
            declared.add(id.clone(), base.clone(), 0, node);
            id
        } else {
            let id = schema.child(Kind::Enum, name);
            declared.add(id.clone(), Enum { values: self.values.clone().unwrap_or_default() }, 0, node);
            let (map, map_back) = (self.map.clone(), self.map_back.clone());
            declared.enum_directive(
                &id,
                EnumDirective { map, map_back, strategy: self.strategy, ..EnumDirective::default() },
            );
            id
        };
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.facts(&id, &facts, true, node);
    }

    /// A type is of one sort.
    fn one_sort(&self, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let sorts = [
            self.values.is_some(),
            self.domain.is_some(),
            self.composite.is_some(),
            self.range.is_some(),
            self.base.is_some(),
        ];
        if sorts.iter().filter(|sort| **sort).count() != 1
            && let Some(node) = node
        {
            let message = format!("type {name} needs one of enum, domain, composite, range and base");
            declared.problems.push(yaml::Problem::new(message, &node.place));
        }
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, schema: &Id) -> IndexMap<String, TypeDoc> {
        let types = raise.model.objects().filter(|object| object.id.parent() == Some(schema));
        let mut all: Vec<(String, TypeDoc)> = types
            .filter_map(|object| {
                let sort = Self::raise_sort(raise, &object.id, &object.spec)?;
                let doc = TypeDoc {
                    comment: raise.comment(&object.id),
                    owner: raise.owner(&object.id),
                    grants: raise.grants(&object.id),
                    ..sort
                };
                Some((object.id.name().to_owned(), doc))
            })
            .collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all.into_iter().collect()
    }

    fn raise_sort(raise: &Raise<'_>, id: &Id, spec: &Spec) -> Option<TypeDoc> {
        let nothing = TypeDoc::default();
        match spec {
            Spec::Enum(spec) => Some(TypeDoc { values: Some(spec.values.clone()), ..nothing }),
            Spec::Domain(spec) => {
                Some(TypeDoc { domain: Some(DomainDoc::raise(raise, id, spec)), ..nothing })
            }
            Spec::Range(spec) => Some(TypeDoc { range: Some(RangeDoc::raise(id, spec)), ..nothing }),
            Spec::Base(spec) => Some(TypeDoc { base: Some(spec.clone()), ..nothing }),
            Spec::Composite(_) => {
                let attributes = raise.model.children_of_kind(id, Kind::Attribute).into_iter();
                let attributes = attributes.filter_map(|object| match &object.spec {
                    Spec::Attribute(spec) => {
                        Some((object.id.name().to_owned(), AttributeDoc::raise(raise, &object.id, spec)))
                    }
                    _ => None,
                });
                Some(TypeDoc { composite: Some(attributes.collect()), ..nothing })
            }
            _ => None,
        }
    }
}

impl DomainDoc {
    fn lower(&self, schema: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) -> Id {
        let doc = match self {
            DomainDoc::Full(full) => (**full).clone(),
            DomainDoc::Type(data_type) => {
                FullDomainDoc { data_type: data_type.clone(), ..FullDomainDoc::default() }
            }
        };
        let id = schema.child(Kind::Domain, name);
        let node_of = |key: &str| node.and_then(|node| node.at(["domain", key]));
        let at = |key: &str, name: &str| node_of(key).and_then(|node| node.get(name));
        let domain = Domain {
            data_type: doc.data_type,
            collation: doc.collation,
            default: doc.default,
            not_null: doc.not_null,
        };
        declared.add(id.clone(), domain, 0, node);
        let constraint = |name: &str| id.child(Kind::DomainConstraint, name);
        let check =
            |expression: &Expression| DomainConstraint { definition: format!("CHECK ({})", expression.0) };
        if let Some(expression) = &doc.check {
            declared.add(constraint("\u{0}check"), check(expression), 0, node_of("check"));
        }
        for (name, expression) in &doc.checks {
            declared.add(constraint(name), check(expression), 0, at("checks", name));
        }
        for (name, definition) in &doc.constraints {
            let definition = DomainConstraint { definition: definition.clone() };
            declared.add(constraint(name), definition, 0, at("constraints", name));
        }
        for (name, text) in &doc.constraint_comments {
            let facts = Facts { comment: Some(text), ..Facts::default() };
            declared.facts(&constraint(name), &facts, false, None);
        }
        for (name, old) in &doc.constraints_renamed_from {
            let facts = Facts { renamed_from: Some(old), ..Facts::default() };
            declared.facts(&constraint(name), &facts, false, None);
        }
        id
    }

    fn raise(raise: &Raise<'_>, id: &Id, domain: &Domain) -> DomainDoc {
        let mut full = FullDomainDoc {
            data_type: domain.data_type.clone(),
            collation: domain.collation.clone(),
            default: domain.default.clone(),
            not_null: domain.not_null,
            ..FullDomainDoc::default()
        };
        for object in raise.model.children_of_kind(id, Kind::DomainConstraint) {
            if let Spec::DomainConstraint(constraint) = &object.spec {
                full.raise_constraint(raise, &object.id, constraint);
            }
        }
        let plain = FullDomainDoc { data_type: full.data_type.clone(), ..FullDomainDoc::default() };
        if full == plain { DomainDoc::Type(full.data_type) } else { DomainDoc::Full(Box::new(full)) }
    }
}

impl FullDomainDoc {
    /// The constraint in the shortest form that says it all.
    fn raise_constraint(&mut self, raise: &Raise<'_>, id: &Id, constraint: &DomainConstraint) {
        let name = id.name().to_owned();
        let comment = raise.comment(id);
        let usual = |suffix: &str| {
            let usual = format!("{}_{suffix}", id.parent().map(Id::name).unwrap_or_default());
            comment.is_none() && usual.len() < 64 && usual == name
        };
        match constraint.plain_check() {
            _ if constraint.is_not_null() && usual("not_null") => self.not_null = true,
            Some(expression) if usual("check") => self.check = Some(Expression(expression.to_owned())),
            Some(expression) => drop(self.checks.insert(name.clone(), Expression(expression.to_owned()))),
            None => drop(self.constraints.insert(name.clone(), constraint.definition.clone())),
        }
        self.constraint_comments.extend(comment.map(|comment| (name, comment)));
    }
}

impl RangeDoc {
    fn range(&self) -> Range {
        match self {
            RangeDoc::Type(subtype) => Range { subtype: subtype.clone(), ..Range::default() },
            RangeDoc::Full(full) => Range {
                subtype: full.subtype.clone(),
                subtype_opclass: full.opclass.clone(),
                collation: full.collation.clone(),
                canonical: full.canonical.clone(),
                subtype_diff: full.subtype_diff.clone(),
                multirange: full.multirange.clone(),
                ..Range::default()
            },
        }
    }

    fn raise(id: &Id, range: &Range) -> RangeDoc {
        let full = FullRangeDoc {
            subtype: range.subtype.clone(),
            opclass: range.subtype_opclass.clone(),
            collation: range.collation.clone(),
            canonical: range.canonical.clone(),
            subtype_diff: range.subtype_diff.clone(),
            multirange: range.multirange.clone().filter(|name| *name != usual_multirange(id.name())),
        };
        let plain = FullRangeDoc { subtype: full.subtype.clone(), ..FullRangeDoc::default() };
        if full == plain { RangeDoc::Type(full.subtype) } else { RangeDoc::Full(Box::new(full)) }
    }
}
