//! The object kinds of PostgreSQL: one file a kind in `kinds/`, one list of them in `kind.rs`.
//!
//! A kind knows its YAML shape, its catalog query, its SQL and its doc comment. What crosses kinds (renames, the order of
//! statements, what must be dropped around a change) is the planner's, one crate up.

pub mod assignment;
mod bound;
mod cast;
mod declared;
mod demand;
mod directives;
mod document;
mod id;
mod index;
mod kind;
/// One file an object kind.
pub mod kinds;
mod model;
pub mod privileges;
pub mod probe;
pub mod query;
pub mod read;
mod refused;
mod retype;
mod seeds;
mod set_schema;
mod shape;
pub mod shell_type;
mod statement;
mod syntax;
mod type_doc;

pub use bound::Bound;
pub use cast::cast;
pub use declared::{Declared, Grants, Privilege};
pub use demand::{Demand, Mend, Rows};
pub use directives::{Conversion, Directives, EnumDirective, Former, Strategy};
pub use document::{Document, Raise, SchemaDoc, declare};
pub use id::Id;
pub use kind::{Change, Context, Kind, ObjectKind, Spec};
pub use model::{Dependency, Model, Object};
pub use refused::{outgrown, refused};
pub use retype::Retype;
pub use seeds::Seeds;
pub use statement::{Hazard, Lock, Statement, Work};
