//! A word of a choice is one of its variants.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: stage == Tood)]
#[can(update: project.status == Atcive)]
#[on(changed(stage -> Finished) => finished to project.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
    #[field(default = Doen)]
    pub stage: Stage,
    #[field(default = Todo, flow(Todo -> Doen, Dnoe -> Todo))]
    pub second: Stage,
}

#[derive(Choice)]
pub enum Stage {
    Todo,
    Done,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
