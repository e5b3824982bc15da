//! The roles are those of the account.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: role(Amdin))]
#[can(update: project.owner | !role(Boss))]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
    #[field(default, write = role(admin))]
    pub is_open: bool,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
