//! What tasks are gathered in.

use crate::user::User;
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
#[can(create: authenticated)]
#[can(list, read, update, delete: owner | role(Admin))]
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
    /// When the project was created.
    #[field(filter, sort)]
    pub created_at: CreatedAt,
    /// When the project last changed.
    #[field(sort)]
    pub updated_at: UpdatedAt,
}
