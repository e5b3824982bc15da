//! A decimal of another file is compared with a number that it can be, and with no text.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[can(read: authenticated)]
pub struct Shop {
    pub id: Id<Shop>,
    pub budget: Decimal<2>,
}

#[resource(under = shop)]
#[can(create: shop.budget >= 0.05)]
#[can(list: shop.budget >= 10)]
#[can(read: shop.budget >= 0.005)]
#[can(update: shop.budget > 92233720368547758)]
#[can(delete: shop.budget == "12.30")]
pub struct Purchase {
    pub id: Id<Purchase>,
    #[field(write_once, on_delete = cascade)]
    pub shop: BelongsTo<Shop>,
    pub price: Decimal<2>,
}

#[resource]
#[can(read: authenticated)]
pub struct Rate {
    pub id: Id<Rate>,
    #[field(default = 0.005)]
    pub rate: Decimal<2>,
}

fasttrack::resources! { account: User, Shop, Purchase, Rate }

fn main() {}
