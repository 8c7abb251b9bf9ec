//! What scripts say of the archives: what the rollback keeps, and the procedure with which the forward script gives that back.

use kinds::Id;

use super::Leg;
use super::rollback::quote;
use crate::archive::{self, Kept, SCHEMA};
use crate::rules::batches;
use crate::{Round, Step, Verb};

impl Leg<'_> {
    /// The procedure that gives back what the way back kept, quoted with its schema.
    pub(super) fn again(&self) -> String {
        let stem = self.file.trim_end_matches(".sql");
        let name = archive::told_apart(stem, 45, &archive::mark(self.forward));
        sql::qualified(&[SCHEMA, &format!("again_{name}")])
    }

    /// Whether there may be something that it gives back.
    pub(super) fn comes_back(&self) -> bool {
        self.back.iter().flat_map(|round| &round.kept).any(|kept| !kept.again.is_empty())
    }

    /// Whether that takes a transaction of its own: a value that is added to an enum type can be used only when it is committed.
    pub(super) fn comes_back_late(&self) -> bool {
        self.comes_back() && self.forward.iter().any(|round| round.commit_after)
    }

    /// Whether columns that come with it wait for their values: they get them, and what the rollback kept, in a later script.
    pub(super) fn waits_for_values(&self) -> bool {
        batches::any_waits(self.after)
    }

    /// Whether it keeps anything, on either way.
    pub(super) fn keeps(&self) -> bool {
        self.forward.iter().chain(self.back).any(|round| !round.kept.is_empty())
    }
}

/// The schema of the archives goes when there is nothing in it any more.
pub fn tidied(indent: &str) -> String {
    [
        "IF EXISTS (",
        &format!("    SELECT FROM pg_namespace AS n WHERE n.nspname = '{SCHEMA}' AND pg_has_role(n.nspowner, 'USAGE')"),
        "    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid)",
        ") THEN",
        &format!("    DROP SCHEMA {SCHEMA};"),
        "END IF;",
    ]
    .map(|line| format!("{indent}{line}\n"))
    .concat()
}

/// Stops where an archive is still there that this script would make.
pub(super) fn free(leg: &Leg<'_>) -> String {
    let kept = leg.forward.iter().flat_map(|round| &round.kept);
    let stops = kept.map(|kept| {
        format!(
            "    IF to_regclass({}) IS NOT NULL THEN\n        RAISE EXCEPTION {} USING HINT = {};\n    END IF;\n",
            sql::literal(&kept.archive),
            sql::literal(&format!(
                "{} stopped before it changed anything: {} still keeps {} of an earlier change",
                leg.file.replace('%', "%%"),
                kept.archive.replace('%', "%%"),
                kept.words().replace('%', "%%")
            )),
            sql::literal("if nobody needs that any more: endstate finalize --drop"),
        )
    });
    stops.collect::<Vec<_>>().concat()
}

/// Archives of an earlier rollback that nobody gave back make room: their names get a number.
pub(super) fn out_of_the_way(leg: &Leg<'_>, file: &str) -> String {
    let kept: Vec<&Kept> = leg.back.iter().flat_map(|round| &round.kept).collect();
    let list = |kept: &mut dyn Iterator<Item = &&Kept>| -> String {
        kept.map(|kept| sql::literal(&kept.archive)).collect::<Vec<_>>().join(", ")
    };
    let all = list(&mut kept.iter());
    if all.is_empty() {
        return String::new();
    }
    // A name with the first number that makes it free.
    let numbered = |name: &str| {
        format!(
            "(SELECT format('%s_%s', {name}, min(n)) FROM generate_series(2, 9999) AS n\n\
             \x20                      WHERE to_regclass(format('{SCHEMA}.%I', format('%s_%s', {name}, n))) IS NULL)"
        )
    };
    let moved = list(&mut kept.iter().filter(|kept| kept.is_moved()));
    let indexes = format!(
        "        FOR endstate_archive, endstate_name IN\n\
         \x20           SELECT i.indexrelid::regclass, {}\n\
         \x20           FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid\n\
         \x20           WHERE i.indrelid IN (SELECT to_regclass(a) FROM unnest(ARRAY[{moved}]) AS a)\n\
         \x20       LOOP\n\
         \x20           EXECUTE format('ALTER INDEX %s RENAME TO %I', endstate_archive, endstate_name);\n\
         \x20       END LOOP;\n",
        numbered("c.relname")
    );
    let indexes = if moved.is_empty() { String::new() } else { indexes };
    let notice = sql::literal(&format!(
        "{}: what an earlier rollback kept, and nobody gave back, is in {SCHEMA}.% from now on",
        file.replace('%', "%%")
    ));
    format!(
        "{indexes}        FOR endstate_archive, endstate_name IN\n\
         \x20           SELECT a, {}\n\
         \x20           FROM unnest(ARRAY[{all}]) AS a WHERE to_regclass(a) IS NOT NULL\n\
         \x20       LOOP\n\
         \x20           EXECUTE format('ALTER TABLE %s RENAME TO %I', endstate_archive, endstate_name);\n\
         \x20           RAISE NOTICE {notice}, endstate_name;\n\
         \x20       END LOOP;\n",
        numbered("(parse_ident(a))[2]")
    )
}

/// The variables of [`out_of_the_way`] and [`kept_back`].
pub(super) const VARIABLES: &str = "    endstate_archive text;\n    endstate_name text;\n";

/// Archives that turned out to keep nothing go; for the others it says how much they keep, and there is a procedure with which the
/// forward script, when it is run again, gives that back.
pub(super) fn kept_back(leg: &Leg<'_>, file: &str) -> String {
    let kept: Vec<&Kept> = leg.back.iter().flat_map(|round| &round.kept).collect();
    let is_there = |kept: &Kept| format!("to_regclass({}) IS NOT NULL", sql::literal(&kept.archive));
    let mut text = String::new();
    for kept in &kept {
        let archive = &kept.archive;
        if kept.is_moved() {
            text.push_str(&moved_back_and_kept(file, kept));
            continue;
        }
        let what = format!("{} in {archive}", kept.words()).replace('%', "%%");
        let notice = sql::literal(&format!("{}: keeps % rows: {what}", file.replace('%', "%%")));
        text.push_str(&format!(
            "        SELECT count(*) INTO STRICT endstate_count FROM {archive};\n        IF endstate_count = 0 THEN\n            DROP TABLE {archive};\n\
             \x20       ELSE\n            RAISE NOTICE {notice}, endstate_count;\n        END IF;\n"
        ));
    }
    let restored: Vec<&&Kept> = kept.iter().filter(|kept| !kept.again.is_empty()).collect();
    if restored.is_empty() {
        return text;
    }
    let given_back = |kept: &&&Kept| {
        let statements: Vec<String> = kept.again.iter().map(|sql| format!("        {sql};\n")).collect();
        format!("    IF {} THEN\n{}    END IF;\n", is_there(kept), statements.concat())
    };
    let (procedure, tidied) = (leg.again(), tidied("    "));
    let body = restored.iter().map(given_back).collect::<String>();
    let body = sql::dollar(&format!("\nBEGIN\n{body}    DROP PROCEDURE {procedure}();\n{tidied}END;\n"));
    let create = format!("CREATE OR REPLACE PROCEDURE {procedure}() LANGUAGE plpgsql AS {body}");
    let any: Vec<String> = restored.iter().map(|kept| is_there(kept)).collect();
    text.push_str(&format!(
        "        IF {} THEN\n            EXECUTE {};\n        END IF;\n",
        any.join(" OR "),
        quote(&create)
    ));
    text
}

/// A table that is moved is not read, however large it is: only one without rows is not kept.
fn moved_back_and_kept(file: &str, kept: &Kept) -> String {
    let archive = &kept.archive;
    let notice = format!("{file}: keeps {} in {archive}", kept.words()).replace('%', "%%");
    format!(
        "        IF NOT EXISTS (SELECT FROM {archive}) THEN\n            DROP TABLE {archive};\n        ELSE\n            RAISE NOTICE {};\n        END IF;\n",
        sql::literal(&notice)
    )
}

/// Where the last of the steps stands after which all is kept that is.
pub(super) fn last_kept(rounds: &[Round]) -> Option<usize> {
    let is_moved = |id: &Id| {
        let mut kept = rounds.iter().flat_map(|round| &round.kept);
        kept.any(|kept| kept.is_moved() && kept.of == *id)
    };
    let keeps = |step: &Step| {
        step.ids.iter().any(|(verb, id)| *verb == Verb::Save || *verb == Verb::Drop && is_moved(id))
    };
    let steps: Vec<&Step> = rounds.iter().flat_map(|round| &round.steps).collect();
    steps.iter().rposition(|step| keeps(step))
}

/// Gives back what the last rollback kept, where the forward script was interrupted before its last transaction.
pub(super) fn finished(leg: &Leg<'_>) -> String {
    if !leg.comes_back() || !(leg.comes_back_late() || leg.waits_for_values()) {
        return String::new();
    }
    let procedure = leg.again();
    format!(
        "        -- What is kept for {} has not come back yet.\n        IF to_regprocedure({}) IS NOT NULL THEN\n            EXECUTE {};\n        END IF;\n",
        leg.file,
        sql::literal(&format!("{procedure}()")),
        quote(&format!("CALL {procedure}()")),
    )
}

pub(super) fn given_back(procedure: &str) -> String {
    let block = super::block(&format!(
        "BEGIN\n    IF to_regprocedure({}) IS NOT NULL THEN\n        CALL {procedure}();\n    END IF;\nEND;\n",
        sql::literal(&format!("{procedure}()")),
    ));
    format!("\n-- What the rollback of this script kept, where it has been run, comes back.\n{block}")
}

/// The legs before one whose archives come back with it, since columns that came with them have their values only then.
pub(super) fn waiting_for<'l, 'a>(legs: &'l [Leg<'a>], number: usize) -> Vec<&'l Leg<'a>> {
    if legs[number].waits_for_values() {
        return Vec::new();
    }
    let before = legs[..number].iter().rev().take_while(|leg| leg.waits_for_values());
    before.filter(|leg| leg.comes_back()).collect()
}

/// A statement, and in the same transaction what the rollback of earlier scripts kept.
pub(super) fn with_what_comes_back(waiting: &[&Leg<'_>], statement: &str) -> String {
    let calls: Vec<String> = waiting
        .iter()
        .map(|leg| {
            let procedure = leg.again();
            let there = sql::literal(&format!("{procedure}()"));
            format!(
                "    IF to_regprocedure({there}) IS NOT NULL THEN\n        CALL {procedure}();\n    END IF;\n"
            )
        })
        .collect();
    super::block(&format!("BEGIN\n{}    {statement};\nEND;\n", calls.concat()))
}
