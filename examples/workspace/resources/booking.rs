//! Who has which room, and when.

use crate::{organisation::Organisation, user::User};
use fasttrack::prelude::*;

/// A room of an organisation, for a while.
#[resource(under = organisation)]
#[exclusive(starts_at..ends_at, per = (organisation, room))]
#[can(create: organisation.member)]
#[can(list, read: organisation.read)]
#[can(update, delete: booker & organisation.member)]
#[on(at(starts_at - 10m) => booking_begins { room: room, starts_at: starts_at } to booker)]
pub struct Booking {
    pub id: Id<Booking>,
    #[field(write_once, on_delete = cascade)]
    pub organisation: BelongsTo<Organisation>,
    #[field(len = 1..=50, filter)]
    pub room: String,
    #[field(filter, sort)]
    pub starts_at: Timestamp,
    #[field(filter)]
    pub ends_at: Timestamp,
    #[field(actor, on_delete = cascade)]
    pub booker: BelongsTo<User>,
}
