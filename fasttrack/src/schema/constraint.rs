//! What holds of all rows of a resource together, or of several fields of a row.

/// Fields of which no two rows hold the same together. A row in which one of them is null is like no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unique {
    /// What its index is called, behind the table and `_`.
    pub name: &'static str,
    /// Their JSON keys, in the order declared.
    pub keys: &'static [&'static str],
}

/// What generated code builds it with.
#[doc(hidden)]
impl Unique {
    /// These keys, under an index of this name.
    #[must_use]
    pub const fn new(name: &'static str, keys: &'static [&'static str]) -> Self {
        Self { name, keys }
    }
}
