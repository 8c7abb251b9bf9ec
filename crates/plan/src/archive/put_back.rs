//! The statements that give back what is kept.

use kinds::kinds::column;
use kinds::kinds::constraint::twins_before;
use kinds::kinds::inheritance;
use kinds::{Id, Kind, Lock, Model, Object, Retype, Spec, Statement, Work, assignment};

use super::shared::direct_origins;
use super::{
    Archive, Giving, KEPT_AT, Kept, KeptColumn, Key, MovedBack, SCHEMA, What, content, in_place, nulls,
    of_a_row, save, sequence,
};
use crate::Request;
use crate::changes::{Action, Changes};
use crate::rules::undisturbed::{inserted, undisturbed};
use crate::rules::{rebuild, using};
use crate::table_order::has_above;

/// Something that comes back in a round.
#[derive(Debug)]
pub(crate) struct Return {
    /// The table, sequence or identity that it is of.
    pub(crate) id: Id,
    pub(crate) statements: Vec<Statement>,
    /// What is made or altered before.
    pub(crate) after: Vec<Id>,
    /// The columns that have their values only after that.
    pub(crate) columns: Vec<Id>,
    /// Those among them that are added without `NOT NULL` until then.
    pub(crate) nullable: Vec<Id>,
    /// Where its table is read then: the columns that tell the rows.
    pub(crate) read: Option<Vec<Id>>,
    /// Whether its rows are written as they are.
    pub(crate) in_place: bool,
}

impl Return {
    pub(super) fn of(id: Id, statements: Vec<Statement>) -> Return {
        let (after, columns, nullable) = (Vec::new(), Vec::new(), Vec::new());
        Return { id, statements, after, columns, nullable, read: None, in_place: false }
    }
}

/// All that comes back in a round of a way back, but for tables that are moved.
pub(crate) fn returns(request: &Request<'_>, changes: &Changes, moved: &[MovedBack]) -> Vec<Return> {
    let Archive::Back { kept, .. } = request.archive else { return Vec::new() };
    let copied = kept.iter().filter(|kept| !moved.iter().any(|back| back.brings(kept)));
    copied.filter_map(|kept| come_back(request, changes, kept)).collect()
}

fn come_back(request: &Request<'_>, changes: &Changes, kept: &Kept) -> Option<Return> {
    let id = kept_of(request, kept)?.id.clone();
    let is_made = |id: &Id| matches!(changes.actions.get(id), Some(Action::Create));
    match &kept.what {
        // It comes back with the rows.
        What::Values { .. } if rebuild::keeps_rows(request, changes, &id) => None,
        What::Values { key, columns, giving: Giving::InPlace { .. } } => {
            in_place::come_back(request, changes, kept, &id, (key, columns))
        }
        What::Values { key, columns, .. } => values(request, changes, kept, &id, key, columns),
        What::Nulls { key, column } => nulls::come_back(request, changes, kept, &id, (key, column)),
        What::Rows { columns, .. } if is_made(&id) => rows(request, changes, kept, id, columns),
        What::Number if is_made(&id) || matches!(changes.actions.get(&id), Some(Action::Alter(_))) => {
            let sequence = sequence(&id);
            let mut set = set_number(&sequence, &kept.archive);
            if !is_made(&id) {
                // Unless it has gone on from where it started over.
                set.push_str(&format!(", {sequence} AS s WHERE NOT s.is_called"));
            }
            Some(Return::of(id, vec![if_kept(kept, &[set, drop_archive(kept)])]))
        }
        _ => None,
    }
}

/// What something is kept of, under the name that it gets back: it was kept under the one that it had at the other end.
pub(super) fn kept_of<'r>(request: &Request<'r>, kept: &Kept) -> Option<&'r Object> {
    let is_it = |object: &&Object| {
        object.id.kind() == kept.of.kind() && request.directives.before(&object.id) == kept.of
    };
    request.to.objects().find(is_it)
}

fn values(
    request: &Request<'_>,
    changes: &Changes,
    kept: &Kept,
    table: &Id,
    key: &Key,
    columns: &[KeptColumn],
) -> Option<Return> {
    let of = |column: &KeptColumn| Some(column_now(request, kept, table, column)?.id.clone());
    if !columns.iter().filter_map(of).any(|id| comes(request, changes, &id)) {
        return None;
    }
    let row = row(request, kept, table, (key, columns))?;
    let (mut inside, mut actions, mut after) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ids, mut nullable, mut otherwise) = (Vec::new(), Vec::new(), Vec::new());
    for (number, kept_column) in columns.iter().enumerate() {
        let Some(id) = of(kept_column) else { continue };
        let Some(Spec::Column(column)) = request.to.get(&id).map(|object| &object.spec) else { continue };
        ids.push(id.clone());
        if changes.looked_up.contains(&id) {
            continue;
        }
        let function = sql::qualified(&[SCHEMA, &format!("value_{}", number + 1)]);
        // A domain that refuses NULL would do so already in the arguments.
        let accepting = column::accepting_null(column, request.to);
        let (create, drop) = lookup(&function, &row, kept_column, (None, accepting));
        let name = sql::ident(id.name());
        let arguments = row.arguments(vec![name.clone()]);
        let collation = column.collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        let retype = format!("ALTER COLUMN {name} TYPE {}{collation}", column.data_type);
        if accepting != column.data_type {
            otherwise.push(retype.clone());
        }
        actions.push(format!("{retype} USING {function}({arguments})"));
        inside.push((create, drop));
        after.extend(column.settings(&id, &request.context()));
        if column::needs_value(column, &id, request.to) {
            nullable.push(id);
        }
    }
    let name = table.sql();
    if actions.is_empty() {
        let found = given_up(request, kept, table, key).into_iter().chain([drop_archive(kept)]);
        let statements = vec![if_kept(kept, &found.collect::<Vec<_>>())];
        return Some(Return { columns: ids, nullable, ..Return::of(table.clone(), statements) });
    }
    let alter = |actions: &[String]| format!("ALTER TABLE {name}\n    {}", actions.join(",\n    "));
    let mut block = row.before;
    block.extend(inside.iter().map(|(create, _)| create.clone()));
    block.push(alter(&actions));
    block.extend(inside.into_iter().map(|(_, drop)| drop));
    block.extend(row.after);
    block.extend(given_up(request, kept, table, key));
    block.push(drop_archive(kept));
    let otherwise = if otherwise.is_empty() { Vec::new() } else { vec![alter(&otherwise)] };
    let block = if_kept_else(kept, &block, &otherwise);
    let mut statements = vec![block.lock(Lock::AccessExclusive, &name).work(Work::Rewrite)];
    statements.extend(after.into_iter().map(|statement| statement.pass(2)));
    let read = match key {
        Key::Columns(_) => None,
        Key::Content(staying) => {
            let now = |column| Some(column_now(request, kept, table, column)?.id.clone());
            Some(staying.iter().filter_map(now).collect())
        }
    };
    Some(Return { columns: ids, nullable, read, ..Return::of(table.clone(), statements) })
}

/// Whether a column comes back in this round, or gets back its type.
pub(super) fn comes(request: &Request<'_>, changes: &Changes, id: &Id) -> bool {
    match changes.actions.get(id) {
        Some(Action::Create) => true,
        Some(Action::Replace { .. }) => request.from.get(id).is_some_and(was_generated),
        Some(Action::Alter(_)) => request.from.get(id).is_some_and(|from| {
            from.needs.keys().any(|need| changes.swaps(need))
                || differs_in_type(from, request, id)
                || was_generated(from)
        }),
        _ => false,
    }
}

/// What was generated meanwhile gets its values back by a rewrite, and so stands alone.
pub(crate) fn was_generated_meanwhile(request: &Request<'_>, changes: &mut Changes) {
    let Archive::Back { kept, .. } = request.archive else { return };
    for kept in kept {
        let (What::Values { columns, giving: Giving::Rewriting, .. }, Some(table)) =
            (&kept.what, kept_of(request, kept))
        else {
            continue;
        };
        let back =
            columns.iter().filter_map(|column| Some(&column_now(request, kept, &table.id, column)?.id));
        let back = back.filter(|id| matches!(changes.actions.get(id), Some(Action::Alter(_))));
        let back = back.filter(|id| request.from.get(id).is_some_and(was_generated)).cloned();
        changes.alone.extend(back.collect::<Vec<Id>>());
    }
}

/// Columns of which something is kept get their type back by looking up each value: what is kept, where it is still what it became, and
/// otherwise what it is cast to. Where not every value can be cast back, what was written since comes to NULL.
pub(crate) fn look_up(request: &Request<'_>, changes: &mut Changes) {
    let Archive::Back { kept, .. } = request.archive else { return };
    for kept in kept {
        let (What::Values { key, columns, .. }, Some(table)) = (&kept.what, kept_of(request, kept)) else {
            continue;
        };
        for column in columns.iter().filter(|column| column.is_looked_up()) {
            look_up_column(request, changes, kept, (&table.id, key, columns), column);
        }
    }
}

fn look_up_column(
    request: &Request<'_>,
    changes: &mut Changes,
    kept: &Kept,
    (table, key, columns): (&Id, &Key, &[KeptColumn]),
    kept_column: &KeptColumn,
) -> Option<()> {
    let id = column_now(request, kept, table, kept_column)?.id.clone();
    let row = row(request, kept, table, (key, columns))?;
    let Some(Action::Alter(statements)) = changes.actions.get_mut(&id) else { return None };
    let statement = statements.iter_mut().find(|statement| statement.retype.is_some())?;
    let retype = statement.retype.take()?;
    let (name, data_type) = (sql::ident(id.name()), &retype.data_type);
    let cast = match &retype.using {
        _ if kept_column.is_one_way() => format!("NULL::{data_type}"),
        Some(using) => using.clone(),
        None => name.clone(),
    };
    // What a function is given is not assigned.
    let unmodified = format!("::{}", assignment::unmodified(data_type));
    let given = if cast.ends_with(&unmodified) { cast.clone() } else { format!("({cast}){unmodified}") };
    let function = sql::qualified(&[SCHEMA, "value"]);
    let (create, drop) = lookup(&function, &row, kept_column, (Some("text"), data_type));
    let value = format!("{function}({})", row.arguments(vec![format!("{name}::text"), given]));
    let alter = |using: String| Retype { using: Some(using), ..retype.clone() }.statement().sql;
    let found = [create, alter(value), drop];
    let block = if_kept_else(kept, &found, &[alter(cast)]);
    *statement = Statement { sql: block.sql, action: None, work: Work::Rewrite, ..statement.clone() };
    changes.looked_up.push(id);
    Some(())
}

/// What a column of a model is called at the other end. One that a table has from its parent or its type is renamed there.
pub(super) fn former(request: &Request<'_>, model: &Model, column: &Id) -> Id {
    let own = request.directives.before(column);
    match direct_origins(model, column).first() {
        Some(source) => own.renamed(former(request, model, source).name()),
        None => own,
    }
}

/// A column of the table, which may have another name by now.
pub(super) fn column_now<'r>(
    request: &Request<'r>,
    kept: &Kept,
    table: &Id,
    column: &KeptColumn,
) -> Option<&'r Object> {
    let at_the_other_end = kept.of.child(Kind::Column, column.whole());
    let is_it = |object: &&Object| former(request, request.to, &object.id) == at_the_other_end;
    let id = request.to.children_of_kind(table, Kind::Column).into_iter().find(is_it)?.id.clone();
    request.to.get(&id)
}

/// The statement that gives a table that is made anew its rows, with what is kept of them: `insert` makes it of columns, quoted, and
/// what they get; without the archive it is `plain`. The rows are called `t`.
pub(crate) fn into_rebuilt(
    request: &Request<'_>,
    table: &Id,
    plain: &str,
    insert: &dyn Fn(&[(String, String)]) -> String,
) -> Option<Statement> {
    let Archive::Back { kept, .. } = request.archive else { return None };
    let of_it = |kept: &&Kept| kept_of(request, kept).is_some_and(|object| object.id == *table);
    let is_values = |kept: &&Kept| matches!(kept.what, What::Values { key: Key::Columns(_), .. });
    let kept = kept.iter().filter(is_values).find(of_it)?;
    let What::Values { columns, .. } = &kept.what else { return None };
    let mut given = Vec::new();
    for kept_column in columns {
        let id = &column_now(request, kept, table, kept_column)?.id;
        let Spec::Column(column) = &request.to.get(id)?.spec else { continue };
        let name = sql::ident(id.name());
        let otherwise = if kept_column.is_one_way() {
            format!("NULL::{}", column.data_type)
        } else if kept_column.image.is_some() {
            let there = using::there(request, id)?;
            format!("{there}::{}", column.data_type)
        } else {
            default_of(request, id).unwrap_or_else(|| "NULL".to_owned())
        };
        let now = |column: &KeptColumn| Some(sql::ident(column_now(request, kept, table, column)?.id.name()));
        given.push((name, kept.given_back((kept_column, &column.data_type), &otherwise, &now)?));
    }
    Some(if_kept_else(kept, &[insert(&given), drop_archive(kept)], &[plain.to_owned()]))
}

/// What a column has in a row that says nothing of it.
fn default_of(request: &Request<'_>, column: &Id) -> Option<String> {
    match &request.to.get(&column.child(Kind::ColumnDefault, ""))?.spec {
        Spec::ColumnDefault(default) => Some(format!("({})", default.expression)),
        _ => None,
    }
}

fn was_generated(from: &Object) -> bool {
    matches!(&from.spec, Spec::Column(column) if column.generated.is_some())
}

fn differs_in_type(from: &Object, request: &Request<'_>, id: &Id) -> bool {
    request.to.get(id).is_some_and(|to| data_type(from) != data_type(to))
}

pub(super) fn data_type(object: &Object) -> String {
    match &object.spec {
        Spec::Column(column) => column.data_type.clone(),
        _ => String::new(),
    }
}

/// How what is kept of a row is found, while a table is rewritten.
struct Row {
    /// Where: the archive, or what has been found in it.
    source: String,
    /// What tells a row: its name there, its type, and what yields it now.
    key: Vec<(String, String, String)>,
    /// Statements before and after the rewrite.
    before: Vec<String>,
    after: Vec<String>,
}

impl Row {
    /// The arguments of a lookup, separated by commas.
    fn arguments(&self, values: Vec<String>) -> String {
        let key = self.key.iter().map(|(_, _, now)| now.clone());
        key.chain(values).collect::<Vec<_>>().join(", ")
    }
}

fn row(request: &Request<'_>, kept: &Kept, table: &Id, (key, columns): (&Key, &[KeptColumn])) -> Option<Row> {
    let now = |column: &KeptColumn| column_now(request, kept, table, column);
    let name_now = |column: &KeptColumn| Some(sql::ident(now(column)?.id.name()));
    match key {
        Key::Columns(key) => {
            let of = |column: &KeptColumn| {
                let data_type = if column.as_text { "text".to_owned() } else { data_type(now(column)?) };
                Some((column.sql(), data_type, column.as_kept(&name_now(column)?)))
            };
            let key = key.iter().map(of).collect::<Option<_>>()?;
            Some(Row { source: kept.archive.clone(), key, before: Vec::new(), after: Vec::new() })
        }
        Key::Content(staying) => {
            let image = |column: &KeptColumn| Some(format!("{}::text", name_now(column)?));
            let images = columns.iter().filter(|column| column.image.is_some()).map(image);
            let values: Vec<String> = staying.iter().map(name_now).chain(images).collect::<Option<_>>()?;
            let (source, name) = (sql::qualified(&[SCHEMA, "found"]), table.sql());
            let forced =
                |word: &str| save::is_forced(request.from, table).then(|| save::force(&name, word).sql);
            let found = content::found(&kept.archive, &name, &values);
            let create = format!("CREATE TABLE {source} AS\n{found}");
            let index = format!("ALTER TABLE {source} ADD PRIMARY KEY ({})", content::PLACE.join(", "));
            let key = content::PLACE_NOW.iter().zip(content::PLACE);
            let key = key.map(|((now, of), place)| (place.to_owned(), (*of).to_owned(), (*now).to_owned()));
            let before = forced("NO FORCE").into_iter().chain([create, index]).chain(forced("FORCE"));
            let after = vec![format!("DROP TABLE {source}")];
            Some(Row { key: key.collect(), before: before.collect(), after, source })
        }
    }
}

/// A function that finds the kept value of a row, or takes the one that it is given; and how it goes again. A rewrite that calls it fires
/// no trigger and is filtered by no policy. What tells whether a value is as it was is one of its own arguments, or the value itself.
fn lookup(
    function: &str,
    row: &Row,
    kept_column: &KeptColumn,
    (told_by, data_type): (Option<&str>, &str),
) -> (String, String) {
    let mut types: Vec<&str> = row.key.iter().map(|(_, data_type, _)| data_type.as_str()).collect();
    types.extend(told_by);
    let told_by = told_by.map(|_| types.len());
    types.push(data_type);
    let signature = format!("{function}({})", types.join(", "));
    let own = format!("${}", types.len());
    let mut found: Vec<String> = row
        .key
        .iter()
        .enumerate()
        .map(|(number, (name, _, _))| format!("k.{name} = ${}", number + 1))
        .collect();
    if kept_column.image.is_some() {
        let value = told_by.map_or_else(|| format!("{own}::text"), |number| format!("${number}"));
        found.push(format!("k.{} IS NOT DISTINCT FROM {value}", kept_column.image_sql()));
    }
    let given = kept_column.given_back(&format!("k.{}", kept_column.sql()), data_type);
    let body = format!(
        "SELECT CASE WHEN k.{KEPT_AT} IS NULL THEN {own} ELSE {given} END \
         FROM (SELECT) AS o LEFT JOIN {} AS k ON {}",
        row.source,
        found.join(" AND ")
    );
    let create = format!(
        "CREATE FUNCTION {signature} RETURNS {data_type} LANGUAGE sql STABLE AS {}",
        sql::literal(&body)
    );
    (create, format!("DROP FUNCTION {signature}"))
}

fn rows(
    request: &Request<'_>,
    changes: &Changes,
    kept: &Kept,
    id: Id,
    columns: &[KeptColumn],
) -> Option<Return> {
    let insert = insert(request, &id, &id.sql(), kept, columns)?;
    let statements = [insert].into_iter().chain(settled(request, &id)).map(Statement::new).collect();
    // What fires on a partition because of its parent is there before the rows are back.
    let is_partition = request.to.contains(&id.child(Kind::Partition, ""));
    let parent = inheritance::parents(request.to, &id).into_iter().next().filter(|_| is_partition);
    let statements = match parent {
        Some(parent) => inserted(request, changes, &parent, statements),
        None => statements,
    };
    let inside = statements.into_iter().map(|statement| statement.sql);
    let inside: Vec<String> = inside.chain([drop_archive(kept)]).collect();
    let block = if_kept(kept, &inside);
    let statement = block.lock(Lock::AccessExclusive, id.sql()).work(Work::Rewrite);
    Some(Return::of(id, vec![statement]))
}

/// Checks the deferred keys of a table that has got rows, and of its partitions: PostgreSQL alters no table that has any still to check.
fn settled(request: &Request<'_>, table: &Id) -> Option<String> {
    let name = |object: &Object| sql::qualified(&[object.id.schema().unwrap_or_default(), object.id.name()]);
    let names: Vec<String> = deferred_keys(request, table).map(name).collect();
    let names = names.join(", ");
    (!names.is_empty())
        .then(|| format!("SET CONSTRAINTS {names} IMMEDIATE;\nSET CONSTRAINTS {names} DEFERRED"))
}

/// The deferred keys that a table and its partitions have when rows come back.
pub(crate) fn deferred_keys<'r>(
    request: &Request<'r>,
    table: &Id,
) -> impl Iterator<Item = &'r Object> + use<'r> {
    let (to, table) = (request.to, table.clone());
    to.objects().filter(move |object| {
        let is_deferred = matches!(&object.spec, Spec::Constraint(key) if key.has_index() && key.deferred && key.parent.is_none());
        // Of equal keys, the others come later.
        is_deferred && twins_before(to, &object.id).is_empty() && has_above(to, object.id.top(), &table)
    })
}

/// The rows that are kept of `id`, for the table that is called `table` then.
fn insert(
    request: &Request<'_>,
    id: &Id,
    table: &str,
    kept: &Kept,
    columns: &[KeptColumn],
) -> Option<String> {
    let model = if request.to.contains(id) { request.to } else { request.from };
    // A column that came before the table went is none of what it was.
    let (names, values): (Vec<String>, Vec<String>) = columns
        .iter()
        .filter_map(|column| {
            let object = model.get(&id.child(Kind::Column, &column.name))?;
            Some((column.sql(), column.given_back(&format!("k.{}", column.sql()), &data_type(object))))
        })
        .unzip();
    if names.is_empty() {
        return None;
    }
    Some(format!(
        "INSERT INTO {table} ({}) OVERRIDING SYSTEM VALUE\nSELECT {}\nFROM {} AS k",
        names.join(", "),
        values.join(", "),
        kept.archive
    ))
}

fn set_number(sequence: &str, archive: &str) -> String {
    format!(
        "PERFORM pg_catalog.setval({}::pg_catalog.regclass, k.last_value, k.is_called) FROM {archive} AS k",
        sql::literal(sequence)
    )
}

/// Says of how many rows something is kept that are not found any more, by their key: nobody gets that.
pub(super) fn given_up(request: &Request<'_>, kept: &Kept, table: &Id, key: &Key) -> Vec<String> {
    let Key::Columns(key) = key else { return Vec::new() };
    let name = |column| Some(sql::ident(column_now(request, kept, table, column)?.id.name()));
    let Some(names) = key.iter().map(name).collect::<Option<Vec<String>>>() else { return Vec::new() };
    let mut names = names.into_iter();
    let found = of_a_row(key, |_| names.next().unwrap_or_default());
    let rows = format!(
        "FROM {} AS k WHERE NOT EXISTS (SELECT FROM {} AS t WHERE {found})",
        kept.archive,
        kept.rows_of(table)
    );
    let said = format!(
        "what was kept of % rows is given up, as there are none with their keys any more: {}",
        kept.words().replace('%', "%%")
    );
    let say = format!(
        "IF EXISTS (SELECT {rows}) THEN\n    RAISE NOTICE {}, (SELECT count(*) {rows});\nEND IF",
        sql::literal(&said)
    );
    match save::is_forced(request.from, table) {
        true => {
            let [off, on] = ["NO FORCE", "FORCE"].map(|word| save::force(&table.sql(), word).sql);
            vec![off, say, on]
        }
        false => vec![say],
    }
}

pub(super) fn drop_archive(kept: &Kept) -> String {
    format!("DROP TABLE {}", kept.archive)
}

/// The statements where the archive is there: who gave it up gets the structure back alone.
pub(super) fn if_kept(kept: &Kept, statements: &[String]) -> Statement {
    if_kept_else(kept, statements, &[])
}

/// The same, and others where it is not there.
pub(super) fn if_kept_else(kept: &Kept, statements: &[String], otherwise: &[String]) -> Statement {
    let lines = |statements: &[String]| -> String {
        let line = |statement: &String| {
            let indented = sql::indented(statement, 8);
            format!("        {};\n", indented.as_ref().unwrap_or(statement))
        };
        statements.iter().map(line).collect()
    };
    let otherwise =
        if otherwise.is_empty() { String::new() } else { format!("    ELSE\n{}", lines(otherwise)) };
    let body = format!(
        "\nBEGIN\n    IF pg_catalog.to_regclass({}) IS NOT NULL THEN\n{}{otherwise}    END IF;\nEND;\n",
        sql::literal(&kept.archive),
        lines(statements)
    );
    Statement::new(format!("DO {}", sql::dollar(&body)))
}

/// What undoes on the way forward, once it is gone again, what the way back lost: statements for a procedure, in the names that the
/// objects have then. Nothing where triggers or rules would have to be told not to fire that are not this table's own.
pub(crate) fn put_back_again(request: &Request<'_>, kept: &Kept) -> Vec<String> {
    let then = |id: &Id| request.directives.before(id);
    let of = then(&kept.of);
    let drop = drop_archive(kept);
    let statements = match &kept.what {
        What::Number => vec![set_number(&sequence(&of), &kept.archive)],
        // No way back fills anything.
        What::Nulls { .. } => Vec::new(),
        What::Rows { columns, .. } => match insert(request, &kept.of, &of.sql(), kept, columns) {
            Some(insert) => {
                // Rows that are declared are there already.
                let is_declared = !request.start.children_of_kind(&of, Kind::SeedRows).is_empty();
                let conflict = if is_declared { "\nON CONFLICT DO NOTHING" } else { "" };
                undisturbed(request.start, &of, [format!("{insert}{conflict}")])
            }
            None => Vec::new(),
        },
        What::Values { .. } => in_place::come_back_again(request, kept, &of),
    };
    if statements.is_empty() { Vec::new() } else { [statements, vec![drop]].concat() }
}
