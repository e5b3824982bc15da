//! Who says `hooks` has some.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource(hooks)]
#[can(read: member)]
#[rule(member: owner | role(Admin))]
pub struct Project {
    pub id: Id<Project>,
    #[field(len = 1..=200)]
    pub name: String,
    #[field(default = Active)]
    pub status: Status,
    #[field(hidden, default, read_only)]
    pub secret: i64,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
}

fasttrack::resources! { account: User, Project }

fn main() {}
