//! What crosses kinds: one rule a file.

pub(crate) mod conversion;
pub(crate) mod dependents;
pub(crate) mod enum_change;
pub(crate) mod rename;
pub(crate) mod type_swap;
