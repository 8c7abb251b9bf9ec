//! Names, quoting, and the only door to the parsers: `pg_query`, which is PostgreSQL's own grammar, judges
//! and locates; `sqlparser` lends its tokenizer to colour. Nothing here does I/O, and nothing prints a parsed
//! tree: `pg_query`'s deparser aborts on some trees, and sqlparser loses quotes.

mod arguments;
pub mod body;
pub mod check;
pub mod color;
mod emit;
mod error;
pub mod expression;
mod locate;
mod parser;
pub mod quote;
pub mod statements;
mod tree;
pub mod words;

pub use arguments::parameters;
pub use body::{Certainty, Mention, Role, mentions};
pub use check::{Fragment, check};
pub use emit::{as_printed, indented};
pub use error::SyntaxError;
pub use expression::{columns_computed_from, columns_of, contains_subquery, functions_called};
pub use quote::{dollar, dollar_tagged, ident, literal, qualified};
pub use statements::split;
pub use words::{Word, WordKind, words};
