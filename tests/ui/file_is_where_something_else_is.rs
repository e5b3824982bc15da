//! Nothing else is found where a file is, and no trigger makes one up.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(under = project)]
#[has(notes: Note.task)]
#[can(read, update: project.owner)]
#[on(created => add notes { scan: scan })]
pub struct Task {
    pub id: Id<Task>,
    #[field(max_bytes = 1_000, types("image/png"))]
    pub notes_of: Option<File>,
    #[field(max_bytes = 1_000, types("image/png"))]
    pub scan: Option<File>,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

#[resource(under = task, plural = "notes_of")]
#[can(list, read: authenticated)]
pub struct Note {
    pub id: Id<Note>,
    #[field(max_bytes = 1_000, types("image/png"))]
    pub scan: Option<File>,
    #[field(write_once, on_delete = cascade)]
    pub task: BelongsTo<Task>,
}

fasttrack::resources! { account: User, Project, Task, Note }

fn main() {}
