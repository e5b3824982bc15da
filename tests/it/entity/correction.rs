//! What was wrong with a reading. In a folder of its own, which is a group of resources.

use crate::{reading::Reading, user::User};
use fasttrack::prelude::*;

/// A correction of a reading, by somebody who was there.
#[resource(under = reading)]
#[can(create, list, read: reading.insider)]
#[can(update: author -> author)]
#[can(delete, restore: author | reading.keeper)]
pub struct Correction {
    /// Number of the correction.
    pub id: Id<Correction>,
    /// The reading that was wrong.
    #[field(write_once, on_delete = cascade)]
    pub reading: BelongsTo<Reading>,
    /// Who corrects it.
    #[field(actor, on_delete = restrict)]
    pub author: BelongsTo<User>,
    /// What it should be.
    #[field(sort)]
    pub value: f64,
    /// Whether it hardly matters.
    #[field(default, filter)]
    pub is_minor: bool,
    /// What the mistake cost.
    #[field(range = -1000..=1000, filter, sort)]
    pub cost: Option<Decimal<2>>,
    /// How it was noticed.
    #[field(len = ..=50, default, search)]
    pub reason: String,
    /// Whom to ask.
    pub contact: Option<Email>,
    /// When it was deleted.
    pub deleted_at: DeletedAt,
}
