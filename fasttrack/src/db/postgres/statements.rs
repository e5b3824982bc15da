//! The statements that a connection has prepared: as many as are used, and not many more.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, PoisonError},
};

use tokio_postgres::Statement;

/// How many are kept at least that were used last; at most twice as many.
const KEPT: usize = 200;

/// Prepared statements by their text, in two generations: what is used comes into the younger one, and when that is full
/// it becomes the older, and the one before goes. What goes is deallocated by being dropped.
#[derive(Default)]
pub(super) struct Statements(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    younger: HashMap<String, Statement>,
    older: HashMap<String, Statement>,
}

impl Statements {
    /// The statement of this text, if it is prepared.
    pub(super) fn get(&self, sql: &str) -> Option<Statement> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(statement) = generations.younger.get(sql) {
            return Some(statement.clone());
        }
        let (text, statement) = generations.older.remove_entry(sql)?;
        generations.put(text, statement.clone());
        Some(statement)
    }

    /// Keeps one that was just prepared.
    pub(super) fn put(&self, sql: &str, statement: Statement) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(sql.to_owned(), statement);
    }

    /// Forgets them all: the server has.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Generations::default();
    }
}

impl Generations {
    fn put(&mut self, sql: String, statement: Statement) {
        if self.younger.len() >= KEPT {
            self.older = mem::take(&mut self.younger);
        }
        self.younger.insert(sql, statement);
    }
}
