//! A job is an async function of the change and the context.

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
#[on(created => run not_async)]
#[on(created => run says_nothing)]
#[on(created => run jobs::takes_nothing)]
#[on(created => run of_another)]
#[on(created => run nowhere)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fn not_async(_: Change<Task>, _: Context) -> JobResult {
    Ok(())
}

async fn says_nothing(_: Change<Task>, _: Context) {}

async fn of_another(_: Change<Project>, _: Context) -> JobResult {
    Ok(())
}

mod jobs {
    pub async fn takes_nothing() -> fasttrack::prelude::JobResult {
        Ok(())
    }
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
