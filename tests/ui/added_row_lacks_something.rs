//! A row that a trigger adds has what it needs, within its bounds, and comes to an end.

use fasttrack::prelude::*;

include!("parts/team.in");

#[resource]
#[has(members: Member.team, papers: Paper.of)]
#[can(read: authenticated)]
#[on(created => add members { user: actor })]
#[on(created => add members { user: actor, level: Owner, title: "a title that is too long" })]
pub struct Team {
    pub id: Id<Team>,
}

fasttrack::resources! { account: User, Member, Paper, Team }

fn main() {}
