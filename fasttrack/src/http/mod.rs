//! The HTTP edge: the only place that knows salvo.

pub mod docs;
pub mod etag;
pub mod openapi;
