//! What there is to do.

use crate::{jobs, project::Project, user::User};
use fasttrack::prelude::*;

/// How far a task has come.
#[derive(Debug, PartialEq, Choice)]
pub enum Status {
    /// Not begun.
    Todo,
    /// Begun.
    InProgress,
    /// Finished.
    Done,
}

/// How pressing a task is.
#[derive(Debug, PartialEq, Choice)]
pub enum Priority {
    /// Can wait.
    Low,
    /// As usual.
    Medium,
    /// Comes first.
    High,
}

/// A unit of work inside a project.
#[resource(under = project)]
#[can(create, list, delete: project.owner | role(Admin))]
#[can(read, update: member)]
#[never(role(User) & !project.owner: delete)]
#[rule(member: project.owner | assignee | role(Admin))]
#[on(changed(assignee) => task_assigned { project: project.name } to assignee; run jobs::mail_the_assignee)]
#[on(changed(status) => status_changed { old: old.status, new: new.status } to project.owner)]
pub struct Task {
    /// Number of the task, never used twice.
    pub id: Id<Task>,
    /// Short summary, shown in lists.
    #[field(len = 1..=300, filter, sort, search)]
    pub title: String,
    /// What exactly there is to do.
    #[field(len = ..=10_000, default, search)]
    pub description: String,
    /// How far it has come.
    #[field(default = Todo, filter(also = task_status), sort)]
    pub status: Status,
    /// How pressing it is.
    #[field(default = Medium, filter, sort)]
    pub priority: Priority,
    /// The project it belongs to, for good.
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
    /// The active user who is to do it.
    #[field(filter, on_delete = set_null)]
    pub assignee: Option<BelongsTo<User>>,
    /// When the task was created.
    #[field(filter, sort)]
    pub created_at: CreatedAt,
    /// When the task last changed.
    #[field(sort)]
    pub updated_at: UpdatedAt,
}
