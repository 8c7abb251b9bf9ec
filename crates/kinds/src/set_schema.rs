//! Whatever stands in a schema moves to another one by the same words.

use crate::{Hazard, Id, Kind, Lock, Statement};

/// `ALTER address SET SCHEMA schema`.
pub(crate) fn statement(address: &str, id: &Id, schema: &str) -> Statement {
    let statement = Statement::new(format!("ALTER {address} SET SCHEMA {}", sql::ident(schema)));
    match id.kind() {
        Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView | Kind::Sequence => statement
            .lock(Lock::AccessExclusive, id.sql())
            .clients(format!("queries that name {} fail", id.sql())),
        Kind::Function | Kind::Aggregate => statement
            .hazard(Hazard::ClientBreak, format!("calls of {} by that name fail", id.sql_with_arguments())),
        kind if kind.is_type() => {
            statement.hazard(Hazard::ClientBreak, format!("type {} stands in another schema", id.sql()))
        }
        _ => statement,
    }
}
