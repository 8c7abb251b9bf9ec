//! What a round would lose and an archive can keep.

use kinds::kinds::column::{self, Column};
use kinds::kinds::constraint::ConstraintType;
use kinds::kinds::identity::Identity;
use kinds::kinds::inheritance;
use kinds::kinds::sequence::Sequence;
use kinds::{Demand, Id, Kind, Mend, Model, Object, Rows, Spec, Statement, assignment};

use super::put_back::put_back_again;
use super::{
    Anew, Archive, Giving, Image, Kept, KeptColumn, Key, What, archive_name, content, moved, nulls, save,
    shared,
};
use crate::Request;
use crate::changes::{Action, Changes};
use crate::round::Verb;
use crate::rules::batches;
use crate::rules::conversion::{self, type_named};
use crate::rules::rename::ASIDE;
use crate::rules::undisturbed::{family, has_rules};
use crate::rules::{enum_change, rebuild, sibling_rows, using};
use crate::table_order::has_above;

/// Something that is kept, and how.
#[derive(Debug)]
pub(crate) struct Saving {
    pub(crate) kept: Kept,
    /// The statements that keep it.
    pub(crate) statements: Vec<Statement>,
    /// Those with which the object goes then, where that is not as usual.
    pub(crate) goes: Vec<Statement>,
    /// What loses nothing any more.
    pub(crate) saves: Vec<(Verb, Id)>,
}

/// All that a round can keep; tables are moved only where nothing of them has to go before they do.
pub(crate) fn savings(request: &Request<'_>, changes: &Changes, moves: bool) -> Vec<Saving> {
    if matches!(request.archive, Archive::Off) {
        return Vec::new();
    }
    let managed = || request.from.objects().filter(|object| (request.managed)(&object.id));
    let tables = || managed().filter(|object| object.id.kind() == Kind::Table);
    let siblings = sibling_rows::moves(request, changes);
    let taken = |table: &Id| siblings.iter().any(|step| step.is_of_all() && step.place.top() == table);
    let values = tables().filter_map(|table| match changes.actions.get(&table.id) {
        Some(Action::Drop) if taken(&table.id) => None,
        Some(Action::Drop) => rows(request, changes, &table.id, moves),
        _ if changes.goes(&table.id) && !rebuild::keeps_rows(request, changes, &table.id) => None,
        _ => values(request, changes, &table.id),
    });
    let is_number = |object: &&Object| matches!(object.id.kind(), Kind::Sequence | Kind::Identity);
    let numbers = managed().filter(is_number).filter_map(|object| number(request, changes, &object.id));
    let nulls = tables().flat_map(|table| nulls::savings(request, changes, &table.id));
    let mut all: Vec<Saving> = values.chain(nulls).chain(numbers).collect();
    shared::settle(request, changes, &mut all);
    if let Archive::Back { .. } = request.archive {
        all.iter_mut().for_each(|saving| saving.kept.again = put_back_again(request, &saving.kept));
    }
    all
}

/// Values of columns that go, or that become others.
fn values(request: &Request<'_>, changes: &Changes, table: &Id) -> Option<Saving> {
    let both = [request.from, request.to];
    if !request.to.contains(table) || both.iter().any(|model| has_rows_elsewhere(model, table)) {
        return None;
    }
    // A table that is made anew gets its rows back with all that is kept of them.
    let is_rebuilt = rebuild::keeps_rows(request, changes, table);
    let alone = both.iter().all(|model| stands_alone(model, table));
    let parts = if is_rebuilt { Vec::new() } else { shared::parts(request, changes, table) };
    let in_place = !alone || !parts.is_empty();
    // What is in a partition is kept with the partitioned table.
    let is_partition = shared::stays_partition(request, table);
    let is_refused = both.iter().any(|model| refuses_writes(model, table));
    if is_partition || in_place && !is_rebuilt && is_refused {
        return None;
    }
    let key = key(request, changes, table);
    let is_partitioned = matches!(request.from.get(table).map(|object| &object.spec), Some(Spec::Table(spec)) if spec.partition_by.is_some());
    let giving = if in_place { Giving::InPlace { only: !is_partitioned } } else { Giving::Rewriting };
    let how = How { alone, is_rebuilt, giving, has_key: key.is_some() };
    let (mut columns, mut saves) = (Vec::new(), Vec::new());
    for object in request.from.children_of_kind(table, Kind::Column) {
        if let Some((verb, kept)) = kept_column(request, changes, object, &how) {
            columns.push(kept);
            saves.push((verb, object.id.clone()));
        }
    }
    for (part, step) in parts {
        columns.push(part);
        saves.push((Verb::Drop, step));
    }
    if columns.is_empty() || is_rebuilt && columns.len() < rebuild::losses(request, table).len() {
        return None;
    }
    if is_rebuilt {
        saves = vec![(Verb::Drop, table.clone())];
    }
    let key = match key {
        Some(key) => Key::Columns(key),
        None if is_rebuilt => return None,
        None => Key::Content(content::staying(request, changes, table, &columns)?),
    };
    let names: Vec<String> = columns.iter().map(|column| column.name.replace('.', "_")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let archive = archive_name(request, table, &names);
    let what = What::Values { key, columns, giving };
    let kept = Kept { of: table.clone(), archive, what, again: Vec::new() };
    let mut statements = save::values(request, &kept);
    let altered = saves.iter().filter(|(verb, _)| *verb == Verb::Alter);
    let demands = altered.filter_map(|(_, column)| comes_back_too_large(request, column));
    if let Some(last) = statements.last_mut() {
        last.demands.extend(demands);
    }
    Some(Saving { statements, goes: Vec::new(), kept, saves })
}

/// How the values of a table are kept.
struct How {
    /// Whether no other table changes with it.
    alone: bool,
    is_rebuilt: bool,
    giving: Giving,
    has_key: bool,
}

/// What is kept of a column, and the step that would lose it.
fn kept_column(
    request: &Request<'_>,
    changes: &Changes,
    object: &Object,
    how: &How,
) -> Option<(Verb, KeptColumn)> {
    let Spec::Column(column) = &object.spec else { return None };
    // All tables that share it would have to have their values before.
    let is_hidden = !how.alone && column::refuses_null_by_type(column, request.from);
    if column.generated.is_some() || is_hidden {
        return None;
    }
    // By a key, a row is found at any time; the way forward again goes as it went, and gives back in the end.
    let looked_up =
        how.has_key && how.giving == Giving::Rewriting && matches!(request.archive, Archive::Forward);
    let plain = KeptColumn::plain(object.id.name(), column, request.from);
    let becomes_generated = becomes_generated(request, &object.id);
    match shared::action(request, changes, &object.id)? {
        _ if how.is_rebuilt && request.to.contains(&object.id) && !becomes_generated => {
            let image = image(request, changes, object, column)?;
            Some((Verb::Drop, KeptColumn { image: Some(Image { looked_up, ..image }), ..plain }))
        }
        Action::Drop => {
            let (anew, instead) = anew(request, changes, &object.id, column);
            Some((Verb::Drop, KeptColumn { anew, instead, ..plain }))
        }
        Action::Replace { .. } if becomes_generated => {
            Some((Verb::Drop, KeptColumn { anew: Anew::Anything, ..plain }))
        }
        Action::Alter(_) => {
            let image = image(request, changes, object, column)?;
            // Rows that are written in place have other values meanwhile.
            let is_told = how.giving == Giving::Rewriting || image.back_again.is_some();
            let image = Some(Image { looked_up: image.looked_up || looked_up, ..image });
            is_told.then_some((Verb::Alter, KeptColumn { image, ..plain }))
        }
        _ => None,
    }
}

/// What the values of a column come to, there and back again, is written down: it must be one of its type.
fn comes_back_too_large(request: &Request<'_>, id: &Id) -> Option<Demand> {
    let column = |model: &Model| match &model.get(id)?.spec {
        Spec::Column(column) if !request.directives.conversions.contains_key(id) => {
            Some(column.data_type.clone())
        }
        _ => None,
    };
    let (from, to) = (column(request.from)?, column(request.to)?);
    let name = sql::ident(id.name());
    let condition = kinds::outgrown(&name, &from, &to, &request.context())?;
    let rows = Rows::Where {
        condition,
        what: format!("whose {name} is rounded by {to} to more than {from} holds"),
        mend: Mend::Change { or: Some("say how with using".to_owned()) },
    };
    Some(Demand { relation: id.top().clone(), columns: vec![id.clone()], only: false, rows })
}

/// Whether a column is made anew because its values are computed from then on.
fn becomes_generated(request: &Request<'_>, id: &Id) -> bool {
    matches!(request.to.get(id).map(|object| &object.spec), Some(Spec::Column(to)) if to.generated.is_some())
}

/// What the rows get in the column where it is added anew.
///
/// Rows that still wait for their values, in a batch to come, count as having them.
fn anew(request: &Request<'_>, changes: &Changes, id: &Id, column: &Column) -> (Anew, Option<String>) {
    let model = request.from;
    // What stands aside is not known by its own name.
    if id.name().starts_with(ASIDE) || !model.children_of_kind(id, Kind::Identity).is_empty() {
        return (Anew::Anything, None);
    }
    let cast_to = format!("::{}", column.data_type);
    let known = |value: &str| {
        let value = if value.ends_with(&cast_to) { value.to_owned() } else { format!("({value}){cast_to}") };
        Anew::Known(if cast_to == "::text" { value } else { format!("{value}::text") })
    };
    // Columns that are then what they are now.
    let stays = |name: &String| {
        let id = id.parent().map(|table| table.child(Kind::Column, name));
        id.is_some_and(|id| {
            let renamed = request.directives.renames.contains_key(&id);
            model.contains(&id) && !changes.actions.contains_key(&id) && !renamed
        })
    };
    if let Some(backfill) = request.directives.backfilled.get(id) {
        let columns = sql::columns_computed_from(backfill);
        let same = columns.is_some_and(|columns| columns.iter().all(stays));
        let waits = batches::waits(request.from, id).filter(|_| request.directives.batches.contains_key(id));
        let columns_stay = sql::columns_of(backfill).iter().all(stays);
        let instead = waits.filter(|_| columns_stay).map(|waits| {
            format!("CASE WHEN {waits} THEN ({backfill}){cast_to} ELSE {} END", sql::ident(id.name()))
        });
        return (if same { known(backfill) } else { Anew::Anything }, instead);
    }
    let default = match model.get(&id.child(Kind::ColumnDefault, "")).map(|object| &object.spec) {
        Some(Spec::ColumnDefault(default)) => Some(default.expression.as_str()),
        _ => default_within(model, &column.data_type),
    };
    let anew = match default {
        None => Anew::Null,
        Some(default) if sql::columns_computed_from(default).is_some() => known(default),
        Some(_) => Anew::Anything,
    };
    (anew, None)
}

/// The default of a domain, or of the one that it is over.
fn default_within<'a>(model: &'a Model, data_type: &str) -> Option<&'a str> {
    let Some((_, Spec::Domain(domain))) = type_named(model, data_type) else { return None };
    domain.default.as_deref().or_else(|| default_within(model, &domain.data_type))
}

/// What becomes of the values of a column, where they may not come back the same.
pub(super) fn image(
    request: &Request<'_>,
    changes: &Changes,
    object: &Object,
    from: &Column,
) -> Option<Image> {
    let Some(Spec::Column(to)) = request.to.get(&object.id).map(|object| &object.spec) else { return None };
    let name = sql::ident(object.id.name());
    if to.generated.is_some() {
        return None;
    }
    if from.data_type != to.data_type {
        let wanted = request.to.get(&object.id);
        if hides_values(changes, object)
            || wanted.is_some_and(|to| hides_values(changes, to))
            || moves_with_extension(request, from, to)
        {
            return None;
        }
        return retyped_image(request, object, &name, (from, to));
    }
    let (id, is_array) = enum_within(request.from, &from.data_type)?;
    let images = enum_change::there_and_back(request, id);
    if !changes.swaps(id) || images.is_empty() {
        return None;
    }
    let mapped = |images: &[(String, String)]| {
        if images.is_empty() {
            return format!("{name}::text");
        }
        if is_array {
            return format!("{}::text", conversion::replaced(&name, images));
        }
        let case = |(old, image): &(String, String)| {
            format!("WHEN {} THEN {}", sql::literal(old), sql::literal(image))
        };
        let cases: Vec<String> = images.iter().map(case).collect();
        format!("CASE {name}::text {} ELSE {name}::text END", cases.join(" "))
    };
    let there = mapped(&enum_change::mapping(request, id));
    Some(Image { there, back_again: Some(mapped(&images)), looked_up: false })
}

/// Whether what values of a column become cannot be tried when they are kept: of two types of one name only one is there, and a relation
/// that comes as a type may come later.
fn hides_values(changes: &Changes, column: &Object) -> bool {
    column.needs.keys().any(|need| match need.kind() {
        kind if kind.is_table() || kind == Kind::View => changes.comes(need) || changes.goes(need),
        kind => kind.is_type() && changes.comes(need) && changes.goes(need),
    })
}

/// Whether the values of a column, of a type of PostgreSQL's own, become those of another one and come back the same.
pub(super) fn comes_back(request: &Request<'_>, changes: &Changes, object: &Object) -> bool {
    let (Spec::Column(from), Some(Spec::Column(to))) =
        (&object.spec, request.to.get(&object.id).map(|object| &object.spec))
    else {
        return false;
    };
    // Types of PostgreSQL are printed without their schema.
    let is_plain = |column: &Column| !column.data_type.contains('.') && column.generated.is_none();
    is_plain(from)
        && is_plain(to)
        && from.collation == to.collation
        && !request.directives.conversions.contains_key(&object.id)
        && image(request, changes, object, from).is_none()
}

/// Whether a type of an extension only has another schema from now on, with the extension.
fn moves_with_extension(request: &Request<'_>, from: &Column, to: &Column) -> bool {
    let bare = |data_type: &str| data_type.rsplit('.').next().map(str::to_owned);
    bare(&from.data_type) == bare(&to.data_type) && !is_own(request.from, from) && !is_own(request.to, to)
}

/// Whether the type of a column is one of the catalog's own, rather than an extension's.
fn is_own(model: &Model, column: &Column) -> bool {
    type_named(model, column.data_type.trim_end_matches("[]")).is_some()
}

fn retyped_image(
    request: &Request<'_>,
    object: &Object,
    name: &str,
    (from, to): (&Column, &Column),
) -> Option<Image> {
    let context = request.context();
    let inverse = kinds::Context { from: context.to, to: context.from, ..context };
    let image = assignment::there_and_back(name, &from.data_type, &to.data_type, &context);
    let said = request.directives.conversions.get(&object.id);
    let (using, using_back) =
        said.map_or((None, None), |said| (said.using.as_ref(), said.using_back.as_ref()));
    let back = matches!(request.archive, Archive::Back { .. });
    let there = using.is_some() || assignment::is_total(&from.data_type, &to.data_type, &context);
    let back_again = using_back.is_some() || assignment::is_total(&to.data_type, &from.data_type, &inverse);
    if back && !there {
        // The rollback knows what kept values become, and no others.
        let null = "NULL::text".to_owned();
        return Some(Image { there: null.clone(), back_again: Some(null), looked_up: false });
    }
    let becomes = format!("({})::text", using::there(request, &object.id)?);
    if !back_again && (image.is_some() || using.is_some()) {
        return (!back).then_some(Image { there: becomes, back_again: None, looked_up: true });
    }
    let back_again =
        using::there_and_back(request, &object.id).or(image.map(|image| format!("({image})::text")))?;
    Some(Image { there: becomes, back_again: Some(back_again), looked_up: false })
}

/// The enum type that values of a type are of, through domains, and whether they are arrays of such values.
pub(super) fn enum_within<'a>(model: &'a Model, data_type: &str) -> Option<(&'a Id, bool)> {
    match type_named(model, data_type) {
        Some((id, Spec::Enum(_))) => Some((id, false)),
        Some((_, Spec::Domain(domain))) => enum_within(model, &domain.data_type),
        Some(_) => None,
        None => enum_within(model, data_type.strip_suffix("[]")?).map(|(id, _)| (id, true)),
    }
}

/// The keys of a table, the primary key first.
fn keys_of(model: &Model, table: &Id) -> Vec<Vec<String>> {
    let mut keys: Vec<Vec<String>> = Vec::new();
    for object in model.children_of_kind(table, Kind::Constraint) {
        if let Spec::Constraint(constraint) = &object.spec {
            match constraint.primary_key() {
                Some(key) => keys.insert(0, key),
                None => keys.extend(constraint.unique_key()),
            }
        }
    }
    keys
}

/// Columns that tell rows apart before and after, and are not NULL before: a key, or else one that comes, since rows that have it in common
/// stop the script before anything is kept of them.
pub(super) fn key(request: &Request<'_>, changes: &Changes, table: &Id) -> Option<Vec<KeptColumn>> {
    let keys = [request.from, request.to].into_iter().flat_map(|model| keys_of(model, table));
    let is_rebuilt = rebuild::keeps_rows(request, changes, table);
    let stays = |name: &String| {
        let id = table.child(Kind::Column, name);
        let from = request.from.get(&id)?;
        let (Spec::Column(one), Spec::Column(other)) = (&from.spec, &request.to.get(&id)?.spec) else {
            return None;
        };
        let swapped = from.needs.keys().any(|need| need.kind().is_type() && changes.goes(need));
        // Rows that have NULL in it by then are none of those that were there.
        let not_null = !request.from.children_of_kind(&id, Kind::NotNull).is_empty();
        let alike = is_alike(one, other) && !swapped;
        (alike && not_null && (is_rebuilt || !changes.goes(&id)))
            .then(|| KeptColumn::plain(name, one, request.from))
    };
    keys.into_iter().find_map(|key| key.iter().map(stays).collect())
}

/// Whether values of a column are the same where it has become the other one.
pub(super) fn is_alike(one: &Column, other: &Column) -> bool {
    let is_same =
        one.data_type == other.data_type || is_integer(&one.data_type) && is_integer(&other.data_type);
    is_same && one.collation == other.collation
}

/// Numbers of these types are the same where they are equal.
fn is_integer(data_type: &str) -> bool {
    matches!(data_type, "smallint" | "integer" | "bigint")
}

/// Whether the columns of a table are its own, and its rows have a key of its own: not so of typed tables, of those with parents or
/// children other than partitions, and of those that others have as a type.
pub(super) fn stands_alone(model: &Model, table: &Id) -> bool {
    let Some(Spec::Table(spec)) = model.get(table).map(|object| &object.spec) else { return false };
    let is_type = model.dependents(table).any(|user| {
        matches!(user.id.kind(), Kind::Column | Kind::Attribute | Kind::Domain | Kind::Range)
            && !user.id.is_within(table)
    });
    spec.of_type.is_none()
        && inheritance::parents(model, table).is_empty()
        && (spec.partition_by.is_some() || !inheritance::has_children(model, Some(table)))
        && !is_type
        && !has_rows_elsewhere(model, table)
}

/// Whether rows of a table cannot be written as they are: a rule would do something else, or a check that has not been held against
/// them would be.
fn refuses_writes(model: &Model, table: &Id) -> bool {
    let is_unchecked = |object: &Object| match &object.spec {
        Spec::Constraint(constraint) => {
            constraint.constraint_type == ConstraintType::Check && constraint.not_valid
        }
        _ => false,
    };
    has_rules(model, table) || model.children_of_kind(table, Kind::Constraint).into_iter().any(is_unchecked)
}

/// Whether rows of a table are in foreign tables below it.
pub(crate) fn has_rows_elsewhere(model: &Model, table: &Id) -> bool {
    model.ids().any(|id| id.kind() == Kind::ForeignTable && has_above(model, id, table))
}

/// The rows of a table that goes. Those of a partition go with its parent's, also where these are put aside and back.
fn rows(request: &Request<'_>, changes: &Changes, table: &Id, moves: bool) -> Option<Saving> {
    let from = request.from;
    let Some(Spec::Table(spec)) = from.get(table).map(|object| &object.spec) else { return None };
    let parents = inheritance::parents(from, table);
    let partition = from.contains(&table.child(Kind::Partition, ""));
    if partition && parents.iter().any(|parent| changes.goes(parent)) {
        return None;
    }
    if has_rows_elsewhere(from, table) {
        return None;
    }
    let columns: Vec<KeptColumn> = from
        .children_of_kind(table, Kind::Column)
        .into_iter()
        .filter_map(|object| match &object.spec {
            Spec::Column(column) if column.generated.is_none() => {
                Some(KeptColumn::plain(object.id.name(), column, from))
            }
            _ => None,
        })
        .collect();
    if columns.is_empty() {
        return None;
    }
    if moves && let Some(saving) = moved::saving(request, changes, table, &columns) {
        return Some(saving);
    }
    let archive = archive_name(request, table, &["rows"]);
    let only = if spec.partition_by.is_none() { "ONLY " } else { "" };
    let what = What::Rows { columns, moved: None };
    let kept = Kept { of: table.clone(), archive, what, again: Vec::new() };
    // With those of its partitions.
    let saves = family(from, table).into_iter().map(|table| (Verb::Drop, table)).collect();
    Some(Saving { statements: save::rows(request, &kept, only), goes: Vec::new(), kept, saves })
}

/// Whether a sequence that comes back to the rows of a table gives them numbers, or goes on behind those that they have: it is not where it
/// starts then.
fn gives_numbers_to_rows(request: &Request<'_>, changes: &Changes, id: &Id) -> bool {
    let has_rows = |part: &Id| !changes.goes(part.top());
    let is_default = |user: &&Object| user.id.kind() == Kind::ColumnDefault;
    let mut defaults = request.from.dependents(id).filter(is_default);
    id.kind() == Kind::Identity && has_rows(id) || defaults.any(|default| has_rows(&default.id))
}

/// Where a sequence stands that goes, by itself or with its column, or that may stand beyond its new range.
fn number(request: &Request<'_>, changes: &Changes, id: &Id) -> Option<Saving> {
    let spec = |model: &Model| model.get(id).map(|object| object.spec.clone());
    let (verb, condition) = match (changes.actions.get(id)?, spec(request.from)?, spec(request.to)) {
        (
            Action::Drop,
            Spec::Sequence(Sequence { start, .. }) | Spec::Identity(Identity { start: Some(start), .. }),
            _,
        ) if !gives_numbers_to_rows(request, changes, id) => {
            (Verb::Drop, Some(format!("is_called OR last_value <> {start}")))
        }
        (Action::Drop, _, _) => (Verb::Drop, None),
        (Action::Alter(_), from, Some(to)) => {
            let (min, max) = match (from, to) {
                (Spec::Sequence(from), Spec::Sequence(to)) => from.narrowed(&to)?,
                (Spec::Identity(from), Spec::Identity(to)) => from.narrowed(&to)?,
                _ => return None,
            };
            (Verb::Alter, Some(format!("last_value NOT BETWEEN {min} AND {max}")))
        }
        _ => return None,
    };
    let archive = archive_name(request, id, &["number"]);
    let kept = Kept { of: id.clone(), archive, what: What::Number, again: Vec::new() };
    let saves = vec![(verb, id.clone())];
    Some(Saving {
        statements: save::number(request, &kept, condition.as_deref()),
        goes: Vec::new(),
        kept,
        saves,
    })
}
