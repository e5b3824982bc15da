//! Ten mistakes of one declaration, each at its word.

use fasttrack::prelude::*;

#[resource(account, udner = project)]
#[can(raed: self)]
#[can(update: role(Admin) || self)]
#[cna(delete: self)]
#[on(chnaged(email) => moved to self)]
#[on(changed(emial) => moved to self)]
pub struct User {
    pub id: Id<User>,
    #[field(len = ..=255, unqiue)]
    pub email: Email,
    pub password: PasswordHash,
    pub name: String,
    #[field(default = User)]
    pub role: Role,
    #[field(default = 1, read_only)]
    pub is_active: bool,
    pub age: u8,
}

#[derive(Choice)]
pub enum Role {
    User,
    Admin(i64),
}

fasttrack::resources! { account: User }

fn main() {}
