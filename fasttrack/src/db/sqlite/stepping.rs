//! What connections have in common on which statements are stepped by the thread that asks, without the driver: it would
//! hand every one to a thread of its own, and each row back.

use std::{cell::RefCell, collections::HashMap, path::Path, rc::Rc, time::Duration};

use fasttrack_sqlite::{NUMBER, json_number};
use rusqlite::{
    Connection, Error, OpenFlags, Statement,
    functions::FunctionFlags,
    types::{Null, ValueRef},
};
use xxhash_rust::xxh3::xxh3_128;

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

/// Placeholders of a text of which it is read once and for all which is which. `SQLite` looks for the name of each among those
/// of all before it.
const MANY: usize = 32;

/// Texts of which a thread keeps that.
const KEPT: usize = 128;

thread_local! {
    /// By the digest of a text, the numbers of its placeholders in the order in which `SQLite` has them.
    static NUMBERS: RefCell<HashMap<u128, Rc<[usize]>>> = RefCell::default();
}

/// Binds every placeholder of a statement; `text` is what it was prepared from, where that is nothing but this statement.
///
/// # Errors
/// [`Error::InvalidParameterName`] where one has no argument, and what `SQLite` says.
pub(super) fn bind(prepared: &mut Statement<'_>, text: Option<&str>, args: &[Arg]) -> Result<(), Error> {
    let count = prepared.parameter_count();
    let known = text.filter(|_| count >= MANY).map(|text| numbers(prepared, text));
    for index in 1..=count {
        let number = match &known {
            Some(numbers) => numbers.get(index - 1).copied().unwrap_or_default(),
            None => number(prepared, index),
        };
        let missing = || Error::InvalidParameterName(prepared.parameter_name(index).unwrap_or_default().to_owned());
        let arg = number.checked_sub(1).and_then(|place| args.get(place)).ok_or_else(missing)?;
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

/// The number of the placeholder `$3`; 0 of what is none.
fn number(prepared: &Statement<'_>, index: usize) -> usize {
    let name = prepared.parameter_name(index).unwrap_or_default();
    name.strip_prefix('$').and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Those of all placeholders.
fn numbers(prepared: &Statement<'_>, text: &str) -> Rc<[usize]> {
    NUMBERS.with_borrow_mut(|kept| {
        let digest = xxh3_128(text.as_bytes());
        if kept.len() >= KEPT && !kept.contains_key(&digest) {
            kept.clear();
        }
        let read = || (1..=prepared.parameter_count()).map(|index| number(prepared, index)).collect();
        Rc::clone(kept.entry(digest).or_insert_with(read))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What a statement answers whose placeholders come in this order.
    fn answered(connection: &Connection, order: &[usize], args: &[Arg]) -> Result<Vec<i64>, Error> {
        let placeholders: Vec<_> = order.iter().map(|number| format!("${number}")).collect();
        let sql = format!("SELECT {}", placeholders.join(", "));
        let mut prepared = connection.prepare_cached(&sql)?;
        bind(&mut prepared, Some(&sql), args)?;
        let mut rows = Vec::new();
        step(&mut prepared, &mut rows, |value| Some(cell(value)))?;
        Ok((0..order.len()).filter_map(|place| rows.first()?.int(place)).collect())
    }

    #[test]
    fn each_placeholder_has_its_argument_in_whichever_order_they_come() {
        let connection = Connection::open_in_memory().unwrap();
        for count in [1, 2, MANY - 1, MANY, MANY + 1, 500] {
            let args: Vec<_> = (1..=count).map(|n| Arg::Int(i64::try_from(n * 10).unwrap())).collect();
            let backwards: Vec<_> = (1..=count).rev().collect();
            let forwards: Vec<_> = (1..=count).collect();
            // Some of them twice; each text once more, of which is known by then which is which.
            let again: Vec<_> = backwards.iter().chain(&forwards).copied().collect();
            for order in [&forwards, &backwards, &again, &backwards] {
                let expected: Vec<_> = order.iter().map(|n| i64::try_from(n * 10).unwrap()).collect();
                assert_eq!(answered(&connection, order, &args).unwrap(), expected);
            }
            let fewer = args.get(1..).unwrap();
            assert!(matches!(answered(&connection, &forwards, fewer), Err(Error::InvalidParameterName(_))), "{count}");
        }
    }

    #[test]
    fn what_is_known_of_texts_is_bounded() {
        let connection = Connection::open_in_memory().unwrap();
        let args: Vec<_> = (1..=MANY + 2 * KEPT).map(|n| Arg::Int(i64::try_from(n).unwrap())).collect();
        for count in MANY..MANY + 2 * KEPT {
            let order: Vec<_> = (1..=count).rev().collect();
            assert_eq!(answered(&connection, &order, &args).unwrap().first(), Some(&i64::try_from(count).unwrap()));
            assert!(NUMBERS.with_borrow(HashMap::len) <= KEPT);
        }
    }
}
