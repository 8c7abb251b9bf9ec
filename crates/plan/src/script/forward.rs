//! A forward script.

use std::collections::BTreeSet;

use kinds::kinds::seed_rows::SeedRows;
use kinds::{Context, Id, Kind, Spec};

use super::archives::{free, given_back};
use super::outside::outside_of_transaction;
use super::{Heading, Leg, Probe, checks, locks, settings, statements, summary};
use crate::{Round, Step};

/// The text of the forward script of `legs[number]`.
pub fn forward(heading: &Heading, legs: &[Leg<'_>], number: usize) -> String {
    let leg = &legs[number];
    if leg.is_outside_of_transaction() {
        return outside_of_transaction(heading, legs, number);
    }
    let mut text = head(heading, legs, number);
    text.push_str("BEGIN;\n\n");
    text.push_str(&settings());
    text.push_str("\n-- 1. Does the database stand where this script expects it? If not, it stops here and has changed nothing.\n");
    text.push_str(&standing(heading, legs, number));
    text.push_str("\n-- 2. The change.\n");
    let steps: Vec<&Step> = leg.forward.iter().flat_map(|round| &round.steps).collect();
    let late = leg.comes_back_late();
    let within = leg.comes_back() && !late && !leg.waits_for_values();
    let end = if within { super::before_event_triggers(&steps) } else { steps.len() };
    text.push_str(&statements(&steps[..end]));
    if within {
        text.push_str(&given_back(&leg.again()));
    }
    if end < steps.len() {
        text.push('\n');
        text.push_str(&statements(&steps[end..]));
    }
    text.push_str("\n-- 3. Was it reached? If not, everything above is undone.\n");
    text.push_str(&reached(legs, number));
    text.push_str("\nCOMMIT;\n");
    if late {
        text.push_str("\nBEGIN;\n\n");
        text.push_str(&settings());
        text.push_str(&given_back(&leg.again()));
        text.push_str("\nCOMMIT;\n");
    }
    super::encoded(text)
}

pub(super) fn head(heading: &Heading, legs: &[Leg<'_>], number: usize) -> String {
    let leg = &legs[number];
    let mut lines = vec![
        leg.file.clone(),
        format!(
            "Made by {} for database {}, PostgreSQL {}.",
            heading.made_by, heading.database, heading.major
        ),
        String::new(),
        "What it does:".to_owned(),
    ];
    lines.extend(summary(leg.forward).into_iter().map(|line| format!("  - {line}")));
    let outside = leg.is_outside_of_transaction();
    lines.push(if outside { "Locks:" } else { "Locks, until the end of the transaction:" }.to_owned());
    let locks = match outside {
        // Nothing is held from one statement to the next.
        true => leg
            .forward
            .iter()
            .flat_map(|round| &round.steps)
            .flat_map(|step| locks(&[Round::new(vec![step.clone()], false)]))
            .collect(),
        false => locks(leg.forward),
    };
    lines.extend(locks.iter().map(|line| format!("  - {line}")));
    if locks.is_empty() {
        lines.push("  - none on any relation".to_owned());
    }
    if outside {
        lines.push("It is no transaction, and cannot be run in one. Where it is interrupted, it can be run again, or taken back.".to_owned());
    }
    lines.push(format!("Way back: {}, from here and from every later script.", heading.rollback));
    if leg.comes_back_late() {
        lines.push("Its last transaction gives back what the rollback kept: values that are added to an enum type can be used only when they are committed.".to_owned());
    }
    let before = number.checked_sub(1).map(|before| legs[before].file.clone());
    lines.extend(before.map(|file| format!("Runs after: {file}")));
    super::comment(lines)
}

/// Probes of this leg, and one of each leg before it, with the file that it belongs to.
fn known<'a>(legs: &'a [Leg<'_>], number: usize) -> Vec<(&'a Probe, Option<&'a str>)> {
    let mut known = Vec::new();
    for (place, leg) in legs[..number].iter().enumerate() {
        // One that tells whether the leg has been run, and that no later leg touches.
        let later = |probe: &Probe| {
            legs[place + 1..=number].iter().any(|leg| leg.probes.iter().any(|other| other.id == probe.id))
        };
        let tells =
            |probe: &&Probe| probe.answers.get(place) != probe.answers.get(place + 1) && !later(probe);
        known.extend(leg.probes.iter().find(tells).map(|probe| (probe, Some(leg.file.as_str()))));
    }
    known.extend(own(&legs[number]).map(|probe| (probe, None)));
    known
}

/// The probes of a leg that say all by themselves: what rows must be is asked in full.
fn own<'a>(leg: &'a Leg<'_>) -> impl Iterator<Item = &'a Probe> {
    leg.probes.iter().filter(|probe| probe.id.kind() != Kind::SeedRows)
}

pub(super) fn standing(heading: &Heading, legs: &[Leg<'_>], number: usize) -> String {
    let leg = &legs[number];
    let file = &leg.file;
    let rows: Vec<(&Probe, Vec<String>)> = known(legs, number)
        .into_iter()
        .map(|(probe, owner)| {
            let owner = owner.map_or("NULL".to_owned(), sql::literal);
            (probe, vec![checks::expected(probe, number), checks::expected(probe, number + 1), owner])
        })
        .collect();
    let count = if leg.asks.is_empty() { "" } else { checks::VARIABLES };
    let asked = if rows.is_empty() { String::new() } else { questions(&rows, leg) };
    super::block(&format!(
        "DECLARE\n    endstate_wrong text;\n    endstate_done boolean;\n    endstate_missing text;\n{count}BEGIN\n\
         {}{}{asked}{}{}END;\n",
        version(heading, file),
        checks::cleared(leg.probes.iter(), "    "),
        free(leg),
        checks::rows(&leg.asks, &format!("{file} stopped before it changed anything"), "    "),
    ))
}

/// Each object as it must be now, as it will be, and the script that should have seen to it.
fn questions(rows: &[(&Probe, Vec<String>)], leg: &Leg<'_>) -> String {
    let (file, procedure) = (&leg.file, leg.again());
    let half_done = match leg.comes_back_late() {
        true => format!(
            "    IF endstate_wrong IS NOT NULL AND endstate_done AND to_regprocedure({}) IS NOT NULL THEN\n        RAISE EXCEPTION {} USING HINT = {};\n    END IF;\n",
            sql::literal(&format!("{procedure}()")),
            sql::literal(&format!(
                "{file} has been run, but for its last transaction, which gives back what the rollback kept; nothing was changed"
            )),
            sql::literal(&format!("that is done by: CALL {procedure}();")),
        ),
        false => String::new(),
    };
    format!(
        "{query}\
         \x20   SELECT string_agg(format('%s %s is %s, not %s', f.kind, f.object, coalesce(f.found, 'missing'), coalesce(f.now, 'missing')), E'\\n' ORDER BY f.kind, f.object)\n\
         \x20              FILTER (WHERE f.found IS DISTINCT FROM f.now),\n\
         \x20          bool_and(f.found IS NOT DISTINCT FROM f.later),\n\
         \x20          min(f.script) FILTER (WHERE f.found IS DISTINCT FROM f.now)\n\
         \x20   INTO endstate_wrong, endstate_done, endstate_missing FROM found AS f;\n\
         {half_done}\
         \x20   IF endstate_wrong IS NOT NULL AND endstate_done THEN\n\
         \x20       RAISE EXCEPTION {already};\n\
         \x20   ELSIF endstate_missing IS NOT NULL THEN\n\
         \x20       RAISE EXCEPTION {missing}, endstate_missing USING DETAIL = endstate_wrong;\n\
         \x20   ELSIF endstate_wrong IS NOT NULL THEN\n\
         \x20       RAISE EXCEPTION {drift} USING DETAIL = endstate_wrong;\n\
         \x20   END IF;\n",
        query = checks::query(rows, "now, later, script"),
        already = sql::literal(&format!("{file} has been run already; nothing was changed")),
        missing = sql::literal(&format!(
            "{file} stopped before it changed anything: run % first, or something has changed since"
        )),
        drift = sql::literal(&format!(
            "{file} stopped before it changed anything: the database has changed since this script was made"
        )),
    )
}

/// Definitions are printed differently by different major versions, so that a check would be wrong on another one.
pub(super) fn version(heading: &Heading, file: &str) -> String {
    format!(
        "    IF current_setting('server_version_num')::integer / 10000 <> {} THEN\n        RAISE EXCEPTION {};\n    END IF;\n",
        heading.major,
        sql::literal(&format!(
            "{file} was made for PostgreSQL {}; make it anew for this server",
            heading.major
        )),
    )
}

pub(super) fn reached(legs: &[Leg<'_>], number: usize) -> String {
    let leg = &legs[number];
    let probes: Vec<(&Probe, usize)> = own(leg).map(|probe| (probe, number + 1)).collect();
    let rows = rows_reached(leg);
    if probes.is_empty() && rows.is_empty() {
        return "-- Nothing that this script changes can be asked for in a word.\n".to_owned();
    }
    let wrong = if probes.is_empty() { "" } else { "    endstate_wrong text;\n" };
    let count = if rows.is_empty() { "" } else { "    endstate_count bigint;\n" };
    let undone = if leg.is_outside_of_transaction() { "it can be run again, or taken back" } else { UNDONE };
    let verified = if probes.is_empty() { String::new() } else { verified(&probes, &leg.file, undone) };
    super::block(&format!("DECLARE\n{wrong}{count}BEGIN\n{verified}{rows}END;\n"))
}

/// Stops when a row that is declared is not there as it should be.
fn rows_reached(leg: &Leg<'_>) -> String {
    let steps = leg.forward.iter().flat_map(|round| &round.steps);
    let ids: BTreeSet<&Id> = steps.flat_map(|step| &step.ids).map(|(_, id)| id).collect();
    let context = Context { from: leg.before, to: leg.after, version: 0, user: "" };
    let mut text = String::new();
    for id in ids {
        let (Some(Spec::SeedRows(after)), Some(table)) =
            (leg.after.get(id).map(|object| &object.spec), id.parent())
        else {
            continue;
        };
        let nothing = SeedRows::default();
        let before = match leg.before.get(id).map(|object| &object.spec) {
            Some(Spec::SeedRows(before)) => before,
            _ => &nothing,
        };
        let conditions = after.reached(before, id, &context);
        if conditions.is_empty() {
            continue;
        }
        let table = table.sql();
        let any: Vec<String> = conditions.iter().map(|condition| format!("({condition})")).collect();
        let count = format!("SELECT count(*) FROM {table} AS t WHERE {}", any.join(" OR "));
        text.push_str(&format!(
            "    EXECUTE {} INTO STRICT endstate_count;\n    IF endstate_count <> {} THEN\n        RAISE EXCEPTION {};\n    END IF;\n",
            sql::literal(&count),
            conditions.len(),
            sql::literal(&format!(
                "{}: rows of {table} are not what they should be; everything is undone",
                leg.file
            ).replace('%', "%%")),
        ));
    }
    text
}

/// What has become of a transaction that stops.
pub(super) const UNDONE: &str = "everything is undone";

/// Stops when an object is not as it is at a boundary.
pub(super) fn verified(probes: &[(&Probe, usize)], file: &str, undone: &str) -> String {
    let rows: Vec<(&Probe, Vec<String>)> =
        probes.iter().map(|(probe, boundary)| (*probe, vec![checks::expected(probe, *boundary)])).collect();
    format!(
        "{}\
         \x20   SELECT string_agg(format('%s %s is %s, not %s', f.kind, f.object, coalesce(f.found, 'missing'), coalesce(f.wanted, 'missing')), E'\\n' ORDER BY f.kind, f.object)\n\
         \x20   INTO endstate_wrong FROM found AS f WHERE f.found IS DISTINCT FROM f.wanted;\n\
         \x20   IF endstate_wrong IS NOT NULL THEN\n        RAISE EXCEPTION {} USING DETAIL = endstate_wrong;\n    END IF;\n",
        checks::query(&rows, "wanted"),
        sql::literal(&format!("{file} did not reach what it should; {undone}")),
    )
}
