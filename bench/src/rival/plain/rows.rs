//! What rows are read into, and answered as.

use serde::Serialize;
use sqlx::FromRow;

use super::super::page::Place;

#[derive(Serialize, FromRow)]
pub struct User {
    pub id: i64,
    email: String,
    display_name: String,
    role: String,
    is_active: bool,
    email_verified: bool,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, FromRow)]
pub struct Project {
    pub id: i64,
    name: String,
    description: String,
    status: String,
    pub owner_id: i64,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, FromRow)]
pub struct Task {
    pub id: i64,
    title: String,
    description: String,
    status: String,
    pub priority: String,
    pub project_id: i64,
    pub assignee_id: Option<i64>,
    created_at: String,
    updated_at: String,
}

/// A page.
#[derive(Serialize)]
pub struct List<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
    has_more: bool,
}

impl User {
    pub fn is_admin(&self) -> bool {
        self.role == "admin"
    }
}

impl<T> List<T> {
    /// Of rows of which one more than fits says that there is another page.
    pub fn of(mut items: Vec<T>, limit: i64, place: impl Fn(&T) -> Place) -> Self {
        let has_more = items.len() as i64 > limit;
        items.truncate(limit as usize);
        let next_cursor = items.last().filter(|_| has_more).map(|last| place(last).encode());
        Self { items, next_cursor, has_more }
    }
}
