//! The HTTP edge: the only place that knows salvo.

mod limit;
mod window;
