//! Operators.

use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Id, Kind, ObjectKind, Spec, Statement, query};

object! {
    /// An operator (manual, `CREATE OPERATOR`; catalog `pg_operator`), under its name and operands: `=== (integer, integer)`,
    /// `!! (none, integer)`.
    Operator, OperatorDoc [renamed_from comment owner] {
        /// The function that implements it.
        function: Option<String>,
        /// The operator that does the same with the operands exchanged; one in another schema with its name: `other.===`.
        commutator: Option<String>,
        /// The operator that yields the contrary.
        negator: Option<String>,
        /// The function that estimates how many rows it selects.
        restrict: Option<String>,
        /// The function that estimates how many rows a join by it yields.
        join: Option<String>,
        /// Whether a join by it may hash.
        hashes: bool,
        /// Whether a join by it may merge.
        merges: bool,
    }
}

placed!(OperatorDoc in schema);

impl Keyed for Operator {
    const KIND: Kind = Kind::Operator;

    fn id(parent: Option<&Id>, key: &str) -> Id {
        let (name, operands) = key.split_once('(').unwrap_or((key, ")"));
        let operands = operands.trim().strip_suffix(')').unwrap_or(operands).trim().to_owned();
        let name = name.trim();
        let id = parent
            .map_or_else(|| Id::root(Kind::Operator, name), |schema| schema.child(Kind::Operator, name));
        id.with_signature(Some(operands))
    }

    /// What another operator names, and nobody made, comes with that one.
    fn key(&self, id: &Id) -> Option<String> {
        self.function.as_ref().map(|_| format!("{} ({})", id.name(), id.signature().unwrap_or_default()))
    }
}

/// An expression over `pg_operator AS o`: the operator's name, with its schema if that is not `{schema}`.
pub(crate) const NAME: &str = "CASE WHEN o.oprnamespace <> {schema} THEN (SELECT quote_ident(n.nspname) || '.' FROM pg_namespace AS n \
     WHERE n.oid = o.oprnamespace) ELSE '' END || o.oprname";

/// `OPERATOR(schema.===)` for a name that [`NAME`] made, or a person wrote.
pub(crate) fn reference(name: &str, of: &Id) -> String {
    let name = name.trim();
    match name.chars().next() {
        Some(first) if first.is_alphanumeric() || first == '_' || first == '"' => {
            if name.to_lowercase().starts_with("operator(") {
                name.to_owned()
            } else {
                format!("OPERATOR({name})")
            }
        }
        _ => match of.schema() {
            Some(schema) => format!("OPERATOR({}.{name})", sql::ident(schema)),
            None => name.to_owned(),
        },
    }
}

impl Operator {
    fn name(id: &Id) -> String {
        match id.schema() {
            Some(schema) => format!("{}.{}", sql::ident(schema), id.name()),
            None => id.name().to_owned(),
        }
    }

    fn links(&self, id: &Id) -> [Option<String>; 2] {
        let link = |word: &str, name: &Option<String>| {
            name.as_ref().map(|name| format!("{word} = {}", reference(name, id)))
        };
        [link("COMMUTATOR", &self.commutator), link("NEGATOR", &self.negator)]
    }

    /// `ALTER OPERATOR ... SET`: estimators in all versions; from 17 on, also what was not set yet.
    fn settings(&self, to: &Operator, id: &Id, context: &Context<'_>) -> Option<Vec<String>> {
        let estimator = |word: &str, from: &Option<String>, to: &Option<String>| {
            (from != to).then(|| format!("{word} = {}", to.as_deref().unwrap_or("NONE")))
        };
        let mut actions: Vec<String> =
            [estimator("RESTRICT", &self.restrict, &to.restrict), estimator("JOIN", &self.join, &to.join)]
                .into_iter()
                .flatten()
                .collect();
        let rest = Operator { restrict: to.restrict.clone(), join: to.join.clone(), ..self.clone() };
        if rest == *to {
            return Some(actions);
        }
        let gains = |from: &Option<String>, to: &Option<String>| from == to || from.is_none();
        let possible = context.version >= 17
            && self.function == to.function
            && gains(&self.commutator, &to.commutator)
            && gains(&self.negator, &to.negator)
            && (to.hashes || !self.hashes)
            && (to.merges || !self.merges);
        if !possible {
            return None;
        }
        let [commutator, negator] = to.links(id);
        // One that comes says by itself that it belongs to this one, and cannot be named before it is there.
        let exchanged = match operands(id) {
            (Some(left), Some(right)) => format!("{right}, {left}"),
            _ => String::new(),
        };
        let is_it = |other: &Id, link: &Option<String>, operands: &str| {
            let name = link.as_deref().and_then(|name| name.rsplit('.').next());
            other.kind() == Kind::Operator
                && Some(other.name()) == name
                && other.signature() == Some(operands)
        };
        // Nor can what nobody makes, and is there only because this one names it.
        let is_shell = |link: &Option<String>, operands: &str| {
            context.to.objects().any(|other| {
                let shell = matches!(&other.spec, Spec::Operator(operator) if operator.function.is_none());
                shell && is_it(&other.id, link, operands)
            })
        };
        let is_there = |link: &Option<String>, operands: &str| {
            context.from.ids().any(|other| is_it(other, link, operands))
        };
        let own = id.signature().unwrap_or_default();
        let (commutator_comes, negator_comes) =
            (self.commutator != to.commutator, self.negator != to.negator);
        if (commutator_comes && is_shell(&to.commutator, &exchanged))
            || (negator_comes && is_shell(&to.negator, own))
        {
            return None;
        }
        let commutes = commutator_comes && is_there(&to.commutator, &exchanged);
        actions.extend(commutator.filter(|_| commutes));
        actions.extend(negator.filter(|_| negator_comes && is_there(&to.negator, own)));
        actions.extend((self.hashes != to.hashes).then(|| "HASHES".to_owned()));
        actions.extend((self.merges != to.merges).then(|| "MERGES".to_owned()));
        Some(actions)
    }
}

impl ObjectKind for Operator {
    fn query(_version: u32) -> Option<String> {
        let operand = |column: &str| {
            format!("CASE WHEN p.{column} = 0 THEN 'none' ELSE format_type(p.{column}, NULL) END")
        };
        let link = |column: &str| {
            format!(
                "(SELECT {} FROM pg_operator AS o WHERE o.oid = p.{column})",
                NAME.replace("{schema}", "p.oprnamespace")
            )
        };
        let function =
            |column: &str| format!("CASE WHEN p.{column} <> 0 THEN p.{column}::oid::regproc::text END");
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', p.oprname, 'signature', {} || ', ' || {}, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('function', {}, 'commutator', {}, 'negator', {}, 'restrict', {}, 'join', {}, \
             'hashes', p.oprcanhash, 'merges', p.oprcanmerge))) FROM pg_operator AS p WHERE {}",
            query::address("pg_operator", "p.oid", "0"),
            query::address("pg_namespace", "p.oprnamespace", "0"),
            operand("oprleft"),
            operand("oprright"),
            query::owner("p.oprowner"),
            function("oprcode"),
            link("oprcom"),
            link("oprnegate"),
            function("oprrest"),
            function("oprjoin"),
            query::user_made("p.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let Some(function) = &self.function else { return Vec::new() };
        let (left, right) = operands(id);
        let clause = |word: &str, value: Option<String>| value.map(|value| format!("{word} = {value}"));
        let [commutator, negator] = self.links(id);
        let clauses = [
            Some(format!("FUNCTION = {function}")),
            clause("LEFTARG", left),
            clause("RIGHTARG", right),
            commutator,
            negator,
            clause("RESTRICT", self.restrict.clone()),
            clause("JOIN", self.join.clone()),
            self.hashes.then(|| "HASHES".to_owned()),
            self.merges.then(|| "MERGES".to_owned()),
        ];
        let clauses: Vec<String> = clauses.into_iter().flatten().collect();
        vec![Statement::new(format!(
            "CREATE OPERATOR {} (\n    {}\n)",
            Self::name(id),
            clauses.join(",\n    ")
        ))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP {}", self.address(id))).clients(format!("{id} is gone"))]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        if self.function.is_none() {
            return Change::Alter(to.create(id, context));
        }
        match self.settings(to, id, context) {
            Some(actions) if actions.is_empty() => Change::Alter(Vec::new()),
            Some(actions) => Change::Alter(vec![Statement::new(format!(
                "ALTER {} SET ({})",
                self.address(id),
                actions.join(", ")
            ))]),
            None => Change::Replace(
                "ALTER OPERATOR cannot change its function, nor take away or exchange what is set".to_owned(),
            ),
        }
    }

    fn address(&self, id: &Id) -> String {
        format!("OPERATOR {} ({})", Self::name(id), id.signature().unwrap_or_default())
    }
}

fn operands(id: &Id) -> (Option<String>, Option<String>) {
    let operands = sql::parameters(id.signature().unwrap_or_default());
    let operand = |place: usize| {
        operands.get(place).filter(|name| !name.eq_ignore_ascii_case("none")).map(|name| (*name).to_owned())
    };
    (operand(0), operand(1))
}
