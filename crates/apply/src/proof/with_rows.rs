//! The rows that a proof is run with.

use std::collections::BTreeSet;

use catalog::Database;
use kinds::kinds::seed_rows::SeedRows;
use kinds::{Context, Id, Kind, Object, ObjectKind, Spec};
use plan::archive::SCHEMA;
use plan::{Question, Verb};
use shadow::rows;

use super::{Counts, Proof, Prover, ROWS};
use crate::Error;

/// Where the rows of a proof come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    Live,
    /// Made up on the catalog that is there.
    MadeUp,
    /// The same without those that the plan refuses.
    MadeUpButRefused,
    /// Made up on the catalog that is wanted, and taken back: the plan takes them.
    TakenBack,
    /// Made up on the catalog that is there, but for the tables of which the plan refuses any.
    MadeUpElsewhere,
    None,
}

impl Prover<'_> {
    /// With the best rows that the plan takes. That its own constraints refuse some says nothing against the plan: the scripts ask
    /// the real rows before they change anything.
    pub(super) fn run_with_rows(&mut self) -> Result<(), Error> {
        let live = self.sample.is_some().then_some(Rows::Live);
        let made_up = [Rows::MadeUp, Rows::MadeUpButRefused, Rows::TakenBack, Rows::MadeUpElsewhere];
        for rows in live.into_iter().chain(made_up) {
            let error = match self.run_again_without(rows) {
                Ok(()) if rows == Rows::MadeUpButRefused && self.is_emptied => {
                    return self.run_taken_back_too();
                }
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let Error::Unproven { script, reason, refused: true, .. } = error else { return Err(error) };
            let reason = Some(format!("{script}: {reason}"));
            let before = std::mem::take(&mut self.proof);
            let sample_refused = before.sample_refused;
            self.proof = match rows {
                Rows::Live => Proof { sample_refused: reason, ..Proof::default() },
                Rows::MadeUp => Proof { others_refused: reason, sample_refused, ..Proof::default() },
                // They say the most of what is refused.
                Rows::MadeUpButRefused => {
                    Proof { others_refused: before.others_refused, sample_refused, ..Proof::default() }
                }
                Rows::TakenBack => {
                    Proof { some_refused: before.others_refused, sample_refused, ..Proof::default() }
                }
                _ => Proof { rows_refused: before.some_refused, sample_refused, ..Proof::default() },
            };
            self.counts = Counts::default();
        }
        self.run(Rows::None)
    }

    /// Tables that were left empty have rows that are taken back, if the plan takes these.
    fn run_taken_back_too(&mut self) -> Result<(), Error> {
        let (proof, counts) = (self.proof.clone(), std::mem::take(&mut self.counts));
        match self.run(Rows::TakenBack) {
            Ok(()) => {
                self.proof.without_rows = proof.without_rows;
                self.counts.add(&counts);
            }
            Err(Error::Unproven { refused: true, .. }) => (self.proof, self.counts) = (proof, counts),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    pub(super) fn fill(&mut self, place: &str, rows: Rows) -> Result<(), Error> {
        match rows {
            Rows::Live => {
                self.copy_live_rows(place)?;
                self.make_up_rows(place, "before")
            }
            Rows::MadeUp => self.make_up_rows(place, "before"),
            Rows::MadeUpButRefused => {
                self.make_up_rows(place, "before")?;
                self.take_out_what_is_refused(place)
            }
            Rows::TakenBack => self.take_back_rows(place),
            Rows::MadeUpElsewhere => {
                self.make_up_rows(place, "before")?;
                self.empty_what_is_refused(place)
            }
            Rows::None => Ok(()),
        }
    }

    /// Where tables are left empty that the plan refuses rows of: also without those that the server names.
    fn run_again_without(&mut self, rows: Rows) -> Result<(), Error> {
        let known = self.proof.clone();
        loop {
            let error = match self.run(rows) {
                Err(error) if rows == Rows::MadeUpElsewhere => error,
                other => return other,
            };
            match &error {
                Error::Unproven { refused: true, relation: Some(relation), .. }
                    if self.refused.insert(relation.clone()) =>
                {
                    (self.proof, self.counts) = (known.clone(), Counts::default());
                }
                _ => return Err(error),
            }
        }
    }

    fn copy_live_rows(&mut self, place: &str) -> Result<(), Error> {
        let Some(sample) = self.sample else { return Ok(()) };
        let mut live = Database::connect(sample.conninfo)?;
        let mut shadow = self.bench.connect(place)?;
        // The sample may hold those that are declared; what it leaves out comes back.
        let seeds = self.seeds();
        let table = |object: &&Object| object.id.relation_sql();
        for relation in seeds.iter().map(table) {
            shadow.run(&format!("SET session_replication_role = replica; DELETE FROM {relation}"))?;
        }
        let sampled = rows::sample(&mut live.snapshot()?, &mut shadow, sample.at_most)?;
        let context = self.context();
        for insert in seeds.iter().flat_map(|object| object.spec.create(&object.id, &context)) {
            shadow.run(&format!("{} ON CONFLICT DO NOTHING", insert.sql))?;
        }
        self.proof.sampled = Some(sampled.tables.values().map(|table| table.rows).sum());
        Ok(())
    }

    /// The tables of which rows are declared, quoted, under the names that they have before and after.
    fn declared(&self) -> BTreeSet<String> {
        let models = [&self.proposal.before, &self.proposal.desired].into_iter();
        models.flat_map(|model| self.proposal.seeds.tables(model)).map(Id::sql).collect()
    }

    /// The rows that are declared, as they are at the start.
    fn seeds(&self) -> Vec<&Object> {
        self.proposal.before.objects().filter(|object| object.id.kind() == Kind::SeedRows).collect()
    }

    /// Those among them that the plan deletes.
    fn outgoing(&self) -> Vec<(Id, SeedRows)> {
        let mut outgoing = Vec::new();
        for object in self.seeds() {
            let desired = self.proposal.directives.after(&object.id);
            let desired = self.proposal.desired.get(&desired).map(|object| &object.spec);
            if let (Spec::SeedRows(from), Some(Spec::SeedRows(to))) = (&object.spec, desired) {
                outgoing.push((object.id.clone(), from.without(to)));
            }
        }
        outgoing
    }

    /// How many declared rows the plan inserts, and its way back takes out again.
    pub(super) fn incoming(&self) -> u64 {
        let inserted = self.proposal.desired.objects().filter_map(|object| match &object.spec {
            Spec::SeedRows(to) => {
                let before = self.proposal.directives.before(&object.id);
                match self.proposal.before.get(&before).map(|object| &object.spec) {
                    Some(Spec::SeedRows(from)) => Some(to.without(from).rows.len()),
                    _ => Some(to.rows.len()),
                }
            }
            _ => None,
        });
        inserted.map(|rows| rows as u64).sum()
    }

    fn context(&self) -> Context<'_> {
        let before = &self.proposal.before;
        Context { from: before, to: before, version: self.bench.facts().major, user: "" }
    }

    /// Tables whose rows are declared have those, and no others: they might be in the way of those that come.
    fn make_up_rows(&mut self, place: &str, salt: &str) -> Result<(), Error> {
        let mut database = self.bench.connect(place)?;
        // Nothing shall refer to rows that go: they come back when the others are there.
        let (outgoing, context) = (self.outgoing(), self.context());
        for (id, rows) in &outgoing {
            let table = id.relation_sql();
            let keys = rows.rows.values().map(|values| rows.is(id, values, &context));
            for key in keys {
                database.run(&format!(
                    "SET session_replication_role = replica; DELETE FROM {table} WHERE {key}"
                ))?;
            }
        }
        let filled = rows::generate_but(&mut database, ROWS, salt, &self.declared())?;
        for insert in outgoing.iter().flat_map(|(id, rows)| rows.create(id, &context)) {
            database.run(&insert.sql)?;
        }
        self.proof.without_rows = filled.empty.into_iter().collect();
        Ok(())
    }

    /// Takes out the rows that the scripts would stop for, and those that refer to them.
    fn take_out_what_is_refused(&mut self, place: &str) -> Result<(), Error> {
        let mut database = self.bench.connect(place)?;
        database.run("SET session_replication_role = replica")?;
        let filled = rows::fingerprint(&mut database)?;
        let declared = self.declared();
        let asks = self.scripts.asks.iter().filter(|ask| ask.only_if.is_none());
        let asks = asks.filter(|ask| !declared.contains(&ask.relation));
        let refused = asks.map(|ask| (ask.relation.clone(), ask.places.clone()));
        let orphans = plan::orphans(&self.proposal.before);
        let delete = |(relation, places): (String, String)| {
            format!(
                "WITH gone AS (DELETE FROM {relation} WHERE (tableoid, ctid) IN ({places}) RETURNING 1) SELECT count(*) FROM gone"
            )
        };
        let deletes: Vec<String> = refused.chain(orphans).map(delete).collect();
        // Those that refer to rows that have gone go in the next turn.
        loop {
            let mut gone = 0;
            for delete in &deletes {
                // What the server cannot be asked, or does not delete from, stays.
                let count =
                    database.select(delete).unwrap_or_default().into_iter().flatten().flatten().next();
                gone += count.and_then(|count| count.parse::<u64>().ok()).unwrap_or_default();
            }
            if gone == 0 {
                break;
            }
        }
        rows::refresh(&mut database)?;
        let left = rows::fingerprint(&mut database)?;
        self.is_emptied = filled
            .differences(&left)
            .iter()
            .any(|found| found.right.as_ref().is_none_or(|content| content.count == 0));
        Ok(())
    }

    /// Empties tables of which the plan refuses rows, and those that refer to them, until it refuses none.
    fn empty_what_is_refused(&mut self, place: &str) -> Result<(), Error> {
        let mut database = self.bench.connect(place)?;
        database.run("SET session_replication_role = replica; SET client_min_messages = warning")?;
        let filled = rows::fingerprint(&mut database)?;
        for relation in &self.refused {
            // It may have another name by now, or be none yet.
            let _ = database.run(&format!("TRUNCATE {relation} CASCADE"));
        }
        let mut emptied = BTreeSet::new();
        loop {
            // Where only a cast can tell, the question itself fails.
            let mut is_refused = |ask: &&Question| {
                let count = database.select(&ask.count);
                count.map_or(true, |count| count.into_iter().flatten().flatten().any(|count| count != "0"))
            };
            let asks = self.scripts.asks.iter().filter(|ask| ask.only_if.is_none());
            let asks = asks.filter(|ask| !emptied.contains(ask.relation.as_str()));
            let refused: BTreeSet<&str> =
                asks.filter(&mut is_refused).map(|ask| ask.relation.as_str()).collect();
            // Rows of a materialized view are not its own.
            let mut truncate =
                |relation: &&str| database.run(&format!("TRUNCATE {relation} CASCADE")).is_ok();
            if refused.is_empty() || !refused.iter().all(&mut truncate) {
                break;
            }
            emptied.extend(refused);
        }
        rows::refresh(&mut database)?;
        let emptied = filled.differences(&rows::fingerprint(&mut database)?).into_iter();
        let reason = "the plan refuses rows of it, or of a table that it refers to";
        self.proof.without_rows.extend(emptied.map(|found| (found.relation, reason.to_owned())));
        Ok(())
    }

    fn take_back_rows(&mut self, place: &str) -> Result<(), Error> {
        self.scripts.forward.iter().try_for_each(|script| self.script(place, script))?;
        self.make_up_rows(place, "desired")?;
        self.script(place, &self.scripts.rollback)?;
        let mut database = self.bench.connect(place)?;
        // What this way back kept is of no way forward.
        database.run(&format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))?;
        // None of them has NULL where the plan gives a value to those that have: every other one gets it.
        let steps =
            self.proposal.stages.iter().flat_map(|stage| &stage.forward).flat_map(|round| &round.steps);
        let filled = steps.flat_map(|step| &step.ids).filter(|(verb, _)| *verb == Verb::Fill);
        for (_, column) in filled.filter(|(_, id)| id.kind() == Kind::Column) {
            let column = self.proposal.directives.before(column);
            if !self.proposal.before.contains(&column) {
                continue;
            }
            let (table, name) = (column.relation_sql(), sql::ident(column.name()));
            database.run(&format!(
                "SET session_replication_role = replica; UPDATE {table} SET {name} = NULL WHERE (ctid::text::point)[1]::integer % 2 = 0"
            ))?;
        }
        Ok(())
    }
}
