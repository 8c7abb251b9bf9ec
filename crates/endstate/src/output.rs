//! The only place that prints: results to stdout, everything else to stderr.

use std::io::{self, ErrorKind, Write};

use anstream::{AutoStream, ColorChoice};

/// Prints a result. That the reader has seen enough (`endstate plan | head`) is no error.
///
/// # Errors
/// What the system answers when stdout cannot be written: a full disk, say.
pub(crate) fn result(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints a line or more for people; there is nothing to be done where stderr is closed.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end_matches('\n'));
}

/// Prints what went wrong.
pub(crate) fn error(text: &str) {
    note(text);
}

/// Prints a warning.
pub(crate) fn warning(text: &str) {
    note(&format!("warning: {text}"));
}

/// Whether results are printed in colour.
pub(crate) fn stdout_has_color() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Whether everything else is.
pub(crate) fn stderr_has_color() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}
