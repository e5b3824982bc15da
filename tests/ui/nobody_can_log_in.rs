//! An application has somebody who can log in.

use fasttrack::prelude::*;

#[resource]
#[can(read: anyone)]
pub struct Page {
    pub id: Id<Page>,
    #[field(len = 1..=80)]
    pub title: String,
}

fasttrack::resources! { Page }

fn main() {}
