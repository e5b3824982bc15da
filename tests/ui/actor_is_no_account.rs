//! Who did it is an account.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: project.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
    #[field(actor, on_delete = restrict)]
    pub maker: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
