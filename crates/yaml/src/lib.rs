//! The only door to YAML: values that know their place, code frames, and canonical writing.
//!
//! A file is first read into a tree of [`Node`]s in which every value and every key knows its [`Place`]. The tree is
//! then held against a JSON Schema ([`check`]), so that all problems of all files come out in one run, each with
//! file, line, column and a suggestion ([`render`]). Only a tree without problems is turned into
//! [`serde_json::Value`] ([`coerce`]) and deserialised. [`write()`] is the way back.

mod branch;
mod check;
mod coerce;
pub mod edit;
mod layout;
mod node;
mod parse;
mod problem;
mod read;
mod scalar;
mod schema;
mod source;
mod suggest;
mod write;

pub use check::{OnValue, check};
pub use coerce::coerce;
pub use node::{Key, Node, Value};
pub use parse::parse;
pub use problem::{Problem, render};
pub use read::{load, read, read_file};
pub use source::{Place, Source};
pub use suggest::suggest;
pub use write::write;
