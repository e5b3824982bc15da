//! Runs one statement on one connection: arguments bound, every row collected.
//!
//! `exec_rows` alone is used, also for what returns nothing: it costs one hop to the connection's thread, `exec` two.

use futures_util::StreamExt;
use rbdc::db::{Connection, Row as DriverRow};
use rbs::Value;

use super::{
    super::{Arg, CHANGE_COLUMNS, CHANGES, Cell, DbError, Row, Statement, text},
    error,
};

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// The rows of the statement.
    pub(super) rows: Vec<Row>,
    /// The changes that the connection had captured.
    pub(super) changes: Vec<Row>,
}

/// Runs a statement to its end.
///
/// # Errors
/// What the database says, or [`DbError::Other`] for a placeholder without an argument.
pub(super) async fn run(connection: &mut dyn Connection, statement: Statement) -> Result<Vec<Row>, DbError> {
    text::check(&statement)?;
    Ok(run_checked(connection, statement).await?.rows)
}

/// Runs a statement whose placeholders were checked.
///
/// # Errors
/// What the database says.
pub(super) async fn run_checked(connection: &mut dyn Connection, statement: Statement) -> Result<Output, DbError> {
    let args = statement.args.into_iter().map(bind).collect();
    collect(connection, &statement.sql, args).await
}

/// Runs text of ours that takes no arguments, and says whether a row came back.
///
/// The driver caches only what is called with arguments; it ignores those that no placeholder asks for.
///
/// # Errors
/// What the database says.
pub(super) async fn control(connection: &mut dyn Connection, sql: &str) -> Result<bool, DbError> {
    let found = collect(connection, sql, vec![Value::Null]).await?;
    Ok(!found.rows.is_empty())
}

async fn collect(connection: &mut dyn Connection, sql: &str, args: Vec<Value>) -> Result<Output, DbError> {
    let mut stream = connection.exec_rows(sql, args).await.map_err(|error| error::meaning(&error))?;
    let mut found = Output::default();
    while let Some(row) = stream.next().await {
        let mut row = row.map_err(|error| error::meaning(&error))?;
        let (row, is_change) = decode(row.as_mut())?;
        if is_change { found.changes.push(row) } else { found.rows.push(row) }
    }
    Ok(found)
}

/// A decimal is kept as so many of its last place. Only these four kinds are ever bound: the others are narrowed, wrapped or turned into JSON by one driver or another.
fn bind(arg: Arg) -> Value {
    match arg {
        Arg::Null => Value::Null,
        Arg::Int(value) => Value::I64(value),
        Arg::Float(value) => Value::F64(value),
        Arg::Decimal(value) => Value::I64(value.units),
        Arg::Text(value) => Value::String(value),
    }
}

/// The row, and whether it is one of the changes: no value that anybody stored can make it one.
fn decode(row: &mut dyn DriverRow) -> Result<(Row, bool), DbError> {
    let meta = row.meta_data();
    let columns = meta.column_len();
    let is_change = columns == CHANGE_COLUMNS && meta.column_name(0) == CHANGES;
    let cells = (0..columns).map(|index| cell(row.get(index).map_err(|error| error::meaning(&error))?, index));
    Ok((Row(cells.collect::<Result<_, _>>()?), is_change))
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
