//! What users write down. An example: change it, or replace it by what your service is about.

use crate::user::User;
use fasttrack::prelude::*;

/// Something that a user wrote down, for themselves.
#[resource]
#[can(create: authenticated)]
#[can(list, read: owner | role(Admin))]
#[can(update, delete: owner)]
pub struct Note {
    /// Number of the note, never used twice.
    pub id: Id<Note>,
    /// What it is about.
    #[field(len = 1..=200, sort, search)]
    pub title: String,
    /// What it says.
    #[field(len = ..=10_000, default, search)]
    pub body: String,
    /// Who wrote it.
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<User>,
    /// When it was written.
    #[field(filter, sort)]
    pub created_at: CreatedAt,
    /// When it last changed.
    #[field(sort)]
    pub updated_at: UpdatedAt,
}
