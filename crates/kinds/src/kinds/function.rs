//! Functions and procedures.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::shape::{Settings, is_default};
use crate::{Change, Context, Hazard, Id, Kind, ObjectKind, Spec, Statement, query};

/// A function or procedure (manual, `CREATE FUNCTION`; catalog `pg_proc`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "these are the attributes of CREATE FUNCTION")]
pub struct Function {
    /// Whether it is a procedure.
    #[serde(default)]
    pub procedure: bool,
    /// All arguments with names, modes and defaults, as `pg_get_function_arguments` prints them.
    pub arguments: String,
    /// The names of its input parameters: `CREATE OR REPLACE` may give one to a parameter that has none, and no more.
    #[serde(default)]
    pub input_names: Vec<String>,
    /// What it yields, with the columns of a row that it describes itself: `CREATE OR REPLACE` keeps it.
    #[serde(default)]
    pub result: String,
    /// How many arguments have a default.
    #[serde(default)]
    pub defaults: i64,
    /// `boolean`, `SETOF users`, `TABLE(a integer)`; none for a procedure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<String>,
    /// The language.
    pub language: String,
    /// `immutable` or `stable`; `volatile` is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatility: Option<String>,
    /// `safe` or `restricted`; `unsafe` is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel: Option<String>,
    /// Returns NULL for any NULL argument without being called.
    #[serde(default)]
    pub strict: bool,
    /// Runs with the rights of its owner.
    #[serde(default)]
    pub security_definer: bool,
    /// May be run before row-level security filters.
    #[serde(default)]
    pub leakproof: bool,
    /// Is a window function.
    #[serde(default)]
    pub window: bool,
    /// The planner's cost where it is not the language's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The planner's row estimate where it is not 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<f64>,
    /// The planner support function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<String>,
    /// Types with transforms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transforms: Vec<String>,
    /// `SET name TO value` clauses.
    #[serde(default, skip_serializing_if = "is_default")]
    pub settings: Settings,
    /// The source text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The symbol of a C function; the body is then the library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// A body in standard SQL (`RETURN ...` or `BEGIN ATOMIC ... END`), as PostgreSQL prints it (version 14 and later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql_body: Option<String>,
    /// Whether such a body calls the function itself.
    #[serde(default)]
    pub recursive: bool,
}

impl Function {
    fn keyword(&self) -> &'static str {
        if self.procedure { "PROCEDURE" } else { "FUNCTION" }
    }

    /// `CREATE OR REPLACE FUNCTION` in full: what it leaves out would be reset.
    fn definition(&self, id: &Id, replace: &str) -> String {
        let mut lines = vec![format!("CREATE {replace}{} {}({})", self.keyword(), id.sql(), self.arguments)];
        if let Some(returns) = &self.returns {
            lines.push(format!("RETURNS {returns}"));
        }
        lines.push(format!("LANGUAGE {}", sql::ident(&self.language)));
        lines.extend(self.attributes());
        for (name, value) in &self.settings.0 {
            lines.push(format!("SET {} TO {value}", sql::qualified(&name.split('.').collect::<Vec<_>>())));
        }
        match (&self.sql_body, &self.symbol, &self.body) {
            (Some(body), _, _) => lines.push(body.clone()),
            (_, Some(symbol), Some(library)) => {
                lines.push(format!("AS {}, {}", sql::literal(library), sql::literal(symbol)));
            }
            (_, _, body) => lines.push(format!("AS {}", sql::dollar(body.as_deref().unwrap_or_default()))),
        }
        lines.join("\n")
    }

    fn attributes(&self) -> Vec<String> {
        let mut words = Vec::new();
        if !self.transforms.is_empty() {
            let types: Vec<String> = self.transforms.iter().map(|name| format!("FOR TYPE {name}")).collect();
            words.push(format!("TRANSFORM {}", types.join(", ")));
        }
        let flags = [
            (self.window, "WINDOW"),
            (self.strict, "STRICT"),
            (self.security_definer, "SECURITY DEFINER"),
            (self.leakproof, "LEAKPROOF"),
        ];
        words.extend(self.volatility.iter().map(|volatility| volatility.to_uppercase()));
        words.extend(flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned()));
        words.extend(self.parallel.iter().map(|parallel| format!("PARALLEL {}", parallel.to_uppercase())));
        words.extend(self.cost.iter().map(|cost| format!("COST {cost}")));
        words.extend(self.rows.iter().map(|rows| format!("ROWS {rows}")));
        words.extend(self.support.iter().map(|support| format!("SUPPORT {support}")));
        if words.is_empty() { words } else { vec![words.join(" ")] }
    }

    /// A function of the same signature that does nothing: what refers to itself, or to what refers to it, is made so first.
    pub fn stub(&self, id: &Id, replace: &str) -> Statement {
        let stub = Function { body: Some(String::new()), sql_body: None, ..self.clone() };
        Statement::new(stub.definition(id, replace))
    }

    /// `CREATE OR REPLACE` in full.
    pub fn replacement(&self, id: &Id) -> Statement {
        Statement::new(self.definition(id, "OR REPLACE "))
    }

    /// Whether `CREATE OR REPLACE` refuses to turn this into `to` (manual, `CREATE FUNCTION`, notes).
    fn must_be_dropped_for(&self, to: &Function) -> Option<&'static str> {
        if self.procedure != to.procedure || self.window != to.window {
            return Some("a function, a window function and a procedure are different things");
        }
        if self.result != to.result {
            return Some("its result type changes");
        }
        if self.input_names.iter().zip(&to.input_names).any(|(old, new)| !old.is_empty() && old != new) {
            return Some("a parameter's name changes");
        }
        if self.defaults > to.defaults {
            return Some("a default of a parameter goes");
        }
        // The default of such a parameter has a type of its own, which cannot change.
        let polymorphic = self.arguments.contains(" any") && self.arguments.contains(" DEFAULT ");
        if polymorphic && self.arguments != to.arguments {
            return Some("a default of a polymorphic parameter changes");
        }
        None
    }

    /// `ALTER FUNCTION`, where nothing but what it takes differs.
    fn alteration(&self, to: &Function, id: &Id) -> Option<Statement> {
        let same = Function {
            volatility: to.volatility.clone(),
            parallel: to.parallel.clone(),
            strict: to.strict,
            security_definer: to.security_definer,
            leakproof: to.leakproof,
            cost: to.cost,
            rows: to.rows,
            support: to.support.clone(),
            ..self.clone()
        };
        // Nothing differs when it is only to be compiled anew.
        if self == to || same != *to || (self.support.is_some() && to.support.is_none()) {
            return None;
        }
        let word = |word: &Option<String>, default: &str| word.as_deref().unwrap_or(default).to_uppercase();
        let cost = if matches!(to.language.as_str(), "c" | "internal") { 1.0 } else { 100.0 };
        let strict = if to.strict { "STRICT" } else { "CALLED ON NULL INPUT" };
        let security = if to.security_definer { "SECURITY DEFINER" } else { "SECURITY INVOKER" };
        let actions = [
            (self.volatility != to.volatility, word(&to.volatility, "volatile")),
            (self.strict != to.strict, strict.to_owned()),
            (self.security_definer != to.security_definer, security.to_owned()),
            (
                self.leakproof != to.leakproof,
                if to.leakproof { "LEAKPROOF" } else { "NOT LEAKPROOF" }.to_owned(),
            ),
            (self.parallel != to.parallel, format!("PARALLEL {}", word(&to.parallel, "unsafe"))),
            (self.cost != to.cost, format!("COST {}", to.cost.unwrap_or(cost))),
            (self.rows != to.rows, format!("ROWS {}", to.rows.unwrap_or(1000.0))),
            (self.support != to.support, format!("SUPPORT {}", to.support.as_deref().unwrap_or_default())),
        ];
        let actions: Vec<String> =
            actions.into_iter().filter(|(differs, _)| *differs).map(|(_, action)| action).collect();
        Some(Statement::new(format!("ALTER {} {}", self.address(id), actions.join(" "))))
    }

    /// The statement with what others notice: clients, and what keeps values that the old function computed.
    fn with_notices(
        &self,
        to: &Function,
        id: &Id,
        context: &Context<'_>,
        mut statement: Statement,
    ) -> Statement {
        if to.security_definer && !self.security_definer {
            statement =
                statement.hazard(Hazard::AccessGain, format!("{id} runs with the rights of its owner"));
        }
        let computes = (&self.body, &self.sql_body, &self.symbol) != (&to.body, &to.sql_body, &to.symbol);
        let keeps = |spec: &Spec| match spec {
            Spec::Index(_) => true,
            Spec::Column(column) => column.stored,
            _ => false,
        };
        let stale = context
            .from
            .dependents(id)
            .filter(|object| keeps(&object.spec))
            .map(|object| object.id.to_string());
        let stale: Vec<String> = stale.collect();
        if computes && !stale.is_empty() {
            statement =
                statement.clients(format!("what the old {id} computed stays in {}", stale.join(", ")));
        }
        statement
    }
}

impl ObjectKind for Function {
    fn query(version: u32) -> Option<String> {
        let sql_body = if version >= 14 { "pg_get_function_sqlbody(p.oid)" } else { "NULL" };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', p.proname, 'signature', oidvectortypes(p.proargtypes), {}, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('procedure', p.prokind = 'p', 'arguments', pg_get_function_arguments(p.oid), \
             'input_names', {INPUT_NAMES}, 'result', {RESULT}, 'defaults', p.pronargdefaults, \
             'returns', pg_get_function_result(p.oid), 'language', l.lanname, \
             'volatility', CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END, \
             'parallel', CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END, \
             'strict', p.proisstrict, 'security_definer', p.prosecdef, 'leakproof', p.proleakproof, 'window', p.prokind = 'w', \
             'cost', CASE WHEN p.procost <> CASE WHEN l.lanname IN ('internal', 'c') THEN 1 ELSE 100 END THEN p.procost END, \
             'rows', CASE WHEN p.proretset AND p.prorows <> 1000 THEN p.prorows END, \
             'support', CASE WHEN p.prosupport <> 0 THEN p.prosupport::regproc::text END, \
             'transforms', (SELECT jsonb_agg(format_type(t.t, NULL) ORDER BY t.n) FROM unnest(p.protrftypes) WITH ORDINALITY AS t (t, n)), \
             'settings', (SELECT jsonb_agg(jsonb_build_array(split_part(s, '=', 1), {}) ORDER BY c.n) FROM unnest(p.proconfig) WITH ORDINALITY AS c (s, n)), \
             'sql_body', {sql_body}, 'recursive', {RECURSIVE},  'symbol', CASE WHEN l.lanname = 'c' THEN p.prosrc END, \
             'body', CASE WHEN l.lanname = 'c' THEN p.probin WHEN {sql_body} IS NULL THEN p.prosrc END))) \
             FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang WHERE p.prokind IN ('f', 'p', 'w') \
             AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i') AND {}",
            query::address("pg_proc", "p.oid", "0"),
            query::address("pg_namespace", "p.pronamespace", "0"),
            query::owner("p.proowner"),
            query::acl("f", "p.proowner", "p.proacl"),
            SETTING,
            query::user_made("p.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(self.definition(id, ""))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(format!("DROP {}", self.address(id)))
                .clients(format!("calls of {} fail", id.sql_with_arguments())),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        if let Some(reason) = self.must_be_dropped_for(to) {
            return Change::Replace(reason.to_owned());
        }
        let statement = self.alteration(to, id).unwrap_or_else(|| to.replacement(id));
        Change::Alter(vec![self.with_notices(to, id, context, statement)])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        let sql = format!("ALTER {} RENAME TO {}", self.address(id), sql::ident(to));
        Some(
            Statement::new(sql).hazard(
                Hazard::ClientBreak,
                format!("calls of {} by that name fail", id.sql_with_arguments()),
            ),
        )
    }

    fn address(&self, id: &Id) -> String {
        let signature = signature_of(id.signature().unwrap_or_default(), self.procedure);
        format!("{} {}({signature})", self.keyword(), id.sql())
    }

    fn definition() -> Option<&'static str> {
        // Not to_regprocedure(): before version 16 it fails where an argument's type is missing. And an aggregate may have the name.
        Some(
            "(SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p WHERE p.pronamespace = to_regnamespace(e.parent) \
             AND p.proname = e.name AND oidvectortypes(p.proargtypes) = e.signature AND p.prokind <> 'a')",
        )
    }
}

/// The parameters as an address takes them: without defaults, and of a procedure each with its mode. Without a mode, types could be
/// those of the input parameters or of all (version 14 and later).
pub fn signature_of(arguments: &str, procedure: bool) -> String {
    const MODES: [&str; 4] = ["in", "out", "inout", "variadic"];
    let has_mode = |parameter: &str| {
        let first = parameter.split_whitespace().next().unwrap_or_default();
        MODES.iter().any(|mode| first.eq_ignore_ascii_case(mode))
    };
    let parameters = sql::parameters(arguments).into_iter().map(|parameter| {
        if procedure && !has_mode(parameter) { format!("IN {parameter}") } else { parameter.to_owned() }
    });
    parameters.collect::<Vec<_>>().join(", ")
}

/// The parameters without `IN`, which version 14 and later print for procedures.
fn plain_modes(arguments: &str) -> String {
    let (mut plain, mut rest) = (String::new(), arguments);
    for parameter in sql::parameters(arguments) {
        let Some((before, after)) = rest.split_once(parameter) else { break };
        plain.push_str(before);
        plain.push_str(parameter.strip_prefix("IN ").unwrap_or(parameter));
        rest = after;
    }
    plain + rest
}

/// The names of the input parameters, empty where one has none.
const INPUT_NAMES: &str = "(SELECT coalesce(jsonb_agg(coalesce(p.proargnames[n], '') ORDER BY n), '[]'::jsonb) \
     FROM generate_series(1, coalesce(cardinality(p.proallargtypes), p.pronargs)) AS n \
     WHERE p.proargmodes IS NULL OR p.proargmodes[n] IN ('i', 'b', 'v'))";

/// Whether it refers to itself, as only a body in standard SQL can.
const RECURSIVE: &str = "EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid \
     AND d.refclassid = d.classid AND d.refobjid = p.oid)";

/// The result type; for a record also the columns that the output parameters make.
const RESULT: &str = "concat_ws(' ', CASE WHEN p.proretset THEN 'SETOF' END, format_type(p.prorettype, NULL), \
     CASE WHEN p.prorettype = 'record'::regtype THEN (SELECT string_agg(concat(p.proargnames[n], ' ', \
     format_type(p.proallargtypes[n], NULL)), ', ' ORDER BY n) \
     FROM generate_series(1, cardinality(p.proallargtypes)) AS n WHERE p.proargmodes[n] IN ('o', 'b', 't')) END)";

/// A value of `proconfig` as `SET name TO` takes it: lists of names as they are, all else as a literal, like pg_dump.
const SETTING: &str = "CASE WHEN split_part(s, '=', 1) IN ('local_preload_libraries', 'search_path', 'session_preload_libraries', \
     'shared_preload_libraries', 'temp_tablespaces', 'unix_socket_directories') \
     THEN coalesce(nullif(regexp_replace(substr(s, strpos(s, '=') + 1), '(^|, )\"\"(?=,|$)', '\\1''''', 'g'), ''), '''''') \
     ELSE quote_literal(substr(s, strpos(s, '=') + 1)) END";

/// A function or procedure as the YAML declares it, under its name and arguments: `owns_resource(resource_user_id uuid)`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools, reason = "these are the attributes of CREATE FUNCTION")]
pub struct FunctionDoc {
    /// The name that it had before; of what stood in another schema `old_schema.old_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether it is a procedure.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub procedure: bool,
    /// The result: `boolean`, `setof users`, `table (a integer)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<String>,
    /// The language; `sql` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `immutable` or `stable`; volatile where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volatility: Option<Volatility>,
    /// `safe` or `restricted`; unsafe where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel: Option<Parallel>,
    /// Returns NULL for any NULL argument without being called.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
    /// Whose rights it runs with; the caller's where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    /// May be run before row-level security filters.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub leakproof: bool,
    /// Is a window function.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub window: bool,
    /// The planner's cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The planner's row estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<f64>,
    /// The planner support function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<String>,
    /// Types with transforms.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transforms: Vec<String>,
    /// Settings while it runs, as SQL values: `search_path: "''"`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, String>,
    /// The source text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// A body in standard SQL: `RETURN ...` or `BEGIN ATOMIC ... END` (PostgreSQL 14 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql_body: Option<String>,
    /// The library of a C function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub library: Option<String>,
    /// The symbol of a C function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Privileges by grantee; `public` is everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

/// Whether a function's result depends on more than its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// On its arguments only, for ever.
    Immutable,
    /// On the database too, but not within a statement.
    Stable,
    /// On anything.
    Volatile,
}

/// Whether a function may run in parallel workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Parallel {
    /// In any process.
    Safe,
    /// In the leader only.
    Restricted,
    /// Only where nothing is parallel.
    Unsafe,
}

/// Whose rights a function runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Its owner's.
    Definer,
    /// Its caller's.
    Invoker,
}

impl FunctionDoc {
    pub(crate) fn lower(&self, schema: &Id, key: &str, node: Option<&Node>, declared: &mut Declared) {
        let (name, arguments) = name_and_arguments(key);
        let id =
            schema.child(Kind::Function, name).with_signature(Some(signature_of(&arguments, self.procedure)));
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        if let Some(body) = node.and_then(|node| node.get("body")) {
            declared.bodies.insert(id.clone(), body.place.clone());
        }
        declared.add(id.clone(), self.function(arguments), 0, node);
        declared.facts(&id, &facts, true, node);
    }

    fn function(&self, arguments: String) -> Function {
        let language = self.language.clone().unwrap_or_else(|| "sql".to_owned());
        Function {
            procedure: self.procedure,
            arguments,
            input_names: Vec::new(),
            result: String::new(),
            defaults: 0,
            returns: self.returns.clone(),
            volatility: match self.volatility {
                Some(Volatility::Immutable) => Some("immutable".to_owned()),
                Some(Volatility::Stable) => Some("stable".to_owned()),
                _ => None,
            },
            parallel: match self.parallel {
                Some(Parallel::Safe) => Some("safe".to_owned()),
                Some(Parallel::Restricted) => Some("restricted".to_owned()),
                _ => None,
            },
            strict: self.strict,
            security_definer: self.security == Some(Security::Definer),
            leakproof: self.leakproof,
            window: self.window,
            cost: self.cost,
            rows: self.rows,
            support: self.support.clone(),
            transforms: self.transforms.clone(),
            settings: Settings(self.set.clone().into_iter().collect()),
            body: if language == "c" { self.library.clone() } else { self.body.clone() },
            symbol: self.symbol.clone(),
            sql_body: self.sql_body.clone(),
            recursive: false,
            language,
        }
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, schema: &Id) -> IndexMap<String, FunctionDoc> {
        let functions = raise.children(schema, Kind::Function).into_iter();
        functions
            .filter_map(|(id, spec)| match spec {
                Spec::Function(spec) => Some((
                    format!("{}({})", key_name(id.name()), plain_modes(&spec.arguments)),
                    Self::raise(raise, id, spec),
                )),
                _ => None,
            })
            .collect()
    }

    fn raise(raise: &Raise<'_>, id: &Id, spec: &Function) -> FunctionDoc {
        let is_c = spec.language == "c";
        FunctionDoc {
            procedure: spec.procedure,
            returns: spec.returns.clone(),
            language: Some(spec.language.clone()),
            volatility: match spec.volatility.as_deref() {
                Some("immutable") => Some(Volatility::Immutable),
                Some("stable") => Some(Volatility::Stable),
                _ => None,
            },
            parallel: match spec.parallel.as_deref() {
                Some("safe") => Some(Parallel::Safe),
                Some("restricted") => Some(Parallel::Restricted),
                _ => None,
            },
            strict: spec.strict,
            security: spec.security_definer.then_some(Security::Definer),
            leakproof: spec.leakproof,
            window: spec.window,
            cost: spec.cost,
            rows: spec.rows,
            support: spec.support.clone(),
            transforms: spec.transforms.clone(),
            set: spec.settings.0.iter().cloned().collect(),
            body: spec.body.clone().filter(|_| !is_c),
            library: spec.body.clone().filter(|_| is_c),
            symbol: spec.symbol.clone(),
            sql_body: spec.sql_body.clone(),
            comment: raise.comment(id),
            owner: raise.owner(id),
            grants: raise.grants(id),
            renamed_from: None,
        }
    }
}

/// `name(arguments)` taken apart; a name that holds a bracket stands in double quotes.
pub(crate) fn name_and_arguments(key: &str) -> (String, String) {
    let (name, rest) = match key.strip_prefix('"').and_then(|rest| rest.split_once("\"(")) {
        Some((name, rest)) => (name.replace("\"\"", "\""), rest),
        None => {
            key.split_once('(').map_or((key.to_owned(), ")"), |(name, rest)| (name.trim().to_owned(), rest))
        }
    };
    (name, rest.trim().trim_end_matches(')').to_owned() + &")".repeat(closing(rest)))
}

/// How many of the brackets at the end belong to the arguments: `numeric(10,2))` keeps one.
fn closing(rest: &str) -> usize {
    let rest = rest.trim();
    rest.len() - rest.trim_end_matches(')').len() - usize::from(rest.ends_with(')'))
}

/// A name as it stands before the bracket in a key.
pub(crate) fn key_name(name: &str) -> String {
    if name.contains(['(', '"']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() }
}
