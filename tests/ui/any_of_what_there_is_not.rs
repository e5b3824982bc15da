//! What is asked of one of many rows is asked of their own fields.

use fasttrack::prelude::*;

include!("parts/team.in");

#[resource]
#[has(members: Member.team, papers: Paper.of)]
#[can(read: any(members: usr))]
#[can(list: any(members: level == Boss))]
#[can(update: any(members: rank == true))]
#[can(delete: any(members: title))]
#[rule(paper: any(papers: self))]
#[rule(papers_rule: papers)]
pub struct Team {
    pub id: Id<Team>,
}

#[resource]
#[can(read: any(team.paper: user))]
#[can(list: any(team.members.user: user))]
#[can(update: team.members.level == Owner)]
#[can(delete: any(team.members: any(team.mebmers: user)))]
#[on(created => made { level: team.members.level } to team.members.user)]
#[on(deleted => gone to team.papers)]
pub struct Room {
    pub id: Id<Room>,
    #[field(on_delete = cascade)]
    pub team: BelongsTo<Team>,
}

fasttrack::resources! { account: User, Member, Paper, Team, Room }

fn main() {}
