//! Runs one statement on one connection: arguments bound, every row collected.
//!
//! `exec_rows` alone is used, also for what returns nothing: it costs one hop to the connection's thread, `exec` two.

use futures_util::StreamExt;
use rbdc::db::{Connection, Row as DriverRow};
use rbs::Value;

use super::{
    super::{Arg, Cell, DbError, Row, Statement, text},
    error,
};

/// Runs a statement to its end.
///
/// # Errors
/// What the database says, or [`DbError::Other`] for a placeholder without an argument.
pub(super) async fn run(connection: &mut dyn Connection, statement: Statement) -> Result<Vec<Row>, DbError> {
    text::check(&statement)?;
    let args = statement.args.into_iter().map(bind).collect();
    let mut stream = connection.exec_rows(&statement.sql, args).await.map_err(|error| error::meaning(&error))?;
    let mut rows = Vec::new();
    while let Some(row) = stream.next().await {
        rows.push(decode(row.map_err(|error| error::meaning(&error))?.as_mut())?);
    }
    Ok(rows)
}

/// A decimal is kept as so many of its last place. Only these four kinds are ever bound: the others are narrowed, wrapped
/// or turned into JSON by one driver or another.
fn bind(arg: Arg) -> Value {
    match arg {
        Arg::Null => Value::Null,
        Arg::Int(value) => Value::I64(value),
        Arg::Float(value) => Value::F64(value),
        Arg::Decimal(value) => Value::I64(value.units),
        Arg::Text(value) => Value::String(value),
    }
}

fn decode(row: &mut dyn DriverRow) -> Result<Row, DbError> {
    let columns = row.meta_data().column_len();
    let cells = (0..columns).map(|index| cell(row.get(index).map_err(|error| error::meaning(&error))?, index));
    Ok(Row(cells.collect::<Result<_, _>>()?))
}

fn cell(value: Value, index: usize) -> Result<Cell, DbError> {
    let cell = match value {
        Value::Null => Cell::Null,
        Value::Bool(value) => Cell::Int(value.into()),
        Value::I32(value) => Cell::Int(value.into()),
        Value::I64(value) => Cell::Int(value),
        Value::F32(value) => Cell::Float(value.into()),
        Value::F64(value) => Cell::Float(value),
        Value::String(value) => Cell::Bytes(value.into_bytes()),
        Value::Binary(value) => Cell::Bytes(value),
        Value::Ext(_, value) => return cell(*value, index),
        // Text that looks like JSON was parsed by the driver; what it was before cannot be had back exactly.
        Value::Array(_) | Value::Map(_) | Value::U32(_) | Value::U64(_) => {
            return Err(DbError::Other(format!("column {index} is text that was selected without CAST(… AS BLOB)")));
        }
    };
    Ok(cell)
}
