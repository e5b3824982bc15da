//! `fasttrack_number(x)`: a floating-point number as JSON, in the fewest digits that read back as the same number.
//!
//! `SQLite` prints 15 digits, which loses bits, or 17, of which the last may not be the right one.

use std::{
    ffi::{CStr, c_int},
    fmt::Write,
};

use libsqlite3_sys as ffi;
use rbdc_sqlite::LockedSqliteHandle;

/// What the function is called.
pub const NUMBER: &CStr = c"fasttrack_number";

/// The connection did not take the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotTaken;

/// Gives a connection the function.
///
/// # Errors
/// [`NotTaken`], where there is no memory for it.
pub fn add_number(connection: &mut LockedSqliteHandle<'_>) -> Result<(), NotTaken> {
    let flags = ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC | ffi::SQLITE_INNOCUOUS;
    let handle = connection.as_raw_handle();
    #[expect(unsafe_code, reason = "a function of the C library")]
    // SAFETY: the connection is open, and nobody else uses it while it is locked. The function has no data of its own, and
    // is valid for as long as the program (<https://sqlite.org/c3ref/create_function.html>).
    let status = unsafe {
        ffi::sqlite3_create_function_v2(
            handle.as_ptr(),
            NUMBER.as_ptr(),
            1,
            flags,
            std::ptr::null_mut(),
            Some(number),
            None,
            None,
            None,
        )
    };
    if status == ffi::SQLITE_OK { Ok(()) } else { Err(NotTaken) }
}

/// What the function makes of a number that is not null: JSON with a fraction always, and with an exponent below 0.0001 and
/// from 1e16 on.
#[must_use]
pub fn json_number(number: f64) -> String {
    let mut text = String::with_capacity(24);
    write(number, &mut text);
    text
}

fn write(number: f64, text: &mut String) {
    // Zero has no sign in a column.
    let number = if number == 0.0 { 0.0 } else { number };
    // A string takes all.
    let _ = write!(text, "{number:?}");
}

#[expect(unsafe_code, reason = "called by the C library")]
unsafe extern "C" fn number(context: *mut ffi::sqlite3_context, _: c_int, values: *mut *mut ffi::sqlite3_value) {
    let mut text = String::with_capacity(24);
    // SAFETY: the function was made with one argument, so that there is one.
    let value = unsafe { *values };
    // SAFETY: the value is the library's, and valid during this call.
    if unsafe { ffi::sqlite3_value_type(value) } == ffi::SQLITE_NULL {
        text.push_str("null");
    } else {
        // SAFETY: as above.
        write(unsafe { ffi::sqlite3_value_double(value) }, &mut text);
    }
    let length = c_int::try_from(text.len()).unwrap_or_default();
    // SAFETY: the text is that long, and is copied during this call.
    unsafe {
        ffi::sqlite3_result_text(context, text.as_ptr().cast(), length, ffi::SQLITE_TRANSIENT());
    };
}

impl std::fmt::Display for NotTaken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the connection takes no function")
    }
}

impl std::error::Error for NotTaken {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_few_digits_and_a_fraction() {
        for (number, expected) in [
            (0.0, "0.0"),
            (-0.0, "0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e16"),
            (-1.5e300, "-1.5e300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-5"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e308"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
        ] {
            let mut text = String::new();
            write(number, &mut text);
            assert_eq!(text, expected);
        }
    }
}
