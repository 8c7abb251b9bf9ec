//! Aggregates.

use crate::kinds::function::{key_name, name_and_arguments, signature_of};
use crate::shape::{Keyed, object, placed};
use crate::{Change, Context, Hazard, Id, Kind, ObjectKind, Statement, query};

object! {
    /// An aggregate function (manual, `CREATE AGGREGATE`; catalogs `pg_proc`, `pg_aggregate`), under its name and arguments:
    /// `total(integer)`, `every(*)`, `percentile(double precision ORDER BY anyelement)`.
    Aggregate, AggregateDoc [renamed_from comment owner grants] {
        /// The state transition function.
        sfunc: String,
        /// The type of the state.
        stype: String,
        /// The approximate size of the state in bytes.
        sspace: Option<i64>,
        /// The function that makes the result of the state.
        finalfunc: Option<String>,
        /// Whether the final function gets the arguments as well, as NULLs.
        finalfunc_extra: bool,
        /// `read_only`, `shareable` or `read_write`, where that is not the default of its kind.
        finalfunc_modify: Option<String>,
        /// The function that combines two states.
        combinefunc: Option<String>,
        /// The function that writes a state of type `internal`.
        serialfunc: Option<String>,
        /// The function that reads it again.
        deserialfunc: Option<String>,
        /// The first state.
        initcond: Option<String>,
        /// The transition function in moving-aggregate mode.
        msfunc: Option<String>,
        /// Its inverse.
        minvfunc: Option<String>,
        /// The type of the state in moving-aggregate mode.
        mstype: Option<String>,
        /// The approximate size of that state in bytes.
        msspace: Option<i64>,
        /// The final function in moving-aggregate mode.
        mfinalfunc: Option<String>,
        /// Whether that function gets the arguments as well, as NULLs.
        mfinalfunc_extra: bool,
        /// `read_only`, `shareable` or `read_write`, where that is not the default of its kind.
        mfinalfunc_modify: Option<String>,
        /// The first state in moving-aggregate mode.
        minitcond: Option<String>,
        /// The operator by which an index finds the result, for the likes of `min` and `max`.
        sortop: Option<String>,
        /// `safe` or `restricted`; unsafe where nothing is said.
        parallel: Option<String>,
        /// Whether it is a hypothetical-set aggregate.
        hypothetical: bool,
    } derived {
        /// All arguments as `pg_get_function_arguments` prints them.
        arguments: String,
        /// The names of its parameters.
        input_names: Vec<String>,
        /// The result type.
        result: String,
    }
}

placed!(AggregateDoc in schema);

impl Keyed for Aggregate {
    const KIND: Kind = Kind::Aggregate;

    fn id(parent: Option<&Id>, key: &str) -> Id {
        let (name, arguments) = name_and_arguments(key);
        let id = parent
            .map_or_else(|| Id::root(Kind::Aggregate, &name), |schema| schema.child(Kind::Aggregate, &name));
        id.with_signature(Some(arguments))
    }

    fn key(&self, id: &Id) -> Option<String> {
        Some(format!("{}({})", key_name(id.name()), starred(&self.arguments)))
    }
}

/// An aggregate without arguments is written with a star.
fn starred(arguments: &str) -> String {
    if arguments.is_empty() { "*".to_owned() } else { arguments.to_owned() }
}

impl Aggregate {
    /// The arguments: as the catalog has them, or as they are declared.
    fn written(&self, id: &Id) -> String {
        let declared = id.signature().unwrap_or_default();
        if self.result.is_empty() { starred(declared) } else { starred(&self.arguments) }
    }

    /// How `GRANT ... ON FUNCTION` addresses it: without a word about the order of its arguments.
    pub fn routine(&self, id: &Id) -> String {
        let signature = signature_of(&self.written(id), false);
        let arguments = match signature.split_once("ORDER BY") {
            Some((direct, ordered)) if direct.trim() == ordered.trim() => direct.trim().to_owned(),
            Some((direct, ordered)) if direct.trim().is_empty() => ordered.trim().to_owned(),
            Some((direct, ordered)) => format!("{}, {}", direct.trim(), ordered.trim()),
            None => signature.replace('*', ""),
        };
        format!("FUNCTION {}({arguments})", id.sql())
    }

    fn definition(&self, id: &Id, replace: &str) -> String {
        let text =
            |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} = {value}"));
        let number = |name: &str, value: Option<i64>| value.map(|value| format!("{name} = {value}"));
        let flag = |name: &str, on: bool| on.then(|| name.to_owned());
        let literal = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{name} = {}", sql::literal(value)))
        };
        let sortop = self
            .sortop
            .as_ref()
            .map(|operator| format!("SORTOP = {}", super::operator::reference(operator, id)));
        let clauses = [
            Some(format!("SFUNC = {}", self.sfunc)),
            Some(format!("STYPE = {}", self.stype)),
            number("SSPACE", self.sspace),
            text("FINALFUNC", &self.finalfunc),
            flag("FINALFUNC_EXTRA", self.finalfunc_extra),
            text("FINALFUNC_MODIFY", &self.finalfunc_modify.as_ref().map(|word| word.to_uppercase())),
            text("COMBINEFUNC", &self.combinefunc),
            text("SERIALFUNC", &self.serialfunc),
            text("DESERIALFUNC", &self.deserialfunc),
            literal("INITCOND", &self.initcond),
            text("MSFUNC", &self.msfunc),
            text("MINVFUNC", &self.minvfunc),
            text("MSTYPE", &self.mstype),
            number("MSSPACE", self.msspace),
            text("MFINALFUNC", &self.mfinalfunc),
            flag("MFINALFUNC_EXTRA", self.mfinalfunc_extra),
            text("MFINALFUNC_MODIFY", &self.mfinalfunc_modify.as_ref().map(|word| word.to_uppercase())),
            literal("MINITCOND", &self.minitcond),
            sortop,
            text("PARALLEL", &self.parallel.as_ref().map(|word| word.to_uppercase())),
            flag("HYPOTHETICAL", self.hypothetical),
        ];
        let clauses: Vec<String> = clauses.into_iter().flatten().collect();
        format!(
            "CREATE {replace}AGGREGATE {}({}) (\n    {}\n)",
            id.sql(),
            self.written(id),
            clauses.join(",\n    ")
        )
    }
}

impl ObjectKind for Aggregate {
    fn query(_version: u32) -> Option<String> {
        let function =
            |column: &str| format!("CASE WHEN a.{column} <> 0 THEN a.{column}::oid::regproc::text END");
        let modify = |column: &str, function: &str| {
            format!(
                "CASE WHEN a.{function} <> 0 AND a.{column} <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN CASE a.{column} WHEN 'r' THEN 'read_only' WHEN 's' THEN 'shareable' ELSE 'read_write' END END"
            )
        };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', p.proname, 'signature', oidvectortypes(p.proargtypes), {}, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('arguments', pg_get_function_arguments(p.oid), 'result', pg_get_function_result(p.oid), \
             'input_names', to_jsonb(p.proargnames), 'sfunc', a.aggtransfn::oid::regproc::text, 'stype', format_type(a.aggtranstype, NULL), \
             'sspace', nullif(a.aggtransspace, 0), 'finalfunc', {}, 'finalfunc_extra', a.aggfinalextra, 'finalfunc_modify', {}, \
             'combinefunc', {}, 'serialfunc', {}, 'deserialfunc', {}, 'initcond', a.agginitval, 'msfunc', {}, 'minvfunc', {}, \
             'mstype', CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END, 'msspace', nullif(a.aggmtransspace, 0), \
             'mfinalfunc', {}, 'mfinalfunc_extra', a.aggmfinalextra, 'mfinalfunc_modify', {}, 'minitcond', a.aggminitval, \
             'sortop', (SELECT {} FROM pg_operator AS o WHERE o.oid = a.aggsortop), \
             'parallel', CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END, 'hypothetical', a.aggkind = 'h'))) \
             FROM pg_proc AS p JOIN pg_aggregate AS a ON a.aggfnoid = p.oid WHERE {}",
            query::address("pg_proc", "p.oid", "0"),
            query::address("pg_namespace", "p.pronamespace", "0"),
            query::owner("p.proowner"),
            query::acl("f", "p.proowner", "p.proacl"),
            function("aggfinalfn"),
            modify("aggfinalmodify", "aggfinalfn"),
            function("aggcombinefn"),
            function("aggserialfn"),
            function("aggdeserialfn"),
            function("aggmtransfn"),
            function("aggminvtransfn"),
            function("aggmfinalfn"),
            modify("aggmfinalmodify", "aggmfinalfn"),
            super::operator::NAME.replace("{schema}", "p.pronamespace"),
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

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        let direct = |aggregate: &Aggregate| {
            aggregate.arguments.split_once("ORDER BY").map(|(direct, _)| direct.to_owned())
        };
        if self.result != to.result || direct(self) != direct(to) || self.hypothetical != to.hypothetical {
            return Change::Replace(
                "its result, its direct arguments or its sort of aggregate change".to_owned(),
            );
        }
        if self.input_names.iter().zip(&to.input_names).any(|(old, new)| !old.is_empty() && old != new)
            || self.input_names.len() > to.input_names.len()
        {
            return Change::Replace("a parameter's name changes".to_owned());
        }
        Change::Alter(vec![Statement::new(to.definition(id, "OR REPLACE "))])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER {} RENAME TO {}", self.address(id), sql::ident(to))).hazard(
                Hazard::ClientBreak,
                format!("calls of {} by that name fail", id.sql_with_arguments()),
            ),
        )
    }

    fn address(&self, id: &Id) -> String {
        format!("AGGREGATE {}({})", id.sql(), signature_of(&self.written(id), false))
    }
}
