//! `->` stands between two whole rules of an update, once, and both are checked as any rule is.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read, delete: project.owner -> project.status == Active)]
#[can(list, update: project.owner -> assignee)]
#[rule(member: assignee -> project.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200, write = assignee -> project.owner)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
    #[field(on_delete = set_null)]
    pub assignee: Option<BelongsTo<User>>,
}

#[resource]
#[can(update: -> owner)]
#[can(delete: owner)]
pub struct Note {
    pub id: Id<Note>,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
}

#[resource]
#[can(update: owner ->)]
#[can(delete: owner)]
pub struct Label {
    pub id: Id<Label>,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
}

#[resource]
#[can(update: owner -> project.owner -> owner)]
#[can(create: (owner -> project.owner) | owner)]
pub struct Stamp {
    pub id: Id<Stamp>,
    #[field(on_delete = restrict)]
    pub project: BelongsTo<Project>,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
}

fasttrack::resources! { account: User, Project, Task, Note, Label, Stamp }

fn main() {}
