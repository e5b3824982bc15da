//! A row that has a row added, to which the first kind is added in turn, would never be there.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[has(rooms: Room.house)]
#[can(create: authenticated)]
#[on(created => add rooms {})]
pub struct House {
    pub id: Id<House>,
    #[field(on_delete = cascade)]
    pub room: Option<BelongsTo<Room>>,
}

#[resource]
#[has(houses: House.room)]
#[can(read: authenticated)]
#[on(created => add houses {})]
pub struct Room {
    pub id: Id<Room>,
    #[field(on_delete = cascade)]
    pub house: BelongsTo<House>,
}

fasttrack::resources! { account: User, House, Room }

fn main() {}
