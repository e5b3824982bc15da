//! `PostgreSQL`, a server that others may use as well.
//!
//! Each unit of work is a transaction of its own, on a connection from the pool, in a task that outlives its caller. What
//! can travel together does: the word that begins a transaction with its first statement, a savepoint with what stands
//! behind it, and what a statement changed behind the statement.
//!
//! From what knows nothing of the rest to what knows it all: `url`, `value`, `script` and `error` (what goes over the wire
//! and comes back), `tls`, `hosts` and `connect` (how connections are opened), `connection` (one that is open), `pool` and `trouble` (connections that are lent, and
//! what is said when there are none),
//! `session` (one transaction), `capture` (who hears of changes), `runner` (a unit, from its beginning to what follows its
//! commit), `listen` (what others say), `batch` (rows that are inserted together), `backend` (all of it).

mod backend;
mod batch;
mod capture;
mod connect;
mod connection;
mod error;
mod hearing;
mod hosts;
mod listen;
mod pool;
mod runner;
#[cfg(any(test, feature = "testing"))]
mod scratch;
mod script;
mod session;
mod statements;
#[cfg(test)]
pub(super) mod tests;
mod tls;
mod trouble;
mod url;
mod value;

pub(super) use self::backend::Postgres;
#[cfg(any(test, feature = "testing"))]
pub use self::scratch::ScratchDatabase;
pub use self::url::{PostgresUrl, PostgresUrlError, TlsMode};
