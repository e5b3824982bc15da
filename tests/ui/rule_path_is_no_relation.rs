//! A rule follows relations; this one takes a wrong turn in another file.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: project.ownr)]
#[can(list: project.name.owner)]
#[can(update: project.onwer.boss)]
#[can(delete: project.member.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
