//! Locks that nodes on one database take while they do what one may do at a time. They are held until the transaction ends.

use crate::{
    db::{Arg, Dialect, Statement},
    schema::Schema,
};

/// What one node does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Making sure that an account remains which may manage the others.
    Managers,
    /// Deleting what is too old.
    Retention,
    /// Registering receivers of webhooks, of which there are so many at most.
    Receivers,
}

impl Lock {
    /// The number of the lock: those of `fasttrack` begin with its first letters.
    const fn number(self) -> i64 {
        0x6661_7374_0000_0000 + self as i64
    }

    /// Waits for the lock; `None` where nobody else writes.
    #[must_use]
    pub fn take(self, dialect: Dialect) -> Option<Statement> {
        Some(Statement::new(dialect.sql().lock_by_number(self.number())?, Vec::new()))
    }

    /// Takes the lock if it is free: one row, true if it was; `None` where nobody else writes.
    #[must_use]
    pub fn try_take(self, dialect: Dialect) -> Option<Statement> {
        Some(Statement::new(dialect.sql().try_lock_by_number(self.number())?, Vec::new()))
    }
}

/// Waits until nobody else writes rows of a resource that may not overlap; `None` where they may, or nobody else writes.
#[must_use]
pub fn lock_overlapping(dialect: Dialect, schema: &Schema) -> Option<Statement> {
    if schema.exclusives.is_empty() {
        return None;
    }
    let name = format!("{} exclusive", schema.plural);
    Some(Statement::new(dialect.sql().lock_by_name()?, vec![Arg::Text(name)]))
}
