//! A figure is counted from fields of the rows that refer here, and never from itself.

use fasttrack::prelude::*;

include!("parts/team.in");

#[resource]
#[has(members: Member.team, papers: Paper.of)]
#[can(read: authenticated)]
pub struct Team {
    pub id: Id<Team>,
    #[field(count(members: lvel == Owner))]
    pub owners: i64,
    #[field(count(members: level == Boss))]
    pub bosses: i64,
    #[field(count(members: rank == true))]
    pub ranked: i64,
    #[field(sum(papers: title))]
    pub titles: i64,
    #[field(sum(members: rnk))]
    pub ranks: i64,
    #[field(sum(members: rank))]
    pub price: Decimal<2>,
}

fasttrack::resources! { account: User, Member, Paper, Team }

fn main() {}
