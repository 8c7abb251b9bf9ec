//! One file an object kind; the list of them is in `kind.rs`.

pub mod attribute;
pub mod column;
pub mod column_default;
pub mod comment;
pub mod composite_type;
pub mod constraint;
pub mod domain;
pub mod domain_constraint;
pub mod enum_type;
pub mod extension;
pub mod function;
pub mod grant;
pub mod index;
pub mod owner;
pub mod policy;
pub mod range_type;
pub mod role;
pub mod row_level_security;
pub mod schema;
pub mod sequence;
pub mod sequence_owner;
pub mod table;
pub mod trigger;
pub mod type_doc;
pub mod view;
