//! Declare a resource, get its API.

pub mod db;
pub mod error;
pub mod http;
pub mod principal;
pub mod schema;
pub mod wire;
