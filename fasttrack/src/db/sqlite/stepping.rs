//! What connections have in common on which statements are stepped by the thread that asks, without the driver: it would
//! hand every one to a thread of its own, and each row back.

use std::{path::Path, time::Duration};

use fasttrack_sqlite::{NUMBER, json_number};
use rusqlite::{
    Connection, Error, OpenFlags, Statement,
    functions::FunctionFlags,
    types::{Null, ValueRef},
};

use super::{
    super::{Arg, Cell, Row},
    connection::alone,
};

/// Opens a connection that waits for others as long as this.
///
/// # Errors
/// What `SQLite` says.
pub(super) fn open(path: &Path, flags: OpenFlags, busy_timeout: Duration) -> Result<Connection, Error> {
    let connection = alone(|| Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX))?;
    connection.busy_timeout(busy_timeout)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(NUMBER, 1, flags, |context| {
        Ok(context.get::<Option<f64>>(0)?.map_or_else(|| "null".to_owned(), json_number))
    })?;
    Ok(connection)
}

/// Binds every placeholder.
///
/// # Errors
/// [`Error::InvalidParameterName`] where one has no argument, and what `SQLite` says.
pub(super) fn bind(prepared: &mut Statement<'_>, args: &[Arg]) -> Result<(), Error> {
    for index in 1..=prepared.parameter_count() {
        let name = prepared.parameter_name(index).unwrap_or_default();
        let number = name.strip_prefix('$').and_then(|number| number.parse().ok()).unwrap_or(0_usize);
        let arg = number.checked_sub(1).and_then(|place| args.get(place));
        let arg = arg.ok_or_else(|| Error::InvalidParameterName(name.to_owned()))?;
        match arg {
            Arg::Null => prepared.raw_bind_parameter(index, Null)?,
            Arg::Int(value) => prepared.raw_bind_parameter(index, value)?,
            Arg::Float(value) => prepared.raw_bind_parameter(index, value)?,
            Arg::Decimal(value) => prepared.raw_bind_parameter(index, value.units)?,
            Arg::Text(value) => prepared.raw_bind_parameter(index, value)?,
        }
    }
    Ok(())
}

/// Steps through a statement of which everything is bound, and adds its rows to `rows`.
///
/// # Errors
/// What `SQLite` says; [`Error::InvalidQuery`] where `cell` refuses one.
pub(super) fn step(
    prepared: &mut Statement<'_>,
    rows: &mut Vec<Row>,
    cell: fn(ValueRef<'_>) -> Option<Cell>,
) -> Result<(), Error> {
    let columns = prepared.column_count();
    let mut found = prepared.raw_query();
    while let Some(row) = found.next()? {
        let cells = (0..columns).map(|column| cell(row.get_ref(column)?).ok_or(Error::InvalidQuery));
        rows.push(Row(cells.collect::<Result<_, _>>()?));
    }
    Ok(())
}

/// A value, whatever it is; text as its bytes.
pub(super) fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Real(value) => Cell::Float(value),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    }
}
