//! Who makes accounts, and that their addresses are confirmed, is said in so many words.

use fasttrack::prelude::*;

#[derive(Choice)]
pub enum Role {
    User,
    Admin,
}

#[resource(account(invite_onyl))]
#[can(read: self)]
pub struct User {
    pub id: Id<User>,
    #[field(unique)]
    pub email: Email,
    #[field(default = true, read_only)]
    pub email_verified: bool,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
    #[field(len = ..=40)]
    pub current_password: String,
}

pub mod other {
    use super::Role;
    use fasttrack::prelude::*;

    #[resource(account(invite_only))]
    #[can(read: self)]
    pub struct Member {
        pub id: Id<Member>,
        #[field(unique)]
        pub email: Email,
        #[field(hidden)]
        pub password: PasswordHash,
        #[field(default = User, read_only)]
        pub role: Role,
        #[field(default = true, read_only)]
        pub is_active: bool,
    }
}

fasttrack::resources! { account: User }

fn main() {}
