//! What is said about a task.

use crate::{task::Task, user::User};
use fasttrack::prelude::*;

/// A remark on a task, by somebody who works on it.
#[resource(under = task)]
#[can(create, list: task.member)]
#[can(delete: author | role(Admin))]
#[on(created => comment_added { task_id: task, author: author.display_name } to task.project.owner, task.assignee)]
pub struct Comment {
    /// Number of the comment, never used twice.
    pub id: Id<Comment>,
    /// What is said.
    #[field(len = 1..=10_000, search)]
    pub body: String,
    /// The task that it is about.
    #[field(write_once, on_delete = cascade)]
    pub task: BelongsTo<Task>,
    /// The user who said it.
    #[field(actor, filter, on_delete = restrict)]
    pub author: BelongsTo<User>,
    /// When it was said.
    #[field(filter, sort)]
    pub created_at: CreatedAt,
}
