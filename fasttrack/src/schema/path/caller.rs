//! Paths that start at the account that is calling, and what a field is compared with there.

use std::marker::PhantomData;

use super::{IsOne, Matches, Part, Walk};
use crate::schema::{Comparison, Path, Resource, Rule};

/// A field of the account that is calling, or of a row that it leads to.
pub struct CallersField<K> {
    path: Path,
    field: &'static str,
    holds: PhantomData<fn() -> K>,
}

impl<K> Clone for CallersField<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for CallersField<K> {}

impl<T: Resource, N> Walk<T, N> {
    /// As what a field is compared with, where the path starts at the account that is calling.
    #[must_use]
    pub const fn of_caller<K>(self, end: Part<K>) -> CallersField<K>
    where
        N: IsOne,
    {
        CallersField { path: self.path, field: end.0, holds: PhantomData }
    }

    /// Compares a field with one of the account that is calling.
    #[must_use]
    pub const fn compare_caller<K: Matches<L>, L>(self, end: Part<K>, op: Comparison, with: CallersField<L>) -> Rule
    where
        N: IsOne,
    {
        Rule::LikeCaller { path: self.path, field: end.0, op, of: with.path, with: with.field }
    }
}
