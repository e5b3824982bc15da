//! A job is an async function of the change and the context.

use fasttrack::prelude::*;

include!("parts/tracker.in");

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
