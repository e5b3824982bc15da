//! A verb is the name of its rule, where it has one.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(list, read: project.read)]
#[can(update: project.delete | project.upadte)]
pub struct Task {
    pub id: Id<Task>,
    #[field(default = Active, flow(Active -> Archived: project.creator | role(Amdin), Archived -> Active: project.name))]
    pub status: Status,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
