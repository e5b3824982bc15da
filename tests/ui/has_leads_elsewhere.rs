//! Rows that do not refer here have no name here.

use fasttrack::prelude::*;

include!("parts/team.in");

#[resource]
#[has(members: Member.teem, users: Member.user, titles: Member.title, nothing: Nothing.team)]
#[can(read: authenticated)]
pub struct Team {
    pub id: Id<Team>,
}

fasttrack::resources! { account: User, Member, Paper, Team }

fn main() {}
