//! The one error of this crate: text that PostgreSQL's grammar does not take, and where.

/// Text that PostgreSQL's grammar refuses, or takes as something other than what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// PostgreSQL's own words where they exist, such as `syntax error at or near "FORM"`.
    pub message: String,
    /// Where the trouble begins, in bytes of the text that was given. At the end of the last token when
    /// something is missing after it.
    pub offset: usize,
    /// How many bytes the trouble takes, on one line; 0 when something is missing.
    pub len: usize,
}

impl SyntaxError {
    pub(crate) fn new(message: impl Into<String>, offset: usize, len: usize) -> Self {
        Self { message: message.into(), offset, len }
    }

    /// The same error in a text that begins `bytes` earlier.
    pub(crate) fn shifted(self, bytes: usize) -> Self {
        Self { offset: self.offset + bytes, ..self }
    }
}

/// PostgreSQL takes no NUL byte in any text, and neither does the C parser.
pub(crate) fn reject_nul(text: &str) -> Result<(), SyntaxError> {
    match text.find('\0') {
        None => Ok(()),
        Some(offset) => Err(SyntaxError::new("a NUL byte, which no PostgreSQL text can hold", offset, 1)),
    }
}
