//! What the names in a piece of SQL mean, as far as its tree tells.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::protobuf::ParseResult;
use serde_json::Value;

use super::{Certainty, Form, Role, Segment};
use crate::SyntaxError;
use crate::locate::parse_error;
use crate::parser::{Grammar, Token, parse, significant};
use crate::tree::{Node, each_node, has, location, names, text};
use crate::words::folded;

/// What a name at some place means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) certainty: Certainty,
    pub(crate) role: Role,
    pub(crate) qualifier: Vec<String>,
}

/// Put before a type, so that it parses as an expression: the tree of a type by itself is of no use.
const CAST: &str = "NULL::";

impl Segment {
    /// The text to parse, the grammar for it, and how many bytes were put before it.
    fn attempt(&self, form: Form) -> (String, Grammar, usize) {
        match form {
            Form::Statement => (self.text.clone(), Grammar::Statements, 0),
            Form::Expression => (self.text.clone(), Grammar::Expression, 0),
            Form::Type => (format!("{CAST}{}", self.text), Grammar::Expression, CAST.len()),
        }
    }

    /// The place in the body of this syntax error, if the segment has it.
    pub(super) fn error(&self, message: &str) -> Option<SyntaxError> {
        let (text, grammar, before) = self.attempt(self.form);
        let found = parse(&text, grammar).err().filter(|found| found == message)?;
        let error = parse_error(&text, grammar, found);
        Some(SyntaxError { offset: error.offset.saturating_sub(before), ..error }.shifted(self.start))
    }
}

/// What the names in a segment mean, by where they begin in the body; `None` when it does not parse. Only on
/// the parser's thread.
pub(super) fn references(segment: &Segment, variables: &BTreeSet<String>) -> Option<BTreeMap<usize, Place>> {
    // Of a cursor or a call only the parser can tell what it is.
    let forms = [segment.form, Form::Expression];
    let (text, tree, before) = forms.into_iter().find_map(|form| {
        let (text, grammar, before) = segment.attempt(form);
        parse(&text, grammar).ok().map(|tree| (text, tree, before))
    })?;
    let mut finder =
        Finder { tokens: tokens_by_start(&text), scope: Scope::of(&tree, variables), found: BTreeMap::new() };
    each_node(&tree, &mut |node| finder.node(node));
    let in_body = |(at, place): (usize, Place)| Some((at.checked_sub(before)? + segment.start, place));
    Some(finder.found.into_iter().filter_map(in_body).collect())
}

/// What `a.b.c%TYPE` or `a.b%ROWTYPE` name. An unqualified `x%TYPE` is a variable.
pub(super) fn type_reference(
    body: &str,
    tokens: &[Token],
    variables: &BTreeSet<String>,
) -> BTreeMap<usize, Place> {
    let path = tokens.split(|token| token.is(body, "%")).next().unwrap_or_default();
    let named: Vec<(usize, String)> =
        path.iter().step_by(2).map(|token| (token.start, folded(token.text(body)))).collect();
    let of_row = tokens.iter().any(|token| token.is(body, "rowtype"));
    let roles: &[Role] = match (of_row, named.len()) {
        (true, _) => &[Role::Relation, Role::Schema],
        (false, 1) => &[],
        (false, _) if variables.contains(&named[0].1) => &[],
        (false, _) => &[Role::Column, Role::Relation, Role::Schema],
    };
    let mut found = BTreeMap::new();
    mark(&mut found, &named, roles, &[]);
    found
}

/// A token's text as a name, and whether a dot follows it, by where it begins.
type Tokens = BTreeMap<usize, String>;

fn tokens_by_start(text: &str) -> Tokens {
    significant(text).iter().map(|token| (token.start, folded(token.text(text)))).collect()
}

/// What names stand for something else than an object of the catalogs.
struct Scope {
    /// An alias and its relation; `None` where it stands for a subquery, a function, or two relations.
    aliases: BTreeMap<String, Option<Vec<String>>>,
    /// Names of WITH queries.
    queries: BTreeSet<String>,
    variables: BTreeSet<String>,
    relations: BTreeSet<String>,
}

impl Scope {
    fn of(tree: &ParseResult, variables: &BTreeSet<String>) -> Self {
        let mut scope = Self {
            aliases: BTreeMap::new(),
            queries: BTreeSet::new(),
            variables: variables.clone(),
            relations: BTreeSet::new(),
        };
        each_node(tree, &mut |node| scope.queries.extend(text(node, "ctename").map(str::to_owned)));
        each_node(tree, &mut |node| scope.add(node));
        scope
    }

    fn add(&mut self, node: &Node) {
        if let Some(name) = text(node, "relname") {
            self.relations.insert(name.to_owned());
        }
        let Some(alias) = node.get("alias").and_then(|alias| alias.get("aliasname")?.as_str()) else {
            return;
        };
        let relation = Some(relation_path(node)).filter(|path| self.is_relation(path));
        let known = self.aliases.entry(alias.to_owned()).or_insert_with(|| relation.clone());
        if *known != relation {
            *known = None;
        }
    }

    /// Whether the path names a relation of the catalogs, rather than a WITH query.
    fn is_relation(&self, path: &[String]) -> bool {
        match path {
            [] => false,
            [name] => !self.queries.contains(name),
            _ => true,
        }
    }

    /// Whether the first part of a column's path stands for something that was named in the text itself.
    fn is_local(&self, name: &str) -> bool {
        self.aliases.contains_key(name) || self.variables.contains(name) || self.queries.contains(name)
    }

    /// What a column belongs to, an alias replaced by its relation.
    fn owner(&self, path: &[String]) -> Vec<String> {
        match path {
            [name] => self.aliases.get(name).cloned().flatten().unwrap_or_else(|| path.to_vec()),
            _ => path.to_vec(),
        }
    }
}

struct Finder {
    tokens: Tokens,
    scope: Scope,
    found: BTreeMap<usize, Place>,
}

impl Finder {
    fn node(&mut self, node: &Node) {
        if has(node, &["relname", "relpersistence"]) {
            self.relation(node);
        } else if let Some(name) = node.get("funcname").filter(|_| has(node, &["agg_star"])) {
            self.path(node, &names(name), &[Role::Function, Role::Schema]);
        } else if let Some(name) = node.get("names").filter(|_| has(node, &["typemod"])) {
            self.path(node, &names(name), &[Role::Type, Role::Schema]);
        } else if let Some(fields) = node.get("fields") {
            self.column(node, fields);
        } else if has(node, &["relation"]) {
            self.target_columns(node);
        }
    }

    fn relation(&mut self, node: &Node) {
        let path = relation_path(node);
        if self.scope.is_relation(&path) {
            self.path(node, &path, &[Role::Relation, Role::Schema]);
        }
    }

    /// `column`, `relation.column`, `schema.relation.column`, and `relation.*`.
    fn column(&mut self, node: &Node, fields: &Value) {
        let path = names(fields);
        let starred = fields.as_array().is_some_and(|all| all.len() > path.len());
        let local = path.first().is_some_and(|first| self.scope.is_local(first));
        match (path.as_slice(), starred) {
            ([], _) => {}
            ([_], false) => self.unqualified(node, &path, local),
            ([_], true) if local => {}
            (_, true) => self.path(node, &path, &[Role::Relation, Role::Schema]),
            ([_, _], false) if local => self.path(node, &path, &[Role::Column]),
            (_, false) => self.path(node, &path, &[Role::Column, Role::Relation, Role::Schema]),
        }
    }

    /// A column, or the row of a relation as in `to_json(users)`.
    fn unqualified(&mut self, node: &Node, path: &[String], local: bool) {
        let Some(at) = location(node).filter(|at| !local && self.tokens.get(at) == path.first()) else {
            return;
        };
        let row = self.scope.relations.contains(&path[0]);
        let role = if row { Role::Relation } else { Role::Column };
        self.found.insert(at, Place { certainty: Certainty::Probable, role, qualifier: Vec::new() });
    }

    /// The columns that an INSERT, UPDATE or MERGE writes, wherever its node keeps them.
    fn target_columns(&mut self, node: &Node) {
        let Some(owner) = node.get("relation").and_then(Value::as_object).map(relation_path) else { return };
        let on_conflict = node.get("on_conflict_clause").into_iter();
        let when = node.get("merge_when_clauses").and_then(Value::as_array).into_iter().flatten();
        let when = when.filter_map(|clause| clause.get("node")?.get("MergeWhenClause"));
        let written = on_conflict.chain(when).filter_map(|clause| clause.get("target_list"));
        let own = if has(node, &["cols"]) { node.get("cols") } else { node.get("target_list") };
        for column in written.chain(own).filter_map(Value::as_array).flatten() {
            let target = column.get("node").and_then(|node| node.get("ResTarget")?.as_object());
            let named = target.and_then(|target| Some((location(target)?, text(target, "name")?)));
            if let Some((at, _)) = named.filter(|(at, name)| self.tokens.get(at).is_some_and(|t| t == name)) {
                let place =
                    Place { certainty: Certainty::Certain, role: Role::Column, qualifier: owner.clone() };
                self.found.insert(at, place);
            }
        }
    }

    /// Marks the last parts of a dotted name with `roles`, last part first, if the text really says it: the
    /// grammar makes up names, as `pg_catalog.int4` of `int`.
    fn path(&mut self, node: &Node, path: &[String], roles: &[Role]) {
        let Some(start) = location(node) else { return };
        let written: Vec<_> = self.tokens.range(start..).step_by(2).zip(path).collect();
        let same = written.len() == path.len() && written.iter().all(|((_, token), part)| token == part);
        if same {
            let named: Vec<_> = written.iter().map(|((at, token), _)| (**at, (*token).clone())).collect();
            let owner = path.split_last().map(|(_, owner)| self.scope.owner(owner)).unwrap_or_default();
            mark(&mut self.found, &named, roles, &owner);
        }
    }
}

/// Marks the parts of a name, last part first. `owner`, when not empty, stands for what is before the last
/// part.
fn mark(found: &mut BTreeMap<usize, Place>, named: &[(usize, String)], roles: &[Role], owner: &[String]) {
    for (index, role) in (0..named.len()).rev().zip(roles) {
        let before = || named[..index].iter().map(|(_, part)| part.clone()).collect();
        let last = index + 1 == named.len() && !owner.is_empty();
        let qualifier = if last { owner.to_vec() } else { before() };
        found.insert(named[index].0, Place { certainty: Certainty::Certain, role: *role, qualifier });
    }
}

/// `[database,] [schema,] relation`.
fn relation_path(node: &Node) -> Vec<String> {
    ["catalogname", "schemaname", "relname"]
        .into_iter()
        .filter_map(|part| text(node, part))
        .map(str::to_owned)
        .collect()
}
