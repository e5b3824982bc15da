//! What an organisation writes.

use crate::{label::Label, organisation::Organisation, user::User};
use fasttrack::prelude::*;

/// A text of an organisation.
#[resource(keep_deleted = 30d, history)]
#[can(create: organisation.editor)]
#[can(list, read: any(organisation.members: user) | author)]
#[can(update: author & organisation.editor)]
#[can(delete, restore: any(organisation.members: user & level == Owner))]
#[on(changed(body) => document_changed { title: title } to watchers except actor)]
pub struct Document {
    pub id: Id<Document>,
    #[field(write_once, filter, on_delete = cascade)]
    pub organisation: BelongsTo<Organisation>,
    #[field(len = 1..=200, sort, search)]
    pub title: String,
    #[field(len = ..=100_000, default)]
    pub body: String,
    #[field(max_bytes = 20_000_000, types("application/pdf", "image/png", "image/jpeg"))]
    pub attachment: Option<File>,
    #[field(max = 20, filter)]
    pub labels: Many<Label>,
    #[field(max = 100)]
    pub watchers: Many<User>,
    #[field(actor, on_delete = restrict)]
    pub author: BelongsTo<User>,
    #[field(filter, sort)]
    pub created_at: CreatedAt,
    pub deleted_at: DeletedAt,
}
