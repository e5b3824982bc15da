//! The HTTP edge: the only place that knows salvo.

mod body;
pub mod docs;
pub mod etag;
mod limit;
pub mod openapi;
mod problem;
mod request_id;
mod window;

pub use self::problem::{PROBLEM_TYPES, ProblemType};
