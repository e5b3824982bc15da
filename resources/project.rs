//! What tasks are gathered in.

use crate::{task::Task, user::User};
use fasttrack::prelude::*;

/// Whether a project is still worked on.
#[derive(Debug, PartialEq, Choice)]
pub enum Status {
    /// Worked on.
    Active,
    /// Put away.
    Archived,
}

/// A body of work with an owner, made of tasks.
#[resource]
#[has(tasks: Task.project)]
#[can(create: authenticated)]
#[can(list, read, update, delete: owner | role(Admin))]
#[never(!owner & !role(Admin): read, update, delete)]
pub struct Project {
    /// Number of the project, never used twice.
    pub id: Id<Project>,
    /// Name of the project.
    #[field(len = 1..=200, sort, search)]
    pub name: String,
    /// What the project is about.
    #[field(len = ..=10_000, default, search)]
    pub description: String,
    /// Whether it is still worked on.
    #[field(default = Active, filter)]
    pub status: Status,
    /// The user who created it.
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
    /// How many of its tasks are not begun.
    #[field(count(tasks: status == Todo), hidden)]
    pub todo_tasks: i64,
    /// How many of its tasks are begun.
    #[field(count(tasks: status == InProgress), hidden)]
    pub begun_tasks: i64,
    /// How many of its tasks are finished.
    #[field(count(tasks: status == Done), hidden)]
    pub done_tasks: i64,
    /// When the project was created.
    #[field(filter, sort)]
    pub created_at: CreatedAt,
    /// When the project last changed.
    #[field(sort)]
    pub updated_at: UpdatedAt,
}
