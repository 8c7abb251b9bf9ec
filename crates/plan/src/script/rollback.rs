//! The rollback script: for emergencies, so it works from every boundary, and twice in a row.

use kinds::{Hazard, Kind, Spec};

use super::archives::{VARIABLES, finished, kept_back, last_kept, out_of_the_way, tidied};
use super::standing::{found, probes};
use super::{Heading, Leg, Probe, checks, forward, locks, settings, summary};
use crate::archive::{Kept, is_forced};
use crate::rules::batches;
use crate::table_order::has_above;
use crate::{Round, Step, Verb};

/// The text of the script that goes back from wherever the database stands.
pub fn rollback(heading: &Heading, legs: &[Leg<'_>]) -> String {
    let mut text = head(heading, legs);
    text.push_str("BEGIN;\n\n");
    text.push_str(&settings());
    text.push('\n');
    text.push_str(&super::block(&block(heading, legs)));
    text.push_str("\nCOMMIT;\n");
    super::encoded(text)
}

fn block(heading: &Heading, legs: &[Leg<'_>]) -> String {
    let archives = if legs.iter().any(Leg::keeps) { VARIABLES } else { "" };
    let mut text = format!(
        "DECLARE\n    endstate_objects jsonb;\n    endstate_stands integer;\n    endstate_wrong text;\n{}{archives}BEGIN\n",
        checks::VARIABLES
    );
    text.push_str(&forward::version(heading, &heading.rollback));
    text.push_str(&checks::cleared(probes(legs).into_iter(), "    "));
    text.push_str(&standing(heading, legs));
    for (number, leg) in legs.iter().enumerate().rev() {
        text.push_str(&format!(
            "\n    -- Takes {} back.\n    IF endstate_stands > {number} THEN\n",
            leg.file
        ));
        text.push_str(&finished(leg));
        text.push_str(&checks::rows(
            &leg.asks_back,
            &format!("{} stopped, and nothing is changed", heading.rollback),
            "        ",
        ));
        text.push_str(&losses(leg, &heading.rollback));
        text.push_str(&out_of_the_way(leg, &heading.rollback));
        // The last leg to be taken back leaves nothing that is empty.
        let tidied = match number == 0 && legs.iter().any(Leg::keeps) {
            true => tidied("        "),
            false => String::new(),
        };
        text.push_str(&indented(leg, &heading.rollback, &tidied));
        text.push_str("    END IF;\n");
    }
    text.push_str(&reached(heading, legs));
    text.push_str("END;\n");
    text
}

fn head(heading: &Heading, legs: &[Leg<'_>]) -> String {
    let mut lines = vec![
        heading.rollback.clone(),
        format!(
            "Made by {} for database {}, PostgreSQL {}.",
            heading.made_by, heading.database, heading.major
        ),
        String::new(),
        "Goes back to the state before the first script, from wherever the database stands:".to_owned(),
    ];
    for leg in legs.iter().rev() {
        lines.push(format!("After {}:", leg.file));
        let summary = summary(leg.back);
        let mut ids = leg.back.iter().flat_map(|round| &round.steps).flat_map(|step| &step.ids);
        let silent = match leg.back.iter().all(|round| round.steps.is_empty()) {
            true => "nothing",
            false if ids.all(|(_, id)| batches::is_mark(id)) => "says again that rows wait for their values",
            false => "changes what is said of objects: comments, owners",
        };
        let nothing_else = summary.is_empty().then(|| silent.to_owned());
        lines.extend(summary.into_iter().chain(nothing_else).map(|line| format!("  - {line}")));
    }
    lines.push("Locks, until the end of the transaction:".to_owned());
    let back: Vec<Round> = legs.iter().rev().flat_map(|leg| leg.back.to_vec()).collect();
    lines.extend(locks(&back).into_iter().map(|line| format!("  - {line}")));
    lines.push(
        "Rows that were written meanwhile stay. It may be run twice: the second time there is nothing to do."
            .to_owned(),
    );
    super::comment(lines)
}

/// Finds the boundary at which everything is as it should be there.
fn standing(heading: &Heading, legs: &[Leg<'_>]) -> String {
    if probes(legs).is_empty() {
        return format!(
            "    -- Nothing that it takes back can be asked for: it is taken back all the same.\n    endstate_stands := {};\n",
            legs.len()
        );
    }
    let places: Vec<String> =
        legs.iter().map(|leg| format!("'after {}'", leg.file.replace('\'', "''"))).collect();
    let file = &heading.rollback;
    format!(
        "\n    -- Where does the database stand? One row an object, one definition a boundary: before the first script, after it, after the second ...\n\
         {query}\
         \x20   SELECT jsonb_agg(to_jsonb(f)) INTO endstate_objects FROM found AS f;\n\
         \x20   SELECT b INTO endstate_stands FROM generate_series(0, {last}) AS b\n\
         \x20   WHERE NOT EXISTS (\n        SELECT FROM jsonb_to_recordset(endstate_objects) AS f (found text, boundaries text[])\n\
         \x20       WHERE f.found IS DISTINCT FROM f.boundaries[b + 1]\n    ) ORDER BY b DESC LIMIT 1;\n\
         \x20   IF endstate_stands IS NULL THEN\n\
         \x20       SELECT string_agg(format('%s %s is %s, which it is at no boundary', f.kind, f.object, coalesce(f.found, 'missing')), E'\\n' ORDER BY f.kind, f.object)\n\
         \x20       INTO endstate_wrong\n        FROM jsonb_to_recordset(endstate_objects) AS f (kind text, object text, found text, boundaries text[])\n\
         \x20       WHERE NOT EXISTS (SELECT FROM unnest(f.boundaries) AS x WHERE x IS NOT DISTINCT FROM f.found);\n\
         \x20       RAISE EXCEPTION {lost}\n            USING DETAIL = coalesce(endstate_wrong, 'Its objects are those of different boundaries.');\n\
         \x20   ELSIF endstate_stands = 0 THEN\n        RAISE NOTICE {nothing};\n\
         \x20   ELSE\n        RAISE NOTICE {found}, (ARRAY[{places}])[endstate_stands];\n    END IF;\n",
        query = found(legs),
        last = legs.len(),
        lost = sql::literal(&format!(
            "{file} stopped before it changed anything: the database stands at none of the boundaries that it knows"
        )),
        nothing = sql::literal(&format!(
            "{file}: the database stands before the first script; there is nothing to take back"
        )),
        found = sql::literal(&format!("{file}: the database stands %; going back from there")),
        places = places.join(", "),
    )
}

/// Whether all rows of a table are here: those of foreign tables, its partitions among them, are elsewhere and not counted.
fn is_here(leg: &Leg<'_>, table: &kinds::Id) -> bool {
    let elsewhere = |id: &kinds::Id| id.kind() == Kind::ForeignTable && has_above(leg.after, id, table);
    table.kind() == Kind::Table && !leg.after.ids().any(elsewhere)
}

/// Counts what goes with columns and tables that the way back drops.
fn losses(leg: &Leg<'_>, file: &str) -> String {
    let mut text = String::new();
    for (verb, id) in leg.back.iter().flat_map(|round| &round.steps).flat_map(|step| &step.ids) {
        // Under the name that it has before this leg is taken back.
        if *verb != Verb::Drop || !is_here(leg, id.top()) || !matches!(id.kind(), Kind::Column | Kind::Table)
        {
            continue;
        }
        if is_taken(leg, id) {
            continue;
        }
        let is_kept = |kept: &Kept| kept.column(id).is_some() || kept.of == *id;
        let mut kept = leg.back.iter().flat_map(|round| &round.kept);
        if kept.any(|kept| is_kept(kept) && !kept.again.is_empty()) {
            continue;
        }
        let Some((table, count, what)) = count(leg, id, file) else { continue };
        let told = format!(
            "        EXECUTE {} INTO STRICT endstate_count;\n        IF endstate_count > 0 THEN\n            RAISE NOTICE {}, endstate_count;\n        END IF;\n",
            sql::literal(&count),
            sql::literal(&what),
        );
        let forced = is_forced(leg.after, table).then(|| table.sql());
        text.push_str(&checks::seen(&forced.into_iter().collect(), &told, "        "));
    }
    text
}

/// Whether rows of a partition are still there when it is gone: others take them, or they are put aside with those of the whole table.
fn is_taken(leg: &Leg<'_>, table: &kinds::Id) -> bool {
    let has = |verb: Verb, id: &kinds::Id| {
        let mut ids = leg.back.iter().flat_map(|round| &round.steps).flat_map(|step| &step.ids);
        ids.any(|(is, of)| *is == verb && of == id)
    };
    let place = table.child(Kind::Partition, "");
    let above = leg.after.ids().filter(|id| id.kind() == Kind::Table && has_above(leg.after, table, id));
    has(Verb::Save, &place)
        || leg.after.contains(&place)
            && above.into_iter().any(|id| has(Verb::Save, id) && has(Verb::Drop, id))
}

/// The table, a query that counts, and what is told of the number.
fn count<'l>(leg: &'l Leg<'_>, id: &kinds::Id, file: &str) -> Option<(&'l kinds::Id, String, String)> {
    // The way back renames first: the object is found in the catalog after the leg under the name that it has there.
    let present = leg.after.objects().find(|object| {
        object.id.kind() == id.kind()
            && object.id.name() == id.name()
            && !leg.before.contains(&object.id)
            && (id.kind() == Kind::Table
                || object.id.parent().map(kinds::Id::parent) == id.parent().map(kinds::Id::parent))
    })?;
    if let Spec::Column(_) = &present.spec {
        let (table, column) = (present.id.relation_sql(), sql::ident(present.id.name()));
        let default = leg.after.get(&present.id.child(Kind::ColumnDefault, ""));
        let wrote = match default.map(|object| &object.spec) {
            Some(Spec::ColumnDefault(default)) => {
                format!("{column} IS DISTINCT FROM ({})", default.expression)
            }
            _ => format!("{column} IS NOT NULL"),
        };
        let named = format!("{table}.{column}").replace('%', "%%");
        let what = format!("{}: % values of {named} go with the column", file.replace('%', "%%"));
        let count = format!("SELECT count(*) FROM {table} WHERE {wrote}");
        return Some((present.id.top(), count, what));
    }
    let table = present.id.sql();
    let what =
        format!("{}: % rows of {} go with the table", file.replace('%', "%%"), table.replace('%', "%%"));
    Some((present.id.top(), format!("SELECT count(*) FROM {table}"), what))
}

/// The statements inside the block; one that PL/pgSQL could not cut out of it is executed as text.
fn indented(leg: &Leg<'_>, file: &str, tidied: &str) -> String {
    let mut text = String::new();
    let steps: Vec<&Step> = leg.back.iter().flat_map(|round| &round.steps).collect();
    let last_kept = last_kept(leg.back);
    let end = super::before_event_triggers(&steps);
    for (place, step) in steps.iter().enumerate() {
        if place == end {
            text.push_str(tidied);
        }
        let statement = &step.statement.sql;
        let quoted = statement.contains('$')
            || statement.contains(';')
            || statement.contains("endstate_")
            || is_looked_into(statement);
        match sql::indented(statement, 8).filter(|_| !quoted) {
            Some(statement) => text.push_str(&format!("        {statement};\n")),
            None => text.push_str(&format!("        EXECUTE {};\n", quote(statement))),
        }
        if Some(place) == last_kept {
            text.push_str(&kept_back(leg, file));
        }
    }
    if end == steps.len() {
        text.push_str(tidied);
    }
    text
}

/// Whether PL/pgSQL puts its own variables, such as `found`, into the statement, or wants to know where its rows go.
fn is_looked_into(statement: &str) -> bool {
    const AS_THEY_ARE: [&str; 6] = ["ALTER ", "DROP ", "GRANT ", "REVOKE ", "COMMENT ", "CREATE "];
    const QUERIES: [&str; 2] = ["CREATE MATERIALIZED ", "CREATE TEMPORARY "];
    let starts = |words: &[&str]| words.iter().any(|word| statement.starts_with(word));
    !starts(&AS_THEY_ARE) || starts(&QUERIES)
}

/// A statement as a literal that stays readable.
pub(super) fn quote(statement: &str) -> String {
    sql::dollar_tagged("do", statement)
}

fn reached(heading: &Heading, legs: &[Leg<'_>]) -> String {
    // Rows that somebody has changed since stay so.
    let probes = probes(legs).into_iter().filter(|probe| probe.id.kind() != Kind::SeedRows);
    let probes: Vec<(&Probe, usize)> = probes.map(|probe| (probe, 0)).collect();
    if probes.is_empty() {
        return String::new();
    }
    format!(
        "\n    -- Was it reached? If not, everything above is undone.\n{}",
        forward::verified(&probes, &heading.rollback, forward::UNDONE)
    )
}

/// Whether the way back loses anything, and what.
pub fn loses(rounds: &[Round]) -> Vec<String> {
    let statements = rounds.iter().flat_map(|round| &round.steps).map(|step| &step.statement);
    let hazards = statements.flat_map(kinds::Statement::all_hazards);
    hazards.filter(|(hazard, _)| *hazard == Hazard::DataLoss).map(|(_, why)| why).collect()
}
