//! Range types.

use serde::{Deserialize, Serialize};

use crate::{Change, Context, Hazard, Id, ObjectKind, Statement, query, shell_type};

/// A range type (manual, `CREATE TYPE`; catalog `pg_range`), with what PostgreSQL makes along with it: the functions that
/// construct its values and, from version 14 on, its multirange type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The type of the bounds as `format_type` prints it.
    pub subtype: String,
    /// The operator class that orders them, quoted with its schema, where it is not the type's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype_opclass: Option<String>,
    /// The collation, quoted with its schema, where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// The function that gives equal ranges one form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
    /// The function that tells how far two bounds are apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype_diff: Option<String>,
    /// The name of the multirange type; none in the YAML leaves it to PostgreSQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multirange: Option<String>,
    /// The name of the functions that construct a range, where it is not the type's (any more).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constructor: Option<String>,
    /// The name of the functions that construct a multirange, where it is not its type's (any more).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multirange_constructor: Option<String>,
}

/// The name that PostgreSQL gives to the multirange type of a range type.
pub fn usual_multirange(range: &str) -> String {
    let name = match range.find("range") {
        Some(place) => format!("{}multi{}", &range[..place], &range[place..]),
        None => format!("{}_multirange", clipped(range, 52)),
    };
    clipped(&name, 63).to_owned()
}

/// As many whole characters as fit into `bytes`.
pub fn clipped(name: &str, bytes: usize) -> &str {
    let mut end = bytes.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

impl Range {
    fn constructors(&self, id: &Id) -> Vec<String> {
        vec![format!("{0}, {0}", self.subtype), format!("{0}, {0}, text", self.subtype)]
            .into_iter()
            .map(|arguments| {
                let name = self.constructor.as_deref().unwrap_or(id.name());
                format!("{}({arguments})", id.renamed(name).sql())
            })
            .collect()
    }

    fn multirange_constructors(&self, id: &Id) -> Vec<String> {
        let Some(multirange) = &self.multirange else { return Vec::new() };
        let name = id.renamed(self.multirange_constructor.as_deref().unwrap_or(multirange)).sql();
        vec![format!("{name}()"), format!("{name}({})", id.sql()), format!("{name}({}[])", id.sql())]
    }

    /// Gives everything that came with the type the names that it would have had from the start.
    fn rename_parts(&self, id: &Id, constructor: &str, multirange: Option<&str>) -> Vec<Statement> {
        let rename = |what: &str, name: &str, to: &str| {
            Statement::new(format!("ALTER {what} {name} RENAME TO {}", sql::ident(to)))
        };
        let mut statements = Vec::new();
        if self.constructor.as_deref().unwrap_or(id.name()) != constructor {
            statements.extend(
                self.constructors(id).iter().map(|function| rename("FUNCTION", function, constructor)),
            );
        }
        if let (Some(old), Some(new)) = (&self.multirange, multirange) {
            if old != new {
                statements.push(rename("TYPE", &id.renamed(old.as_str()).sql(), new));
            }
            if self.multirange_constructor.as_ref().unwrap_or(old) != new {
                statements.extend(
                    self.multirange_constructors(id).iter().map(|function| rename("FUNCTION", function, new)),
                );
            }
        }
        statements
    }

    /// Frees the names of the type and of all that came with it.
    pub fn put_aside(&self, id: &Id, name: &str) -> Vec<Statement> {
        let mut statements: Vec<Statement> = self.rename(id, name).into_iter().collect();
        let renamed = Range {
            constructor: Some(self.constructor.clone().unwrap_or(id.name().to_owned())),
            ..self.clone()
        };
        statements.extend(renamed.rename_parts(&id.renamed(name), name, Some(&usual_multirange(name))));
        statements
    }

    fn parameters(&self, id: &Id) -> Vec<String> {
        let mut parameters = vec![format!("SUBTYPE = {}", self.subtype)];
        let mut add = |name: &str, value: Option<String>| {
            parameters.extend(value.map(|value| format!("{name} = {value}")));
        };
        add("SUBTYPE_OPCLASS", self.subtype_opclass.clone());
        add("COLLATION", self.collation.clone());
        add("CANONICAL", self.canonical.clone());
        add("SUBTYPE_DIFF", self.subtype_diff.clone());
        let multirange = self.multirange.as_ref().filter(|name| **name != usual_multirange(id.name()));
        add("MULTIRANGE_TYPE_NAME", multirange.map(|name| id.renamed(name.as_str()).sql()));
        parameters
    }
}

impl ObjectKind for Range {
    fn query(version: u32) -> Option<String> {
        let multirange = if version >= 14 { "r.rngmultitypid" } else { "0::oid" };
        let members = format!(
            "(SELECT jsonb_agg(m.a) FROM (SELECT {} AS a FROM pg_type AS x WHERE x.oid IN (t.typarray, {multirange}) \
             OR x.oid = (SELECT m.typarray FROM pg_type AS m WHERE m.oid = {multirange}) \
             UNION ALL SELECT {} FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'i' \
             AND d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, {multirange})) AS m)",
            query::address("pg_type", "x.oid", "0"),
            query::address("pg_proc", "d.objid", "0"),
        );
        let constructor = |of: &str| {
            format!(
                "(SELECT min(p.proname::text) FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid WHERE d.classid = 'pg_proc'::regclass \
                 AND d.deptype = 'i' AND d.refclassid = 'pg_type'::regclass AND d.refobjid = {of})"
            )
        };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'also', {members}, 'in', {}, 'name', t.typname, {}, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('subtype', format_type(r.rngsubtype, NULL), \
             'subtype_opclass', CASE WHEN NOT o.opcdefault THEN quote_ident(n.nspname) || '.' || quote_ident(o.opcname) END, \
             'collation', CASE WHEN r.rngcollation <> s.typcollation THEN r.rngcollation::regcollation::text END, \
             'canonical', CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regproc::text END, \
             'subtype_diff', CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regproc::text END, \
             'multirange', m.typname, 'constructor', nullif({}, t.typname), 'multirange_constructor', nullif({}, m.typname)))) \
             FROM pg_range AS r JOIN pg_type AS t ON t.oid = r.rngtypid JOIN pg_type AS s ON s.oid = r.rngsubtype \
             JOIN pg_opclass AS o ON o.oid = r.rngsubopc JOIN pg_namespace AS n ON n.oid = o.opcnamespace \
             LEFT JOIN pg_type AS m ON m.oid = {multirange} WHERE {}",
            query::address("pg_type", "t.oid", "0"),
            query::address("pg_namespace", "t.typnamespace", "0"),
            query::owner("t.typowner"),
            query::acl("T", "t.typowner", "t.typacl"),
            constructor("t.oid"),
            constructor(multirange),
            query::user_made("t.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let full = format!("CREATE TYPE {} AS RANGE ({})", id.sql(), self.parameters(id).join(", "));
        shell_type::create(id, Statement::new(full), context)
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        shell_type::drop(id, context)
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let names_only = Range {
            multirange: to.multirange.clone(),
            constructor: to.constructor.clone(),
            multirange_constructor: to.multirange_constructor.clone(),
            ..self.clone()
        };
        if names_only != *to {
            return Change::Replace("PostgreSQL cannot change a range type".to_owned());
        }
        let constructor = to.constructor.as_deref().unwrap_or(id.name());
        Change::Alter(self.rename_parts(id, constructor, to.multirange.as_deref()))
    }

    fn set_schema(&self, id: &Id, schema: &str) -> Vec<Statement> {
        // The constructors take the type by its name: they are first.
        let functions = self.constructors(id).into_iter().chain(self.multirange_constructors(id));
        let functions = functions.map(|function| format!("FUNCTION {function}"));
        let multirange =
            self.multirange.iter().map(|name| format!("TYPE {}", id.renamed(name.as_str()).sql()));
        let parts = functions.chain(multirange);
        let parts =
            parts.map(|part| Statement::new(format!("ALTER {part} SET SCHEMA {}", sql::ident(schema))));
        let own = crate::set_schema::statement(&self.address(id), id, schema);
        parts.chain(std::iter::once(own)).collect()
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER TYPE {} RENAME TO {}", id.sql(), sql::ident(to)))
                .hazard(Hazard::ClientBreak, format!("type {} has another name", id.sql())),
        )
    }

    fn definition() -> Option<&'static str> {
        Some(
            "(SELECT pg_catalog.concat_ws(' ', r.rngsubtype::regtype, r.rngcollation::regcollation, r.rngcanonical, r.rngsubdiff) \
             FROM pg_catalog.pg_range AS r WHERE r.rngtypid = to_regtype(e.object))",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiranges_are_named_as_postgresql_does() {
        assert_eq!(usual_multirange("span"), "span_multirange");
        assert_eq!(usual_multirange("floatrange"), "floatmultirange");
        assert_eq!(usual_multirange("range_of_range"), "multirange_of_range");
        assert_eq!(usual_multirange(&"é".repeat(31)).len(), 52 + "_multirange".len());
        assert_eq!(usual_multirange(&format!("{}range", "x".repeat(58))).len(), 63);
    }
}
