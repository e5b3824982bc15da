//! What clients send, taken apart strictly and without meaning: a JSON object, a query string.
//!
//! Knows neither resources nor HTTP; faults are collected, so that all of them can be reported at once.

mod answers;
mod object;
mod params;
mod patch;
mod scan;

pub use self::{
    answers::{Form, Reference, Said, Unfilled},
    object::{Node, Object},
    params::{Param, Params},
    patch::{compact, merge_patch},
    scan::is_deeper_than,
};
