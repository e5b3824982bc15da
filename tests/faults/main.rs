//! Faults on real processes: nodes that are killed, servers of `PostgreSQL` that stop, fail over, stall or are full.
//!
//! A target of its own, outside `cargo test`, because it needs the programs of `PostgreSQL` and takes minutes:
//! `cargo test --test faults`. Each test has servers of its own, which it starts and stops, and runs alone.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test reports a broken expectation by panicking"
)]

#[path = "../it/driver/mod.rs"]
#[expect(dead_code, reason = "this target needs less of the driver than the one it belongs to")]
#[expect(unused_imports, reason = "as above")]
#[expect(unused_macros, reason = "as above")]
mod driver;
mod ear;
mod load;
mod relay;
mod server;

mod clients;
mod commit;
mod failover;
mod full;
mod nodes;
mod pooler;
mod restart;
mod stall;

use std::sync::{Mutex, MutexGuard, PoisonError};

use self::driver::{Settings, Sink};

/// Has tests run one at a time: each is about what a busy machine would hide.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nodes on the database at this address, whose mail goes to `sink`.
fn nodes_on(url: &str, sink: &Sink) -> Settings {
    Settings::on_a_file()
        .set("DATABASE_URL", url)
        .set("DATABASE_POOL", "8")
        .set("SMTP_URL", sink.url())
        .set("MAIL_FROM", "Tracker <tracker@example.com>")
}
