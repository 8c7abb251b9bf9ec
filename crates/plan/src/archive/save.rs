//! The statements that keep something, before what it is of goes.

use kinds::{Id, Kind, Lock, Model, Spec, Statement, Work};

use super::{Anew, KEPT_AT, Kept, KeptColumn, Key, SCHEMA, What, content, sequence};
use crate::Request;

/// Values of columns, of those rows alone whose values do not come back by themselves.
pub(super) fn values(request: &Request<'_>, kept: &Kept) -> Vec<Statement> {
    let What::Values { key, columns, .. } = &kept.what else { return Vec::new() };
    let images = columns.iter().filter_map(|column| Some(column.image.as_ref()?.known_by().to_owned()));
    let mut list = told(key, images);
    let mut lost = Vec::new();
    for column in columns {
        list.push(kept_as(column));
        let name = column.value();
        lost.push(match &column.image {
            Some(image) => {
                list.push(format!("{} AS {}", image.known_by(), column.image_sql()));
                match &image.back_again {
                    Some(image) => format!("{name}::text IS DISTINCT FROM {image}"),
                    None => format!("{name} IS NOT NULL"),
                }
            }
            None => match &column.anew {
                Anew::Anything => "true".to_owned(),
                Anew::Known(value) => {
                    let kept = column
                        .instead
                        .as_ref()
                        .map_or_else(|| name.clone(), |instead| format!("({instead})"));
                    format!("{kept}::text IS DISTINCT FROM {value}")
                }
                Anew::Null => format!("{name} IS NOT NULL"),
            },
        });
    }
    let condition = match lost.iter().any(|condition| condition == "true") {
        true => String::new(),
        false => format!("\nWHERE {}", lost.join("\n   OR ")),
    };
    let mut statements = opened(request, &kept.of);
    let table = kept.of.sql();
    statements.push(copied(kept, &list, &format!("{}{condition}", kept.rows_of(&kept.of)), &table));
    statements.extend(closed(request, &kept.of));
    statements.extend(keyed(request, kept, &names_of(key)));
    statements
}

/// Whole rows.
pub(super) fn rows(request: &Request<'_>, kept: &Kept, only: &str) -> Vec<Statement> {
    let What::Rows { columns, .. } = &kept.what else { return Vec::new() };
    let list: Vec<String> = columns.iter().map(kept_as).collect();
    let mut statements = opened(request, &kept.of);
    let table = kept.of.sql();
    statements.push(copied(kept, &list, &format!("{only}{table}"), &table));
    statements.extend(private(request, kept, ""));
    statements
}

/// What tells the rows that have NULL in a column, and what they get instead.
pub(super) fn nulls(request: &Request<'_>, kept: &Kept, backfill: &str) -> Vec<Statement> {
    let What::Nulls { key, column } = &kept.what else { return Vec::new() };
    let image = format!("({backfill})::text");
    let mut list = told(key, [image.clone()]);
    list.push(format!("{image} AS {}", column.image_sql()));
    let (table, name) = (kept.of.sql(), column.sql());
    let mut statements = opened(request, &kept.of);
    statements.push(copied(kept, &list, &format!("{table}\nWHERE {name} IS NULL"), &table));
    statements.extend(closed(request, &kept.of));
    statements.extend(keyed(request, kept, &names_of(key)));
    statements
}

/// Room for the keys of rows that have NULL in a column, and for what each of them gets, when that comes in batches.
pub(crate) fn room_for(request: &Request<'_>, kept: &Kept) -> Vec<Statement> {
    let What::Nulls { key, column } = &kept.what else { return Vec::new() };
    let list = told(key, []);
    let create = format!(
        "CREATE TABLE {} AS\nSELECT {}, {}::text AS {}, pg_catalog.now() AS {KEPT_AT}\nFROM {}\nWITH NO DATA",
        kept.archive,
        list.join(", "),
        column.sql(),
        column.image_sql(),
        kept.of.sql()
    );
    let statements = [schema(), Statement::new(create)].into_iter();
    statements.chain(keyed(request, kept, &names_of(key))).collect()
}

/// Where a sequence stands, if that is worth keeping.
pub(super) fn number(request: &Request<'_>, kept: &Kept, condition: Option<&str>) -> Vec<Statement> {
    let sequence = sequence(&kept.of);
    let list = ["last_value".to_owned(), "is_called".to_owned()];
    let condition = condition.map_or_else(String::new, |condition| format!("\nWHERE {condition}"));
    let mut statements = vec![schema(), copied(kept, &list, &format!("{sequence}{condition}"), &sequence)];
    statements.extend(private(request, kept, ""));
    statements
}

/// `role::text AS role`
fn kept_as(column: &KeptColumn) -> String {
    let name = column.sql();
    let value = match &column.instead {
        Some(instead) => column.as_kept(&format!("({instead})")),
        None => column.as_kept(&column.value()),
    };
    if value == name { name } else { format!("{value} AS {name}") }
}

pub(super) fn schema() -> Statement {
    Statement::new(format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
}

/// Nobody else reads or writes the table from here on.
pub(crate) fn locked(table: &Id) -> Statement {
    let name = table.sql();
    Statement::new(format!("LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")).lock(Lock::AccessExclusive, &name)
}

/// Nobody may write any more before the rows are read, and no policy may hide any.
fn opened(request: &Request<'_>, table: &Id) -> Vec<Statement> {
    let name = table.sql();
    let mut statements = vec![schema(), locked(table)];
    if is_forced(request.from, table) {
        statements.push(force(&name, "NO FORCE"));
    }
    statements
}

fn closed(request: &Request<'_>, table: &Id) -> Option<Statement> {
    is_forced(request.from, table).then(|| force(&table.sql(), "FORCE"))
}

/// Whether a table's owner is subject to its policies too.
pub(crate) fn is_forced(model: &Model, table: &Id) -> bool {
    let switch = model.get(&table.child(Kind::RowLevelSecurity, ""));
    matches!(switch.map(|object| &object.spec), Some(Spec::RowLevelSecurity(switch)) if switch.forced)
}

/// Whether policies bind the owner of a table, quoted, as well: `FORCE`, or `NO FORCE`.
pub(crate) fn force(table: &str, word: &str) -> Statement {
    Statement::new(format!("ALTER TABLE {table} {word} ROW LEVEL SECURITY"))
        .lock(Lock::AccessExclusive, table)
}

fn copied(kept: &Kept, list: &[String], from: &str, relation: &str) -> Statement {
    let sql = format!(
        "CREATE TABLE {} AS\nSELECT {}, pg_catalog.now() AS {KEPT_AT}\nFROM {from}",
        kept.archive,
        list.join(", ")
    );
    Statement::new(sql).lock(Lock::AccessExclusive, relation).work(Work::Scan)
}

/// What tells a row, as it is kept; `images` are what single values become.
fn told(key: &Key, images: impl IntoIterator<Item = String>) -> Vec<String> {
    match key {
        Key::Columns(key) => key.iter().map(kept_as).collect(),
        Key::Content(staying) => {
            let values = staying.iter().map(KeptColumn::sql).chain(images);
            content::told(&values.collect::<Vec<_>>())
        }
    }
}

fn names_of(key: &Key) -> Vec<String> {
    match key {
        Key::Columns(key) => key.iter().map(KeptColumn::sql).collect(),
        Key::Content(_) => content::KEY.map(str::to_owned).to_vec(),
    }
}

fn keyed(request: &Request<'_>, kept: &Kept, names: &[String]) -> Vec<Statement> {
    private(request, kept, &format!("ADD PRIMARY KEY ({}), ", names.join(", ")))
}

fn private(request: &Request<'_>, kept: &Kept, key: &str) -> Vec<Statement> {
    let archive = &kept.archive;
    let grantees = grantees(request);
    let revoke = (!grantees.is_empty())
        .then(|| Statement::new(format!("REVOKE ALL ON TABLE {archive} FROM {}", grantees.join(", "))));
    let secure = Statement::new(format!("ALTER TABLE {archive} {key}ENABLE ROW LEVEL SECURITY"));
    let comment = Statement::new(kept.comment());
    revoke.into_iter().chain([secure, comment]).collect()
}

/// Who gets privileges on each table that the role makes which runs the scripts.
fn grantees(request: &Request<'_>) -> Vec<String> {
    let all = request.from.objects().filter(|object| object.id.parent().is_none());
    let grantees = all.filter_map(|object| match &object.spec {
        Spec::DefaultPrivilege(default) if default.on == "tables" && default.role == request.user => {
            Some(kinds::privileges::grantee(object.id.name()))
        }
        _ => None,
    });
    grantees.collect()
}
