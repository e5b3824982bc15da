//! A handle on a connection to `SQLite` that stops the statement that runs; and a function that prints numbers. The driver
//! has a word for neither.
//!
//! This is the one crate of the workspace that says `unsafe`, since these are functions of the C library. It knows no SQL,
//! no limits and no clock: when to stop what is for others to say.
//!
//! **Stopping** is `sqlite3_interrupt`, which sets a flag that `SQLite` looks at anyway: a statement that is let run costs
//! nothing more. (A progress handler would be called over and over by every statement, and never by one that counts a
//! whole table in one step.)

mod number;

pub use self::number::{NUMBER, NotTaken, add_number, json_number};

use std::{
    ffi::{CStr, c_void},
    fmt,
    ptr::NonNull,
    sync::{Arc, Mutex, PoisonError},
};

use libsqlite3_sys as ffi;
use rbdc_sqlite::LockedSqliteHandle;

/// The name under which a connection keeps what it shares with the handle.
const NAME: &CStr = c"fasttrack-sqlite";

/// A handle on one connection. A clone is the same one; it may outlive the connection, and does nothing then.
#[derive(Clone)]
pub struct InterruptHandle(Arc<Shared>);

/// What the connection and its handle share.
struct Shared {
    /// The connection, for as long as it is open.
    handle: Mutex<Option<RawHandle>>,
}

/// A connection that is open.
struct RawHandle(NonNull<ffi::sqlite3>);

#[expect(unsafe_code, reason = "a pointer says nothing of threads; the library does")]
// SAFETY: the one thing done with it is `sqlite3_interrupt`, which any thread may call
// (<https://sqlite.org/c3ref/interrupt.html>).
unsafe impl Send for RawHandle {}

/// `SQLite` found no memory for the handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory;

impl InterruptHandle {
    /// Attaches a handle to a connection. A later one takes the place of the one before.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn attach(connection: &mut LockedSqliteHandle<'_>) -> Result<Self, OutOfMemory> {
        let handle = connection.as_raw_handle();
        let shared = Arc::new(Shared { handle: Mutex::new(Some(RawHandle(handle))) });
        let kept = Arc::into_raw(Arc::clone(&shared)).cast_mut().cast::<c_void>();
        #[expect(unsafe_code, reason = "a function of the C library")]
        // SAFETY: `handle` is an open connection, and nobody else uses it while it is locked. `kept` is given away: the
        // library hands it to `detach` once, when the connection is closed, when it is replaced, or at once when this
        // fails (<https://sqlite.org/c3ref/get_clientdata.html>).
        let status = unsafe { ffi::sqlite3_set_clientdata(handle.as_ptr(), NAME.as_ptr(), kept, Some(detach)) };
        if status != ffi::SQLITE_OK {
            return Err(OutOfMemory);
        }
        Ok(Self(shared))
    }

    /// Stops what runs on the connection, at its next step; what writes takes its whole transaction along. Does nothing
    /// where nothing runs: whoever means a statement has to say so until it has ended.
    pub fn interrupt(&self) {
        let handle = self.0.handle.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(RawHandle(handle)) = &*handle else { return };
        #[expect(unsafe_code, reason = "a function of the C library")]
        // SAFETY: the connection is open: before it is closed `detach` takes the pointer out, under the lock that is held
        // here.
        unsafe {
            ffi::sqlite3_interrupt(handle.as_ptr());
        };
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("InterruptHandle(…)")
    }
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("out of memory")
    }
}

impl std::error::Error for OutOfMemory {}

/// The connection is being closed, or has another handle.
#[expect(unsafe_code, reason = "called by the C library")]
unsafe extern "C" fn detach(kept: *mut c_void) {
    // SAFETY: the pointer that `attach` made of an `Arc` and gave away, which comes back once.
    let shared = unsafe { Arc::from_raw(kept.cast::<Shared>().cast_const()) };
    shared.handle.lock().unwrap_or_else(PoisonError::into_inner).take();
}

#[cfg(test)]
mod tests;
