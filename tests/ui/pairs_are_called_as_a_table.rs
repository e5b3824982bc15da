//! A field of many rows has a table of its own.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: project.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(max = 5)]
    pub watchers: Many<User>,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

#[resource(plural = "tasks_watcher_ids")]
#[can(read: authenticated)]
pub struct Oddity {
    pub id: Id<Oddity>,
}

fasttrack::resources! { account: User, Project, Task, Oddity }

fn main() {}
