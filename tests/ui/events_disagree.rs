//! One name is one set of keys, in the whole application.

use fasttrack::prelude::*;

#[derive(Choice)]
pub enum Role {
    User,
    Admin,
}

#[resource(account)]
#[can(read: self | role(Admin))]
pub struct User {
    pub id: Id<User>,
    #[field(len = ..=255, unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
}

#[derive(Choice)]
pub enum Status {
    Active,
    Archived,
}

#[resource]
#[can(read: member)]
#[rule(member: owner | role(Admin))]
pub struct Project {
    pub id: Id<Project>,
    #[field(len = 1..=200)]
    pub name: String,
    #[field(default = Active)]
    pub status: Status,
    #[field(hidden, default, read_only)]
    pub secret: i64,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
}

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
