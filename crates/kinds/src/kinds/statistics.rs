//! Extended statistics.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::kinds::index::split_list;
use crate::{Change, Context, Id, Kind, Lock, ObjectKind, Spec, Statement, Work, query};

/// Extended statistics (manual, `CREATE STATISTICS`; catalog `pg_statistic_ext`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// The table, quoted with its schema.
    pub from: String,
    /// Columns and, from 14 on, expressions: `a, lower(b)`.
    pub on: String,
    /// `ndistinct`, `dependencies`, `mcv`; all where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// How much `ANALYZE` looks at, where that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<i32>,
}

impl Statistics {
    fn set_target(&self, id: &Id) -> Statement {
        let target = self.target.unwrap_or(-1);
        Statement::new(format!("ALTER STATISTICS {} SET STATISTICS {target}", id.sql()))
            .lock(Lock::ShareUpdateExclusive, &self.from)
    }
}

impl ObjectKind for Statistics {
    fn query(version: u32) -> Option<String> {
        // The order of columns is that of the table, and means nothing here.
        let columns = "(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) FROM pg_attribute AS a \
             WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::int2[]))";
        let on = match version {
            13 => columns.to_owned(),
            _ => format!(
                "CASE WHEN s.stxexprs IS NULL THEN {columns} ELSE pg_get_statisticsobjdef_columns(s.oid) END"
            ),
        };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', s.stxname, {}, \
             'spec', jsonb_strip_nulls(jsonb_build_object('from', s.stxrelid::regclass::text, 'on', {on}, \
             'target', nullif(s.stxstattarget, -1), \
             'kinds', CASE WHEN NOT s.stxkind @> '{{d,f,m}}' THEN (SELECT jsonb_agg(CASE k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' ELSE 'mcv' END ORDER BY k) \
             FROM unnest(s.stxkind) AS k WHERE k <> 'e') END))) \
             FROM pg_statistic_ext AS s WHERE {}",
            query::address("pg_statistic_ext", "s.oid", "0"),
            query::address("pg_namespace", "s.stxnamespace", "0"),
            query::owner("s.stxowner"),
            query::user_made_on("s.oid", "s.stxrelid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let kinds = match self.kinds.is_empty() {
            true => String::new(),
            false => format!(" ({})", self.kinds.join(", ")),
        };
        let create = format!("CREATE STATISTICS {}{kinds} ON {} FROM {}", id.sql(), self.on, self.from);
        let mut statements =
            vec![Statement::new(create).lock(Lock::ShareUpdateExclusive, &self.from).work(Work::Catalog)];
        if self.target.is_some() {
            statements.push(self.set_target(id));
        }
        statements
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(format!("DROP STATISTICS {}", id.sql()))
                .lock(Lock::ShareUpdateExclusive, &self.from),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if (Statistics { target: to.target, ..self.clone() }) == *to {
            return Change::Alter(vec![to.set_target(id)]);
        }
        Change::Replace("what statistics are about cannot be changed".to_owned())
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER STATISTICS {} RENAME TO {}", id.sql(), sql::ident(to))))
    }

    fn definition() -> Option<&'static str> {
        Some(
            // PostgreSQL prints plain columns in the order of the table's, which says nothing.
            "(SELECT CASE WHEN to_jsonb(s) ->> 'stxexprs' IS NOT NULL THEN pg_get_statisticsobjdef(s.oid) ELSE \
             concat_ws(' ', s.stxrelid::regclass, s.stxkind, (SELECT string_agg(a.attname, ', ' ORDER BY a.attname) FROM pg_attribute AS a \
             WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::int2[]))) END FROM pg_statistic_ext AS s \
             WHERE quote_ident(s.stxnamespace::regnamespace::text) || '.' || quote_ident(s.stxname) = e.object)",
        )
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        self == to
    }
}

/// Extended statistics as the YAML declares them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StatisticsDoc {
    /// The name that it had before; of what stood in another schema `old_schema.old_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Columns and, from 14 on, expressions in brackets.
    pub on: Vec<String>,
    /// The table, as SQL names it.
    pub from: String,
    /// `ndistinct`, `dependencies`, `mcv`; all where nothing is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// How much `ANALYZE` looks at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<i32>,
}

impl StatisticsDoc {
    pub(crate) fn lower(&self, schema: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = schema.child(Kind::Statistics, name);
        let (on, from) = (self.on.join(", "), self.from.clone());
        declared.add(
            id.clone(),
            Statistics { from, on, kinds: self.kinds.clone(), target: self.target },
            0,
            node,
        );
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: None,
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.facts(&id, &facts, true, node);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, schema: &Id) -> IndexMap<String, StatisticsDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(schema, Kind::Statistics) {
            let Spec::Statistics(spec) = spec else { continue };
            let doc = StatisticsDoc {
                renamed_from: None,
                comment: raise.comment(id),
                owner: raise.owner(id),
                on: split_list(&spec.on),
                from: spec.from.clone(),
                kinds: spec.kinds.clone(),
                target: spec.target,
            };
            all.insert(id.name().to_owned(), doc);
        }
        all
    }
}
