//! The database: statements in, rows out. The only place that knows rbatis and its drivers.
//!
//! Reads run on a pool of read-only connections; everything that writes goes through one writer, which gathers what is
//! waiting into one transaction and answers after its commit. All work runs in tasks of its own, so that a client that
//! goes away never leaves a transaction open.

mod error;
mod row;

pub use self::{
    error::DbError,
    row::{Arg, Cell, Row, Statement},
};
