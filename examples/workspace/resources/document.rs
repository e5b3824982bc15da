//! What an organisation writes.

use crate::{organisation::Organisation, user::User};
use fasttrack::prelude::*;

/// A text of an organisation.
#[resource]
#[can(create: organisation.editor)]
#[can(list, read: any(organisation.members: user) | author)]
#[can(update: author & organisation.editor)]
#[can(delete: any(organisation.members: user & level == Owner))]
pub struct Document {
    pub id: Id<Document>,
    #[field(write_once, filter, on_delete = cascade)]
    pub organisation: BelongsTo<Organisation>,
    #[field(len = 1..=200, sort, search)]
    pub title: String,
    #[field(len = ..=100_000, default)]
    pub body: String,
    #[field(actor, on_delete = restrict)]
    pub author: BelongsTo<User>,
    #[field(filter, sort)]
    pub created_at: CreatedAt,
}
