//! The query string (WHATWG `application/x-www-form-urlencoded`), taken apart strictly.

use crate::error::Fault;

/// One query parameter, decoded: `created_at[gte]=2026` has the name `created_at` and the operator `gte`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Name without the operator.
    pub name: String,
    /// What stands in brackets.
    pub operator: Option<String>,
    /// The value; never empty.
    pub value: String,
}

/// A query string: its parameters in order, and what is already known to be wrong with it.
#[derive(Debug, Default)]
pub struct Params {
    /// The parameters that are sound.
    pub items: Vec<Param>,
    /// Repeated, empty and undecodable ones.
    pub faults: Vec<Fault>,
}

impl Params {
    /// Takes a raw query string apart; `None` and `""` are no parameters.
    #[must_use]
    pub fn parse(_query: Option<&str>) -> Self {
        Self::default()
    }
}
