//! What may be null fills nothing that may not.

use fasttrack::prelude::*;

include!("parts/team.in");

#[resource]
#[has(members: Member.team, papers: Paper.of)]
#[can(read: authenticated)]
#[on(created => add members { user: lead, level: Owner })]
pub struct Team {
    pub id: Id<Team>,
    #[field(on_delete = set_null)]
    pub lead: Option<BelongsTo<User>>,
}

fasttrack::resources! { account: User, Member, Paper, Team }

fn main() {}
