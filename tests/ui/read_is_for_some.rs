//! What some alone are shown is told to nobody else.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[can(read: authenticated)]
pub struct Project {
    pub id: Id<Project>,
    #[field(default, read = owner | role(Amdin))]
    pub budget: i64,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
}

#[resource(under = project)]
#[can(create, read: authenticated)]
#[on(created => task_made { budget: project.budget } to project.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(default, read = project.ownr)]
    pub cost: i64,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
