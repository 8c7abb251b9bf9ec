//! What crosses kinds: one rule a file.

pub(crate) mod access;
pub(crate) mod backfill;
mod batch;
pub(crate) mod batches;
pub(crate) mod circle;
pub(crate) mod concurrent_index;
pub(crate) mod conversion;
pub(crate) mod dependents;
pub(crate) mod enum_change;
pub(crate) mod forced;
pub(crate) mod foreign_key;
pub(crate) mod inherited_not_null;
pub(crate) mod overloads;
pub(crate) mod own_keys;
pub(crate) mod partition_in_place;
pub(crate) mod partition_rows;
pub(crate) mod privileges;
pub(crate) mod rebuild;
pub(crate) mod rename;
pub(crate) mod row_type;
pub(crate) mod seed_rows;
pub(crate) mod set_schema;
pub(crate) mod sibling_rows;
pub(crate) mod type_swap;
pub(crate) mod undisturbed;
pub(crate) mod using;
pub(crate) mod view_columns;
