//! What is deleted and kept takes along what can come back with it; a mistake in either declaration is told there alone.

use fasttrack::prelude::*;

#[resource]
#[can(create, read, delete, restore: authenticated)]
pub struct Folder {
    pub id: Id<Folder>,
    pub deleted_at: DeletedAt,
}

#[resource]
#[can(create, read: authenticated)]
pub struct Paper {
    pub id: Id<Paper>,
    #[field(on_delete = cascade)]
    pub folder: BelongsTo<Folder>,
    #[field(on_delete = restrict)]
    pub other: Option<BelongsTo<Folder>>,
}

#[resource]
#[can(create, read: authenticated)]
pub struct Note {
    pub id: Id<Note>,
    #[field(on_delete = cascade)]
    pub folder: BelongsTo<Folder>,
    pub deleted_at: DeletedAt,
}

#[resource]
#[can(create, read, restore: authenticated)]
pub struct Sheet {
    pub id: Id<Sheet>,
    #[field(on_delete = cascade)]
    pub folder: BelongsTo<Folder>,
}

include!("parts/account.in");

fasttrack::resources! { account: User, Folder, Note, Paper, Sheet }

fn main() {}
