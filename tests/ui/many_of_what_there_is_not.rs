//! A field of many rows leads to a resource, and its rows are asked of their own fields.

use fasttrack::prelude::*;

include!("parts/team.in");

#[resource]
#[can(read: readers | any(teams: nme == "x"))]
#[can(list: teams)]
#[can(update: teams.title == "x")]
#[on(created => made { titles: teams.title } to teams)]
pub struct Shelf {
    pub id: Id<Shelf>,
    #[field(max = 5)]
    pub teams: Many<Team>,
    #[field(max = 5)]
    pub readers: Many<User>,
    #[field(max = 5)]
    pub sizes: Many<Size>,
}

#[derive(Choice)]
pub enum Size {
    Small,
}

#[resource]
#[can(read: authenticated)]
pub struct Team {
    pub id: Id<Team>,
    #[field(len = 1..=20)]
    pub title: String,
}

fasttrack::resources! { account: User, Member, Paper, Shelf, Team }

fn main() {}
