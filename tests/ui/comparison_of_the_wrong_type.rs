//! What is compared is of one type, also in another file.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: project.name == 3)]
#[can(list: project.status == true)]
#[can(update: project.name == Active)]
#[can(delete: project.secret == "none" | project.owner == 7)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
