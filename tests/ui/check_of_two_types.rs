//! A check compares choices of one type, and relations to one resource.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: project.owner)]
#[check(stage != mood)]
#[check(project != reader)]
#[check(stage != Dnoe)]
pub struct Task {
    pub id: Id<Task>,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
    #[field(on_delete = set_null)]
    pub reader: Option<BelongsTo<User>>,
    #[field(default = Todo)]
    pub stage: Stage,
    pub mood: Option<Mood>,
}

#[derive(Choice)]
pub enum Stage {
    Todo,
    Done,
}

#[derive(Choice)]
pub enum Mood {
    Good,
    Bad,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
