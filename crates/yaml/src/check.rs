//! A tree held against a JSON Schema.

use serde_json::Value as Json;

use crate::{
    branch::unknown_word,
    node::{Key, Node, Value},
    problem::Problem,
    schema::{Parts, Schema, Shapes, is_word},
    source::Place,
    suggest::{self, suggest},
};

/// What a caller does with the values that the schema marks with `x-sql`: the keyword's text, the value, and where to
/// add problems.
pub type OnValue<'f> = &'f mut dyn FnMut(&str, &Node, &mut Vec<Problem>);

/// Holds a tree against a schema and gives all problems in the order of the file.
///
/// Follows `$ref`, `properties`, `required`, `additionalProperties`, `type`, `enum`, `const`, `oneOf`, `anyOf`, `allOf`,
/// `items`, `prefixItems`, `minimum` and `maximum` (JSON Schema 2020-12 as schemars writes it); other keywords are ignored.
/// Where text is wanted, a number or boolean counts as the text that was written. `on_value` is called for each value
/// that the schema marks with `x-sql` and that fits. An empty document is an empty map.
pub fn check(node: &Node, schema: &schemars::Schema, on_value: OnValue<'_>) -> Vec<Problem> {
    let schema = Schema::new(schema);
    let mut problems = Vec::new();
    let empty = empty_map(schema, node);
    let node = empty.as_ref().unwrap_or(node);
    Walk { schema, on_value }.node(node, schema.root(), &node.place, &mut problems);
    problems
}

/// What an empty document counts as, where the schema takes a map.
pub(crate) fn empty_map(schema: Schema<'_>, node: &Node) -> Option<Node> {
    let shapes = schema.shapes(schema.root());
    (node.value == Value::Null && !shapes.overlaps(Shapes::NULL) && shapes.overlaps(Shapes::MAP))
        .then(|| Node { value: Value::Map(Vec::new()), place: node.place.clone(), key: None })
}

/// The number of problems that a node has with a subschema.
pub(crate) fn count(schema: Schema<'_>, subschema: &Json, node: &Node) -> usize {
    let mut problems = Vec::new();
    Walk { schema, on_value: &mut |_, _, _| {} }.node(node, subschema, &node.place, &mut problems);
    problems.len()
}

struct Walk<'s, 'f> {
    schema: Schema<'s>,
    on_value: OnValue<'f>,
}

impl<'s> Walk<'s, '_> {
    /// `owner`: where a list or map is named, which is its key.
    fn node(&mut self, node: &Node, schema: &'s Json, owner: &Place, problems: &mut Vec<Problem>) {
        let shapes = self.schema.shapes(schema);
        if !shapes.fit(node) {
            let mut problem = wrong_shape(node, shapes, owner);
            if problem.help.is_none() && shapes.overlaps(Shapes::MAP) {
                problem.help = self.keys(schema, node);
            }
            problems.push(problem);
            return;
        }
        if node.value == Value::Null {
            return;
        }
        let parts = match self.schema.parts(schema, node) {
            Ok(parts) => parts,
            Err(miss) => return problems.push(miss.problem(node, owner)),
        };
        let before = problems.len();
        scalar(node, &parts, problems);
        match &node.value {
            Value::Map(entries) => self.map(entries, &parts, owner, problems),
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, parts.item(index), &item.place, problems);
                }
            }
            _ => {}
        }
        let mark = parts.keyword("x-sql").find_map(Json::as_str);
        if let Some(mark) = mark.filter(|_| problems.len() == before) {
            (self.on_value)(mark, node, problems);
        }
    }

    /// What a map that should stand here may hold.
    fn keys(&self, schema: &'s Json, node: &Node) -> Option<String> {
        let parts = self.schema.parts(schema, node).ok()?;
        let known: Vec<&str> = parts.properties().collect();
        (!known.is_empty()).then(|| format!("keys allowed here: {}", known.join(", ")))
    }

    fn map(
        &mut self,
        entries: &[(Key, Node)],
        parts: &Parts<'s>,
        owner: &Place,
        problems: &mut Vec<Problem>,
    ) {
        let known: Vec<_> = parts.properties().collect();
        for (key, node) in entries {
            match parts.property(&key.name) {
                Some(schema) => self.node(node, schema, &key.place, problems),
                None => problems.push(unknown_key(key, &known)),
            }
        }
        let required =
            parts.keyword("required").filter_map(Json::as_array).flatten().filter_map(Json::as_str);
        for name in required {
            let is_meant =
                |key: &Key| parts.property(&key.name).is_none() && suggest(&key.name, [name]).is_some();
            if !entries.iter().any(|(key, _)| key.name == name || is_meant(key)) {
                problems.push(Problem::new(format!("the key `{name}` is missing"), owner));
            }
        }
    }
}

/// A key that the schema does not know.
pub(crate) fn unknown_key(key: &Key, known: &[&str]) -> Problem {
    let problem = Problem::new(format!("unknown key `{}`", key.name), &key.place);
    if known.is_empty() {
        return problem.with_help("no keys are allowed here");
    }
    // `{ query: SELECT a, b }`: what stands behind a comma is the next key.
    if key.name.contains(' ') {
        return problem.with_help("between braces, a value that holds a comma must be quoted");
    }
    problem.with_help(suggest::help(&key.name, known, "keys allowed here"))
}

/// What `enum`, `const`, `minimum` and `maximum` say.
fn scalar(node: &Node, parts: &Parts<'_>, problems: &mut Vec<Problem>) {
    if let Some(words) = parts.words()
        && !words.iter().any(|word| is_word(node, word))
    {
        problems.push(unknown_word(node, &words));
    }
    let Value::Number(number) = &node.value else { return };
    let beyond = |keyword, is_beyond: fn(f64, f64) -> bool| {
        let limits = parts.keyword(keyword).filter_map(Json::as_f64);
        limits.into_iter().find(|limit| number.as_f64().is_some_and(|number| is_beyond(number, *limit)))
    };
    if let Some(minimum) = beyond("minimum", |number, limit| number < limit) {
        problems.push(Problem::new(format!("the number must be at least {minimum}"), &node.place));
    }
    if let Some(maximum) = beyond("maximum", |number, limit| number > limit) {
        problems.push(Problem::new(format!("the number must be at most {maximum}"), &node.place));
    }
}

fn wrong_shape(node: &Node, expected: Shapes, owner: &Place) -> Problem {
    let found = match &node.value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    };
    let place = if node.text().is_some() { &node.place } else { owner };
    let problem = Problem::new(format!("expected {}, found {found}", expected.words()), place);
    Problem { help: way_out(node, expected), ..problem }
}

/// How to write what was probably meant.
fn way_out(node: &Node, expected: Shapes) -> Option<String> {
    let quoted = node.place.text().starts_with(['"', '\'']);
    match &node.value {
        Value::Null if expected.overlaps(Shapes::MAP) => Some("an empty map is written `{}`".to_owned()),
        Value::Null if expected.overlaps(Shapes::LIST) => Some("an empty list is written `[]`".to_owned()),
        Value::Null if expected.overlaps(Shapes::STRING) && !node.place.range.is_empty() => {
            Some(format!("for the text itself, write `\"{}\"`", node.place.text()))
        }
        Value::String(text) if expected.overlaps(Shapes::BOOL) => {
            let text = text.to_lowercase();
            let is_true = matches!(text.as_str(), "true" | "yes" | "y" | "on" | "t");
            let is_false = matches!(text.as_str(), "false" | "no" | "n" | "off" | "f");
            (is_true || is_false).then(|| format!("write `{is_true}`"))
        }
        Value::String(text) if expected.overlaps(Shapes::NUMBER) && quoted && text.parse::<f64>().is_ok() => {
            Some("write it without quotes".to_owned())
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) if expected.overlaps(Shapes::LIST) => {
            let text = node.place.text();
            (!text.contains('\n')).then(|| format!("a list of one is written `[{text}]`"))
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(dead_code, reason = "the types are there for their schema")]
mod tests {
    use std::collections::BTreeMap;

    use schemars::{JsonSchema, Schema, schema_for};
    use serde::Deserialize;
    use serde_json::json;

    use super::check;
    use crate::{coerce, node::Node, parse::tests::parsed, problem::Problem, render};

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Document {
        #[serde(default)]
        tables: BTreeMap<String, Table>,
        #[serde(default)]
        kinds: Vec<Kind>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Table {
        comment: Option<String>,
        columns: BTreeMap<String, Column>,
        #[serde(default)]
        primary_key: Vec<String>,
        rls: Option<Rls>,
        parallel: Option<u8>,
        sum: Option<Either>,
        pair: Option<(String, i64)>,
    }

    /// A column, or its type alone.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(untagged)]
    enum Column {
        Short(#[schemars(extend("x-sql" = "type"))] String),
        Long(Long),
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Long {
        #[serde(rename = "type")]
        #[schemars(extend("x-sql" = "type"))]
        of: String,
        #[serde(default)]
        nullable: bool,
        #[schemars(extend("x-sql" = "expression"))]
        default: Option<String>,
    }

    /// Row-level security.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Rls {
        /// On.
        Enabled,
        /// Off.
        Disabled,
        Forced,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
        Many(Vec<String>),
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Nothing,
        Enum(Vec<String>),
        Domain { base: String },
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Tagged {
        Role { login: bool },
        Schema { owner: String },
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    struct Flat {
        name: String,
        #[serde(flatten)]
        kind: Kind,
    }

    fn problems(schema: &Schema, yaml: &str) -> Vec<Problem> {
        check(&parsed(yaml), schema, &mut |_, _, _| {})
    }

    fn complaints(yaml: &str) -> String {
        render(&problems(&schema_for!(Document), yaml), false)
    }

    #[test]
    fn what_is_right_passes_and_deserialises() {
        let yaml = "tables:\n  t:\n    comment:\n    columns: { a: int, b: { type: text, nullable: true, default: 0.00 }, c: { type: 1, default: no } }\n    \
            primary_key: [a, 1.0, on]\n    rls: forced\n    parallel: 3\n    sum: 1\n    pair: [1, 2]\n  \
            u: { columns: {}, sum: true }\n  v: { columns: {}, sum: [1, yes] }\nkinds: [nothing, { enum: [0.10, true] }, { domain: { base: int } }]\n";
        let schema = schema_for!(Document);
        let node = parsed(yaml);
        assert_eq!(problems(&schema, yaml), []);
        let json = coerce(&node, &schema);
        assert_eq!(
            json["tables"]["t"]["columns"]["b"],
            json!({"type": "text", "nullable": true, "default": "0.00"})
        );
        assert_eq!(json["tables"]["t"]["columns"]["c"], json!({"type": "1", "default": "no"}));
        assert_eq!(json["tables"]["t"]["primary_key"], json!(["a", "1.0", "on"]));
        assert_eq!(json["tables"]["t"]["pair"], json!(["1", 2]));
        assert_eq!(json["tables"]["t"]["sum"], json!(1));
        assert_eq!(json["tables"]["u"]["sum"], json!("true"));
        assert_eq!(json["tables"]["v"]["sum"], json!(["1", "yes"]));
        assert_eq!(json["kinds"][1], json!({"enum": ["0.10", "true"]}));
        serde_json::from_value::<Document>(json).unwrap();
    }

    #[test]
    fn every_problem_is_reported_at_its_place() {
        insta::assert_snapshot!(complaints(
            "tables:
  t:
    coment: x
    colums: {}
    primary_key: id
    rls: enable
    parallel: 300
    sum: { a: 1 }
    pair: [[a], b]
  u:
    comment: [a]
    columns:
      a: { tpye: int }
      b: { type: int, nullable: yes }
      c: [int]
      d: { type: null }
      e:
      f: { type: int, nullable: maybe, default: { a: 1 } }
    rls: on
    parallel: \"3\"
  v:
kinds:
  - enumm: [a]
  - enum: a
  - nothin
  - domain: { bas: int }
  - {}
  - [a]
tabels: {}
"
        ));
    }

    #[test]
    fn an_empty_document_is_an_empty_map() {
        let schema = schema_for!(Document);
        assert_eq!(problems(&schema, ""), []);
        assert_eq!(coerce(&parsed(""), &schema), json!({}));
        assert_eq!(problems(&schema_for!(Flat), "# nothing\n")[0].message, "a key is missing");
        assert_eq!(problems(&schema, "[]")[0].message, "expected a map, found a list");
    }

    #[test]
    fn tags_choose_the_branch() {
        let messages = |schema: &Schema, yaml: &str| -> Vec<String> {
            problems(schema, yaml).into_iter().map(|problem| problem.message).collect()
        };
        let tagged = schema_for!(Tagged);
        assert_eq!(messages(&tagged, "{ kind: role, login: true }"), [""; 0]);
        assert_eq!(messages(&tagged, "{ kind: schema, login: true }"), ["the key `owner` is missing"]);
        assert_eq!(messages(&tagged, "{ kind: rol, login: true }"), ["unknown value `rol`"]);
        let flat = schema_for!(Flat);
        assert_eq!(messages(&flat, "{ name: 1, domain: { base: int } }"), [""; 0]);
        assert_eq!(messages(&flat, "{ name: x, domain: { base: [] } }"), ["expected text, found a list"]);
        assert_eq!(
            coerce(&parsed("{ name: 1, domain: { base: 2 } }"), &flat),
            json!({"name": "1", "domain": {"base": "2"}})
        );
    }

    #[test]
    fn marked_values_are_handed_over_once_and_only_if_they_fit() {
        let yaml = "tables: { t: { columns: { a: int, b: { type: 7, default: 0.00 }, c: { type: [x], default: y }, d: { type: t, default: } } } }";
        let mut seen = Vec::new();
        let mut on_value = |mark: &str, node: &Node, problems: &mut Vec<Problem>| {
            seen.push(format!("{mark} {}", node.text().unwrap()));
            problems.push(Problem::new("seen", &node.place));
        };
        let problems = check(&parsed(yaml), &schema_for!(Document), &mut on_value);
        assert_eq!(seen, ["type int", "type 7", "expression 0.00", "expression y", "type t"]);
        assert_eq!(problems.len(), 6);
    }
}
