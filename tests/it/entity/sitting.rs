//! When an instrument is in use.

use crate::{lab::step::Step, reading::Reading, user::User};
use fasttrack::prelude::*;

/// Some time at an instrument, which nobody else has then, made of steps that are planned with it.
#[resource(history)]
#[has(steps: Step.sitting, inline = 1..=3)]
#[exclusive(starts_at..ends_at, per = bench)]
#[exclusive(first_slot..last_slot, per = (leader, day))]
#[rule(crew: leader | helpers)]
#[can(create: authenticated)]
#[can(list, read: crew | is_open == true | role(Admin))]
#[can(update: leader | helpers & is_open == true -> crew)]
#[can(delete, restore: leader | role(Admin))]
#[on(created => sitting_planned { bench: bench, minutes: minutes, steps: all_steps } to helpers)]
#[on(restored => sitting_back { bench: bench, minutes: minutes } to leader, helpers)]
#[on(changed(readings) => sitting_used { bench: bench } to leader)]
pub struct Sitting {
    /// Number of the sitting.
    pub id: Id<Sitting>,
    /// Who planned it.
    #[field(actor, filter, on_delete = restrict)]
    pub leader: BelongsTo<User>,
    /// Who takes part.
    #[field(max = 2, filter)]
    pub helpers: Many<User>,
    /// What was read in it.
    #[field(max = 4, filter)]
    pub readings: Many<Reading>,
    /// Which instrument.
    #[field(len = 1..=20, filter, sort, search)]
    pub bench: String,
    /// What for.
    #[field(len = ..=100, default, search)]
    pub purpose: String,
    /// Whether others may look on.
    #[field(default, filter)]
    pub is_open: bool,
    /// When it begins.
    #[field(filter, sort)]
    pub starts_at: Timestamp,
    /// When the next one may begin.
    #[field(filter, sort)]
    pub ends_at: Timestamp,
    /// The day that it counts for.
    pub day: Option<Date>,
    /// The first hour of that day.
    #[field(default = 0)]
    pub first_slot: i64,
    /// The hour after the last one.
    #[field(default = 1)]
    pub last_slot: i64,
    /// How many steps there are.
    #[field(count(steps), filter, sort)]
    pub all_steps: i64,
    /// How many of them are still to be taken.
    #[field(count(steps: is_done == false), filter, sort)]
    pub open_steps: i64,
    /// How long they take.
    #[field(sum(steps: minutes), filter, sort)]
    pub minutes: i64,
    /// When it was deleted.
    pub deleted_at: DeletedAt,
}
