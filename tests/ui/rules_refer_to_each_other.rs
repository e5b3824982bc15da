//! Named rules that go in a circle decide nothing.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[can(read: member)]
#[rule(member: owner | task.member)]
pub struct Project {
    pub id: Id<Project>,
    #[field(len = 1..=200)]
    pub name: String,
    #[field(default = Active)]
    pub status: Status,
    #[field(hidden, default, read_only)]
    pub secret: i64,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
    #[field(on_delete = set_null)]
    pub task: Option<BelongsTo<Task>>,
}

#[resource]
#[can(read: member)]
#[rule(member: project.member)]
pub struct Task {
    pub id: Id<Task>,
    #[field(on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
