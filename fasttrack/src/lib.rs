//! Declare a resource, get its API.

pub mod db;
pub mod error;
pub mod principal;
pub mod schema;
pub mod sql;
pub mod wire;
