//! Verbs whose rules go in a circle decide nothing.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[can(read: task.read | owner)]
pub struct Project {
    pub id: Id<Project>,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
    #[field(on_delete = set_null)]
    pub task: Option<BelongsTo<Task>>,
}

#[resource]
#[can(read: project.read)]
pub struct Task {
    pub id: Id<Task>,
    #[field(on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
