//! Declare a resource, get its API.

pub mod app;
pub mod auth;
pub mod bell;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod email;
pub mod error;
pub mod hooks;
pub mod http;
pub mod job;
mod mac;
pub mod migrate;
pub mod password;
pub mod pipeline;
pub mod prelude;
pub mod principal;
pub mod query;
pub mod schema;
pub mod sql;
pub mod wire;

pub use fasttrack_macros::resources;

pub use self::cli::main;

// Generated code says `::fasttrack`; so that declarations can stand in tests of this crate too.
extern crate self as fasttrack;

#[doc(hidden)]
#[path = "generated.rs"]
pub mod __private;
