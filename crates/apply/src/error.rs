//! What can go wrong between a workspace and a proven plan.

use yaml::Problem;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The live server, or the shadow, refused something.
    #[error(transparent)]
    Catalog(#[from] catalog::Error),
    /// Something that is not managed, or of the live catalog, could not be built on the shadow.
    #[error("{what} could not be rebuilt on the shadow:{}", list(failures))]
    Context {
        /// What was being built.
        what: String,
        /// What failed, and why.
        failures: Vec<String>,
    },
    /// A file of a folder of scripts cannot be used.
    #[error("{} cannot be used: {reason}", path.display())]
    Folder {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// The scripts are for another major version, whose catalog prints definitions in another way.
    #[error(
        "the scripts were made for PostgreSQL {wanted}, and this is PostgreSQL {found}; make them anew for this server"
    )]
    OtherMajor {
        /// The server's.
        found: u32,
        /// That of the scripts.
        wanted: u32,
    },
    /// A script failed on the live database, which has undone it.
    #[error("{file} failed{}: {error}", if *undone { ", and has changed nothing" } else { "; it can be run again, or taken back" })]
    Script {
        /// The script.
        file: String,
        /// Whether it was a transaction, and so has changed nothing.
        undone: bool,
        /// What the server said.
        error: catalog::Error,
    },
    /// The live server did not let go of archives.
    #[error("nothing was dropped: {0}")]
    NotGivenUp(catalog::Error),
    /// The lock file cannot be read or written.
    #[error("the lock file {} cannot be used: {source}", path.display())]
    Lock {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Rounds of planning do not come to an end: a bug.
    #[error(
        "the plan does not reach the desired state, which is a bug in endstate; still different:{}",
        list(remaining)
    )]
    NotReached {
        /// What is still different.
        remaining: Vec<String>,
    },
    /// The planner gave up.
    #[error(transparent)]
    Plan(#[from] plan::Error),
    /// Subscriptions take a connection that only people know.
    #[error(
        "a subscription's connection is not known, and no transaction can reach its publisher; run this by hand, then plan again:{}",
        list(statements)
    )]
    ByHand {
        /// What to run.
        statements: Vec<String>,
    },
    /// A catalog could not be read.
    #[error(transparent)]
    Read(#[from] kinds::read::Error),
    /// There is no shadow.
    #[error(transparent)]
    Shadow(#[from] shadow::Error),
    /// A planned statement failed on the shadow: a bug.
    #[error("a planned statement failed on the shadow, which is a bug in endstate: {error}\n{statement}")]
    Statement {
        /// The statement.
        statement: String,
        /// What the server said.
        error: catalog::Error,
    },
    /// An event trigger of the user's refuses what is planned.
    #[error(
        "event trigger {name} refuses a statement of this plan: {message}\n{statement}\n\
         help: have {function}() let pass what the role that runs the scripts does, or say ALTER EVENT TRIGGER {name} DISABLE and plan \
         again: the scripts then enable it at their end, as the YAML has it"
    )]
    EventTrigger {
        /// The event trigger, quoted.
        name: String,
        /// Its function, quoted with its schema.
        function: String,
        /// What the function said.
        message: String,
        /// The statement.
        statement: String,
    },
    /// The role that plans may not do what is planned.
    #[error(
        "role {role} may not run this plan: {message}\n{statement}\nhelp: {}",
        what_role_may(statement, message)
    )]
    MayNot {
        /// The role.
        role: String,
        /// What the server said.
        message: String,
        /// The statement.
        statement: String,
    },
    /// The role that plans may not see all rows of a table of which some are declared.
    #[error(
        "role {role} does not see all of the declared rows: {message}\n\
         help: connect as a role that may read the table and that its policies do not bind, or take its `rows` out of the YAML"
    )]
    HiddenRows {
        /// The role.
        role: String,
        /// What the server said.
        message: String,
    },
    /// With hooks, the scripts do not lead where they should.
    #[error(
        "with the hooks of endstate.yaml the scripts do not lead to the desired state and back: {script}: {reason}\n\
         help: a hook leaves the catalog as it is, and its `back` brings back the rows that it changes"
    )]
    Hooks {
        /// The script.
        script: String,
        /// What went wrong.
        reason: String,
    },
    /// A script does not do what it should: a bug, unless the rows refuse it.
    #[error("the plan could not be proven, which is a bug in endstate: {script}: {reason}")]
    Unproven {
        /// The script.
        script: String,
        /// What went wrong.
        reason: String,
        /// The table whose rows are at fault, quoted with its schema, where the server names it.
        relation: Option<String>,
        /// Whether values in rows, rather than a statement, were refused.
        refused: bool,
    },
    /// The YAML is not right.
    #[error("{}", yaml::render(problems, false))]
    Yaml {
        /// Everything wrong with it.
        problems: Vec<Problem>,
    },
}

impl Error {
    /// Whether endstate, not the database or the YAML, is at fault.
    pub fn is_ours(&self) -> bool {
        matches!(
            self,
            Error::NotReached { .. }
                | Error::Plan(plan::Error::Cycle { .. })
                | Error::Statement { .. }
                | Error::Unproven { .. }
        )
    }
}

/// What lets a role run a statement that it may not run.
fn what_role_may(statement: &str, message: &str) -> &'static str {
    if statement.starts_with("CREATE MATERIALIZED VIEW") && !message.contains("for schema") {
        "a view reads with the rights of its owner: where the materialized view reads others, grant their owners what these read"
    } else {
        "a plan is proven as the role that will run it: connect as one that owns what changes, or is a member of its owner"
    }
}

fn list(lines: &[String]) -> String {
    lines.iter().flat_map(|line| ["\n  ", line.as_str()]).collect()
}
