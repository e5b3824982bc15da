//! A list that fills the one of an added row has no more values than that one may.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[has(copies: Copy.of)]
#[can(read, create: authenticated)]
#[on(created => add copies { tags: tags })]
pub struct Note {
    pub id: Id<Note>,
    #[field(max = 5, len = 1..=20)]
    pub tags: Vec<String>,
}

#[resource]
#[can(read: authenticated)]
pub struct Copy {
    pub id: Id<Copy>,
    #[field(on_delete = cascade)]
    pub of: BelongsTo<Note>,
    #[field(max = 4, len = 1..=20)]
    pub tags: Vec<String>,
}

fasttrack::resources! { account: User, Note, Copy }

fn main() {}
