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
pub mod notify;
pub mod password;
pub mod pipeline;
pub mod prelude;
pub mod principal;
pub mod query;
pub mod schema;
pub mod sql;
pub mod wire;

pub use fasttrack_macros::resources;

pub use self::{app::Application, cli::main};

// Generated code says `::fasttrack`; so that declarations can stand in tests of this crate too.
extern crate self as fasttrack;

/// What generated code calls besides [`schema`]; no part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use serde::{self, Deserialize, Deserializer, Serialize, Serializer};
}
