//! A row that a trigger adds holds what its resource lets it hold, and all that it needs.

use fasttrack::prelude::*;

include!("parts/team.in");

#[resource]
#[has(members: Member.team, papers: Paper.of)]
#[can(read: authenticated)]
#[on(created => add members { usr: actor, level: Owner })]
#[on(created => add members { user: lead, level: actor })]
#[on(created => add members { user: lead, level: Boss })]
#[on(created => add members { user: lead, level: Owner, rank: true, title: rank, secret: "x" })]
#[on(created => add members { user: actor, level: Owner, id: id })]
pub struct Team {
    pub id: Id<Team>,
    #[field(default)]
    pub rank: i64,
    #[field(on_delete = set_null)]
    pub lead: Option<BelongsTo<User>>,
}

fasttrack::resources! { account: User, Member, Paper, Team }

fn main() {}
