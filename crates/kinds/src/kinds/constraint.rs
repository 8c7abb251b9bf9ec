//! Constraints of tables.

use serde::{Deserialize, Serialize};

use super::inheritance;
use crate::shape::Settings;
use crate::{
    Change, Context, Demand, Id, Kind, Lock, Mend, Model, Object, ObjectKind, Rows, Spec, Statement, Work,
    query,
};

/// What a constraint demands (catalog `pg_constraint.contype`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintType {
    /// `PRIMARY KEY`
    PrimaryKey,
    /// `UNIQUE`
    Unique,
    /// `CHECK`
    Check,
    /// `EXCLUDE`
    Exclusion,
    /// `FOREIGN KEY`
    ForeignKey,
}

/// A constraint of a table, as `pg_get_constraintdef` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "these are the flags of pg_constraint")]
pub struct Constraint {
    /// What it demands.
    #[serde(rename = "type")]
    pub constraint_type: ConstraintType,
    /// `CHECK (...)`, `FOREIGN KEY (...) REFERENCES ...`: what follows the name, without what the fields below say.
    pub definition: String,
    /// The table that a foreign key refers to, quoted with its schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<String>,
    /// Whether it may be checked at the end of the transaction.
    #[serde(default)]
    pub deferrable: bool,
    /// Whether it is checked at the end of the transaction.
    #[serde(default)]
    pub deferred: bool,
    /// True where rows that were there before have not been checked. Not told of a check that comes from a parent table: there it depends
    /// on which of the two came first.
    #[serde(default)]
    pub not_valid: bool,
    /// True where it is written down, but not checked at all (18).
    #[serde(default)]
    pub not_enforced: bool,
    /// Whether a partition or child table has it from its parent alone.
    #[serde(default)]
    pub inherited: bool,
    /// The constraint of the partitioned table that a partition's key or foreign key belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The index, of no constraint, of the partitioned table that a partition's key has its index in, quoted with its schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_parent: Option<String>,
    /// Storage parameters of its index.
    #[serde(default, skip_serializing_if = "crate::shape::is_default")]
    pub options: Settings,
    /// The tablespace of its index where it is not the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// The comment on its index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_comment: Option<String>,
}

/// What a foreign key refers by and to; all names are quoted.
pub struct ForeignKey {
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The table that they refer to.
    pub references: String,
    /// Its columns.
    pub referenced: Vec<String>,
}

impl ForeignKey {
    /// Whether it refers to periods of time (18).
    pub fn is_temporal(&self) -> bool {
        self.columns.iter().any(|column| column.starts_with("PERIOD "))
    }
}

impl Constraint {
    /// For a foreign key of `id`: the table that it refers to, where that is another one.
    pub fn refers_to(&self, id: &Id) -> Option<&str> {
        self.references.as_deref().filter(|other| *other != id.relation_sql())
    }

    /// Whether an index enforces it, which has its name.
    pub fn has_index(&self) -> bool {
        matches!(
            self.constraint_type,
            ConstraintType::PrimaryKey | ConstraintType::Unique | ConstraintType::Exclusion
        )
    }

    /// The whole definition, as it stands behind the name.
    pub fn sql(&self) -> String {
        let (head, predicate) = match self.constraint_type {
            ConstraintType::Exclusion => super::index::split_predicate(&self.definition),
            _ => (self.definition.as_str(), ""),
        };
        let mut sql = head.trim_end().to_owned();
        if let Some(options) = self.options.list() {
            sql.push_str(&format!(" WITH ({options})"));
        }
        if let Some(tablespace) = &self.tablespace {
            sql.push_str(&format!(" USING INDEX TABLESPACE {}", sql::ident(tablespace)));
        }
        if !predicate.is_empty() {
            sql.push_str(&format!(" {predicate}"));
        }
        sql.push_str(&self.deferral(false));
        if self.not_enforced {
            sql.push_str(" NOT ENFORCED");
        } else if self.not_valid {
            sql.push_str(" NOT VALID");
        }
        sql
    }

    fn deferral(&self, in_full: bool) -> String {
        let words = match (self.deferrable, self.deferred) {
            (false, _) if in_full => " NOT DEFERRABLE",
            (false, _) => "",
            (true, false) if in_full => " DEFERRABLE INITIALLY IMMEDIATE",
            (true, false) => " DEFERRABLE",
            (true, true) => " DEFERRABLE INITIALLY DEFERRED",
        };
        words.to_owned()
    }

    /// Whether children of the table have it, too: a check without `NO INHERIT`.
    pub fn is_handed_down(&self) -> bool {
        self.constraint_type == ConstraintType::Check && !self.definition.ends_with("NO INHERIT")
    }

    /// Whether a fresh build of its parents makes it under this very name.
    pub(crate) fn comes_by_itself(&self, id: &Id, model: &Model) -> bool {
        let Some(parent) = &self.parent else { return self.inherited };
        if self.has_rivals(id, model) || self.differs_from_whole(id, model) {
            return false;
        }
        let table = id.parent().map_or("", Id::name);
        match self.constraint_type {
            ConstraintType::PrimaryKey => id.name() == format!("{table}_pkey"),
            ConstraintType::ForeignKey => id.name() == parent,
            ConstraintType::Exclusion => {
                id.name() == format!("{table}_{}_excl", self.excluded_columns().join("_"))
            }
            _ => self
                .plain_columns()
                .is_some_and(|columns| id.name() == format!("{table}_{}_key", columns.join("_"))),
        }
    }

    /// Whether another key of the same partition could take its place in the partitioned table.
    pub(crate) fn has_rivals(&self, id: &Id, model: &Model) -> bool {
        let rivals =
            id.parent().into_iter().flat_map(|table| model.children_of_kind(table, Kind::Constraint));
        let is_rival = |object: &&Object| match &object.spec {
            Spec::Constraint(other) => {
                other.has_index() && other.index_definition() == self.index_definition()
            }
            _ => false,
        };
        self.has_index() && self.parent.is_some() && rivals.filter(is_rival).count() > 1
    }

    /// The key of the partitioned table that a partition's key is part of.
    pub fn whole(&self, id: &Id, model: &Model) -> Option<Id> {
        let parent = self.parent.as_ref().filter(|_| self.has_index())?;
        let above = inheritance::parents(model, id.top()).into_iter();
        above.map(|table| table.child(Kind::Constraint, parent)).find(|key| model.contains(key))
    }

    /// Whether a partition has its key in another form than the partitioned table, which took it for its part as it was: a `PRIMARY KEY` for a
    /// `UNIQUE`, or one that is checked at another time.
    pub fn differs_from_whole(&self, id: &Id, model: &Model) -> bool {
        let form = |key: &Constraint| (key.constraint_type, key.deferrable, key.deferred);
        let whole = self.whole(id, model).and_then(|whole| model.get(&whole));
        matches!(whole.map(|whole| &whole.spec), Some(Spec::Constraint(whole)) if form(whole) != form(self))
    }

    /// The definition without what makes no other index of it: PostgreSQL takes a partition's `UNIQUE` for a part of a `PRIMARY KEY`, and one
    /// that is deferrable for a part of one that is not.
    fn index_definition(&self) -> &str {
        self.definition.trim_start_matches("PRIMARY KEY ").trim_start_matches("UNIQUE ")
    }

    /// The columns of `EXCLUDE USING gist (room WITH =, during WITH &&)`, unquoted.
    fn excluded_columns(&self) -> Vec<String> {
        let Some((_, list)) = self.definition.split_once('(') else { return Vec::new() };
        let elements = super::index::split_list(&list[..super::index::closing_bracket(list)]);
        let column = |element: &String| {
            super::index::unquoted(
                element.split_once(" WITH ").map_or(element.as_str(), |(column, _)| column),
            )
        };
        elements.iter().map(column).collect()
    }

    /// Whether a primary key in `CREATE TABLE` would give `NOT NULL` a name of the table's own that it has from its parents (18).
    fn names_not_null(&self, id: &Id, context: &Context<'_>) -> bool {
        let columns = self.plain_columns().filter(|_| self.constraint_type == ConstraintType::PrimaryKey);
        let is_inherited = |name: &String| {
            let column = id.top().child(Kind::Column, name);
            let parts = context.to.children_of_kind(&column, Kind::NotNull);
            parts.iter().any(|part| matches!(&part.spec, Spec::NotNull(not_null) if not_null.inherited))
        };
        let is_child = context.to.contains(&id.top().child(Kind::Inheritance, ""));
        context.version >= 18 && is_child && columns.is_some_and(|columns| columns.iter().any(is_inherited))
    }

    /// What can be changed of its index in place.
    fn alter_index(&self, to: &Self, id: &Id) -> Vec<Statement> {
        let index = index_name(id);
        let mut statements = super::index::alter_storage(
            &index,
            (&self.options, self.tablespace.as_ref()),
            (&to.options, to.tablespace.as_ref()),
        );
        if self.index_comment != to.index_comment {
            statements.push(comment_on_index(&index, to.index_comment.as_deref()));
        }
        statements
    }
}

/// What PostgreSQL makes for each partition of a table that is referred to.
const PARTS: &str = "WITH RECURSIVE part AS (SELECT k.oid FROM pg_constraint AS k WHERE k.conparentid = c.oid AND k.conrelid = c.conrelid \
     UNION ALL SELECT k.oid FROM pg_constraint AS k JOIN part ON k.conparentid = part.oid AND k.conrelid = c.conrelid) \
     SELECT jsonb_agg(jsonb_build_array('pg_constraint'::regclass::oid, part.oid, 0)) FROM part";

fn index_name(id: &Id) -> String {
    sql::qualified(&[id.schema().unwrap_or_default(), id.name()])
}

/// Does something that PostgreSQL allows only while the table is no partition.
fn apart(statement: Statement, id: &Id, context: &Context<'_>) -> Vec<Statement> {
    let place = context.from.get(&id.top().child(Kind::Partition, "")).map(|object| &object.spec);
    let Some(Spec::Partition(place)) = place.filter(|_| inheritance::stays(id.top(), context)) else {
        return vec![statement];
    };
    let (detach, attach) = place.around(&id.relation_sql());
    let around = |sql: String| Statement::new(sql).lock(Lock::AccessExclusive, place.of.clone());
    vec![around(detach), statement, around(attach).work(Work::Scan)]
}

fn comment_on_index(index: &str, comment: Option<&str>) -> Statement {
    let text = comment.map_or_else(|| "NULL".to_owned(), sql::literal);
    Statement::new(format!("COMMENT ON INDEX {index} IS {text}")).lock(Lock::ShareUpdateExclusive, index)
}

/// Whether a constraint `c` comes from a parent table alone.
const INHERITED: &str = "(c.conparentid <> 0 OR (c.coninhcount > 0 AND NOT c.conislocal))";

/// The keys of a table with an equal index that come before one of them: of equal ones in one statement PostgreSQL makes a single one, and
/// a foreign key that refers to their columns depends on the oldest.
pub fn twins_before<'m>(model: &'m Model, id: &Id) -> Vec<&'m Id> {
    let key = |object: &'m Object| match &object.spec {
        Spec::Constraint(key) if key.has_index() => Some(key),
        _ => None,
    };
    let rank = |object: &'m Object| {
        let refers = |user: &Object| matches!(&user.spec, Spec::Constraint(key) if key.references.is_some());
        let is_referenced = model.dependents(&object.id).any(refers);
        (!is_referenced, object.age, key(object).map(|key| key.constraint_type), object.id.clone())
    };
    let Some((object, own)) = model.get(id).and_then(|object| Some((object, key(object)?))) else {
        return Vec::new();
    };
    let is_before = |other: &&'m Object| {
        key(other)
            .is_some_and(|key| key.index_definition() == own.index_definition() && rank(other) < rank(object))
    };
    let siblings = model.of_kind_in(id.parent(), Kind::Constraint);
    siblings.filter(is_before).map(|object| &object.id).collect()
}

impl ObjectKind for Constraint {
    fn query(version: u32) -> Option<String> {
        let enforced = if version >= 18 { "c.conenforced" } else { "true" };
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'also', CASE WHEN x.indexrelid IS NOT NULL THEN jsonb_build_array({}) \
               WHEN c.contype = 'f' AND EXISTS (SELECT FROM pg_class AS r WHERE r.oid = c.confrelid AND r.relkind = 'p') THEN ({PARTS}) END, \
             'in', {}, 'name', c.conname, 'position', strpos('puxcf', c.contype::text), 'age', x.indexrelid::bigint, \
             'spec', jsonb_strip_nulls(jsonb_build_object('type', CASE c.contype WHEN 'p' THEN 'primary_key' WHEN 'u' THEN 'unique' \
               WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' ELSE 'foreign_key' END, \
             'definition', regexp_replace(pg_get_constraintdef(c.oid), '( DEFERRABLE)?( INITIALLY DEFERRED)?( NOT ENFORCED| NOT VALID)?$', ''), \
             'references', CASE WHEN c.confrelid <> 0 THEN c.confrelid::regclass::text END, \
             'deferrable', c.condeferrable, 'deferred', c.condeferred, 'not_valid', NOT c.convalidated AND {enforced} AND NOT (c.contype = 'c' AND {INHERITED}), 'not_enforced', NOT {enforced}, \
             'inherited', {INHERITED}, \
             'parent', (SELECT p.conname FROM pg_constraint AS p WHERE p.oid = c.conparentid), \
             'index_parent', (SELECT h.inhparent::regclass::text FROM pg_inherits AS h WHERE h.inhrelid = x.indexrelid AND c.conparentid = 0), \
             'options', (SELECT {} FROM pg_class AS i WHERE i.oid = x.indexrelid), \
             'tablespace', (SELECT s.spcname FROM pg_class AS i JOIN pg_tablespace AS s ON s.oid = i.reltablespace WHERE i.oid = x.indexrelid), \
             'index_comment', obj_description(x.indexrelid, 'pg_class')))) \
             FROM pg_constraint AS c LEFT JOIN pg_index AS x ON x.indexrelid = c.conindid AND c.contype IN ('p', 'u', 'x') \
             WHERE c.conrelid <> 0 AND c.contype IN ('p', 'u', 'x', 'c', 'f') \
             AND NOT EXISTS (SELECT FROM pg_constraint AS p WHERE p.oid = c.conparentid AND p.conrelid = c.conrelid) AND {}",
            query::address("pg_constraint", "c.oid", "0"),
            query::address("pg_class", "c.conindid", "0"),
            query::address("pg_class", "c.conrelid", "0"),
            query::ordered_options("i.reloptions"),
            query::user_made_on("c.oid", "c.conrelid"),
        ))
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        // On an empty database those of partitions are made first, under their own names, and their parents find them.
        // Only EXCLUDE is never found: it comes with that of the parent.
        let exclusion = self.constraint_type == ConstraintType::Exclusion;
        let by_itself = match context.from.is_empty() {
            true => self.parent.is_none() || exclusion,
            false if self.differs_from_whole(id, context.to) => false,
            false => {
                // A check is handed down when a table has joined its parents; a partition must have it before.
                self.parent.is_some()
                    || context.to.contains(&id.top().child(Kind::Inheritance, ""))
                    || inheritance::follows(id.top(), context)
            }
        };
        if self.inherited && by_itself {
            return Vec::new();
        }
        let table = id.relation_sql();
        let unnamed = id.name().starts_with('\u{0}');
        let name = if unnamed { String::new() } else { format!("CONSTRAINT {} ", sql::ident(id.name())) };
        // That of a table that becomes a partition is no more checked than theirs.
        let parents = inheritance::parents(context.to, id.top());
        let unchecked = |parent: &Id| matches!(context.to.get(&parent.child(Kind::Constraint, id.name())).map(|object| &object.spec), Some(Spec::Constraint(above)) if above.not_valid);
        let not_valid =
            self.not_valid || self.inherited && !parents.is_empty() && parents.iter().all(unchecked);
        let clause = format!("{name}{}", Constraint { not_valid, ..self.clone() }.sql());
        let mut statement = Statement::alter_table(&table, format!("ADD {clause}"));
        let twins = u8::try_from(twins_before(context.to, id).len()).unwrap_or(u8::MAX);
        // What rows are not checked against would be checked in CREATE TABLE.
        if !not_valid && twins == 0 && !self.names_not_null(id, context) {
            statement = statement.clause(clause);
        }
        statement = statement.pass(twins);
        statement = match self.constraint_type {
            ConstraintType::ForeignKey => statement.lock(Lock::ShareRowExclusive, &table),
            _ => statement,
        };
        // A table that is not there yet is in nobody's way.
        if let Some(other) = self.refers_to(id).filter(|other| context.from.relations(other).next().is_some())
        {
            statement = statement.also(Lock::ShareRowExclusive, other);
        }
        let work = match (self.has_index(), self.not_valid || self.not_enforced) {
            (true, _) => Work::Build,
            (false, false) => Work::Scan,
            (false, true) => Work::Catalog,
        };
        let mut statements = vec![statement.work(work)];
        if let Some(comment) = &self.index_comment {
            statements.push(comment_on_index(&index_name(id), Some(comment)));
        }
        statements
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        // A part goes with the whole, or with its table.
        let is_part = self.parent.is_some() && !context.to.contains(id.top());
        if is_part || self.inherited && inheritance::stays(id.top(), context) {
            return Vec::new();
        }
        let sql = format!("DROP CONSTRAINT {}", sql::ident(id.name()));
        let mut drop = Statement::alter_table(&id.relation_sql(), sql);
        if let Some(other) = self.refers_to(id) {
            drop = drop.also(Lock::AccessExclusive, other);
        }
        if self.index_parent.is_some() { apart(drop, id, context) } else { vec![drop] }
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        let (table, name) = (id.relation_sql(), sql::ident(id.name()));
        let foreign_key = self.constraint_type == ConstraintType::ForeignKey;
        let deferral = (self.deferrable, self.deferred) != (to.deferrable, to.deferred);
        let enforcement = self.not_enforced != to.not_enforced;
        let loses_validity = !self.not_valid && to.not_valid;
        let other = self.definition != to.definition || self.constraint_type != to.constraint_type;
        let detached = self.parent.is_some() != to.parent.is_some() && inheritance::stays(id.top(), context);
        if other || detached || loses_validity || ((deferral || enforcement) && !foreign_key) {
            return Change::Replace("a constraint's definition cannot be changed".to_owned());
        }
        if self.index_parent.is_some() && self.index_parent != to.index_parent {
            return Change::Replace("its index is part of one of the partitioned table".to_owned());
        }
        let mut statements = self.alter_index(to, id);
        let is_child = context.to.contains(&id.top().child(Kind::Inheritance, ""));
        if self.inherited && !to.inherited && is_child && inheritance::stays(id.top(), context) {
            // What the table has from a parent becomes its own as well.
            statements.extend(to.create(id, context));
        }
        if self.index_parent != to.index_parent {
            statements.extend(to.takes_place(id, context));
        }
        let from_parent = to.parent.is_some();
        if (deferral || enforcement) && !from_parent {
            let deferral = if deferral { to.deferral(true) } else { String::new() };
            let enforcement = match (enforcement, to.not_enforced) {
                (true, true) => " NOT ENFORCED",
                (true, false) => " ENFORCED",
                (false, _) => "",
            };
            let alter =
                |clause: &str| Statement::alter_table(&table, format!("ALTER CONSTRAINT {name}{clause}"));
            match enforcement {
                // Its triggers are made anew, as the catalog says at that time that they are to be.
                " ENFORCED" => {
                    statements.extend((!deferral.is_empty()).then(|| alter(&deferral)));
                    statements.push(alter(enforcement).work(Work::Scan).pass(1));
                }
                _ => statements.push(alter(&format!("{deferral}{enforcement}"))),
            }
        }
        let own = !to.inherited || !from_parent;
        if self.not_valid && !to.not_valid && !to.not_enforced && own {
            let validate = Statement::alter_table(&table, format!("VALIDATE CONSTRAINT {name}"));
            statements.push(validate.lock(Lock::ShareUpdateExclusive, &table).work(Work::Scan));
        }
        Change::Alter(statements)
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        let table = id.relation_sql();
        if self.inherited && self.parent.is_none() {
            return None;
        }
        if self.has_index() {
            // Takes a weaker lock than RENAME CONSTRAINT, and renames the constraint too.
            let index = id
                .ancestors()
                .nth(1)
                .map_or_else(|| sql::ident(id.name()), |schema| sql::qualified(&[schema.name(), id.name()]));
            return Some(
                Statement::new(format!("ALTER INDEX {index} RENAME TO {}", sql::ident(to)))
                    .lock(Lock::ShareUpdateExclusive, index),
            );
        }
        Some(
            Statement::new(format!(
                "ALTER TABLE {table} RENAME CONSTRAINT {} TO {}",
                sql::ident(id.name()),
                sql::ident(to)
            ))
            .lock(Lock::AccessExclusive, &table),
        )
    }

    fn address(&self, id: &Id) -> String {
        format!("CONSTRAINT {} ON {}", sql::ident(id.name()), id.relation_sql())
    }

    fn definition() -> Option<&'static str> {
        // Whether a check has been checked is told where it is from: see `INHERITED`.
        Some(
            "(SELECT CASE WHEN c.contype = 'c' AND c.coninhcount > 0 AND NOT c.conislocal THEN 'inherited ' || regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', '') \
             ELSE pg_get_constraintdef(c.oid) END FROM pg_constraint AS c WHERE c.conrelid = to_regclass(e.parent) AND c.conname = e.name)",
        )
    }

    fn demands(&self, before: Option<&Self>, id: &Id, context: &Context<'_>) -> Vec<Demand> {
        let kept = before.is_some_and(|before| before.definition == self.definition && before.checks());
        // A table that joins parents gets their checks.
        let joins = self.constraint_type == ConstraintType::Check
            && !inheritance::follows(id.top(), context)
            && !inheritance::is_unchecked(context.to, id);
        let (Some(table), true) = (id.parent(), self.checks() && (!self.inherited || joins) && !kept) else {
            return Vec::new();
        };
        let Some(rows) = self.refused(id, table, context) else { return Vec::new() };
        let needs = context.to.get(id).into_iter().flat_map(|object| object.needs.keys());
        let own = needs.filter(|need| need.kind() == Kind::Column && need.parent() == Some(table));
        let only = self.constraint_type != ConstraintType::Check || self.definition.contains(") NO INHERIT");
        vec![Demand { relation: table.clone(), columns: own.cloned().collect(), only, rows }]
    }

    fn same_but_for_name(&self, to: &Self) -> bool {
        // Whose parts they are, and what a comment says, is no matter of the rows: it is brought in line after.
        let bare = |one: &Constraint| Constraint {
            inherited: false,
            parent: None,
            index_parent: None,
            index_comment: None,
            ..one.clone()
        };
        bare(self) == bare(to)
    }
}

impl Constraint {
    /// A constraint as written, whose name may be left to PostgreSQL.
    pub(crate) fn unnamed(constraint_type: ConstraintType, definition: String) -> Constraint {
        Constraint {
            constraint_type,
            definition,
            references: None,
            deferrable: false,
            deferred: false,
            not_valid: false,
            not_enforced: false,
            inherited: false,
            parent: None,
            index_parent: None,
            options: Settings::default(),
            tablespace: None,
            index_comment: None,
        }
    }

    /// A constraint as written in SQL after its name.
    pub(crate) fn written(definition: &str) -> Constraint {
        let word = definition.trim_start().to_uppercase();
        let constraint_type = [
            ("PRIMARY", ConstraintType::PrimaryKey),
            ("UNIQUE", ConstraintType::Unique),
            ("EXCLUDE", ConstraintType::Exclusion),
            ("FOREIGN", ConstraintType::ForeignKey),
        ]
        .into_iter()
        .find(|(keyword, _)| word.starts_with(keyword))
        .map_or(ConstraintType::Check, |(_, kind)| kind);
        Constraint::unnamed(constraint_type, definition.to_owned())
    }

    /// The columns of a primary key, unquoted.
    pub fn primary_key(&self) -> Option<Vec<String>> {
        self.columns_of_key("PRIMARY KEY (")
    }

    /// The columns of a unique constraint.
    pub fn unique_key(&self) -> Option<Vec<String>> {
        ["UNIQUE (", "UNIQUE NULLS NOT DISTINCT ("].iter().find_map(|start| self.columns_of_key(start))
    }

    fn columns_of_key(&self, start: &str) -> Option<Vec<String>> {
        let list = self.definition.strip_prefix(start)?;
        let columns = super::index::split_list(&list[..super::index::closing_bracket(list)]);
        let columns =
            columns.iter().map(|name| super::index::unquoted(name.trim_end_matches(" WITHOUT OVERLAPS")));
        Some(columns.collect())
    }

    /// PostgreSQL makes its index a part of the other when that one is made, or else when its table is attached without the part that it has.
    fn takes_place(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let parts = context.from.of_kind_in(id.parent(), Kind::Index);
        let mut parts = parts
            .filter(|part| matches!(&part.spec, Spec::Index(index) if index.parent == self.index_parent));
        let part =
            parts.next().map(|part| sql::qualified(&[id.schema().unwrap_or_default(), part.id.name()]));
        let drop =
            |part: String| Statement::new(format!("DROP INDEX {part}")).lock(Lock::AccessExclusive, part);
        part.map_or_else(Vec::new, |part| apart(drop(part), id, context))
    }

    /// Whether rows are held against it.
    fn checks(&self) -> bool {
        !self.not_valid && !self.not_enforced
    }

    /// The rows that it refuses; none where no simple question finds them.
    fn refused(&self, id: &Id, table: &Id, context: &Context<'_>) -> Option<Rows> {
        let definition = self.definition.as_str();
        match self.constraint_type {
            ConstraintType::PrimaryKey | ConstraintType::Unique => {
                let (_, list) = definition.split_once('(')?;
                let columns = &list[..super::index::closing_bracket(list)];
                let key = super::index::split_list(columns);
                (!columns.ends_with("WITHOUT OVERLAPS")).then_some(Rows::Twice { key, predicate: None })
            }
            ConstraintType::Check => {
                let inner = definition.strip_prefix("CHECK (")?;
                let expression =
                    super::index::without_brackets(&inner[..super::index::closing_bracket(inner)]);
                Some(Rows::Where {
                    condition: format!("NOT ({expression})"),
                    what: format!("that check {} refuses: {expression} is not true", sql::ident(id.name())),
                    mend: Mend::Change { or: None },
                })
            }
            ConstraintType::ForeignKey => {
                let key = self.foreign_key().filter(|key| !key.is_temporal())?;
                let ForeignKey { columns, references, referenced } = key;
                let same = |id: &&Id| id.kind() == Kind::Table && id.sql() == references;
                let references = context.to.ids().find(same)?.clone();
                (table.kind() == Kind::Table).then_some(Rows::Orphaned { columns, references, referenced })
            }
            ConstraintType::Exclusion => None,
        }
    }

    /// What a foreign key refers by, and to.
    pub fn foreign_key(&self) -> Option<ForeignKey> {
        let (columns, rest) = self.definition.strip_prefix("FOREIGN KEY (")?.split_once(") REFERENCES ")?;
        let (references, rest) = rest.split_once('(')?;
        let (referenced, _) = rest.split_once(')')?;
        let list = super::index::split_list;
        let references = references.to_owned();
        Some(ForeignKey { columns: list(columns), references, referenced: list(referenced) })
    }

    /// Whether the definition says it all.
    fn is_plain(&self) -> bool {
        self.sql() == self.definition
    }

    /// The columns of a plain `PRIMARY KEY (...)` or `UNIQUE (...)`, unquoted; none where there is more to it.
    pub(crate) fn plain_columns(&self) -> Option<Vec<String>> {
        if !self.is_plain() {
            return None;
        }
        let list =
            ["PRIMARY KEY (", "UNIQUE ("].into_iter().find_map(|head| self.definition.strip_prefix(head))?;
        let list = list.strip_suffix(')')?;
        let whole = super::index::closing_bracket(list) == list.len();
        whole
            .then(|| super::index::split_list(list).iter().map(|name| super::index::unquoted(name)).collect())
    }

    /// The expression of a plain `CHECK (...)`.
    pub(crate) fn plain_check(&self) -> Option<&str> {
        let inner = self.definition.strip_prefix("CHECK (").filter(|_| self.is_plain())?.strip_suffix(')')?;
        (super::index::closing_bracket(inner) == inner.len()).then(|| super::index::without_brackets(inner))
    }

    /// `users (id) ON DELETE CASCADE` of a foreign key of one column.
    pub(crate) fn plain_reference(&self) -> Option<(String, String)> {
        let sql = self.sql();
        let rest = sql.strip_prefix("FOREIGN KEY (")?;
        let (column, references) = rest.split_once(") REFERENCES ")?;
        let single = super::index::split_list(column).len() == 1;
        single.then(|| (super::index::unquoted(column), references.to_owned()))
    }
}
