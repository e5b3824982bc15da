//! What is asked of the account that is calling is what it has.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[can(create: caller.plan == Pro)]
#[can(list: caller.role == Amdin | caller.email)]
#[can(read: title == caller.is_active | owner == caller.role)]
#[can(update: caller.is_active == true & title != caller.email.domain)]
pub struct Project {
    pub id: Id<Project>,
    #[field(len = 1..=200)]
    pub title: String,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
}

fasttrack::resources! { account: User, Project }

fn main() {}
