//! Declare a resource, get its API.

pub mod db;
pub mod error;
pub mod prelude;
pub mod principal;
pub mod schema;
pub mod wire;

pub use fasttrack_macros::resources;

// Generated code says `::fasttrack`; so that declarations can stand in tests of this crate too.
extern crate self as fasttrack;

/// What generated code calls besides [`schema`]; no part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use serde::{self, Deserialize, Deserializer};
}
