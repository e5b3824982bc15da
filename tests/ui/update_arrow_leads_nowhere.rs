//! What an update has to leave is a rule like others: its paths are followed across files.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(update: project.owner -> project.name)]
pub struct Task {
    pub id: Id<Task>,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

#[resource]
#[can(update: owner -> project.status == Closed)]
pub struct Note {
    pub id: Id<Note>,
    #[field(on_delete = restrict)]
    pub project: BelongsTo<Project>,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
}

fasttrack::resources! { account: User, Project, Task, Note }

fn main() {}
