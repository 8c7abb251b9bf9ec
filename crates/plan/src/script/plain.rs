//! The statements of a plan alone, for `psql -v ON_ERROR_STOP=1`.

use super::archives::{VARIABLES, given_back, kept_back, last_kept, out_of_the_way, tidied, waiting_for};
use super::{Heading, Leg, before_event_triggers, encoded, settings};
use crate::{Round, Step, Verb, Verdict};

/// The statements of one way, under the heading of the scripts: a transaction a leg, under the settings of the scripts but without their checks; what must be committed by
/// itself stands between them.
pub fn plain(heading: &Heading, legs: &[Leg<'_>], backwards: bool) -> String {
    let numbers: Vec<usize> =
        if backwards { (0..legs.len()).rev().collect() } else { (0..legs.len()).collect() };
    let texts = numbers
        .iter()
        .map(|number| if backwards { back(heading, legs, *number) } else { forward(legs, *number) });
    encoded(texts.collect::<Vec<_>>().join("\n"))
}

fn forward(legs: &[Leg<'_>], number: usize) -> String {
    let leg = &legs[number];
    let verdict = crate::verdict(leg.forward.iter());
    let mut writer =
        Writer::new(format!("-- {}: the way back is {}\n", leg.file, verdict.word()), "way back");
    let within = leg.comes_back() && !leg.comes_back_late() && !leg.waits_for_values();
    let given_back = given_back(&leg.again());
    writer.rounds(leg.forward, |writer, at| {
        if within && at == At::End {
            writer.block(&given_back);
        }
    });
    for earlier in waiting_for(legs, number) {
        writer.block(&self::given_back(&earlier.again()));
    }
    if leg.comes_back_late() {
        writer.commit();
        writer.block(&given_back);
    }
    writer.finished()
}

fn back(heading: &Heading, legs: &[Leg<'_>], number: usize) -> String {
    let file = &heading.rollback;
    let leg = &legs[number];
    let mut writer = Writer::new(format!("-- {}, taken back\n", leg.file), "forward again");
    let keeps = leg.back.iter().any(|round| !round.kept.is_empty());
    let tidies = number == 0 && legs.iter().any(Leg::keeps);
    writer.rounds(leg.back, |writer, at| match at {
        At::FirstSave if keeps => writer.archives(&out_of_the_way(leg, file)),
        At::LastSave if keeps => writer.archives(&kept_back(leg, file)),
        At::End if tidies => writer.archives(&tidied("        ")),
        _ => {}
    });
    writer.finished()
}

/// A place between steps.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    /// Before the first that keeps something.
    FirstSave,
    /// After the last.
    LastSave,
    /// After all but event triggers, which might object to whatever is done.
    End,
}

/// Opens a transaction at the first statement that stands in one.
struct Writer {
    text: String,
    open: bool,
    /// What is said of a step that is not undone exactly begins with this.
    undone: &'static str,
}

impl Writer {
    fn new(text: String, undone: &'static str) -> Writer {
        Writer { text, open: false, undone }
    }

    /// All steps of rounds, and what else is to be written between them.
    fn rounds(&mut self, rounds: &[Round], mut between: impl FnMut(&mut Writer, At)) {
        let steps: Vec<&Step> = rounds.iter().flat_map(|round| &round.steps).collect();
        let end = before_event_triggers(&steps);
        let saves = |step: &&Step| step.ids.iter().any(|(verb, _)| *verb == Verb::Save);
        let (first, last) = (steps.iter().position(saves), last_kept(rounds));
        let mut place = 0;
        for round in rounds {
            for step in &round.steps {
                if Some(place) == first {
                    between(self, At::FirstSave);
                }
                if place == end {
                    between(self, At::End);
                }
                self.step(step);
                if Some(place) == last {
                    between(self, At::LastSave);
                }
                place += 1;
            }
            if round.commit_after {
                self.commit();
            }
        }
        if place == end {
            between(self, At::End);
        }
    }

    fn step(&mut self, step: &Step) {
        match step.statement.commit_after {
            true => self.commit(),
            false => self.begin(),
        }
        let verdict = step.verdict();
        if verdict != Verdict::Exact {
            self.text.push_str(&super::comment_line(&format!("{}: {verdict}", self.undone)));
        }
        self.text.push_str(&step.statement.sql);
        self.text.push_str(";\n");
    }

    fn block(&mut self, block: &str) {
        self.begin();
        self.text.push_str(block);
    }

    fn archives(&mut self, statements: &str) {
        self.block(&super::block(&format!(
            "DECLARE\n{VARIABLES}    endstate_count bigint;\nBEGIN\n{statements}END;\n"
        )));
    }

    fn begin(&mut self) {
        if !self.open {
            self.text.push_str("BEGIN;\n");
            self.text.push_str(&settings());
            self.open = true;
        }
    }

    fn commit(&mut self) {
        if self.open {
            self.text.push_str("COMMIT;\n");
            self.open = false;
        }
    }

    fn finished(mut self) -> String {
        self.commit();
        self.text
    }
}
