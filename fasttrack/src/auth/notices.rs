//! What a command beside a running server leaves for it, to learn that the server has heard of what the command did.
//!
//! The server notices by itself that another process has written; that it has, it says by taking the notice down. Says
//! what the table is and every statement that touches it; nothing here waits.

use crate::db::{Arg, Statement};

/// Leaves a notice and gives back its number.
pub(super) fn leave() -> Statement {
    Statement::new("INSERT INTO fasttrack_notices DEFAULT VALUES RETURNING id", Vec::new())
}

/// The number of the newest one; NULL where there is none.
pub(super) fn newest() -> Statement {
    Statement::new("SELECT max(id) FROM fasttrack_notices", Vec::new())
}

/// Takes down all of them up to this one.
pub(super) fn take_down(newest: i64) -> Statement {
    Statement::new("DELETE FROM fasttrack_notices WHERE id <= $1", vec![Arg::Int(newest)])
}

/// Whether this one still hangs: one row if so.
pub(super) fn find(id: i64) -> Statement {
    Statement::new("SELECT id FROM fasttrack_notices WHERE id = $1", vec![Arg::Int(id)])
}
