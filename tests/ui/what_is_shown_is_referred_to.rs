//! Who is shown a row inside others is said of what nothing refers to.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource]
#[can(read, show: authenticated)]
pub struct Note {
    pub id: Id<Note>,
}

fasttrack::resources! { account: User, Project, Note }

fn main() {}
