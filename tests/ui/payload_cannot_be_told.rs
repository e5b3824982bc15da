//! An event tells fields that exist and are shown.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read: project.owner)]
#[on(created => made { project: project.naem } to project.owner)]
#[on(created => begun { key: project.secret } to project.owner)]
#[on(deleted => gone { word: project.owner.password } to project.owner)]
#[on(deleted => lost { who: project.member } to project.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
