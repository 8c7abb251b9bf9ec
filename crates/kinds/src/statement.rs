//! A statement as the plan shows it: its SQL, and what it does to whoever else is connected.

use serde::Serialize;

use crate::{Demand, Retype};

/// Table-level lock modes, weakest first (manual, chapter "Explicit Locking").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// Conflicts only with `ACCESS EXCLUSIVE`.
    AccessShare,
    /// What `SELECT ... FOR UPDATE` takes.
    RowShare,
    /// What `INSERT`, `UPDATE` and `DELETE` take.
    RowExclusive,
    /// Blocks schema changes and `VACUUM`, but neither reads nor writes.
    ShareUpdateExclusive,
    /// Blocks writes.
    Share,
    /// Blocks writes and other locks of its own mode.
    ShareRowExclusive,
    /// Blocks writes and `SELECT ... FOR UPDATE`.
    Exclusive,
    /// Blocks everything, reads included.
    AccessExclusive,
}

impl Lock {
    /// The mode as PostgreSQL writes it: `ACCESS EXCLUSIVE`.
    pub fn sql(self) -> &'static str {
        match self {
            Lock::AccessShare => "ACCESS SHARE",
            Lock::RowShare => "ROW SHARE",
            Lock::RowExclusive => "ROW EXCLUSIVE",
            Lock::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Lock::Share => "SHARE",
            Lock::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Lock::Exclusive => "EXCLUSIVE",
            Lock::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// What the lock keeps others from doing, in a word: `reads and writes`, `writes`, `nothing`.
    pub fn blocks(self) -> &'static str {
        match self {
            Lock::AccessExclusive => "reads and writes",
            Lock::Share | Lock::ShareRowExclusive | Lock::Exclusive => "writes",
            _ => "schema changes only",
        }
    }
}

/// How much of a table a statement touches while it holds its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// The catalogs only: milliseconds, whatever the size.
    Catalog,
    /// Reads every row.
    Scan,
    /// Reads every row and writes an index.
    Build,
    /// Writes every row and all indexes anew.
    Rewrite,
}

/// What must be accepted, or at least known, before a plan runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hazard {
    /// Rows or values go and are not kept anywhere.
    DataLoss,
    /// Somebody may see or do more than before.
    AccessGain,
    /// A table is written anew.
    TableRewrite,
    /// Reads or writes wait while a table is read or written whole.
    BlockingLock,
    /// Running clients notice: a name or a shape that they use is gone.
    ClientBreak,
}

impl Hazard {
    /// All of them, in the order in which plans list them.
    pub const ALL: [Hazard; 5] = [
        Hazard::DataLoss,
        Hazard::AccessGain,
        Hazard::TableRewrite,
        Hazard::BlockingLock,
        Hazard::ClientBreak,
    ];

    /// The JSON Schema of a list of hazards.
    pub fn list_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "array", "items": { "type": "string", "enum": Hazard::ALL.map(Hazard::name) } })
    }

    /// The word for `--allow`.
    pub fn name(self) -> &'static str {
        match self {
            Hazard::DataLoss => "data-loss",
            Hazard::AccessGain => "access-gain",
            Hazard::TableRewrite => "table-rewrite",
            Hazard::BlockingLock => "blocking-lock",
            Hazard::ClientBreak => "client-break",
        }
    }
}

/// One SQL statement of a plan, with what it locks and does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statement {
    /// The statement without its `;`.
    pub sql: String,
    /// For an `ALTER TABLE`: the relation as written after the keywords, and the action; actions of one relation merge.
    #[serde(skip)]
    pub action: Option<(String, String)>,
    /// For what may stand inside `CREATE TABLE (...)`: the clause.
    #[serde(skip)]
    pub clause: Option<String>,
    /// For what gives a column another type: how.
    #[serde(skip)]
    pub retype: Option<Retype>,
    /// For a `GRANT` or `REVOKE`: what stands before the grantees, who they are, and what stands behind them.
    #[serde(skip)]
    pub grantees: Option<(String, String, String)>,
    /// The strongest lock on a relation, and which.
    pub lock: Option<(Lock, String)>,
    /// How much it touches under that lock.
    pub work: Work,
    /// What it locks besides: the tables that a foreign key refers to.
    pub also: Vec<(Lock, String)>,
    /// What running clients notice, in a sentence.
    pub clients: Option<String>,
    /// What must be known or accepted.
    pub hazards: Vec<(Hazard, String)>,
    /// What it takes away and an archive keeps, in words.
    pub kept: Vec<String>,
    /// Why nobody knows what takes it back.
    #[serde(skip)]
    pub no_way_back: Option<String>,
    /// Must be committed before later statements can use what it made (`ALTER TYPE ... ADD VALUE`).
    pub commit_after: bool,
    /// Cannot stand in a transaction (`CREATE INDEX CONCURRENTLY`).
    pub outside_of_transaction: bool,
    /// Which pass over its relation it belongs to: actions merge within a pass only (0 shape, 1 values, 2 what values allow).
    #[serde(skip)]
    pub pass: u8,
    /// What it demands of the rows beside what the objects demand that it makes.
    #[serde(skip)]
    pub demands: Vec<Demand>,
}

impl Statement {
    /// A statement that touches catalogs only and locks no relation.
    pub fn new(sql: impl Into<String>) -> Statement {
        Statement {
            sql: sql::as_printed(&sql.into()),
            action: None,
            clause: None,
            retype: None,
            grantees: None,
            lock: None,
            work: Work::Catalog,
            also: Vec::new(),
            clients: None,
            hazards: Vec::new(),
            kept: Vec::new(),
            no_way_back: None,
            commit_after: false,
            outside_of_transaction: false,
            pass: 0,
            demands: Vec::new(),
        }
    }

    /// `ALTER TABLE relation action` under `ACCESS EXCLUSIVE`; may be merged with its neighbours.
    pub fn alter_table(relation: &str, action: impl Into<String>) -> Statement {
        let action = sql::as_printed(&action.into());
        let mut statement =
            Statement::new(format!("ALTER TABLE {relation} {action}")).lock(Lock::AccessExclusive, relation);
        statement.action = Some((relation.to_owned(), action));
        statement
    }

    /// A `GRANT` or `REVOKE`, which may be merged with its like for other grantees.
    pub fn grant(head: impl Into<String>, grantees: impl Into<String>, tail: impl Into<String>) -> Statement {
        let (head, grantees, tail) = (head.into(), grantees.into(), tail.into());
        let mut statement = Statement::new(format!("{head} {grantees}{tail}"));
        statement.grantees = Some((head, grantees, tail));
        statement
    }

    /// The same with the lock that it takes.
    #[must_use]
    pub fn lock(mut self, lock: Lock, relation: impl Into<String>) -> Statement {
        self.lock = Some((lock, relation.into()));
        self
    }

    /// The same with a lock on another relation.
    #[must_use]
    pub fn also(mut self, lock: Lock, relation: impl Into<String>) -> Statement {
        self.also.push((lock, relation.into()));
        self
    }

    /// All relations that it locks, with how much it touches of each.
    pub fn locks(&self) -> impl Iterator<Item = (Lock, &str, Work)> {
        let own = self.lock.iter().map(|(lock, relation)| (*lock, relation.as_str(), self.work));
        own.chain(self.also.iter().map(|(lock, relation)| (*lock, relation.as_str(), Work::Catalog)))
    }

    /// The same with how much it touches; a scan or more under a blocking lock is a hazard.
    #[must_use]
    pub fn work(mut self, work: Work) -> Statement {
        self.work = work;
        self
    }

    /// The same with what running clients notice.
    #[must_use]
    pub fn clients(mut self, notice: impl Into<String>) -> Statement {
        self.clients = Some(notice.into());
        self
    }

    /// The same with a hazard.
    #[must_use]
    pub fn hazard(mut self, hazard: Hazard, why: impl Into<String>) -> Statement {
        self.hazards.push((hazard, why.into()));
        self
    }

    /// The same with the clause that says it inside `CREATE TABLE`.
    #[must_use]
    pub fn clause(mut self, clause: impl Into<String>) -> Statement {
        self.clause = Some(sql::as_printed(&clause.into()));
        self
    }

    /// The same, to be committed before what comes after.
    #[must_use]
    pub fn commit_after(mut self) -> Statement {
        self.commit_after = true;
        self
    }

    /// The same, outside of any transaction.
    #[must_use]
    pub fn outside_of_transaction(mut self) -> Statement {
        (self.commit_after, self.outside_of_transaction) = (true, true);
        self
    }

    /// The same in a later pass over its relation.
    #[must_use]
    pub fn pass(mut self, pass: u8) -> Statement {
        self.pass = pass;
        self
    }

    /// All hazards: those stated, and those that follow from lock, work and clients.
    pub fn all_hazards(&self) -> Vec<(Hazard, String)> {
        let mut all = self.hazards.clone();
        let relation = self.lock.as_ref().map(|(_, relation)| relation.as_str()).unwrap_or_default();
        if self.work == Work::Rewrite {
            all.push((Hazard::TableRewrite, format!("writes every row of {relation}")));
        }
        if let Some((lock, _)) = self.lock
            && lock >= Lock::Share
            && self.work > Work::Catalog
        {
            all.push((Hazard::BlockingLock, format!("blocks {} of {relation} meanwhile", lock.blocks())));
        }
        if let Some(notice) = &self.clients {
            all.push((Hazard::ClientBreak, notice.clone()));
        }
        all.sort();
        all.dedup();
        all
    }
}
