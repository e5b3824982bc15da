//! Tables and indexes have their names under one roof.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: project.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200, unique)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

#[resource(plural = "tasks_title_unique")]
#[can(read: authenticated)]
pub struct Oddity {
    pub id: Id<Oddity>,
}

fasttrack::resources! { account: User, Project, Task, Oddity }

fn main() {}
