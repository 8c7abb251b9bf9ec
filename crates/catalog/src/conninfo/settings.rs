//! Connection parameters by libpq's names, and which source a value is taken from.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::Error;

/// Connection parameters, each under its libpq keyword.
#[derive(Default)]
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Sets a parameter; of two in one string the last counts, as in libpq.
    pub(super) fn set(&mut self, keyword: &str, value: impl Into<String>) {
        self.0.insert(keyword.to_owned(), value.into());
    }

    /// Sets a parameter that no stronger source has set, not even to nothing.
    pub(super) fn fill(&mut self, keyword: &str, value: impl Into<String>) {
        self.0.entry(keyword.to_owned()).or_insert_with(|| value.into());
    }

    /// Takes from a weaker source what this one leaves open.
    pub(super) fn fill_from(&mut self, weaker: Settings) {
        for (keyword, value) in weaker.0 {
            self.fill(&keyword, value);
        }
    }

    /// The value; an empty one asks for the default.
    pub(super) fn get(&self, keyword: &str) -> Option<&str> {
        self.0.get(keyword).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value as an owned string.
    pub(super) fn owned(&self, keyword: &str) -> Option<String> {
        self.get(keyword).map(str::to_owned)
    }

    /// The value as a number.
    pub(super) fn number<N: FromStr>(&self, keyword: &str) -> Result<Option<N>, Error> {
        let invalid = |_| Error::conninfo(format!("`{keyword}` must be a whole number"));
        self.get(keyword).map(|value| value.trim().parse().map_err(invalid)).transpose()
    }

    /// The value as one of the words that libpq knows for the keyword.
    pub(super) fn word<T: Copy>(&self, keyword: &str, words: &[(&str, T)], default: T) -> Result<T, Error> {
        let Some(given) = self.get(keyword) else { return Ok(default) };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == given) {
            return Ok(*value);
        }
        let known = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        Err(Error::conninfo(format!("`{keyword}` must be one of {known}")))
    }

    /// Every keyword with its value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(keyword, value)| (keyword.as_str(), value.as_str()))
    }
}
