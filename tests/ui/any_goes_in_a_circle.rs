//! A rule that asks itself by way of what refers to the row decides nothing.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[has(rooms: Room.house)]
#[can(read: member)]
#[rule(member: any(rooms: member))]
pub struct House {
    pub id: Id<House>,
}

#[resource]
#[can(read: member)]
#[rule(member: house.member)]
pub struct Room {
    pub id: Id<Room>,
    #[field(on_delete = cascade)]
    pub house: BelongsTo<House>,
}

fasttrack::resources! { account: User, House, Room }

fn main() {}
