//! What nobody may do is told against the rules where roles alone decide it, at the verb; its paths and roles are checked as
//! those of rules are.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(create, read: authenticated)]
#[can(list: anyone)]
#[can(update: member)]
#[can(delete: project.owner | role(Admin))]
#[rule(member: project.owner | role(Admin))]
#[never(anonymous: create, read)]
#[never(anonymous: list)]
#[never(role(User): read, update.is_open, delete)]
#[never(!project.owner: delete)]
#[never(role(Admin): update.title, update.is_open, delete)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
    #[field(default, write = !role(Admin))]
    pub is_open: bool,
}

#[resource]
#[can(read: owner)]
#[never(role(Boss): read)]
#[never(owner.boss: read)]
pub struct Note {
    pub id: Id<Note>,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
}

fasttrack::resources! { account: User, Project, Task, Note }

fn main() {}
