//! Some paths the framework has itself.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(plural = "sessions")]
#[can(read: project.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
