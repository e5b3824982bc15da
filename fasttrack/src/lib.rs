//! Declare a resource, get its API.

pub mod auth;
pub mod clock;
pub mod db;
pub mod email;
pub mod error;
mod mac;
pub mod migrate;
pub mod password;
pub mod pipeline;
pub mod principal;
pub mod query;
pub mod schema;
pub mod sql;
pub mod wire;
