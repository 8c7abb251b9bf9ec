//! How to run the scripts, and how to take them back.

use kinds::Work;
use plan::script;

use super::{Book, preflight};
use crate::escape::{code, fenced, markdown as escaped};
use crate::markdown::most_work;
use crate::part::forward_steps;
use crate::wording;

pub(super) fn running(book: &Book<'_>) -> String {
    format!(
        "## Running the scripts\n\nIn this order, each once.\n\n{}\n{}\n{}",
        psql(book),
        push(book),
        editor(book)
    )
}

fn psql(book: &Book<'_>) -> String {
    let commands: String = book
        .files
        .iter()
        .map(|file| format!("psql -X -v ON_ERROR_STOP=1 -f {file} \"$DATABASE_URL\" &&\n"))
        .collect();
    format!("### With psql\n\n{}", fenced("sh", commands.trim_end_matches(" &&\n")))
}

fn push(book: &Book<'_>) -> String {
    let copies = format!(
        "cp {} supabase/migrations/\nsupabase db push --dry-run\nsupabase db push",
        book.files.join(" ")
    );
    format!(
        "### With `supabase db push`\n\nOnly the forward scripts: {rollback} in `supabase/migrations` would be run as one of them, \
         right after the last.\n\n{}\nWhere the remote history has versions that sort behind {first} (timestamps do), `supabase db push` \
         asks for `--include-all`.\n",
        fenced("sh", &copies),
        rollback = code(book.rollback),
        first = code(&version(book.files.first().copied().unwrap_or_default())),
    )
}

fn editor(book: &Book<'_>) -> String {
    let steps: Vec<_> = forward_steps(book.plan).collect();
    let mut text = "### In Supabase's SQL editor\n\nPaste one file at a time, whole, and run it. What it says stands in the result.\n".to_owned();
    if most_work(&steps) > Work::Catalog {
        text.push_str("The editor gives up after a minute; for tables that take longer, use psql on the direct connection.\n");
    }
    text
}

/// The number that a migration runner knows a script by.
fn version(file: &str) -> String {
    file.chars().take_while(char::is_ascii_digit).collect()
}

pub(super) fn rollback(book: &Book<'_>) -> String {
    let lock_timeout = preflight::setting(book, "lock_timeout")
        .map(|value| format!(" (it waits for a lock for {value} at most)"));
    let mut text = format!(
        "## Rollback\n\n{} goes back to the state before {} from wherever the database stands: it finds that out from the catalog, \
         says so, and takes back what was done. It is one transaction{}. Run twice, it does nothing the second time.\n\n{}\n",
        code(book.rollback),
        code(book.files.first().copied().unwrap_or_default()),
        lock_timeout.unwrap_or_default(),
        fenced("sh", &format!("psql -X -v ON_ERROR_STOP=1 -f {} \"$DATABASE_URL\"", book.rollback)),
    );
    let losses: Vec<String> = book.plan.stages.iter().flat_map(|stage| script::loses(&stage.back)).collect();
    text.push_str(match losses.as_slice() {
        [] => "- Rows written meanwhile stay.\n",
        _ => "- Rows written meanwhile stay, but for these, which the script counts and names:\n",
    });
    for loss in &losses {
        text.push_str(&format!("  - {}\n", escaped(loss)));
    }
    for lost in wording::lost(&book.plan.verdict()) {
        text.push_str(&format!("- {}\n", escaped(&lost)));
    }
    for ask in &book.plan.scripts.rollback.asks {
        text.push_str(&format!(
            "- It stops, and nothing is changed, where there are {}: {}\n",
            escaped(&ask.what),
            code(&ask.mend)
        ));
    }
    let versions: Vec<String> = book.files.iter().map(|file| version(file)).collect();
    text.push_str(&format!(
        "- If the scripts were run by `supabase db push`, tell its history afterwards: `supabase migration repair --status reverted {}`.\n",
        versions.join(" ")
    ));
    let compare = format!("{} | diff before.sql -", preflight::DUMP_CATALOG);
    text + &format!(
        "\nAfterwards the catalog is that of before; this prints nothing:\n\n{}",
        fenced("sh", &compare)
    )
}
