//! The database: statements in, rows out. The only place that knows rbatis and its drivers.
//!
//! Reads run on a pool of read-only connections; everything that writes goes through one writer, which gathers what is
//! waiting into one transaction and answers after its commit. A client that goes away leaves no transaction open and no
//! statement running: writes are done without him, and reads are stopped.
//!
//! What is peculiar to one database stands in a module of its name (`sqlite`); the rest is the same for every driver.
//! No SQL of the application is written here, and nothing here knows what a resource is.

mod address;
mod capture;
mod database;
mod dialect;
mod error;
mod gauge;
mod group;
mod guard;
mod lines;
mod link;
mod meter;
mod options;
mod place;
mod pool;
mod postgres;
mod private;
mod row;
mod sqlite;
mod statement;
mod tx;
mod unit;
mod writer;

#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use self::{
    address::DatabaseUrl,
    capture::{CHANGE_COLUMNS, CHANGES, ChangeCapture, ChangeListener},
    database::Db,
    dialect::Dialect,
    meter::{Asker, Meter},
    options::DbOptions,
    postgres::{PostgresUrl, PostgresUrlError, TlsMode},
    tx::{RowPlan, Tx},
};
pub use self::{
    error::DbError,
    row::{Arg, Cell, MAX_ARGS, Row, Statement},
};
pub(crate) use self::{
    gauge::SECONDS,
    place::{names, place},
    private::{open_to_others, private_file},
};
