//! What is done in a sitting.

use crate::{lab::sitting::Sitting, user::User};
use fasttrack::prelude::*;

/// Something to do in a sitting, which may be put off to another one.
#[resource]
#[limit(4 per sitting)]
#[exclusive(from..until, per = sitting)]
#[can(create, update: sitting.crew)]
#[can(list, read: sitting.read)]
#[can(delete, restore: sitting.leader)]
#[on(deleted => step_dropped { title: title } to sitting.leader, sitting.helpers except actor)]
pub struct Step {
    /// Number of the step.
    pub id: Id<Step>,
    /// The sitting in which it is done.
    #[field(filter, on_delete = cascade)]
    pub sitting: BelongsTo<Sitting>,
    /// What to do.
    #[field(len = 1..=40, sort, search)]
    pub title: String,
    /// Where on the scale it begins.
    #[field(filter, sort)]
    pub from: Decimal<1>,
    /// Where the next one may begin.
    pub until: Decimal<1>,
    /// How long it takes.
    #[field(range = 0..=600, filter, sort)]
    pub minutes: Option<i64>,
    /// Whether it is done.
    #[field(default, filter)]
    pub is_done: bool,
    /// What it is called, which is told to those who take part.
    #[field(len = ..=20, default, read = sitting.crew)]
    pub code: String,
    /// Who does it.
    #[field(filter, on_delete = set_null)]
    pub hand: Option<BelongsTo<User>>,
    /// When it was deleted.
    pub deleted_at: DeletedAt,
}
