//! Base types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Change, Context, Hazard, Id, ObjectKind, Statement, query, shell_type};

/// A base type (manual, `CREATE TYPE`; catalog `pg_type`): one whose values only its own functions know. One without any is a shell type,
/// of which there is the name only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Base {
    /// The function that reads a value from text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The function that writes a value as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The function that reads a value in binary form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receive: Option<String>,
    /// The function that writes a value in binary form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send: Option<String>,
    /// The function that reads modifiers: the `10` of `mytype(10)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typmod_in: Option<String>,
    /// The function that writes modifiers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typmod_out: Option<String>,
    /// The function that takes statistics of columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analyze: Option<String>,
    /// The function that takes values apart by subscripts (version 14 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscript: Option<String>,
    /// How many bytes a value has, where that does not vary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<i16>,
    /// Whether values are passed themselves, not where they stand.
    #[serde(skip_serializing_if = "crate::shape::is_default")]
    pub passed_by_value: bool,
    /// How values are aligned: `char`, `int2`, `int4` (unless given) or `double`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alignment: Option<String>,
    /// How long values are stored: `plain` (unless given), `external`, `extended` or `main`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// The category, one letter, of types that are converted into each other; `U` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Whether others of its category are converted into it sooner than the other way round.
    #[serde(skip_serializing_if = "crate::shape::is_default")]
    pub preferred: bool,
    /// The default of columns that have none of their own, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The type of its elements, where it is an array of its own sort.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// What stands between values in text of arrays; `,` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Whether columns have a collation.
    #[serde(skip_serializing_if = "crate::shape::is_default")]
    pub collatable: bool,
}

impl Base {
    fn is_shell(&self) -> bool {
        *self == Base::default()
    }

    fn full(&self, id: &Id) -> Statement {
        Statement::new(format!("CREATE TYPE {} ({})", id.sql(), self.parameters().join(", ")))
    }

    fn parameters(&self) -> Vec<String> {
        let mut parameters = Vec::new();
        let mut add = |name: &str, value: Option<&String>| {
            parameters.extend(value.map(|value| format!("{name} = {value}")));
        };
        let quoted = |text: &Option<String>| text.as_deref().map(sql::literal);
        add("INPUT", self.input.as_ref());
        add("OUTPUT", self.output.as_ref());
        add("RECEIVE", self.receive.as_ref());
        add("SEND", self.send.as_ref());
        add("TYPMOD_IN", self.typmod_in.as_ref());
        add("TYPMOD_OUT", self.typmod_out.as_ref());
        add("ANALYZE", self.analyze.as_ref());
        add("SUBSCRIPT", self.subscript.as_ref());
        add("INTERNALLENGTH", self.length.map(|length| length.to_string()).as_ref());
        add("PASSEDBYVALUE", self.passed_by_value.then(|| "true".to_owned()).as_ref());
        add("ALIGNMENT", quoted(&self.alignment).as_ref());
        add("STORAGE", quoted(&self.storage).as_ref());
        add("CATEGORY", quoted(&self.category).as_ref());
        add("PREFERRED", self.preferred.then(|| "true".to_owned()).as_ref());
        add("DEFAULT", quoted(&self.default).as_ref());
        add("ELEMENT", self.element.as_ref());
        add("DELIMITER", quoted(&self.delimiter).as_ref());
        add("COLLATABLE", self.collatable.then(|| "true".to_owned()).as_ref());
        parameters
    }

    /// What `ALTER TYPE ... SET` can bring to what another has.
    fn with_settings_of(&self, to: &Base) -> Base {
        // Values that are stored as they are stay so in a type that was made so.
        let storage =
            if self.storage.is_some() && to.storage.is_none() { &self.storage } else { &to.storage };
        Base {
            receive: to.receive.clone(),
            send: to.send.clone(),
            typmod_in: to.typmod_in.clone(),
            typmod_out: to.typmod_out.clone(),
            analyze: to.analyze.clone(),
            subscript: to.subscript.clone(),
            storage: storage.clone(),
            ..self.clone()
        }
    }

    fn settings(&self, to: &Base) -> Vec<String> {
        let function = |name: &str, from: &Option<String>, to: &Option<String>| {
            (from != to).then(|| format!("{name} = {}", to.as_deref().unwrap_or("NONE")))
        };
        let storage = to.storage.as_deref().filter(|_| self.storage != to.storage);
        [
            function("RECEIVE", &self.receive, &to.receive),
            function("SEND", &self.send, &to.send),
            function("TYPMOD_IN", &self.typmod_in, &to.typmod_in),
            function("TYPMOD_OUT", &self.typmod_out, &to.typmod_out),
            function("ANALYZE", &self.analyze, &to.analyze),
            function("SUBSCRIPT", &self.subscript, &to.subscript),
            storage.map(|storage| format!("STORAGE = {}", sql::literal(storage))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl ObjectKind for Base {
    fn query(version: u32) -> Option<String> {
        let function =
            |column: &str| format!("CASE WHEN t.{column} <> 0 THEN t.{column}::oid::regproc::text END");
        // One that has elements of its own sort gets it unless another is given.
        let subscript = match version {
            14.. => {
                "nullif(CASE WHEN t.typsubscript <> 0 THEN t.typsubscript::oid::regproc::text END, 'raw_array_subscript_handler')"
            }
            _ => "NULL",
        };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'also', (SELECT jsonb_agg({}) FROM pg_type AS x WHERE x.oid = t.typarray), \
             'in', {}, 'name', t.typname, {}, {}, 'spec', CASE WHEN NOT t.typisdefined THEN '{{}}' ELSE jsonb_strip_nulls(jsonb_build_object(\
             'input', {}, 'output', {}, 'receive', {}, 'send', {}, 'typmod_in', {}, 'typmod_out', {}, 'analyze', {}, 'subscript', {subscript}, \
             'length', nullif(t.typlen, -1), 'passed_by_value', t.typbyval, \
             'alignment', CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double' END, \
             'storage', CASE t.typstorage WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' WHEN 'm' THEN 'main' END, \
             'category', nullif(t.typcategory, 'U'), 'preferred', t.typispreferred, 'default', t.typdefault, \
             'element', CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END, 'delimiter', nullif(t.typdelim, ','), \
             'collatable', t.typcollation <> 0)) END) \
             FROM pg_type AS t WHERE (t.typtype = 'b' OR NOT t.typisdefined) AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.typarray = t.oid) AND {}",
            query::address("pg_type", "t.oid", "0"),
            query::address("pg_type", "x.oid", "0"),
            query::address("pg_namespace", "t.typnamespace", "0"),
            query::owner("t.typowner"),
            query::acl("T", "t.typowner", "t.typacl"),
            function("typinput"),
            function("typoutput"),
            function("typreceive"),
            function("typsend"),
            function("typmodin"),
            function("typmodout"),
            function("typanalyze"),
            query::user_made("t.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        if self.is_shell() {
            return vec![shell_type::shell(id)];
        }
        shell_type::create(id, self.full(id), context)
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        shell_type::drop(id, context)
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if self.is_shell() {
            return Change::Alter(vec![to.full(id)]);
        }
        if to.is_shell() || self.with_settings_of(to) != *to {
            return Change::Replace("PostgreSQL cannot change what a base type is made of".to_owned());
        }
        let settings = self.settings(to).join(", ");
        Change::Alter(vec![Statement::new(format!("ALTER TYPE {} SET ({settings})", id.sql()))])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER TYPE {} RENAME TO {}", id.sql(), sql::ident(to)))
                .hazard(Hazard::ClientBreak, format!("type {} has another name", id.sql())),
        )
    }

    fn definition() -> Option<&'static str> {
        // A shell type cannot be converted to regtype.
        Some(
            "(SELECT pg_catalog.concat_ws(' ', t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze, \
             t.typlen, t.typbyval, t.typalign, t.typstorage, t.typcategory, t.typispreferred, t.typdefault, t.typelem::regtype, t.typdelim, \
             t.typcollation <> 0) FROM pg_catalog.pg_type AS t CROSS JOIN LATERAL pg_identify_object('pg_type'::regclass, t.oid, 0) AS i \
             WHERE t.oid >= 16384 AND i.identity = e.object)",
        )
    }
}
