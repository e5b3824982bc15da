//! A flow leads to every variant.

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
    #[field(default = Todo, flow(Todo -> Doing, Doing -> Todo, Done -> Todo))]
    pub stage: Stage,
}

#[derive(Choice)]
pub enum Stage {
    Todo,
    Doing,
    Done,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
