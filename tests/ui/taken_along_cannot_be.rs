//! Rows that come along are created and read by somebody, under the one that they refer to, and bring none along themselves.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[has(unmade: Unmade.order, inline = 1..=3)]
#[has(unread: Unread.order, inline = 1..=3)]
#[has(aside: Aside.order, inline = 1..=3)]
#[has(parts: Part.order, inline = 1..=3)]
#[has(lines: Line.order, inline = 1..=3)]
#[can(create, read: authenticated)]
pub struct Order {
    pub id: Id<Order>,
    #[field(on_delete = set_null)]
    pub part: Option<BelongsTo<Part>>,
}

#[resource]
#[can(read: authenticated)]
pub struct Unmade {
    pub id: Id<Unmade>,
    #[field(on_delete = cascade)]
    pub order: BelongsTo<Order>,
}

#[resource]
#[can(create, list: authenticated)]
pub struct Unread {
    pub id: Id<Unread>,
    #[field(on_delete = cascade)]
    pub order: BelongsTo<Order>,
}

#[resource(under = shelf)]
#[can(create, read: authenticated)]
pub struct Aside {
    pub id: Id<Aside>,
    #[field(on_delete = cascade)]
    pub order: BelongsTo<Order>,
    #[field(write_once, on_delete = cascade)]
    pub shelf: BelongsTo<Line>,
}

#[resource]
#[has(orders: Order.part, inline = ..=3)]
#[can(create, read: authenticated)]
pub struct Part {
    pub id: Id<Part>,
    #[field(on_delete = cascade)]
    pub order: BelongsTo<Order>,
}

#[resource(under = order)]
#[can(create, read: authenticated)]
pub struct Line {
    pub id: Id<Line>,
    #[field(write_once, on_delete = cascade)]
    pub order: BelongsTo<Order>,
}

fasttrack::resources! { account: User, Aside, Line, Order, Part, Unmade, Unread }

fn main() {}
