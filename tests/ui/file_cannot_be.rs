//! A file is what a row may have beside it, and says what it may be.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[can(read, update: project.owner)]
pub struct Task {
    pub id: Id<Task>,
    #[field(max_bytes = 1_000, types("image/png"))]
    pub plan: File,
    #[field(max_bytes = 0, types("image/jpg", "png", "text/html"))]
    pub photo: Option<File>,
    #[field(default, hidden, unique, filter, sort, search)]
    pub scan: Option<File>,
    #[field(max_bytes = 1_000, types("*/*", "image/png"))]
    pub history: Option<File>,
    #[field(len = ..=9, max_bytes = 10, types("image/png"))]
    pub title: String,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
