//! What a step would lose is kept in the schema `endstate_archive` before it goes, and comes back with the step that undoes it.
//!
//! Only what cannot be computed back is kept: a value of a column that goes, a value that becomes another one and back again
//! something else, the rows of a table that goes, the number at which a sequence stands. The archives are private: a schema that
//! nobody else may use, tables with row-level security on and no policy. Introspection, witness and dump leave the schema out.

mod content;
mod find;
mod in_place;
mod moved;
mod nulls;
mod once;
mod put_back;
mod save;
mod shared;

use std::collections::BTreeSet;

use kinds::kinds::column::Column;
use kinds::{Directives, Id, Kind, Model, Object, Spec};

pub(crate) use find::{Saving, has_rows_elsewhere, savings};
pub use moved::Moved;
pub(crate) use moved::{MovedBack, moved_back};
pub(crate) use nulls::{fill, kept_by_batches, kept_with};
pub(crate) use once::once;
pub(crate) use put_back::{Return, deferred_keys, into_rebuilt, look_up, returns, was_generated_meanwhile};
pub(crate) use save::{force, is_forced, locked, room_for};
pub(crate) use shared::{direct_origins, origins};

use crate::rules::conversion::type_named;
use crate::{Request, Round};

/// The schema of the archives.
pub const SCHEMA: &str = "endstate_archive";
/// The column of an archive that says since when it keeps a row.
const KEPT_AT: &str = "endstate_kept_at";

/// Whether a way keeps what it loses.
#[derive(Clone, Copy, Debug)]
pub enum Archive<'a> {
    /// Nothing is kept.
    Off,
    /// On the way forward.
    Forward,
    /// On the way back, which gives back what the way forward kept.
    Back {
        /// What it kept.
        kept: &'a [Kept],
        /// A mark of the way forward, so that archives of different plans have different names.
        mark: &'a str,
    },
}

/// Something that an archive keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The table, sequence or identity that it is of, under the name that it has when that is kept.
    pub of: Id,
    /// The archive, quoted with its schema.
    pub archive: String,
    /// What it holds.
    pub what: What,
    /// On the way back: the statements, inside of PL/pgSQL, that undo it when the way forward is gone again.
    pub again: Vec<String>,
}

/// What an archive holds.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Values of some columns, each with what tells its row.
    Values {
        /// What tells a row.
        key: Key,
        /// The columns.
        columns: Vec<KeptColumn>,
        /// How they come back.
        giving: Giving,
    },
    /// Whole rows.
    Rows {
        /// All columns that are not generated.
        columns: Vec<KeptColumn>,
        /// Where the archive is the table itself: what has stayed on it.
        moved: Option<Moved>,
    },
    /// Which rows had NULL in a column that refuses it from then on, and what they got instead.
    Nulls {
        /// What tells a row.
        key: Key,
        /// The column.
        column: KeptColumn,
    },
    /// Where a sequence stands.
    Number,
}

/// How values come back on the way back; on the way forward again rows are always written as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Giving {
    /// Where the table is written anew.
    Rewriting,
    /// By writing the rows as they are: PostgreSQL writes no table anew that others change with, or for a part of a value.
    InPlace {
        /// Whether the rows of child tables are none of these.
        only: bool,
    },
}

/// What tells the rows of a table apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// The columns of a key.
    Columns(Vec<KeptColumn>),
    /// All columns that stay as they are, of a table that has no key.
    Content(Vec<KeptColumn>),
}

/// A column of an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptColumn {
    /// The name, under which it is also kept.
    pub name: String,
    /// Where a column keeps all but an attribute of its values: itself, and the attribute.
    part: Option<Part>,
    /// Whether its text is kept: its type is not PostgreSQL's own, and might go while the archive stays.
    as_text: bool,
    /// Whether its text sorts by a collation of its own, which might go too.
    collated: bool,
    /// What its value becomes, where the column stays: what was changed meanwhile is told by it.
    image: Option<Image>,
    /// What it has where it has been added anew.
    anew: Anew,
    /// What is kept of it where that is not its value: it may still wait for its values.
    instead: Option<String>,
}

/// An attribute of the values of a column.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    /// The name of the column.
    column: String,
    /// The attribute: that of a composite type, or the column of the table whose row type it is.
    attribute: Id,
}

/// What becomes of a value of a column that stays, as text.
#[derive(Clone, Debug, PartialEq)]
struct Image {
    /// What it is there.
    there: String,
    /// What it is there and back again; none where not every value there can be cast back.
    back_again: Option<String>,
    /// Whether it is given back while it is cast back, and so told by what it is there; otherwise afterwards.
    looked_up: bool,
}

impl Image {
    /// What a value is when it is given back, if nobody has changed it.
    fn known_by(&self) -> &str {
        self.back_again.as_ref().filter(|_| !self.looked_up).unwrap_or(&self.there)
    }
}

/// What the rows have in a column that is added anew.
#[derive(Clone, Debug, PartialEq)]
enum Anew {
    /// NULL.
    Null,
    /// What this yields for the row, an expression of type `text`.
    Known(String),
    /// Something else each time.
    Anything,
}

impl KeptColumn {
    fn plain(name: &str, column: &Column, model: &Model) -> KeptColumn {
        Self::of_type(name, (&column.data_type, column.collation.is_some()), model)
    }

    /// An attribute of the values of a column.
    fn part(column: &str, attribute: &Object, model: &Model) -> Option<KeptColumn> {
        let data_type = match &attribute.spec {
            Spec::Attribute(attribute) => (attribute.data_type.as_str(), attribute.collation.is_some()),
            Spec::Column(column) if column.generated.is_none() => {
                (column.data_type.as_str(), column.collation.is_some())
            }
            _ => return None,
        };
        let name = format!("{column}.{}", attribute.id.name());
        let part = Part { column: column.to_owned(), attribute: attribute.id.clone() };
        Some(KeptColumn { part: Some(part), ..Self::of_type(&name, data_type, model) })
    }

    fn of_type(name: &str, (data_type, has_collation): (&str, bool), model: &Model) -> KeptColumn {
        // Types of PostgreSQL are printed without their schema.
        let as_text = data_type.contains('.');
        let domain = type_named(model, data_type).map(|(_, spec)| spec);
        let collated =
            has_collation || matches!(domain, Some(Spec::Domain(domain)) if domain.collation.is_some());
        let name = name.to_owned();
        KeptColumn { name, part: None, as_text, collated, image: None, anew: Anew::Null, instead: None }
    }

    /// The column of the table that it is, or is of.
    pub(crate) fn whole(&self) -> &str {
        self.part.as_ref().map_or(&self.name, |part| &part.column)
    }

    /// What is kept of a row.
    fn value(&self) -> String {
        match &self.part {
            Some(Part { column, attribute }) => {
                format!("({}).{}", sql::ident(column), sql::ident(attribute.name()))
            }
            None => self.sql(),
        }
    }

    /// What it is called to people.
    fn label(&self) -> String {
        match &self.part {
            Some(Part { column, attribute }) => {
                format!("{}.{}", sql::ident(column), sql::ident(attribute.name()))
            }
            None => self.sql(),
        }
    }

    /// Whether its values are given back while others are cast back.
    pub(crate) fn is_looked_up(&self) -> bool {
        self.image.as_ref().is_some_and(|image| image.looked_up)
    }

    /// Whether what is kept of it is all that comes back.
    pub(crate) fn is_one_way(&self) -> bool {
        self.image.as_ref().is_some_and(|image| image.back_again.is_none())
    }

    /// The name, quoted.
    pub(crate) fn sql(&self) -> String {
        sql::ident(&self.name)
    }

    /// The name of the column that holds the image.
    fn image_sql(&self) -> String {
        sql::ident(&format!("endstate_image_of_{}", clipped(&self.name, 40)))
    }

    /// `value` as it is kept.
    fn as_kept(&self, value: &str) -> String {
        let text = if self.as_text { "::text" } else { "" };
        let collation = if self.collated { " COLLATE pg_catalog.\"default\"" } else { "" };
        format!("{value}{text}{collation}")
    }

    /// What is kept, as a value of a type.
    fn given_back(&self, value: &str, data_type: &str) -> String {
        if self.as_text { format!("{value}::{data_type}") } else { value.to_owned() }
    }
}

impl Kept {
    /// What is kept of a column that loses single values.
    pub(crate) fn column(&self, id: &Id) -> Option<&KeptColumn> {
        let What::Values { columns, .. } = &self.what else { return None };
        let is_it =
            |column: &&KeptColumn| column.part.is_none() && self.of.child(Kind::Column, &column.name) == *id;
        columns.iter().find(is_it)
    }

    /// For whole rows, called `row`: the condition that a column of theirs, quoted, equals a value.
    pub(crate) fn holds(&self, row: &str, column: &str, value: &str) -> Option<String> {
        let What::Rows { columns, .. } = &self.what else { return None };
        let kept = columns.iter().find(|kept| kept.sql() == column)?;
        Some(format!("{row}.{column} = {}", kept.as_kept(value)))
    }

    /// For a column whose values are looked up when they are cast back: what a row `t` of its table has in it then, where it gets the
    /// other value unless one is kept; `now` names the columns of that row.
    pub(crate) fn given_back(
        &self,
        (column, data_type): (&KeptColumn, &str),
        otherwise: &str,
        now: &dyn Fn(&KeptColumn) -> Option<String>,
    ) -> Option<String> {
        let What::Values { key: Key::Columns(key), .. } = &self.what else { return None };
        let names: Vec<String> = key.iter().map(now).collect::<Option<_>>()?;
        let mut names = names.into_iter();
        let of_it = of_a_row(key, |_| names.next().unwrap_or_default());
        let mut found = format!("FROM {} AS k WHERE {of_it}", self.archive);
        if column.image.is_some() {
            let (image, name) = (column.image_sql(), now(column)?);
            found.push_str(&format!(" AND k.{image} IS NOT DISTINCT FROM t.{name}::text"));
        }
        let given = column.given_back(&format!("k.{}", column.sql()), data_type);
        Some(format!("CASE WHEN EXISTS (SELECT {found}) THEN (SELECT {given} {found}) ELSE {otherwise} END"))
    }

    /// For a column that it keeps values of: the condition that a row `t` of its table has none there.
    pub(crate) fn rows_without(&self, column: &Id) -> Option<String> {
        let (What::Values { key, .. }, Some(kept)) = (&self.what, self.column(column)) else { return None };
        let (archive, found) = match key {
            Key::Columns(key) => (self.archive.clone(), of_a_row(key, KeptColumn::sql)),
            Key::Content(staying) => {
                let values: Vec<String> = staying.iter().map(KeptColumn::sql).collect();
                let found = content::found(&self.archive, &self.rows_of(&self.of), &values);
                (format!("({found})"), content::is_there())
            }
        };
        Some(format!(
            "NOT EXISTS (SELECT FROM {archive} AS k WHERE {found} AND k.{} IS NOT NULL)",
            kept.sql()
        ))
    }

    /// Whether values come back by writing the rows as they are, on the way back too.
    pub(crate) fn is_in_place(&self) -> bool {
        matches!(self.what, What::Values { giving: Giving::InPlace { .. }, .. })
    }

    /// Whether rows of child tables are none of its rows.
    pub(crate) fn is_only(&self) -> bool {
        matches!(self.what, What::Values { giving: Giving::InPlace { only: true }, .. })
    }

    /// What its columns are there because of, and the attributes that it keeps of them.
    pub(crate) fn origins(&self, model: &Model) -> BTreeSet<Id> {
        let What::Values { columns, .. } = &self.what else { return BTreeSet::new() };
        let origins = |column: &KeptColumn| match &column.part {
            Some(part) => BTreeSet::from([part.attribute.clone()]),
            None => shared::origins(model, &self.of.child(Kind::Column, &column.name)),
        };
        columns.iter().flat_map(origins).collect()
    }

    /// The rows that it is of, of a table as it is called now.
    fn rows_of(&self, table: &Id) -> String {
        let only = if self.is_only() { "ONLY " } else { "" };
        format!("{only}{}", table.sql())
    }

    /// Whether the archive is the very table that goes, so that keeping it takes no time and no room.
    pub fn is_moved(&self) -> bool {
        matches!(self.what, What::Rows { moved: Some(_), .. })
    }

    /// What the step that keeps it is of: of one table, several things may be kept.
    pub(crate) fn saved(&self) -> Id {
        match &self.what {
            What::Nulls { column, .. } => self.of.child(Kind::Column, &column.name),
            _ => self.of.clone(),
        }
    }

    /// What people are told of the step that would lose it.
    pub(crate) fn note(&self) -> String {
        format!("{} are kept in {}", self.words(), self.archive)
    }

    /// The statement that says on the archive what it holds.
    fn comment(&self) -> String {
        format!("COMMENT ON TABLE {} IS {}", self.archive, sql::literal(&self.words()))
    }

    /// What it holds, in a few words: `values of public.users (phone)`.
    pub fn words(&self) -> String {
        let relation = self.of.sql();
        match &self.what {
            What::Values { columns, .. } => {
                let names: Vec<String> = columns.iter().map(KeptColumn::label).collect();
                format!("values of {relation} ({})", names.join(", "))
            }
            What::Rows { .. } => format!("rows of {}", self.of.sql()),
            What::Nulls { column, .. } => format!("the rows of {relation} that had NULL in {}", column.sql()),
            What::Number => format!("the number of sequence {}", sequence(&self.of)),
        }
    }
}

/// The enum types, as the way back shall find them in the end, of which it gives values back: a value that it only adds to a type could
/// not be used in the same transaction.
pub fn enums_given_back(kept: &[Kept], back: &Directives, to: &Model) -> BTreeSet<Id> {
    let is_kept = |id: &Id| {
        let then = back.before(id);
        let is_within = |kept: &Kept| match &kept.what {
            // With its rows, all values of a table come back.
            What::Rows { .. } => then.parent() == Some(&kept.of),
            _ => kept.column(&then).is_some_and(|column| column.image.is_some()),
        };
        kept.iter().any(is_within)
    };
    let columns = to.objects().filter_map(|object| match &object.spec {
        Spec::Column(column) if is_kept(&object.id) => find::enum_within(to, &column.data_type),
        _ => None,
    });
    columns.map(|(id, _)| id.clone()).collect()
}

/// What tells a way forward from others.
pub fn mark(forward: &[Round]) -> String {
    let steps = forward.iter().flat_map(|round| &round.steps);
    steps.map(|step| step.statement.sql.as_str()).collect::<Vec<_>>().join(";\n")
}

/// Has all archives that are made on a way say in which script that was.
pub fn signed(rounds: &mut [Round], file: &str) {
    for round in rounds {
        for kept in &round.kept {
            let comment = kept.comment();
            let by_script = sql::literal(&format!("{}, kept by {file}", kept.words()));
            let steps = round.steps.iter_mut().filter(|step| step.statement.sql == comment);
            steps.for_each(|step| {
                step.statement.sql = format!("COMMENT ON TABLE {} IS {by_script}", kept.archive);
            });
        }
    }
}

/// The condition that what is kept, `k`, is of the row `t`.
fn of_a_row(key: &[KeptColumn], mut name: impl FnMut(&KeptColumn) -> String) -> String {
    let found: Vec<String> = key
        .iter()
        .map(|key| format!("k.{} = {}", key.sql(), key.as_kept(&format!("t.{}", name(key)))))
        .collect();
    found.join(" AND ")
}

/// The name of a sequence, or of that of an identity.
fn sequence(id: &Id) -> String {
    sql::qualified(&[id.schema().unwrap_or_default(), id.name()])
}

/// The first characters of a name, as many as fit.
fn clipped(name: &str, most: usize) -> &str {
    kinds::kinds::range_type::clipped(name, most)
}

/// An archive, quoted with its schema.
fn archive_name(request: &Request<'_>, of: &Id, parts: &[&str]) -> String {
    sql::qualified(&[SCHEMA, &bare_archive_name(request, of, parts)])
}

/// The name of an archive: readable, and another one for whatever else is kept or in another direction.
fn bare_archive_name(request: &Request<'_>, of: &Id, parts: &[&str]) -> String {
    let mark = match request.archive {
        Archive::Back { mark, .. } => mark,
        _ => "",
    };
    let readable = [&[of.name()], parts].concat().join("_");
    let back = if mark.is_empty() { "" } else { "_back" };
    told_apart(&readable, 44, &format!("{of}\n{}\n{mark}", parts.join("\n"))) + back
}

/// The first characters of a name, at most so many, and another end for whatever else it is made of.
pub(crate) fn told_apart(name: &str, most: usize, made_of: &str) -> String {
    let sum = format!("{:x}", md5::compute(made_of.as_bytes()));
    format!("{}_{}", clipped(name, most), &sum[..8])
}
