//! What an organisation sorts its documents by.

use crate::organisation::Organisation;
use fasttrack::prelude::*;

/// A word for documents.
#[resource(under = organisation)]
#[unique(organisation, name)]
#[can(create, update, delete: organisation.editor)]
#[can(list, read: organisation.member)]
pub struct Label {
    pub id: Id<Label>,
    #[field(write_once, on_delete = cascade)]
    pub organisation: BelongsTo<Organisation>,
    #[field(len = 1..=30, sort)]
    pub name: String,
}
