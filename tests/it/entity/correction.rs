//! What was wrong with a reading. In a folder of its own, which is a group of resources.

use crate::{reading::Reading, user::User};
use fasttrack::prelude::*;

/// A correction of a reading, by somebody who was there.
#[resource(under = reading)]
#[can(create, list, read: reading.insider)]
#[can(update: author -> author)]
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
    /// Whom to ask.
    pub contact: Option<Email>,
}
