//! Names that a database takes for another, or cannot have, and one that rows have for something else.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: project.owner)]
#[allow(non_snake_case)]
pub struct Task {
    pub id: Id<Task>,
    pub total: i64,
    pub Total: i64,
    pub xmax: f64,
    #[field(unique)]
    pub what_it_costs_when_all_is_said_and_done_in_all_the_years: i64,
    #[field(sort)]
    pub rank: i64,
    #[field(index)]
    pub project_id_rank: i64,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
    #[field(on_delete = set_null)]
    pub can: Option<BelongsTo<User>>,
}

#[resource(plural = "pg_things")]
#[can(read: authenticated)]
struct Thing {
    pub id: Id<Thing>,
}

fasttrack::resources! { account: User, Project, Task, Thing }

fn main() {}
