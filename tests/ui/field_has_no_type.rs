//! A field has one of the types of the language.

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
    pub stage: Stage,
    pub weight: Kilograms,
    #[field(on_delete = cascade)]
    pub unit: BelongsTo<Kilograms>,
    pub extra: Json<Kilograms>,
}

pub enum Stage {
    Todo,
    Done,
}

pub struct Kilograms(pub f64);

fasttrack::resources! { account: User, Project, Task }

fn main() {}
