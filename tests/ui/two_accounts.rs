//! One entity can log in.

use fasttrack::prelude::*;

include!("parts/tracker.in");

#[resource(account)]
#[can(read: self)]
pub struct Robot {
    pub id: Id<Robot>,
    #[field(len = ..=255, unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
}

fasttrack::resources! { account: User, Project, Robot }

fn main() {}
