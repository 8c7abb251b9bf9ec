//! Indexes that back no constraint.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts};
use crate::document::Raise;
use crate::shape::Settings;
use crate::{Change, Context, Demand, Id, Kind, Lock, Model, ObjectKind, Rows, Spec, Statement, Work, query};

/// An index (manual, `CREATE INDEX`; catalog `pg_index`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Whether equal keys are refused.
    #[serde(default)]
    pub unique: bool,
    /// What follows the table's name in `pg_get_indexdef`, without storage parameters: `USING btree (email) WHERE ...`.
    pub definition: String,
    /// False for what a failed `CREATE INDEX CONCURRENTLY` left behind, and for one of a partitioned table that not every
    /// partition has.
    pub valid: bool,
    /// Whether the table is partitioned.
    #[serde(default)]
    pub partitioned: bool,
    /// The index of the partitioned table that a partition's index belongs to, quoted with its schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Storage parameters.
    #[serde(default, skip_serializing_if = "crate::shape::is_default")]
    pub options: Settings,
    /// The tablespace where it is not the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// How much `ANALYZE` looks at expressions, by their places among the keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub statistics: BTreeMap<String, i32>,
}

impl ObjectKind for Index {
    fn query(_version: u32) -> Option<String> {
        let definition = "substr(d.def, strpos(d.def, ' USING ') + 1)";
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'in', {}, 'name', c.relname, 'age', c.oid::bigint, \
             'spec', jsonb_strip_nulls(jsonb_build_object('unique', i.indisunique, 'valid', i.indisvalid, 'partitioned', c.relkind = 'I', \
             'definition', CASE WHEN c.reloptions IS NULL THEN {definition} ELSE \
             regexp_replace({definition}, ' WITH \\(([a-z_]+=(''[^'']*''|[^,()'']*)(, )?)+\\)( WHERE |$)', '\\4') END, \
             'parent', (SELECT h.inhparent::regclass::text FROM pg_inherits AS h WHERE h.inhrelid = c.oid), \
             'options', {}, 'tablespace', (SELECT s.spcname FROM pg_tablespace AS s WHERE s.oid = c.reltablespace), \
             'statistics', (SELECT jsonb_object_agg(a.attnum::text, a.attstattarget) FROM pg_attribute AS a \
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attstattarget <> -1)))) \
             FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid CROSS JOIN LATERAL (SELECT pg_get_indexdef(c.oid) AS def) AS d \
             WHERE {} AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))",
            query::address("pg_class", "c.oid", "0"),
            query::address("pg_class", "i.indrelid", "0"),
            query::ordered_options("c.reloptions"),
            query::user_made_on("c.oid", "c.oid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let complete = self.parent.as_ref().is_none_or(|parent| is_valid(context, parent));
        // One that sorts otherwise than its parent's is there before that one comes.
        let comes_first = self.parent.as_ref().is_some_and(|parent| {
            !context.from.is_empty()
                && context.from.contains(id.top())
                && context.from.relations(parent).next().is_none()
                && context.to.relations(parent).any(|above| self.sorts_otherwise(&above.spec))
        });
        if let (Some(parent), true, false) = (&self.parent, complete, comes_first) {
            return if context.from.is_empty() { self.named(id, parent, context) } else { Vec::new() };
        }
        let table = id.relation_sql();
        let mut statements = vec![
            Statement::new(self.create_sql(id))
                .lock(Lock::Share, table)
                .work(if self.partitioned && !self.valid { Work::Catalog } else { Work::Build }),
        ];
        let plain = Index { statistics: BTreeMap::new(), ..self.clone() };
        statements.extend(plain.alter_statistics(self, id));
        if let (Some(parent), false) = (&self.parent, complete) {
            let attach = format!("ALTER INDEX {parent} ATTACH PARTITION {}", self.name(id));
            statements.push(Statement::new(attach).lock(Lock::AccessExclusive, self.name(id)));
        }
        if !self.valid && !self.partitioned && context.from.is_empty() {
            // Only an empty database that imitates another one is told so.
            let name = sql::literal(&self.name(id));
            let sql = format!(
                "UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = {name}::pg_catalog.regclass"
            );
            statements.push(Statement::new(sql));
        }
        statements
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        // It goes with that of the parent, or is dropped when the partition is one no more.
        let attached = |model: &Model| model.contains(&id.top().child(Kind::Partition, ""));
        if self.parent.is_some() && attached(context.from) && attached(context.to) {
            return Vec::new();
        }
        vec![
            Statement::new(format!("DROP INDEX {}", self.name(id)))
                .lock(Lock::AccessExclusive, id.relation_sql()),
        ]
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        let name = self.name(id);
        // PostgreSQL makes a part of what is there already, unless the partition has one.
        let has_part = |parent: &String| {
            let parts = context.from.of_kind_in(id.parent(), Kind::Index);
            parts
                .into_iter()
                .any(|part| matches!(&part.spec, Spec::Index(index) if index.parent.as_ref() == Some(parent)))
        };
        let reparented = self.parent != to.parent
            && (self.parent.is_some() || to.parent.as_ref().is_some_and(has_part))
            && super::inheritance::stays(id.top(), context);
        if (self.unique, &self.definition) != (to.unique, &to.definition) || reparented {
            return Change::Replace("an index's definition cannot be changed".to_owned());
        }
        if self.partitioned && self.valid != to.valid {
            return Change::Replace(
                "an index of a partitioned table is complete or not when it is made".to_owned(),
            );
        }
        let mut statements = alter_storage(
            &name,
            (&self.options, self.tablespace.as_ref()),
            (&to.options, to.tablespace.as_ref()),
        );
        statements.extend(self.alter_statistics(to, id));
        if to.valid && !self.valid {
            let table = id.relation_sql();
            statements.push(
                Statement::new(format!("REINDEX INDEX {name}")).lock(Lock::Share, table).work(Work::Build),
            );
        }
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(
            Statement::new(format!("ALTER INDEX {} RENAME TO {}", self.name(id), sql::ident(to)))
                .lock(Lock::ShareUpdateExclusive, self.name(id)),
        )
    }

    fn address(&self, id: &Id) -> String {
        format!("INDEX {}", self.name(id))
    }

    fn definition() -> Option<&'static str> {
        // The order of storage parameters means nothing, and is not the same everywhere.
        Some(
            "(SELECT concat_ws(' ', regexp_replace(pg_get_indexdef(c.oid), ' WITH \\(([a-z_]+=(''[^'']*''|[^,()'']*)(, )?)+\\)( WHERE |$)', '\\4'), \
             (SELECT string_agg(o, ', ' ORDER BY o COLLATE pg_catalog.\"C\") FROM unnest(c.reloptions) AS o)) FROM pg_class AS c WHERE c.oid = to_regclass(e.object))",
        )
    }

    fn demands(&self, before: Option<&Self>, id: &Id, context: &Context<'_>) -> Vec<Demand> {
        let kept = before.is_some_and(|before| before.unique && before.definition == self.definition);
        let (Some(table), true) = (id.parent(), self.unique && self.parent.is_none() && !kept) else {
            return Vec::new();
        };
        let (head, predicate) = split_predicate(&self.definition);
        let Some((_, list)) = head.split_once('(') else { return Vec::new() };
        let keys = &list[..closing_bracket(list)];
        let bare = |key: &String| key.trim_end_matches(" DESC").trim_end_matches(" NULLS FIRST").to_owned();
        let rows = Rows::Twice {
            key: split_list(keys).iter().map(bare).collect(),
            predicate: predicate.strip_prefix("WHERE ").map(|text| without_brackets(text).to_owned()),
        };
        let needs = context.to.get(id).into_iter().flat_map(|object| object.needs.keys());
        let own = needs.filter(|need| need.kind() == Kind::Column && need.parent() == Some(table));
        vec![Demand { relation: table.clone(), columns: own.cloned().collect(), only: true, rows }]
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        // An index that is built under a new name is the same one, whatever it belongs to.
        let bare = |index: &Index| Index { parent: None, ..index.clone() };
        bare(self) == bare(to) && self.valid
    }
}

impl Index {
    /// The keys of a unique index of all rows.
    pub(crate) fn unique_key(&self) -> Option<Vec<String>> {
        let (head, predicate) = split_predicate(&self.definition);
        let (_, list) = head.split_once('(').filter(|_| self.unique && predicate.is_empty())?;
        let keys = split_list(&list[..closing_bracket(list)]);
        let bare = |key: &String| unquoted(key.trim_end_matches(" NULLS FIRST").trim_end_matches(" DESC"));
        Some(keys.iter().map(bare).collect())
    }

    /// `CREATE INDEX CONCURRENTLY`, which lets others write meanwhile. What else belongs to the index is altered afterwards.
    pub fn create_concurrently(&self, id: &Id) -> Statement {
        let sql = self.create_sql(id).replacen("INDEX ", "INDEX CONCURRENTLY ", 1);
        let table = id.relation_sql();
        Statement::new(sql).lock(Lock::ShareUpdateExclusive, table).work(Work::Build).outside_of_transaction()
    }

    fn name(&self, id: &Id) -> String {
        sql::qualified(&[id.schema().unwrap_or_default(), id.name()])
    }

    /// On an empty database: gives the index that a partition got with its parent's the name and settings that it has.
    fn named(&self, id: &Id, parent_name: &str, context: &Context<'_>) -> Vec<Statement> {
        let (table, parent, name) =
            (sql::literal(&id.relation_sql()), sql::literal(parent_name), sql::literal(id.name()));
        let wanted = sql::literal(&self.name(id));
        // What has the name meanwhile gets its own in turn.
        let rename = format!(
            "DECLARE found oid; holder oid := pg_catalog.to_regclass({wanted}); BEGIN \
             SELECT i.indexrelid INTO STRICT found FROM pg_catalog.pg_inherits AS h JOIN pg_catalog.pg_index AS i ON i.indexrelid = h.inhrelid \
             WHERE h.inhparent = {parent}::pg_catalog.regclass AND i.indrelid = {table}::pg_catalog.regclass; \
             IF holder <> found THEN EXECUTE pg_catalog.format('ALTER INDEX {{}} RENAME TO %I', 'endstate ' || holder); END IF; \
             IF holder IS DISTINCT FROM found THEN \
             EXECUTE pg_catalog.format('ALTER INDEX %s RENAME TO %I', found::pg_catalog.regclass, {name}); END IF; END"
        )
        .replace("{}", &self.name(id).replace('\'', "''").replace('%', "%%"));
        let plain = Index {
            options: Settings::default(),
            tablespace: None,
            statistics: BTreeMap::new(),
            ..self.clone()
        };
        let mut statements = vec![Statement::new(format!("DO {}", sql::dollar(&rename)))];
        statements.extend(self.directed(id, parent_name, context));
        statements.extend(alter_storage(
            &self.name(id),
            (&plain.options, plain.tablespace.as_ref()),
            (&self.options, self.tablespace.as_ref()),
        ));
        statements.extend(plain.alter_statistics(self, id));
        statements
    }

    /// Whether it has another order than its parent's, which says nothing of it as a part.
    pub fn sorts_otherwise(&self, parent: &Spec) -> bool {
        matches!(parent, Spec::Index(parent) if parent.valid && parent.definition != self.definition)
    }

    /// One that was there before its parent's sorts as it did then: only an empty database that imitates another one is told so.
    fn directed(&self, id: &Id, parent: &str, context: &Context<'_>) -> Option<Statement> {
        let mut above = context.to.relations(parent);
        let keys = IndexDoc::parse(&self.definition).on;
        let options: Vec<&str> = keys.iter().map(|key| direction(key)).collect();
        above.all(|above| self.sorts_otherwise(&above.spec)).then(|| {
            Statement::new(format!(
                "UPDATE pg_catalog.pg_index SET indoption = '{}' WHERE indexrelid = {}::pg_catalog.regclass AND indnkeyatts = {}",
                options.join(" "),
                sql::literal(&self.name(id)),
                options.len()
            ))
        })
    }

    fn create_sql(&self, id: &Id) -> String {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let only = if self.partitioned && !self.valid { "ONLY " } else { "" };
        let (head, predicate) = split_predicate(&self.definition);
        let mut sql = format!(
            "CREATE {unique}INDEX {} ON {only}{} {}",
            sql::ident(id.name()),
            id.relation_sql(),
            head.trim_end()
        );
        if let Some(options) = self.options.list() {
            sql.push_str(&format!(" WITH ({options})"));
        }
        if let Some(tablespace) = &self.tablespace {
            sql.push_str(&format!(" TABLESPACE {}", sql::ident(tablespace)));
        }
        if !predicate.is_empty() {
            sql.push_str(&format!(" {predicate}"));
        }
        sql
    }

    fn alter_statistics(&self, to: &Self, id: &Id) -> Vec<Statement> {
        let places: BTreeSet<&String> = self.statistics.keys().chain(to.statistics.keys()).collect();
        let changed =
            places.into_iter().filter(|place| self.statistics.get(*place) != to.statistics.get(*place));
        let name = self.name(id);
        changed
            .map(|place| {
                let target = to.statistics.get(place).copied().unwrap_or(-1);
                Statement::new(format!("ALTER INDEX {name} ALTER COLUMN {place} SET STATISTICS {target}"))
                    .lock(Lock::ShareUpdateExclusive, &name)
            })
            .collect()
    }

    /// Whether a fresh build of the partitioned table's index makes it under this very name.
    fn comes_by_itself(&self, id: &Id, doc: &IndexDoc, model: &Model) -> bool {
        let plain = self.options.0.is_empty()
            && self.tablespace.is_none()
            && self.statistics.is_empty()
            && doc.comment.is_none();
        let table = id.parent().map_or("", Id::name);
        let usual = |keys: &[String]| {
            let keys: Vec<String> = keys.iter().map(|key| key_name(key)).collect();
            format!("{table}_{}_idx", keys.join("_"))
        };
        let name = usual(&doc.on);
        // Of two that would have one name the order decides, which is no part of the definition.
        let rivals = id.parent().into_iter().flat_map(|table| model.children_of_kind(table, Kind::Index)).filter(|object| {
            matches!(&object.spec, Spec::Index(index) if usual(&IndexDoc::parse(&index.definition).on) == name)
        });
        plain && id.name() == name && rivals.count() == 1
    }
}

/// How a key sorts, as `pg_index.indoption` says it.
fn direction(key: &str) -> &'static str {
    let key = key.to_uppercase();
    let bare = key.trim_end_matches(" NULLS FIRST").trim_end_matches(" NULLS LAST");
    match (bare.ends_with(" DESC"), key.ends_with(" NULLS FIRST"), key.ends_with(" NULLS LAST")) {
        (true, _, true) => "1",
        (true, ..) => "3",
        (false, true, _) => "2",
        (false, ..) => "0",
    }
}

/// What PostgreSQL calls a key in the name of an index.
fn key_name(key: &str) -> String {
    match key.strip_prefix('"') {
        Some(quoted) => unquoted(&format!("\"{}\"", quoted.rsplit_once('"').map_or("", |(name, _)| name))),
        None if key.contains('(') => "expr".to_owned(),
        None => key.split(' ').next().unwrap_or_default().to_owned(),
    }
}

/// Whether the index of a partitioned table is complete, so that partitions get theirs by themselves.
fn is_valid(context: &Context<'_>, name: &str) -> bool {
    let mut known = context.to.relations(name);
    known.all(|object| !matches!(&object.spec, Spec::Index(index) if !index.valid))
}

/// Whether PostgreSQL would take what a partition has for itself for its part of what is above: it looks at neither names nor directions.
pub fn passes_for_part(own: &Spec, above: &Spec) -> bool {
    let both_or_index = matches!(above, Spec::Index(_)) || matches!(own, Spec::Constraint(_));
    both_or_index && keys_and_rows(own).is_some_and(|own| keys_and_rows(above) == Some(own))
}

fn keys_and_rows(spec: &Spec) -> Option<IndexDoc> {
    let (unique, doc) = match spec {
        Spec::Index(index) => (index.unique, IndexDoc::parse(&index.definition)),
        Spec::Constraint(key) if key.primary_key().is_some() || key.unique_key().is_some() => {
            let (head, list) = key.definition.split_once('(')?;
            let doc = IndexDoc::parse(&format!("USING btree ({list}"));
            (true, IndexDoc { nulls_not_distinct: head.contains("NULLS NOT DISTINCT"), ..doc })
        }
        _ => return None,
    };
    let bare = |key: &String| {
        let key = key.trim_end_matches(" NULLS FIRST").trim_end_matches(" NULLS LAST");
        key.trim_end_matches(" DESC").to_owned()
    };
    Some(IndexDoc { unique, on: doc.on.iter().map(bare).collect(), ..doc })
}

/// `ALTER INDEX` for storage parameters and tablespace, of indexes with and without a constraint.
pub(crate) fn alter_storage(
    name: &str,
    (options, tablespace): (&Settings, Option<&String>),
    (to_options, to_tablespace): (&Settings, Option<&String>),
) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut alter = |action: String, lock: Lock| {
        statements.push(Statement::new(format!("ALTER INDEX {name} {action}")).lock(lock, name));
    };
    for action in options.change(to_options) {
        alter(action, Lock::ShareUpdateExclusive);
    }
    if tablespace != to_tablespace {
        let space = to_tablespace.map_or_else(|| "pg_default".to_owned(), |name| sql::ident(name));
        alter(format!("SET TABLESPACE {space}"), Lock::AccessExclusive);
    }
    statements
}

/// An index as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IndexDoc {
    /// The name that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Columns or expressions, each with what belongs to it: `lower(email) text_pattern_ops`, `created_at desc`.
    pub on: Vec<String>,
    /// Whether equal keys are refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// The access method; `btree` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    /// Columns that are in it without being keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Whether NULL equals NULL (15).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nulls_not_distinct: bool,
    /// Which rows are in it.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-sql" = "expression"))]
    pub predicate: Option<String>,
    /// Storage parameters.
    #[serde(skip_serializing_if = "crate::shape::is_default")]
    pub options: Settings,
    /// The tablespace where it is not the database's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// How much `ANALYZE` looks at expressions, by their places among the keys: `{ 1: 500 }`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub statistics: BTreeMap<String, i32>,
    /// Whether the partitions of a partitioned table get no such index by themselves.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only: bool,
    /// The index of the partitioned table that a partition's index belongs to. It is made with that one, unless that is made with
    /// `only`; what is said here is its name and its settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attached_to: Option<String>,
}

impl IndexDoc {
    pub(crate) fn lower(&self, table: &Id, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = table.child(Kind::Index, name);
        let method = self.using.as_deref().unwrap_or("btree");
        let mut definition = format!("USING {} ({})", sql::ident(method), self.on.join(", "));
        if !self.include.is_empty() {
            let columns: Vec<String> = self.include.iter().map(|name| sql::ident(name)).collect();
            definition.push_str(&format!(" INCLUDE ({})", columns.join(", ")));
        }
        if self.nulls_not_distinct {
            definition.push_str(" NULLS NOT DISTINCT");
        }
        if let Some(predicate) = &self.predicate {
            definition.push_str(&format!(" WHERE ({predicate})"));
        }
        let index = Index {
            unique: self.unique,
            definition,
            valid: !self.only,
            partitioned: self.only,
            parent: self.attached_to.clone(),
            options: self.options.clone(),
            tablespace: self.tablespace.clone(),
            statistics: self.statistics.clone(),
        };
        declared.add(id.clone(), index, 0, node);
        let facts = Facts {
            comment: self.comment.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
            ..Facts::default()
        };
        declared.facts(&id, &facts, false, node);
    }

    pub(crate) fn raise_all(raise: &Raise<'_>, table: &Id) -> IndexMap<String, IndexDoc> {
        let mut all = IndexMap::new();
        for (id, spec) in raise.children(table, Kind::Index) {
            let Spec::Index(spec) = spec else { continue };
            let complete = spec.parent.as_ref().map(|parent| is_complete(raise.model, parent));
            let doc = IndexDoc {
                unique: spec.unique,
                options: spec.options.clone(),
                tablespace: spec.tablespace.clone(),
                statistics: spec.statistics.clone(),
                only: spec.partitioned && !spec.valid,
                attached_to: spec.parent.clone(),
                comment: raise.comment(id),
                ..Self::parse(&spec.definition)
            };
            if complete != Some(true) || !spec.comes_by_itself(id, &doc, raise.model) {
                all.insert(id.name().to_owned(), doc);
            }
        }
        all
    }

    /// Takes `USING method (keys) INCLUDE (columns) NULLS NOT DISTINCT WHERE (predicate)` apart, as `pg_get_indexdef` prints it.
    fn parse(definition: &str) -> IndexDoc {
        let rest = definition.strip_prefix("USING ").unwrap_or(definition);
        let (method, rest) = rest.split_once(" (").unwrap_or((rest, ""));
        let end = closing_bracket(rest);
        let (keys, tail) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        let (mut tail, predicate) = split_predicate(tail);
        let mut include = Vec::new();
        if let Some(columns) = tail.strip_prefix(" INCLUDE (") {
            let end = closing_bracket(columns);
            include = split_list(&columns[..end]).iter().map(|name| unquoted(name)).collect();
            tail = columns.get(end + 1..).unwrap_or_default();
        }
        IndexDoc {
            on: split_list(keys),
            using: (method != "btree").then(|| unquoted(method)),
            include,
            nulls_not_distinct: tail.contains("NULLS NOT DISTINCT"),
            predicate: predicate
                .strip_prefix("WHERE ")
                .map(|predicate| without_brackets(predicate).to_owned()),
            ..IndexDoc::default()
        }
    }
}

fn is_complete(model: &Model, name: &str) -> bool {
    model.objects().any(|object| match &object.spec {
        Spec::Index(index) => index.valid && index.name(&object.id) == name,
        _ => false,
    })
}

/// A name without the quotes that PostgreSQL printed around it.
pub(crate) fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// A definition cut before its `WHERE (...)`, which stands at its end outside of all brackets.
pub(crate) fn split_predicate(definition: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (place, character) in outside_quotes(definition) {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            'W' if depth == 0 && definition[place..].starts_with("WHERE ") => {
                return (definition[..place].trim_end(), &definition[place..]);
            }
            _ => {}
        }
    }
    (definition, "")
}

/// What PostgreSQL puts around a whole expression is taken off.
pub(crate) fn without_brackets(expression: &str) -> &str {
    match expression.strip_prefix('(') {
        Some(inner) if closing_bracket(inner) == inner.len() - 1 => &inner[..inner.len() - 1],
        _ => expression,
    }
}

/// Where the bracket closes that is open at the start of `text`.
pub(crate) fn closing_bracket(text: &str) -> usize {
    let mut depth = 1_usize;
    for (place, character) in outside_quotes(text) {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place;
        }
    }
    text.len()
}

/// A list split at the commas that stand outside of brackets and quotes.
pub(crate) fn split_list(text: &str) -> Vec<String> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (place, character) in outside_quotes(text) {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(text[start..place].trim().to_owned());
                start = place + 1;
            }
            _ => {}
        }
    }
    items.push(text[start..].trim().to_owned());
    items
}

/// The characters of SQL that PostgreSQL printed which stand in no literal and no quoted name.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    text.char_indices().filter(move |(_, character)| match (quote, character) {
        (None, '\'' | '"') => {
            quote = Some(*character);
            false
        }
        (Some(open), close) if open == *close => {
            quote = None;
            false
        }
        (open, _) => open.is_none(),
    })
}
