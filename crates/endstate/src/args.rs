//! The command line. The doc comments are the help texts, the man pages and the reference.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use kinds::Hazard;

/// Brings a PostgreSQL database to the state that YAML describes, and back.
///
/// You write the end state; endstate reads the live database, works out the statements between the two, and runs them forward and
/// back on a throwaway PostgreSQL before it shows them. Planning never writes to the live database.
#[derive(Debug, Parser)]
#[command(name = "endstate", version, propagate_version = true, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit status: 0 done or in sync; 1 error; 2 differences found (check, plan --exit-code); \
                          3 refused, because a hazard has not been accepted.";

/// What all commands take.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The live database: a URL or a connection string, as psql takes them
    ///
    /// Without it DATABASE_URL, then libpq's environment (PGHOST, PGSERVICE and so on) and its files say. A password is better
    /// kept in ~/.pgpass or PGPASSWORD than on the command line, which other users of the machine can see.
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    pub(crate) db: Option<String>,

    /// The desired state: a YAML file, or a folder of them
    ///
    /// A folder is read with all folders below it. Its endstate.yaml holds the settings of the workspace. Without it, schema/ is read.
    #[arg(long, global = true, value_name = "PATH", help_heading = "Global options")]
    pub(crate) schema: Option<PathBuf>,

    /// When to use colours
    ///
    /// `auto` uses them in a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    pub(crate) color: Color,

    /// Say on stderr what took how long
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) verbose: bool,
}

impl Global {
    /// Where the desired state is.
    pub(crate) fn schema(&self) -> &Path {
        self.schema.as_deref().unwrap_or(Path::new("schema/"))
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    /// In a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Makes it hold for everything that is printed.
    pub(crate) fn write_global(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::AlwaysAnsi,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(Init),
    Dump(Dump),
    Plan(Plan),
    Check(Check),
    Generate(Generate),
    Prove(Prove),
    Apply(Apply),
    Rollback(Rollback),
    Verify(Verify),
    Finalize(Finalize),
    Completions(Completions),
    Man(Man),
    JsonSchema(JsonSchema),
}

/// Start a workspace from the live database
///
/// Writes the folder that --schema names: the state of the live database as YAML, a file a table, and endstate.yaml with the
/// settings and what they mean. The folder must not hold anything yet. A plan made right after it has nothing to do.
#[derive(Debug, Args)]
pub(crate) struct Init {}

/// Write the state of the live database as YAML
///
/// The same database always gives the same text, in an order that makes differences easy to read. With --schema, only what the
/// settings of that workspace manage is written. What is left out is named on stderr.
#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// Write a folder with a file a table instead of one document to stdout
    ///
    /// Schemas besides public have folders of their own in schemas/. The folder must be empty, or not be there yet.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Edit the YAML that --schema names so that it says what the database is
    ///
    /// Adopts changes that were made by hand. Only what differs is edited: comments, the order of keys and directives such as
    /// `renamed_from` stay. New objects get the file that a dump would give them. What is not managed is left alone. Afterwards
    /// `plan` has nothing to do, but for renames that the YAML asks for and that are still to come.
    #[arg(long, conflicts_with = "out")]
    pub(crate) update: bool,
}

/// Show the way from the live database to the desired state, proven both ways
///
/// Each statement comes with the lock that it takes, whether it reads or writes whole tables, what running clients notice, and its
/// way back. The statements have been run on a throwaway PostgreSQL of the same major version: forward, back, and forward again.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// How to show it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,

    /// Which way to show
    ///
    /// For `text` and `sql`; the other formats always show both.
    #[arg(long, value_name = "WAY", default_value = "forward")]
    pub(crate) direction: Direction,

    /// Exit with 2 when the plan is not empty
    #[arg(long)]
    pub(crate) exit_code: bool,

    #[command(flatten)]
    pub(crate) allow: Allow,

    #[command(flatten)]
    pub(crate) proving: Proving,
}

/// How a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people, in a terminal
    Text,
    /// The plain statements, for `psql -v ON_ERROR_STOP=1`
    Sql,
    /// A stable document for programs
    Json,
    /// For a comment on a pull request
    Markdown,
    /// One page that needs nothing else, for a browser
    Html,
}

/// Which way a plan is shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Direction {
    /// From the live database to the desired state
    Forward,
    /// And back again
    Rollback,
}

/// Whether the live database is as desired, for CI
///
/// Exits with 0 when it is and with 2 when it is not, and names each object that differs, with a diff of the definitions and the
/// place in the YAML. Any failure to compare is 1, never 0.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: CheckFormat,

    /// Remember in endstate.lock, beside the YAML, that the database is as desired, if it is
    ///
    /// A later check of the same YAML and the same catalog, also of another database or on another machine, then needs no throwaway
    /// server. The file is for git: what it says cannot be out of date, because it holds sums of everything on both sides.
    #[arg(long)]
    pub(crate) lock: bool,

    #[command(flatten)]
    pub(crate) shadow: Shadow,
}

/// How drift is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    Text,
    /// A stable document for programs
    Json,
    /// Annotations in GitHub Actions
    Github,
    /// A JUnit report: a failed test a difference
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Write the plan as numbered SQL scripts, forward and back, with a runbook
///
/// Plain SQL that runs with `psql -f`, in Supabase's SQL editor and under `supabase db push`. Each script is one transaction (one that
/// adds enum values may have a second; one that builds an index concurrently, or gives values in batches, is none), checks where it stands before it changes anything, and verifies what it reached. `scripts:` in
/// endstate.yaml says how they are cut and named. README.md beside them is the runbook; plan.json is for apply, verify and rollback.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// The folder to write; must be empty, or not be there yet
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,

    #[command(flatten)]
    pub(crate) allow: Allow,

    #[command(flatten)]
    pub(crate) proving: Proving,
}

/// Prove the plan, and show the evidence
///
/// Rebuilds the live catalog on a throwaway PostgreSQL, puts rows in, runs the scripts forward and back from every boundary, and
/// compares catalogs and rows each time. `plan` and `generate` do the same before they show or write anything.
#[derive(Debug, Args)]
pub(crate) struct Prove {
    #[command(flatten)]
    pub(crate) demand: Demand,

    #[command(flatten)]
    pub(crate) proving: Proving,
}

/// Print the completions of a shell
///
/// For bash: `endstate completions bash > /etc/bash_completion.d/endstate`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// Print the manual page of endstate, or of one of its commands
///
/// `endstate man plan | man -l -` shows it.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The command
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
}

/// Print the JSON Schema of the YAML, for editors
#[derive(Debug, Args)]
pub(crate) struct JsonSchema {
    /// The schema of endstate.yaml instead
    #[arg(long)]
    pub(crate) settings: bool,
}

/// Run the scripts of a folder that generate wrote, from where the database stands
///
/// Runs those forward scripts that have not been run, in their order, and stops at the first that fails: it has changed nothing then, and
/// the next `apply` goes on there. A script that cannot have its locks, or ends a deadlock, is tried again. What the scripts say is on
/// stderr. Other than planning, this writes to the live database.
#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The folder
    #[arg(value_name = "DIR")]
    pub(crate) scripts: PathBuf,
}

/// Show the way back from where the database stands, or go it
///
/// Works out from the database how many of the scripts in the folder that generate wrote have been run, and shows what takes them back,
/// what that brings back, and the rows that are in the way. With --apply it is done: in one transaction, and from any boundary, also after a script has failed.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The folder
    #[arg(value_name = "DIR")]
    pub(crate) scripts: PathBuf,

    /// Go it
    #[arg(long)]
    pub(crate) apply: bool,

    /// Do not ask the live database for rows that would stop the way back
    ///
    /// The questions only read, but read whole tables where no index helps. The script asks them too, before it changes anything.
    #[arg(long)]
    pub(crate) no_preflight: bool,
}

/// Say where the database stands in the scripts of a folder that generate wrote
///
/// Exits with 0 when all of them have been run and everything that they touch is as it should be, with 2 when it stands at another boundary,
/// and with 1, naming what is as it should be nowhere, when it stands at none. Only reads.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The folder
    #[arg(value_name = "DIR")]
    pub(crate) scripts: PathBuf,
}

/// Show what scripts have kept for their way back, and let go of it
///
/// What a script takes away (columns, tables, values that a narrower type cannot hold) is kept in the schema endstate_archive until the
/// rollback gives it back. This lists it, with size and age. With --drop it goes for good, and the rollback of the scripts that kept
/// it brings back the structure alone from then on.
#[derive(Debug, Args)]
pub(crate) struct Finalize {
    /// Drop what has been kept for long enough; what is younger stays, because a rollback may still be wanted
    #[arg(long)]
    pub(crate) drop: bool,

    /// How long is enough, in days
    #[arg(long, value_name = "DAYS", default_value_t = 7, requires = "drop")]
    pub(crate) older_than: u64,
}

/// Which hazards are accepted.
#[derive(Debug, Args)]
pub(crate) struct Allow {
    /// Hazards to accept: some of them, separated by commas, or `all`
    ///
    /// A plan in which rows may be lost for good (data-loss) or somebody may see or do more than before (access-gain) is shown, but
    /// refused with exit status 3, until that is accepted here or with `allow:` in endstate.yaml. The others are only told, unless
    /// `demand:` in endstate.yaml names them.
    #[arg(long, value_name = "HAZARD", value_delimiter = ',', value_parser = hazards())]
    pub(crate) allow: Vec<String>,

    #[command(flatten)]
    pub(crate) demand: Demand,
}

/// What a way back must bring back.
#[derive(Debug, Args)]
pub(crate) struct Demand {
    /// Refuse a plan whose way back brings back less than this
    ///
    /// `exact` refuses, with exit status 3, whatever the way back brings back out of an archive or not at all, even where data-loss has
    /// been accepted; `exact-with-archive` refuses only what is lost for good.
    #[arg(long, value_name = "VERDICT")]
    pub(crate) require_rollback: Option<Floor>,
}

/// The least that a way back must bring back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Floor {
    /// Catalog and rows as they were, by statements alone
    Exact,
    /// The same with the help of what is kept in the schema endstate_archive
    ExactWithArchive,
}

fn hazards() -> PossibleValuesParser {
    PossibleValuesParser::new(Hazard::ALL.map(Hazard::name).into_iter().chain(["all"]))
}

/// How a plan is proven.
#[derive(Debug, Args)]
pub(crate) struct Proving {
    /// Prove with at most N rows of each live table
    ///
    /// Rows that these refer to come with them. They are read only, and are gone with the throwaway server. Without it, the proof is
    /// made with made-up rows.
    #[arg(long, value_name = "N")]
    pub(crate) sample: Option<usize>,

    /// Do not ask the live database for rows that would stop the plan
    ///
    /// The questions only read, but read whole tables where no index helps. The scripts ask them too, before they change anything.
    #[arg(long)]
    pub(crate) no_preflight: bool,

    #[command(flatten)]
    pub(crate) shadow: Shadow,
}

/// Where desired states are built and plans are proven.
#[derive(Debug, Args)]
pub(crate) struct Shadow {
    /// Where the desired state is built and plans are proven
    ///
    /// `auto` starts a throwaway server from the PostgreSQL programs of the live server's major version that it finds on this machine;
    /// ENDSTATE_PG_BIN may name their folder. It listens on a private socket only, and leaves nothing behind.
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    pub(crate) shadow: ShadowPlace,
}

/// A place for the shadow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShadowPlace {
    /// A throwaway server on this machine
    Auto,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn hazards_are_known_words() {
        let parse = |words: &str| Arguments::try_parse_from(["endstate", "plan", "--allow", words]);
        assert!(parse("data-loss,access-gain").is_ok() && parse("all").is_ok());
        assert!(parse("data_loss").is_err());
    }
}
