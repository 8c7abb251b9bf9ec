//! Sequences.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::sequence_owner::SequenceOwner;
use crate::{Change, Context, Hazard, Id, Kind, Lock, Model, ObjectKind, Spec, Statement, Work, query};

/// A sequence of its own (manual, `CREATE SEQUENCE`; catalog `pg_sequence`). That of an identity column belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    /// `bigint`, `integer` or `smallint`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The step.
    pub increment: i64,
    /// The least value.
    pub min: i64,
    /// The greatest value.
    pub max: i64,
    /// The first value.
    pub start: i64,
    /// How many values a session takes at once.
    pub cache: i64,
    /// Whether it starts over at the end.
    #[serde(default)]
    pub cycle: bool,
    /// Whether its value is lost in a crash (15).
    #[serde(default)]
    pub unlogged: bool,
}

/// The sequence, which gives numbers from `min` to `max`, goes on behind the values that the column has: where these end before its own begin,
/// it is there already.
pub(crate) fn go_on(sequence: &str, column: &Id, increment: i64, (min, max): (i64, i64)) -> Statement {
    let (end, reached) =
        if increment > 0 { ("max", format!(">= {min}")) } else { ("min", format!("<= {max}")) };
    let (table, column, sequence) =
        (column.relation_sql(), sql::ident(column.name()), sql::literal(sequence));
    let end = format!("{end}({column})");
    let sql = format!("SELECT pg_catalog.setval({sequence}, {end}) FROM {table} HAVING {end} {reached}");
    Statement::new(sql).lock(Lock::AccessShare, table).work(Work::Scan)
}

/// The range of values that a sequence gets, where it may stand beyond it, given those before and after.
pub(crate) fn narrowed(from: (i64, i64), to: (i64, i64)) -> Option<(i64, i64)> {
    (to.0 > from.0 || to.1 < from.1).then_some(to)
}

/// `ALTER SEQUENCE`, after which it starts over where it stood beyond its new range, which PostgreSQL would refuse.
pub(crate) fn within((min, max): (i64, i64), sequence: &str, alter: &str) -> Statement {
    let body = format!(
        "BEGIN\n    IF (SELECT last_value NOT BETWEEN {min} AND {max} FROM {sequence}) THEN\n        {alter} RESTART;\n    \
         ELSE\n        {alter};\n    END IF;\nEND"
    );
    Statement::new(format!("DO {}", sql::dollar(&body))).lock(Lock::ShareRowExclusive, sequence).hazard(
        Hazard::DataLoss,
        format!("sequence {sequence} starts over where it stands beyond its new range"),
    )
}

/// Whether it becomes logged or unlogged with the table of its column.
fn follows_its_table(id: &Id, context: &Context<'_>) -> bool {
    let owner = id.child(Kind::SequenceOwner, "");
    let Some(owned) = context.from.get(&owner).filter(|_| context.to.contains(&owner)) else { return false };
    let column = owned.needs.keys().find(|need| need.kind() == Kind::Column);
    let unlogged = |model: &Model| match model.get(column?.parent()?).map(|object| &object.spec) {
        Some(Spec::Table(table)) => Some(table.unlogged),
        _ => None,
    };
    unlogged(context.from) != unlogged(context.to)
}

impl Sequence {
    /// The statement after which it goes on behind the values that the column has.
    pub(crate) fn go_on(&self, sequence: &str, column: &Id) -> Statement {
        go_on(sequence, column, self.increment, (self.min, self.max))
    }

    /// The range of values that it becomes restricted to. One that follows the type is for the rows to fit into.
    pub fn narrowed(&self, to: &Sequence) -> Option<(i64, i64)> {
        let range = narrowed((self.min, self.max), (to.min, to.max));
        range.filter(|(min, max)| self.data_type == to.data_type || !(*min..=*max).contains(&self.start))
    }

    fn options(&self) -> String {
        let cycle = if self.cycle { "CYCLE" } else { "NO CYCLE" };
        format!(
            "AS {} INCREMENT BY {} MINVALUE {} MAXVALUE {} START WITH {} CACHE {} {cycle}",
            self.data_type, self.increment, self.min, self.max, self.start, self.cache
        )
    }
}

impl ObjectKind for Sequence {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', c.relname, {}, {}, \
             'spec', jsonb_build_object('type', s.seqtypid::regtype::text, 'increment', s.seqincrement, 'min', s.seqmin, \
             'max', s.seqmax, 'start', s.seqstart, 'cache', s.seqcache, 'cycle', s.seqcycle, 'unlogged', c.relpersistence = 'u')) \
             FROM pg_sequence AS s JOIN pg_class AS c ON c.oid = s.seqrelid WHERE {} \
             AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')",
            query::address("pg_class", "c.oid", "0"),
            query::address("pg_namespace", "c.relnamespace", "0"),
            query::owner("c.relowner"),
            query::acl("s", "c.relowner", "c.relacl"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let unlogged = if self.unlogged { "UNLOGGED " } else { "" };
        vec![Statement::new(format!("CREATE {unlogged}SEQUENCE {} {}", id.sql(), self.options()))]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(format!("DROP SEQUENCE {}", id.sql()))
                .lock(Lock::AccessExclusive, id.sql())
                .hazard(Hazard::DataLoss, format!("the value of sequence {} goes", id.sql())),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        let mut statements = Vec::new();
        if self.options() != to.options() {
            let alter = format!("ALTER SEQUENCE {} {}", id.sql(), to.options());
            statements.push(match self.narrowed(to) {
                Some(range) => within(range, &id.sql(), &alter),
                None => Statement::new(alter).lock(Lock::ShareRowExclusive, id.sql()),
            });
        }
        if self.unlogged != to.unlogged && !follows_its_table(id, context) {
            let word = if to.unlogged { "UNLOGGED" } else { "LOGGED" };
            let alter = Statement::new(format!("ALTER SEQUENCE {} SET {word}", id.sql()));
            statements.push(alter.lock(Lock::AccessExclusive, id.sql()));
        }
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER SEQUENCE {} RENAME TO {}", id.sql(), sql::ident(to)))
                .lock(Lock::AccessExclusive, id.sql()),
        )
    }

    fn definition() -> Option<&'static str> {
        Some("to_regclass(e.object)::text")
    }
}

/// A sequence as the YAML declares it; what is left out is what PostgreSQL would choose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SequenceDoc {
    /// The name that it had before; of what stood in another schema `old_schema.old_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// `bigint`, `integer` or `smallint`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// The step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub increment: Option<i64>,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// The first value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// How many values a session takes at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<i64>,
    /// Whether it starts over at the end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cycle: bool,
    /// Whether its value is lost in a crash (15).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unlogged: bool,
    /// The column that it goes with, as SQL names it: `users.id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<String>,
    /// Privileges by grantee; `public` is everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

impl SequenceDoc {
    pub(crate) fn lower(&self, schema: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = schema.child(Kind::Sequence, name);
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.add(id.clone(), self.sequence(), 0, node);
        declared.facts(&id, &facts, true, node);
        if let Some(column) = &self.owned_by {
            let place = node.and_then(|node| node.get("owned_by"));
            declared.add(
                id.child(Kind::SequenceOwner, ""),
                SequenceOwner { column: column.clone() },
                0,
                place,
            );
        }
    }

    fn sequence(&self) -> Sequence {
        let data_type = self.data_type.clone().unwrap_or_else(|| "bigint".to_owned());
        let increment = self.increment.unwrap_or(1);
        let (least, greatest) = bounds(&data_type);
        let min = self.min.unwrap_or(if increment > 0 { 1 } else { least });
        let max = self.max.unwrap_or(if increment > 0 { greatest } else { -1 });
        let start = self.start.unwrap_or(if increment > 0 { min } else { max });
        let cache = self.cache.unwrap_or(1);
        Sequence { data_type, increment, min, max, start, cache, cycle: self.cycle, unlogged: self.unlogged }
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, schema: &Id) -> IndexMap<String, SequenceDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(schema, Kind::Sequence) {
            let Spec::Sequence(spec) = spec else { continue };
            let owner = raise.model.get(&id.child(Kind::SequenceOwner, "")).map(|object| &object.spec);
            let plain = SequenceDoc {
                data_type: Some(spec.data_type.clone()),
                increment: Some(spec.increment),
                ..Default::default()
            };
            let usual = plain.sequence();
            let doc = SequenceDoc {
                data_type: (spec.data_type != "bigint").then(|| spec.data_type.clone()),
                increment: (spec.increment != 1).then_some(spec.increment),
                min: (spec.min != usual.min).then_some(spec.min),
                max: (spec.max != usual.max).then_some(spec.max),
                start: (spec.start != if spec.increment > 0 { spec.min } else { spec.max })
                    .then_some(spec.start),
                cache: (spec.cache != 1).then_some(spec.cache),
                cycle: spec.cycle,
                unlogged: spec.unlogged,
                owned_by: owner.and_then(|spec| match spec {
                    Spec::SequenceOwner(owner) => Some(owner.column.clone()),
                    _ => None,
                }),
                comment: raise.comment(id),
                owner: raise.owner(id),
                grants: raise.grants(id),
                renamed_from: None,
            };
            all.insert(id.name().to_owned(), doc);
        }
        all
    }
}

/// The least and the greatest value that a sequence has by default.
pub(crate) fn range(data_type: &str, increment: i64) -> (i64, i64) {
    let (least, greatest) = bounds(data_type);
    if increment > 0 { (1, greatest) } else { (least, -1) }
}

/// The least and the greatest value of a sequence's type.
pub(crate) fn bounds(data_type: &str) -> (i64, i64) {
    match data_type {
        "smallint" | "int2" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" | "int" | "int4" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}
