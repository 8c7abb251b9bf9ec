//! One file an object kind; the list of them is in `kind.rs`.

pub mod column;
pub mod column_default;
pub mod comment;
pub mod constraint;
pub mod default_privilege;
pub mod enum_type;
pub mod extension;
pub mod function;
pub mod grant;
pub mod index;
pub mod membership;
pub mod owner;
pub mod policy;
pub mod role;
pub mod role_setting;
pub mod row_level_security;
pub mod schema;
pub mod sequence;
pub mod sequence_owner;
pub mod table;
pub mod trigger;
pub mod view;
