//! Questions to the rows of the database that is there: what a plan demands of them, in the names that they have now.

use std::collections::BTreeSet;

use kinds::kinds::column::{Column, needs_value};
use kinds::kinds::inheritance::{self, parents};
use kinds::{Context, Demand, Directives, Id, Kind, Mend, Model, Rows, Spec, assignment};
use serde::{Deserialize, Serialize};

use crate::archive::{Kept, KeptColumn, direct_origins, is_forced, origins};
use crate::orphans::{self, Side, collations, compared};
use crate::{Round, Verb};

/// How many keys of rows that are in the way are shown.
pub const MOST_KEYS: usize = 5;

/// A question that must be answered with no row before anything is changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Question {
    /// What is counted: `rows of public.users with NULL in email`.
    pub what: String,
    /// The relation that they are rows of, quoted with its schema.
    #[serde(skip)]
    pub relation: String,
    /// A query that yields their number.
    pub count: String,
    /// A query that yields the keys of some of them, one text each.
    pub keys: String,
    /// A query that yields the rows.
    pub query: String,
    /// A query that yields where they are: `tableoid` and `ctid`.
    #[serde(skip)]
    pub places: String,
    /// What a person can do about them: a statement where one can be named.
    pub mend: String,
    /// The archive that must be there, or must not, for the question to make sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_if: Option<Condition>,
    /// The tables that it reads whose policies bind their owners as well, quoted with their schemas.
    #[serde(skip)]
    pub forced: BTreeSet<String>,
}

/// Whether an archive is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Condition {
    /// The archive, quoted with its schema.
    pub archive: String,
    /// Whether it must be there.
    pub there: bool,
}

impl Condition {
    /// The condition in SQL.
    pub fn sql(&self) -> String {
        let there = if self.there { "IS NOT NULL" } else { "IS NULL" };
        format!("to_regclass({}) {there}", sql::literal(&self.archive))
    }
}

/// What the way from one catalog to another demands of the rows, asked in the names of the one that is there. `directives` are
/// those of this way, and whether it is the way forward; the way back gives back what the way forward kept.
pub fn questions(
    before: &Model,
    after: &Model,
    rounds: &[Round],
    (directives, forward): (&Directives, bool),
    kept: &[Kept],
    major: u32,
) -> Vec<Question> {
    let context = Context { from: before, to: after, version: major, user: "" };
    let way = Way { before, after, renames: renames(rounds), directives, forward, kept, context: &context };
    let mut demands: Vec<Demand> = Vec::new();
    let mut asked: BTreeSet<Question> = BTreeSet::new();
    for object in made(rounds, forward).into_iter().filter_map(|id| after.get(id)) {
        let former = way.former(&object.id).and_then(|id| before.get(&id)).map(|object| &object.spec);
        // Rows of foreign tables are elsewhere, and nobody checks them.
        let here = object.id.top().kind() != Kind::ForeignTable;
        // A column that is made with its values, one that gets some before it refuses NULL, or one whose values are converted as
        // the YAML says.
        let filled = match object.id.kind() {
            Kind::NotNull => object.id.parent().is_some_and(|column| is_filled(rounds, column)),
            _ => {
                is_one_way(kept, &way.origin(&object.id))
                    || directives.backfills.contains_key(&object.id)
                    || former.is_some() && directives.conversions.contains_key(&object.id)
            }
        };
        // Rows that somebody has changed since stay so on the way back.
        let stays = object.id.kind() == Kind::SeedRows && !forward;
        if !here || filled || stays {
            continue;
        }
        let own = object.spec.demands(former, &object.id, &context);
        let origin = way.origin(&object.id);
        let kept_of = |origin: &Id| kept.iter().find_map(|kept| Some((kept, kept.rows_without(origin)?)));
        match kept_of(&origin) {
            Some((kept, condition)) if former.is_none() => {
                let questions = own.iter().filter_map(|demand| way.question(demand));
                asked.extend(questions.map(|question| only_if(question, &kept.archive, false)));
                asked.extend(way.question_since(&object.id, (kept, &condition)));
                // Child tables have the column from this one, and archives of their own, or none.
                let below = after.objects().filter(|below| {
                    let is_column = kept.is_only() && below.id.kind() == Kind::Column;
                    is_column && origins(after, &below.id).contains(&object.id)
                });
                asked.extend(below.filter_map(|below| {
                    let Some((kept, condition)) = kept_of(&way.origin(&below.id)) else {
                        let demand = own.first()?.clone();
                        return way.question(&Demand {
                            relation: below.id.top().clone(),
                            only: true,
                            ..demand
                        });
                    };
                    way.question_since(&below.id, (kept, &condition))
                }));
            }
            _ => {
                asked.extend(own.iter().filter_map(|demand| way.question_to_archive(demand, kept)));
                asked.extend(own.iter().flat_map(|demand| way.questions_of_new_target(demand, rounds, kept)));
                match object.id.kind() {
                    // A column speaks of the values that there are, and so do declared rows.
                    Kind::Column | Kind::SeedRows => demands.extend(own),
                    _ => asked.extend(own.iter().flat_map(|demand| way.questions(demand))),
                }
            }
        }
    }
    let steps = rounds.iter().flat_map(|round| &round.steps);
    demands.extend(steps.flat_map(|step| &step.statement.demands).cloned());
    asked.extend(demands.iter().filter_map(|demand| way.question(demand)));
    asked.into_iter().collect()
}

fn only_if(question: Question, archive: &str, there: bool) -> Question {
    Question { only_if: Some(Condition { archive: archive.to_owned(), there }), ..question }
}

/// What was kept, under the names that its tables have when rounds have been run that came later.
pub fn renamed_since(kept: &[Kept], rounds: &[Round]) -> Vec<Kept> {
    let renames = renames(rounds);
    let now = |of: &Id| renames.iter().fold(of.clone(), |id, (old, new)| id.rebased(old, new));
    kept.iter().map(|kept| Kept { of: now(&kept.of), ..kept.clone() }).collect()
}

/// Whether an archive says what the values of a column were, so that they need not be cast back.
fn is_one_way(kept: &[Kept], column: &Id) -> bool {
    kept.iter().filter_map(|kept| kept.column(column)).any(KeptColumn::is_one_way)
}

fn is_filled(rounds: &[Round], column: &Id) -> bool {
    let mut ids = rounds.iter().flat_map(|round| &round.steps).flat_map(|step| &step.ids);
    ids.any(|(verb, id)| *verb == Verb::Fill && id == column)
}

/// Rows for which an archive has no value of a column that refuses NULL.
fn written_since(condition: &str, column: &Id) -> Rows {
    let name = sql::ident(column.name());
    Rows::Where {
        condition: condition.to_owned(),
        what: format!("that were written since {name} went and have no value for it"),
        mend: Mend::Delete { or: "copy them elsewhere first".to_owned() },
    }
}

/// What is made or changed, which PostgreSQL then holds the rows against; on the way forward also foreign keys that are renamed,
/// because who renames what they refer by wants to know that nothing is astray. The way back must not stop for what it need not know.
fn made(rounds: &[Round], forward: bool) -> BTreeSet<&Id> {
    let steps = || rounds.iter().flat_map(|round| &round.steps);
    let changed =
        steps().flat_map(|step| &step.ids).filter(|(verb, _)| matches!(verb, Verb::Create | Verb::Alter));
    let renamed = steps()
        .filter_map(|step| step.renamed_to.as_ref())
        .filter(|id| forward && id.kind() == Kind::Constraint);
    changed.map(|(_, id)| id).chain(renamed).collect()
}

/// Old id to new id, in the order in which the rounds rename.
fn renames(rounds: &[Round]) -> Vec<(Id, Id)> {
    let steps = rounds.iter().flat_map(|round| &round.steps);
    steps.filter_map(|step| Some((step.ids.first()?.1.clone(), step.renamed_to.clone()?))).collect()
}

struct Way<'a> {
    before: &'a Model,
    after: &'a Model,
    renames: Vec<(Id, Id)>,
    directives: &'a Directives,
    forward: bool,
    /// What the way forward has kept, on the way back.
    kept: &'a [Kept],
    context: &'a Context<'a>,
}

impl Way<'_> {
    /// What an object of the catalog that is wanted is called in the one that is there. A column that a table has from its parent is
    /// renamed there.
    fn origin(&self, id: &Id) -> Id {
        let own = self.renames.iter().rev().fold(id.clone(), |id, (old, new)| id.rebased(new, old));
        if id.kind() != Kind::Column || self.before.contains(&own) {
            return own;
        }
        let above =
            direct_origins(self.after, id).into_iter().map(|above| own.renamed(self.origin(&above).name()));
        above.into_iter().find(|id| self.before.contains(id)).unwrap_or(own)
    }

    /// The object that it takes the place of. `NOT NULL` of a column is one, whatever it is called.
    fn former(&self, id: &Id) -> Option<Id> {
        let origin = self.origin(id);
        match id.kind() {
            Kind::NotNull if !self.before.contains(&origin) => {
                let column = self.origin(id.parent()?);
                self.before.children_of_kind(&column, Kind::NotNull).first().map(|object| object.id.clone())
            }
            _ => self.before.contains(&origin).then_some(origin),
        }
    }

    /// What a demand asks of the values as they will be: of those that are converted, and given back where an archive has them.
    fn questions(&self, demand: &Demand) -> Vec<Question> {
        let converted = |archived: bool| -> Vec<(String, String)> {
            demand.columns.iter().filter_map(|column| self.converted(column, archived)).collect()
        };
        let (cast, given_back) = (converted(false), converted(true));
        let archive = demand.columns.iter().find_map(|column| Some(&self.looked_up(column)?.archive));
        let Some(archive) = archive else {
            return self.question_about(demand, &cast).into_iter().collect();
        };
        let both = [(cast, false), (given_back, true)].into_iter();
        let question = |(converted, there): (Vec<_>, bool)| {
            let question = self.question_about(demand, &converted)?;
            Some(only_if(question, archive, there))
        };
        both.filter_map(question).collect()
    }

    /// What has been kept of a column that changes its type, and is given back while that happens.
    fn looked_up(&self, column: &Id) -> Option<&Kept> {
        let origin = self.origin(column);
        let is_of_it = |kept: &&Kept| kept.column(&origin).is_some_and(KeptColumn::is_looked_up);
        self.kept.iter().find(is_of_it).filter(|_| self.retyped(column).is_some())
    }

    /// A column that gets another type, before and after.
    fn retyped(&self, column: &Id) -> Option<(&Column, &Column)> {
        let (Spec::Column(from), Spec::Column(to)) =
            (&self.before.get(&self.origin(column))?.spec, &self.after.get(column)?.spec)
        else {
            return None;
        };
        (from.data_type != to.data_type && to.generated.is_none()).then_some((from, to))
    }

    /// A column that gets another type, quoted, and what its values will be: where the YAML says that, or an archive does.
    fn converted(&self, column: &Id, archived: bool) -> Option<(String, String)> {
        let (from, to) = self.retyped(column)?;
        let name = sql::ident(column.name());
        let said = self.directives.conversions.get(column).and_then(|said| said.using.as_ref());
        let kept = self.looked_up(column).and_then(|kept| Some((kept, kept.column(&self.origin(column))?)));
        let value = match (&kept, said) {
            (Some((_, kept)), _) if kept.is_one_way() => "NULL".to_owned(),
            (_, Some(using)) => format!("({using})"),
            (Some(_), None) => assignment::there(&name, &from.data_type, &to.data_type, self.context),
            (None, None) => return None,
        };
        let value = format!("{value}::{}", to.data_type);
        Some(match kept.filter(|_| archived) {
            // Nothing is renamed yet.
            Some((kept, column)) => {
                (name, kept.given_back((column, &to.data_type), &value, &|column| Some(column.sql()))?)
            }
            None => (name, value),
        })
    }

    fn question(&self, demand: &Demand) -> Option<Question> {
        self.question_about(demand, &[])
    }

    fn question_about(&self, demand: &Demand, converted: &[(String, String)]) -> Option<Question> {
        let origin = self.origin(&demand.relation);
        let there = |column: &Id| self.before.contains(&self.origin(column));
        if !self.before.contains(&origin) || !demand.columns.iter().all(there) {
            return None;
        }
        let name = origin.sql();
        let only = |table: &Id| if demand.only { self.only(table) } else { "" };
        let own = format!("{}{name}", only(&origin));
        let rows = self.source(demand, &own, converted);
        let old_names = |columns: &[String]| {
            if converted.is_empty() { self.old_names(&demand.relation, columns) } else { columns.to_vec() }
        };
        let columns: Vec<String> =
            demand.columns.iter().map(|column| sql::ident(self.origin(column).name())).collect();
        let found = match &demand.rows {
            Rows::Where { condition, what, mend } => {
                (what.clone(), condition.clone(), self.mended(mend, (&own, &rows), &columns, condition))
            }
            Rows::Null(column) => {
                let name = if converted.is_empty() { self.origin(column) } else { column.clone() };
                null(&own, &sql::ident(name.name()))
            }
            Rows::Twice { key, predicate } => {
                let key = if rows == own { self.old_names(&demand.relation, key) } else { key.clone() };
                twice(&own, &rows, &key.join(", "), predicate.as_ref())
            }
            Rows::Orphaned { columns, references, referenced } => {
                let target = Some(self.origin(references)).filter(|target| self.before.contains(target))?;
                let columns = old_names(columns);
                let undeclared = self.undeclared(&columns, references, referenced)?;
                let referenced = self.old_names(references, referenced);
                let model = self.before;
                let own = Side { model, table: &name, columns: &columns };
                let values = compared(own, Side { model, table: &target.sql(), columns: &referenced });
                let target = format!("{}{}", only(&target), target.sql());
                let condition = orphans::condition(&columns, &values, &target, &referenced) + &undeclared;
                orphaned(&rows, &columns, &target, condition)
            }
        };
        let (what, condition, mend) = found;
        let mend = match converted.is_empty() {
            true => mend,
            false => self.mended(&Mend::Change { or: None }, (&own, &rows), &columns, &condition),
        };
        let mut question = self.about(&origin, &rows, (what, condition, mend));
        if let Rows::Orphaned { references, .. } = &demand.rows {
            question.forced.extend(self.forced(&self.origin(references)));
        }
        Some(question)
    }

    /// The statement that mends rows of a table, or words; `rows` are the same under the names that the condition has for them.
    fn mended(&self, mend: &Mend, (own, rows): (&str, &str), columns: &[String], condition: &str) -> String {
        let found = match rows == own {
            true => condition.to_owned(),
            false => {
                format!(
                    "(t.tableoid, t.ctid) IN (SELECT t.tableoid, t.ctid FROM {rows} AS t WHERE {condition})"
                )
            }
        };
        let others: Vec<String> = columns.iter().map(|column| format!("{column} = ...")).collect();
        let delete = format!("DELETE FROM {own} AS t WHERE {found}");
        let change = match others.is_empty() {
            true => delete.clone(),
            false => format!("UPDATE {own} AS t SET {} WHERE {found}", others.join(", ")),
        };
        match mend {
            Mend::Set(set) if rows == own => format!("UPDATE {own} AS t SET {set} WHERE {found}"),
            // On the way back, what the YAML could say comes too late.
            Mend::Change { or: Some(words) } if self.forward => or(&change, words),
            Mend::Set(_) | Mend::Change { .. } => change,
            Mend::Declare(words) if self.forward => words.clone(),
            Mend::Declare(_) => or(&delete, "copy them elsewhere first"),
            Mend::Delete { or: words } => or(&delete, words),
            Mend::Move { note } => {
                let moved =
                    format!("WITH moved AS ({delete} RETURNING *) INSERT INTO ... SELECT * FROM moved");
                noted(&moved, note)
            }
            Mend::Words(words) => words.clone(),
        }
    }

    /// Which rows an archive has no value for, of a column that comes back and refuses NULL.
    fn question_since(&self, column: &Id, (kept, condition): (&Kept, &str)) -> Option<Question> {
        let Spec::Column(spec) = &self.after.get(column)?.spec else { return None };
        let demand = Demand {
            relation: column.top().clone(),
            columns: Vec::new(),
            only: kept.is_only(),
            rows: written_since(condition, column),
        };
        let question = self.question(&demand).filter(|_| needs_value(spec, column, self.after))?;
        Some(only_if(question, &kept.archive, true))
    }

    /// A table whose policies bind its owner as well, quoted with its schema.
    fn forced(&self, table: &Id) -> Option<String> {
        is_forced(self.before, table).then(|| table.sql())
    }

    /// A question to a table that is there, or to what yields its rows under other names.
    fn about(&self, table: &Id, rows: &str, (what, condition, mend): Found) -> Question {
        let from = format!("FROM {rows} AS t WHERE {condition}");
        Question {
            what: format!("rows of {} {what}", table.sql()),
            relation: table.sql(),
            count: format!("SELECT count(*) {from}"),
            keys: format!("SELECT {} {from} LIMIT {MOST_KEYS}", self.key(table)),
            query: format!("SELECT t.* {from}"),
            places: format!("SELECT t.tableoid, t.ctid {from}"),
            mend,
            only_if: None,
            forced: self.forced(table).into_iter().collect(),
        }
    }

    /// Of rows that refer to a table which is only made: it holds what an archive gives back, or nothing.
    fn questions_of_new_target(&self, demand: &Demand, rounds: &[Round], kept: &[Kept]) -> Vec<Question> {
        let Rows::Orphaned { columns, references, referenced } = &demand.rows else { return Vec::new() };
        let (origin, target) = (self.origin(&demand.relation), self.origin(references));
        let there = |column: &Id| self.before.contains(&self.origin(column));
        let is_asked = self.before.contains(&origin)
            && demand.columns.iter().all(there)
            && !self.before.contains(&target)
            && !self.is_filled_otherwise(references, rounds);
        if !is_asked {
            return Vec::new();
        }
        let (name, new) = (origin.sql(), references.sql());
        let columns = self.old_names(&demand.relation, columns);
        let Some(undeclared) = self.undeclared(&columns, references, referenced) else { return Vec::new() };
        let not_null: Vec<String> = columns.iter().map(|column| format!("t.{column} IS NOT NULL")).collect();
        let nulls: Vec<String> = columns.iter().map(|column| format!("{column} = NULL")).collect();
        let (list, not_null) = (columns.join(", "), not_null.join(" AND "));
        let astray = format!("{not_null}{undeclared}");
        let holds = if undeclared.is_empty() { "no rows" } else { "the declared rows only" };
        let empty = (
            format!("that would be orphaned: {list} refers to {new}, which is new and holds {holds}"),
            astray.clone(),
            or(
                &format!("UPDATE {name} AS t SET {} WHERE {astray}", nulls.join(", ")),
                &format!("make {new} and its rows first"),
            ),
        );
        let empty = self.about(&origin, &name, empty);
        let Some(kept) = kept.iter().find(|kept| kept.of == target) else { return vec![empty] };
        let own = Side { model: self.before, table: &name, columns: &columns };
        let values = compared(own, Side { model: self.after, table: &new, columns: referenced });
        let pairs = values.iter().zip(referenced);
        let matches = pairs.map(|(value, other)| kept.holds("r", other, value));
        let matches = matches.collect::<Option<Vec<_>>>().map(|matches| matches.join(" AND "));
        let from_archive = matches.map(|matches| {
            let astray = format!(
                "{not_null} AND NOT EXISTS (SELECT FROM {} AS r WHERE {matches}){undeclared}",
                kept.archive
            );
            let what = format!("that would be orphaned: {list} without a row in {new} as it comes back");
            let mend = format!("DELETE FROM {name} AS t WHERE {astray}");
            only_if(self.about(&origin, &name, (what, astray, mend)), &kept.archive, true)
        });
        let gone = only_if(empty, &kept.archive, false);
        from_archive.into_iter().chain([gone]).collect()
    }

    /// What is added to the condition that finds orphans where rows are declared of the table that they refer to; none where nobody
    /// knows what these will have in its columns.
    fn undeclared(&self, columns: &[String], table: &Id, referenced: &[String]) -> Option<String> {
        let rows = self.after.children_of_kind(table, Kind::SeedRows).into_iter();
        let rows = rows.filter_map(|object| match &object.spec {
            Spec::SeedRows(declared) => Some(declared.rows.values()),
            _ => None,
        });
        let mut keys = Vec::new();
        for row in rows.flatten() {
            let value = |quoted: &String| {
                row.iter().find(|(name, _)| sql::ident(name) == *quoted).map(|(_, value)| value.as_deref())
            };
            let values: Vec<Option<&str>> = referenced.iter().map(value).collect::<Option<_>>()?;
            let values: Option<Vec<String>> =
                values.into_iter().map(|value| value.map(sql::literal)).collect();
            keys.extend(values.map(|values| format!("({})", values.join(", "))));
        }
        let columns: Vec<String> = columns.iter().map(|column| format!("t.{column}")).collect();
        let others = format!(" AND ({}) NOT IN ({})", columns.join(", "), keys.join(", "));
        Some(if keys.is_empty() { String::new() } else { others })
    }

    /// Whether a new table gets rows that nobody can ask for before: those of tables that become its partitions or children, or what SQL
    /// of people writes.
    fn is_filled_otherwise(&self, table: &Id, rounds: &[Round]) -> bool {
        let is_hooked = rounds.iter().flat_map(|round| &round.steps).any(crate::Step::is_hook);
        let tables = || self.after.ids().filter(|id| id.kind().is_table());
        let is_parent = tables().any(|id| parents(self.after, id).contains(table));
        is_hooked || is_parent
    }

    /// Of a table that comes back with its rows: which of those refer to rows that have gone meanwhile.
    fn question_to_archive(&self, demand: &Demand, kept: &[Kept]) -> Option<Question> {
        let Rows::Orphaned { columns, references, referenced } = &demand.rows else { return None };
        let target = Some(self.origin(references)).filter(|target| self.before.contains(target))?;
        let kept = kept.iter().find(|kept| kept.of == self.origin(&demand.relation))?;
        let referenced = self.old_names(references, referenced);
        let own = Side { model: self.after, table: &demand.relation.sql(), columns };
        let collations =
            collations(own, Side { model: self.before, table: &target.sql(), columns: &referenced });
        let pairs = columns.iter().zip(&referenced).zip(collations);
        let matches = pairs
            .map(|((column, other), collation)| kept.holds("t", column, &format!("r.{other}{collation}")));
        let matches = matches.collect::<Option<Vec<_>>>()?.join(" AND ");
        let not_null: Vec<String> = columns.iter().map(|column| format!("t.{column} IS NOT NULL")).collect();
        let forced = self.forced(&target).into_iter().collect();
        let (archive, target) = (&kept.archive, target.sql());
        let from = format!(
            "FROM {archive} AS t WHERE {} AND NOT EXISTS (SELECT FROM {target} AS r WHERE {matches})",
            not_null.join(" AND ")
        );
        let key: Vec<String> = columns.iter().map(|column| format!("t.{column}::text")).collect();
        Some(Question {
            what: format!("{} that refer to rows of {target} which are gone", kept.words()),
            relation: archive.clone(),
            count: format!("SELECT count(*) {from}"),
            keys: format!("SELECT concat_ws(', ', {}) {from} LIMIT {MOST_KEYS}", key.join(", ")),
            query: format!("SELECT t.* {from}"),
            places: format!("SELECT t.tableoid, t.ctid {from}"),
            mend: or(&format!("DELETE {from}"), &format!("insert them into {target} again")),
            only_if: Some(Condition { archive: archive.clone(), there: true }),
            forced,
        })
    }

    /// `ONLY`, where a table has children: keys, and what is not inherited, hold in each table alone, but for partitioned ones.
    fn only(&self, table: &Id) -> &'static str {
        let partitioned = match self.before.get(table).map(|object| &object.spec) {
            Some(Spec::Table(spec)) => spec.partition_by.is_some(),
            _ => true,
        };
        if !partitioned && inheritance::has_children(self.before, Some(table)) { "ONLY " } else { "" }
    }

    /// The table as it is; where an expression speaks of columns by names that they will have, with these beside the old ones.
    fn source(&self, demand: &Demand, own: &str, converted: &[(String, String)]) -> String {
        let plain = |key: &String| demand.columns.iter().any(|column| sql::ident(column.name()) == *key);
        let translated = match &demand.rows {
            Rows::Null(_) | Rows::Orphaned { .. } => true,
            Rows::Twice { key, predicate } => predicate.is_none() && key.iter().all(plain),
            Rows::Where { .. } => false,
        };
        let columns = demand.columns.iter().map(|new| (self.origin(new), new));
        let renamed: Vec<String> = columns
            .filter(|(old, new)| old.name() != new.name())
            .map(|(old, new)| format!("{} AS {}", sql::ident(old.name()), sql::ident(new.name())))
            .collect();
        let all = if renamed.is_empty() || translated && converted.is_empty() {
            own.to_owned()
        } else {
            format!("(SELECT *, {}, tableoid, ctid FROM {own})", renamed.join(", "))
        };
        if converted.is_empty() {
            return all;
        }
        let is_converted = |name: &String| converted.iter().any(|(column, _)| column == name);
        let origin = self.origin(&demand.relation);
        let there = self.before.children_of_kind(&origin, Kind::Column).into_iter();
        let there = there.map(|object| sql::ident(object.id.name()));
        let new = demand.columns.iter().filter(|column| self.origin(column).name() != column.name());
        let names = there.chain(new.map(|column| sql::ident(column.name())));
        let values = converted.iter().map(|(column, value)| format!("{value} AS {column}"));
        let list: Vec<String> = names.filter(|name| !is_converted(name)).chain(values).collect();
        format!("(SELECT {}, tableoid, ctid FROM {all} AS t)", list.join(", "))
    }

    /// What columns of the catalog that is wanted, quoted, are called in the one that is there.
    fn old_names(&self, relation: &Id, columns: &[String]) -> Vec<String> {
        let new = self.after.children_of_kind(relation, Kind::Column);
        let old_name = |column: &String| {
            let column_id = new.iter().find(|object| sql::ident(object.id.name()) == *column);
            column_id.map_or_else(|| column.clone(), |object| sql::ident(self.origin(&object.id).name()))
        };
        columns.iter().map(old_name).collect()
    }

    /// The primary key of a row as text; where there is none, the place where it stands.
    fn key(&self, relation: &Id) -> String {
        let columns = self.before.objects().find_map(|object| match &object.spec {
            Spec::Constraint(constraint) if object.id.parent() == Some(relation) => constraint.primary_key(),
            _ => None,
        });
        let columns = columns.unwrap_or_else(|| vec!["ctid".to_owned()]);
        let columns: Vec<String> = columns.iter().map(|column| format!("t.{}", sql::ident(column))).collect();
        match columns.as_slice() {
            [one] => format!("{one}::text"),
            many => format!("concat_ws(', ', {})", many.join(", ")),
        }
    }
}

/// What is wrong with rows, the condition that finds them, and the statement that would mend them.
type Found = (String, String, String);

fn null(name: &str, column: &str) -> Found {
    let condition = format!("t.{column} IS NULL");
    let mend = format!("UPDATE {name} AS t SET {column} = ... WHERE {condition}");
    (format!("with NULL in {column}"), condition, mend)
}

/// A statement, and in a comment what may be done instead.
fn or(statement: &str, words: &str) -> String {
    noted(statement, &format!("or {words}"))
}

fn noted(statement: &str, note: &str) -> String {
    format!("{statement} -- {}", note.replace(['\n', '\r'], " "))
}

fn twice(own: &str, rows: &str, keys: &str, predicate: Option<&String>) -> Found {
    let within = predicate.map(|given| format!(" WHERE ({given})")).unwrap_or_default();
    let outside = predicate.map(|given| format!("({given}) AND ")).unwrap_or_default();
    let condition = format!(
        "{outside}({keys}) IN (SELECT {keys} FROM {rows} AS o{within} GROUP BY {keys} HAVING count(*) > 1)"
    );
    let from = if rows == own { rows.to_owned() } else { format!("{rows} AS o") };
    let stay = format!("SELECT DISTINCT ON ({keys}) tableoid, ctid FROM {from}{within} ORDER BY {keys}");
    // Rows with NULL in the key have it in common with none.
    let go = format!("{outside}({keys}) IS NOT NULL AND (tableoid, ctid) NOT IN ({stay})");
    let mend = match rows == own {
        true => format!("DELETE FROM {own} WHERE {go}"),
        false => format!(
            "DELETE FROM {own} WHERE (tableoid, ctid) IN (SELECT tableoid, ctid FROM {from} WHERE {go})"
        ),
    };
    (format!("that have {keys} in common with others"), condition, mend)
}

fn orphaned(name: &str, columns: &[String], target: &str, condition: String) -> Found {
    let what = format!("that are orphaned: {} without a row in {target}", columns.join(", "));
    let mend = format!("DELETE FROM {name} AS t WHERE {condition}");
    (what, condition, mend)
}
