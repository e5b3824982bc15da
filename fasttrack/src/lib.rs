//! Declare a resource, get its API.

pub mod auth;
pub mod clock;
pub mod db;
pub mod email;
pub mod error;
mod mac;
pub mod password;
pub mod principal;
pub mod schema;
pub mod wire;
