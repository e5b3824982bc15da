//! Who an account is, in memory.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use rusqlite::OptionalExtension;

use super::{super::problem::Problem, connection::Readers};

/// What a rule asks of who is calling.
#[derive(Clone, Copy)]
pub struct Caller {
    pub id: i64,
    pub is_admin: bool,
}

/// The active accounts that have called. Nobody else writes to the file and no route here changes an account, so that what is
/// kept is never stale; a route that did would remove its entry.
#[derive(Default)]
pub struct Accounts(RwLock<HashMap<i64, Caller>>);

impl Accounts {
    /// The account of this number, where there is one that is active.
    pub fn active(&self, readers: &Readers, id: i64) -> Result<Caller, Problem> {
        if let Some(caller) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(*caller);
        }
        let sql = "SELECT role = 'admin' FROM users WHERE id = ?1 AND is_active";
        let found = readers.with(|connection| connection.query_row(sql, [id], |row| row.get(0)).optional())?;
        let caller = Caller { id, is_admin: found.ok_or(Problem::Unauthorized)? };
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id, caller);
        Ok(caller)
    }
}
