//! The database: statements in, rows out. The only place that knows drivers.
//!
//! [`Db`] is what everybody else has of it. What stands beside this text is the same for every database; what is peculiar
//! to one stands in a folder of its name (`sqlite`, `postgres`), which implements `backend::Backend` and
//! `tx::Session`. A client that goes away leaves no transaction open and no statement running: writes are done without
//! him, and reads are stopped. What a request is told of that it was not done is not done afterwards either.
//!
//! No SQL of the application is written here, and nothing here knows what a resource is.

mod address;
mod backend;
mod capture;
mod database;
mod dialect;
mod error;
mod gauge;
mod meter;
mod notice;
mod options;

mod postgres;
mod queues;
mod row;
mod slots;
mod snapshot;
mod sqlite;
mod text;
mod tx;
mod unit;
mod wait;

#[cfg(test)]
mod tests;

#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub use self::postgres::ScratchDatabase;
#[doc(hidden)]
pub use self::{
    address::DatabaseUrl,
    capture::{ChangeCapture, ChangeListener},
    database::Db,
    meter::{Asker, Meter},
    notice::{Notice, Notices},
    options::DbOptions,
    postgres::{PostgresUrl, PostgresUrlError, TlsMode},
    snapshot::{Reads, Snapshot},
    tx::{RowPlan, Tx},
};
pub use self::{
    dialect::Dialect,
    error::{Busy, DbError},
    row::{Arg, Cell, Row, Statement},
};
pub(crate) use self::{
    gauge::SECONDS,
    notice::NoticeSender,
    sqlite::{names, open_to_others, place, private_file},
};
