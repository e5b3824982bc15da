//! What names a row where an application asks for one.

use super::{BelongsTo, Id};

/// What names a row of `T`: its id, a relation to it, or the plain number.
pub trait RowId<T>: Copy + Send {
    /// The number.
    fn number(&self) -> i64;
}

impl<T> RowId<T> for i64 {
    fn number(&self) -> i64 {
        *self
    }
}

impl<T> RowId<T> for Id<T> {
    fn number(&self) -> i64 {
        self.get()
    }
}

impl<T> RowId<T> for BelongsTo<T> {
    fn number(&self) -> i64 {
        self.id().get()
    }
}

impl<T> From<Id<T>> for i64 {
    fn from(id: Id<T>) -> Self {
        id.get()
    }
}

impl<T> From<BelongsTo<T>> for i64 {
    fn from(relation: BelongsTo<T>) -> Self {
        relation.id().get()
    }
}
