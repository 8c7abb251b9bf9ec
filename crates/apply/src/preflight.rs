//! The preflight: what a plan demands of the rows, asked of the live database before anything is planned to run there. It only reads.

use catalog::{Conninfo, Database};
use plan::Question;
use serde::Serialize;

use crate::Error;

/// What the live database answers to a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The question.
    #[serde(flatten)]
    pub question: Question,
    /// How many rows are in the way; none where the server gave no answer.
    pub rows: Option<u64>,
    /// The keys of some of them.
    pub such_as: Vec<String>,
    /// Why the server gave no answer: the role may not read the table, row-level security hides rows from it, or time ran out.
    pub unanswered: Option<String>,
}

impl Answer {
    /// Whether rows would stop the plan.
    pub fn is_in_the_way(&self) -> bool {
        self.rows.is_some_and(|rows| rows > 0)
    }
}

/// Asks all questions, each in a read-only transaction of its own, so that none keeps old rows alive for longer than it must.
pub fn ask(conninfo: &Conninfo, questions: &[Question]) -> Result<Vec<Answer>, Error> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let mut database = Database::connect(conninfo)?;
    // Rows that a policy hides are in the way too: better no answer than a wrong one.
    database.run("SET row_security = off")?;
    let mut answers = Vec::new();
    for question in questions {
        let there = match &question.only_if {
            Some(condition) => database.select(&format!("SELECT {}", condition.sql())),
            None => Ok(Vec::new()),
        };
        match there {
            Ok(rows) if rows.iter().flatten().any(|there| there.as_deref() == Some("f")) => {}
            Ok(_) => answers.push(answer(&mut database, question)),
            Err(error) => answers.push(unanswered(question, error.to_string())),
        }
    }
    Ok(answers)
}

/// The class of SQLSTATEs that say what is wrong with a value.
const DATA_EXCEPTION: &str = "22";

fn answer(database: &mut Database, question: &Question) -> Answer {
    match counted(database, question) {
        Ok((rows, such_as)) => {
            Answer { question: question.clone(), rows: Some(rows), such_as, unanswered: None }
        }
        Err(error) => {
            let is_of_value = error.server().is_some_and(|server| server.code.starts_with(DATA_EXCEPTION));
            let mend = if is_of_value { format!("; {}", question.mend) } else { String::new() };
            unanswered(question, format!("{error}{mend}"))
        }
    }
}

fn unanswered(question: &Question, reason: String) -> Answer {
    Answer { question: question.clone(), rows: None, such_as: Vec::new(), unanswered: Some(reason) }
}

fn counted(database: &mut Database, question: &Question) -> Result<(u64, Vec<String>), catalog::Error> {
    let mut snapshot = database.snapshot()?;
    let mut texts = |sql: &str| -> Result<Vec<String>, catalog::Error> {
        Ok(snapshot.text_rows(sql)?.into_iter().flatten().flatten().collect())
    };
    let count = texts(&question.count)?.first().and_then(|count| count.parse().ok()).unwrap_or_default();
    Ok((count, if count > 0 { texts(&question.keys)? } else { Vec::new() }))
}
