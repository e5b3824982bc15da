//! One name is one set of keys, in the whole application.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: project.owner)]
#[on(created => made { title: title } to project.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

#[resource]
#[can(read: owner)]
#[on(created => made { name: name } to owner)]
pub struct Label {
    pub id: Id<Label>,
    #[field(len = 1..=50)]
    pub name: String,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<User>,
}

fasttrack::resources! { account: User, Project, Task, Label }

fn main() {}
