//! The HTTP edge: the only place that knows salvo.

mod body;
mod limit;
mod problem;
mod request_id;
mod window;

pub use self::problem::{PROBLEM_TYPES, ProblemType};
