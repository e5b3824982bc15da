//! Only instants and dates lie before or after now, also in another file.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: project.name <= now)]
#[can(list: project.owner < now - 30d)]
#[can(update: project.status > now + 24h)]
#[can(delete: project.secret >= now)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
